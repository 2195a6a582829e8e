"""Files in which articles come (`kind = "warc"`): taken in once, the site's from then on, and not fetched again."""

import gzip
import json
import os
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest

from archive.layout import Layout
from archive.reread import compare_files, reread
from tests.conftest import Workbench
from tests.desk import PARAGRAPHS, html
from tests.newsroom.newsroom import OPENING

HOST = "http://www.harbour-courier.test"
COURIER = """
id = "courier"
home = "http://www.harbour-courier.test/"
requisites = "none"
[[source]]
kind = "warc"
paths = ["deliveries/*"]
{more}
[scope]
article = ['^/20']
[polite]
delay = "0s"
[expect]
ignore = ["silent"]
"""
SITEMAP = "[[source]]\nkind = 'sitemap'\nurl = '/news-sitemap.xml'\nuse = 'backfill'"
FEED = "[[source]]\nkind = 'feed'\nurl = '/rss/port'\nevery = '1h..12h'"
OLD = {f"{HOST}/2015/10/0{day}/fog-of-day-{day}": f"Fog of day {day}" for day in (1, 2, 3)}


def declare(workbench: Workbench, more: str = "") -> None:
    """Leave one site, whose articles come in files, and elsewhere if it says so."""
    for path in workbench.layout.sites.glob("*.toml"):
        path.unlink()
    (workbench.layout.sites / "courier.toml").write_text(COURIER.format(more=more), "utf-8")


def deliver(workbench: Workbench, pages: Mapping[str, str], name: str = "old.warc.gz", *, age_s: float = 3600) -> Path:
    """Lay a file down that somebody else has made, of pages with these titles, captured in October 2015."""
    path = workbench.layout.root / "deliveries" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"".join(gzip.compress(record(url, title)) for url, title in pages.items()))
    age(path, age_s)
    return path


