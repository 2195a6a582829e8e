"""Researchers browse the published copy: read-only, bounded, with pages for articles and what changed in them."""

import json
import shutil
import sqlite3
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from lxml import etree

from archive.browse.environment import ENVIRONMENT
from archive.browse.server import Browse, serving
from archive.errors import NotFoundError
from archive.ingest import catalogue_archive
from archive.layout import Layout
from archive.loader import LOADER
from archive.publish import publish
from archive.reading.box import Box
from tests.desk import HOME, Desk, html, write_a_small_crawl

FERRY = HOME + "2026/03/14/ferry-strike-42817"
SCRIPT = HOME + "2026/03/15/script-42831"
REPLAY = "http://replay.test/dateline"
MAX_RSS_MB = 200
HOSTILE = (
    "DELETE FROM articles",
    "UPDATE articles SET url = 'x'",
    "INSERT INTO readers VALUES ('x')",
    "DROP TABLE articles",
    "CREATE TABLE mine (x)",
    "WITH x AS (SELECT 1) DELETE FROM captures",
    "REPLACE INTO readers SELECT 'x'",
    "ATTACH 'stolen.db' AS stolen",
    "SELECT 1; DELETE FROM articles",
    "VACUUM INTO 'stolen.db'",
    "PRAGMA writable_schema = 1",
    "PRAGMA hard_heap_limit = 0",
    "SELECT load_extension('x.so')",
    "SELECT writefile('stolen', 'x')",
    "SELECT readfile('/etc/passwd')",
    "SELECT * FROM pragma_hard_heap_limit(0), (SELECT hex(zeroblob(400000000)))",
    "SELECT hex(zeroblob(400000000))",
    "SELECT length(hex(randomblob(400000000)))",
    "SELECT printf('%.*c', 1000000000, 'x')",
    "SELECT replace(replace(hex(zeroblob(1000000)), '0', hex(zeroblob(1000))), '0', hex(zeroblob(1000)))",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT group_concat(hex(zeroblob(9999))) FROM n",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000) SELECT zeroblob(4900000) FROM n",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000) SELECT hex(zeroblob(2400000)) FROM n",
    "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT randomblob(4000000) FROM n ORDER BY 1",
    "WITH RECURSIVE n (i, b) AS (SELECT 1, '' UNION SELECT i + 1, hex(randomblob(40000)) FROM n) SELECT max(i) FROM n",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT json_group_array(i) FROM n",
    "SELECT count(*) FROM passages a, passages b, passages c, passages d, passages e, passages f",
    "SELECT '" + "a" * 3000 + "' LIKE '" + "%a" * 60 + "%b'",
    "SELECT 'a' GLOB '" + "*a" * 90 + "'",
    "SELECT " + "(" * 300 + "1" + ")" * 300,
    "SELECT 1" + " UNION ALL SELECT 1" * 400,
    "SELECT * FROM search WHERE search MATCH '" + "a* OR " * 2000 + "a'",
)


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    made = Layout(tmp_path_factory.mktemp("browse"))
    desk = Desk(made)
    write_a_small_crawl(desk)
    paragraphs = (
        "&lt;script&gt;document.title = 'owned'&lt;/script&gt; is what somebody wrote on the customs house.",
        "The clerk who found it on Tuesday read it aloud to the council, which did not know what to make of it.",
        "A painter was sent for, and asked eleven crowns for the white, and as much for the ladder and the boy.",
        "It will be gone by Friday, the mayor said, and whoever wrote it is welcome to come and hold the ladder.",
    )
    desk.fetch(SCRIPT, html("&lt;script&gt;document.title = 'owned'&lt;/script&gt;", *paragraphs))
    desk.store.close()
    with Box(LOADER, workers=1) as box:
        catalogue_archive(made, box=box)
    publish(made)
    return made


@pytest.fixture(scope="module")
def browse(layout: Layout) -> Iterator[Browse]:
    environment = ENVIRONMENT.place()
    if not ENVIRONMENT.is_made(environment):
        pytest.skip("Datasette is not installed; `make peers` does it")
    with serving(layout, environment, replay=REPLAY) as serving_now:
        yield serving_now


def get(browse: Browse, path: str) -> tuple[int, str, dict[str, str]]:
    base = browse.url.rpartition("/")[0]
    try:
        with urllib.request.urlopen(base + path, timeout=30) as answer:
            return answer.status, answer.read().decode(), {k.lower(): v for k, v in answer.headers.items()}
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), {k.lower(): v for k, v in error.headers.items()}


def ask(browse: Browse, sql: str, form: str = "json") -> tuple[int, str]:
    status, body, _ = get(browse, f"/catalogue.{form}?" + urllib.parse.urlencode({"sql": sql, "_shape": "array"}))
    return status, body


def id_of(layout: Layout, sql: str, *values: str) -> str:
    with closing(sqlite3.connect(layout.public / "catalogue.db")) as db:
        return str(db.execute(sql, values).fetchone()[0])


def peak_mb(browse: Browse) -> float:
    told = Path(f"/proc/{browse.process.pid}/status").read_text("ascii")
    return int(told.partition("VmHWM:")[2].split()[0]) / 1024