def record(url: str, title: str) -> bytes:
    """Return a response record as another program writes it."""
    block = html(title, *(f"{title}: {text}" for text in PARAGRAPHS))
    fields = {
        "WARC-Type": "response",
        "WARC-Record-ID": f"<{uuid5(NAMESPACE_URL, url + title).urn}>",
        "WARC-Date": "2015-10-08T06:00:00Z",
        "WARC-Target-URI": url,
        "Content-Type": "application/http; msgtype=response",
        "Content-Length": str(len(block)),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return b"WARC/1.0\r\n" + head.encode() + b"\r\n" + block + b"\r\n\r\n"


def age(path: Path, age_s: float) -> None:
    """Let a file look as if nobody had changed it for so long."""
    then = path.stat().st_ctime - age_s
    os.utime(path, (then, then))


def crawl(workbench: Workbench, *, days: float = 0.0, code: int = 0) -> dict[str, Any]:
    now = OPENING + timedelta(days=days)
    workbench.newsroom.now = now
    ended = workbench.crawl("courier", "--json", now=now)
    assert ended.code == code, ended.err + ended.out
    told: dict[str, Any] = json.loads(ended.out)
    return told


def rows(layout: Layout, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(layout.catalogue)) as db:
        return db.execute(sql).fetchall()


def is_read_again_the_same(layout: Layout, folder: Path) -> bool:
    again = Layout(folder)
    shutil.copytree(layout.root, again.root)
    reread(again)
    return list(compare_files(layout.catalogue, again.catalogue)) == []


def test_what_came_in_a_file_is_the_sites_by_that_source(workbench: Workbench, tmp_path: Path) -> None:
    declare(workbench)
    deliver(workbench, {**OLD, "http://www.elsewhere.test/2015/10/01/not-ours": "Not Ours"})

    told = crawl(workbench)

    (delivery,) = told["deliveries"]
    assert (delivery["files"], delivery["articles"]) == (["old.warc.gz"], 3)
    assert workbench.newsroom.count() == 0
    assert rows(
        workbench.layout, "SELECT url, site, source FROM captures WHERE role IS NULL AND kind = 'response'"
    ) == [
        *((url, "courier", "warc:deliveries/*") for url in OLD),
        ("http://www.elsewhere.test/2015/10/01/not-ours", "elsewhere.test", None),
    ]
    versions = "SELECT a.url, v.title FROM versions v JOIN articles a ON a.id = v.article WHERE a.site = 'courier'"
    assert dict(rows(workbench.layout, versions)) == OLD
    assert is_read_again_the_same(workbench.layout, tmp_path / "again")


def test_a_file_is_taken_in_once(workbench: Workbench) -> None:
    declare(workbench)
    path = deliver(workbench, OLD)
    crawl(workbench)

    again = crawl(workbench, days=1)
    age(path, 7200)
    touched = crawl(workbench, days=2)
    deliver(workbench, {**OLD, f"{HOST}/2015/10/04/one-more": "One More"})
    grown = crawl(workbench, days=3)

    assert again["deliveries"] == []
    assert [each["files"] for each in touched["deliveries"]] == [["old.warc.gz"]]
    assert [each["articles"] for each in grown["deliveries"]] == [4]
    assert len([path for path in workbench.layout.warc_files() if path.name.startswith("old")]) == 2


def test_a_file_that_may_still_be_on_its_way_is_left_for_the_next_run(workbench: Workbench) -> None:
    declare(workbench)
    path = deliver(workbench, OLD, age_s=0)

    early = crawl(workbench)
    age(path, 120)
    later = crawl(workbench, days=1)

    assert (len(early["deliveries"]), len(later["deliveries"])) == (0, 1)


def test_a_frontier_that_was_lost_finds_the_files_where_they_are(workbench: Workbench, tmp_path: Path) -> None:
    declare(workbench)
    deliver(workbench, OLD)
    crawl(workbench)
    for path in workbench.layout.root.glob("frontier.db*"):
        path.unlink()

    told = crawl(workbench, days=1)

    assert [each["articles"] for each in told["deliveries"]] == [3]
    assert len([path for path in workbench.layout.warc_files() if path.name.startswith("old")]) == 1
    assert is_read_again_the_same(workbench.layout, tmp_path / "again")


def test_a_file_that_was_imported_by_hand_becomes_the_sites(workbench: Workbench, tmp_path: Path) -> None:
    declare(workbench)
    path = deliver(workbench, OLD)
    workbench.dateline("import", str(path))
    before = rows(workbench.layout, "SELECT DISTINCT site FROM articles")

    crawl(workbench)

    assert before == [("harbour-courier.test",)]
    assert rows(workbench.layout, "SELECT DISTINCT site FROM articles") == [("courier",)]
    assert is_read_again_the_same(workbench.layout, tmp_path / "again")


def test_what_came_counts_for_its_month_and_is_not_fetched_for_the_past(workbench: Workbench) -> None:
    declare(workbench, SITEMAP)
    listed = [edition.url for edition in workbench.newsroom.editions("harbour-courier", OPENING)]
    came = {url: f"From a file {n}" for n, url in enumerate(listed[:3])}
    deliver(workbench, {**came, **OLD})

    crawl(workbench)
    crawl(workbench, days=40)

    asked = {f"{HOST}{hit.path}" for hit in workbench.newsroom.hits()}
    months = json.loads(workbench.dateline("backfill", "courier", "--json").out)["months"]
    assert not asked & came.keys()
    assert asked & set(listed[3:])
    assert {month["month"]: month["captured"] for month in months if month["month"] == "2015-10"} == {"2015-10": 3}
    assert all(month["listed"] == month["captured"] for month in months if month["month"] == "2025-03")


def test_what_is_in_the_news_is_fetched_and_looked_at_again_all_the_same(workbench: Workbench) -> None:
    declare(workbench, FEED)
    deliver(
        workbench, {edition.url: "From a file" for edition in workbench.newsroom.editions("harbour-courier", OPENING)}
    )

    crawl(workbench)
    crawl(workbench, days=1.5)
    crawl(workbench, days=8)

    looks = [(hit.path, hit.now) for hit in workbench.newsroom.hits() if hit.path.startswith("/20")]
    first = {path for path, now in looks if now == OPENING}
    assert first
    assert first <= {path for path, now in looks if now > OPENING + timedelta(days=7)}  # its rungs do not begin in 2015


def test_the_story_of_a_source_and_of_a_url_names_the_file(workbench: Workbench) -> None:
    declare(workbench, FEED)
    path = deliver(workbench, OLD)
    deliver(workbench, {}, "notes.txt").write_text("no WARC file")
    age(workbench.layout.root / "deliveries" / "notes.txt", 3600)
    crawl(workbench, code=2)

    source = workbench.dateline("why", "warc:deliveries/*").out
    url = workbench.dateline("why", next(iter(OLD))).out
    feed = workbench.dateline("why", "feed:/rss/port").out

    assert f"{path} taken in as old.warc.gz: 3 articles of the site" in source
    assert "notes.txt: is no WARC, ARC or WACZ file" in source
    assert f"delivered as {path} (source warc:deliveries/* of courier)" in url
    assert "retired: came in old.warc.gz, captured there at 2015-10-08 06:00Z" in url
    assert f"{HOST}/rss/port\n  source of courier" in feed


def test_a_problem_is_told_once_and_looked_at_again_when_the_file_has_changed(workbench: Workbench) -> None:
    declare(workbench)
    path = deliver(workbench, {})
    path.write_text("no WARC file")
    age(path, 3600)

    first = crawl(workbench, code=2)
    again = crawl(workbench, days=1)
    deliver(workbench, OLD)
    mended = crawl(workbench, days=2)

    assert "is no WARC, ARC or WACZ file" in first["deliveries"][0]["problem"]
    assert again["deliveries"] == []
    assert [(each["articles"], each["problem"]) for each in mended["deliveries"]] == [(3, None)]


@pytest.mark.parametrize("key", ["url = '/x'", "every = '1h'", "since = 2015-01-01"])
def test_a_source_of_files_says_nothing_of_the_web(workbench: Workbench, key: str) -> None:
    declare(workbench, key)

    ended = workbench.crawl("courier")

    assert ended.code == 4
    assert f"source[1].{key.split(maxsplit=1)[0]}: is unknown" in ended.err