def test_hostile_questions_neither_write_nor_fill_the_memory(browse: Browse, layout: Layout, tmp_path: Path) -> None:
    published = layout.public / "catalogue.db"
    before = published.read_bytes()

    answers = [(sql, *ask(browse, sql)) for sql in HOSTILE]

    with ThreadPoolExecutor(4) as pool:  # and some of the worst at once
        worst = [sql for sql in HOSTILE if "blob" in sql]
        list(pool.map(lambda sql: ask(browse, sql), worst))
    assert [sql for sql, status, _ in answers if status >= 500] == []
    passed = {sql for sql, status, body in answers if status == 200 and "error" not in body[:300]}
    assert {sql for sql in passed if not sql.startswith("SELECT")} == set()
    assert published.read_bytes() == before
    assert not list(published.parent.glob("stolen*"))
    print(f"peak {peak_mb(browse):.0f} MB after {len(answers)} questions")
    assert peak_mb(browse) < MAX_RSS_MB
    assert ask(browse, "SELECT count(*) AS n FROM articles") == (200, '[{"n": 3}]')


def test_hostile_questions_as_pages_of_html_and_csv_are_bounded_too(browse: Browse) -> None:
    for form in ("html", "csv"):
        for sql in HOSTILE[-12:-8]:
            ask(browse, sql, form)

    assert peak_mb(browse) < MAX_RSS_MB


def test_every_answer_keeps_the_browser_from_running_and_guessing(browse: Browse) -> None:
    for path in ("/", "/catalogue", "/catalogue/article_text", "/catalogue/article_text.json", "/nowhere"):
        _, _, headers = get(browse, path)
        assert "script-src 'self';" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_the_article_page_marks_every_passage_and_leads_to_the_replay(browse: Browse, layout: Layout) -> None:
    article = id_of(layout, "SELECT id FROM articles WHERE url = ?", FERRY)

    status, page, _ = get(browse, f"/-/article/{article}")

    tree = etree.HTML(page)
    count = id_of(
        layout,
        "SELECT count(*) FROM article_text JOIN passages_located USING (capture) WHERE article_text.article = ?",
        article,
    )
    assert status == 200
    assert len(tree.xpath("//p[@class and @title]")) == int(count)
    assert [a for a in tree.xpath("//a/@href") if a.startswith(REPLAY + "/2026") and a.endswith(FERRY)]
    assert tree.xpath("//ol/li//a[contains(@href, '/-/diff/')]")


def test_the_diff_page_shows_what_went(browse: Browse, layout: Layout) -> None:
    article = id_of(layout, "SELECT id FROM articles WHERE url = ?", FERRY)
    link = etree.HTML(get(browse, f"/-/article/{article}")[1]).xpath("string(//ol/li//a/@href)")

    status, page, _ = get(browse, link)

    tree = etree.HTML(page)
    assert status == 200
    assert "The council meets on Thursday" in tree.xpath("string(//del)")
    assert tree.xpath("//ins") == []


def test_the_text_of_a_page_is_never_markup(browse: Browse, layout: Layout) -> None:
    article = id_of(layout, "SELECT id FROM articles WHERE url = ?", SCRIPT)

    for path in (f"/-/article/{article}", "/catalogue/article_text", "/catalogue/passages_located"):
        _, page, _ = get(browse, path)
        assert "document.title" in page
        assert "<script>document.title" not in page


def test_rows_lead_to_the_pages(browse: Browse) -> None:
    _, page, _ = get(browse, "/catalogue/edits")

    links = etree.HTML(page).xpath("//td//a/@href")
    assert [link for link in links if link.startswith("/-/article/")]
    assert [link for link in links if link.startswith("/-/diff/")]
    assert [link for link in links if link.startswith(REPLAY)]


@pytest.mark.parametrize(
    "query", ["search?words=fisherman", "headline_changes", "gone", "appeals_by_month", "coverage_by_month", "agencies"]
)
def test_ready_questions_are_answered(browse: Browse, query: str) -> None:
    path, _, parameters = query.partition("?")
    status, body, _ = get(browse, f"/catalogue/{path}.json?_shape=array&{parameters}")

    assert status == 200, body
    if path in ("search", "coverage_by_month"):
        assert json.loads(body)


def test_what_is_no_article_is_not_found(browse: Browse) -> None:
    assert get(browse, "/-/article/0000000000000000")[0] == 404
    assert get(browse, "/-/diff/0000000000000000/0000000000000001")[0] == 404


def test_without_a_published_copy_it_says_so(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.create()

    with pytest.raises(NotFoundError, match="dateline publish"), serving(layout, tmp_path, replay=REPLAY):
        pass


def test_a_copy_published_meanwhile_does_not_disturb_who_browses(browse: Browse, layout: Layout) -> None:
    publish(layout)

    assert ask(browse, "SELECT count(*) AS n FROM articles") == (200, '[{"n": 3}]')


def test_the_pages_show_in_a_real_browser(browse: Browse, layout: Layout, tmp_path: Path) -> None:
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        pytest.skip("no Chromium is installed")
    base = browse.url.rpartition("/")[0]
    article = id_of(layout, "SELECT id FROM articles WHERE url = ?", SCRIPT)
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}", "--dump-dom"]

    def dom(path: str) -> str:
        done = subprocess.run([*command, base + path], capture_output=True, text=True, timeout=60, check=True)
        return done.stdout

    tree = etree.HTML(dom(f"/-/article/{article}"))
    assert tree.xpath("string(//title)") == "<script>document.title = 'owned'</script>"
    assert tree.xpath("//p[@class='body' and @title]")
    table = etree.HTML(dom("/catalogue/article_text"))
    assert len(table.xpath("//table//tbody/tr")) == 3
    assert "owned" not in table.xpath("string(//title)")
