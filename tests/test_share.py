"""Texts leave the archive with their proof: citations, evidence, tables, and where each passage stands in its page."""

import csv
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import pytest
from click.testing import CliRunner, Result
from lxml import etree
from warcio.archiveiterator import ArchiveIterator

import archive.commands_share  # noqa: F401  # whose commands register themselves
from archive.catalogue.answers import ArticleDetail, find
from archive.catalogue.database import open_for_reading
from archive.cite import Citation, cite
from archive.cli import cli
from archive.ingest import catalogue_archive
from archive.layout import Layout
from archive.loader import LOADER
from archive.model import Kind, Passage
from archive.provenance import as_html, place
from archive.reading.box import Box
from archive.restrictions import path_of
from tests.desk import HOME, Desk, html, write_a_small_crawl
from tests.peers import PEERS

FERRY = HOME + "2026/03/14/ferry-strike-42817"
SLY = HOME + "2026/03/15/sly-page-42830"
SLY_TITLE = "=cmd() & <b>50%</b> of {all} #boats_ cost \\ $5 ~ 東京"
SLY_PAGE = html(
    "=cmd() &amp; &lt;b&gt;50%&lt;/b&gt; of {all} #boats_ cost \\ $5 ~ 東京",
    "The harbour master counted the boats twice on Monday and found that one had been painted over at night.",
    "@SUM(A1) is how the council&rsquo;s clerk begins each line of his ledger, and <b>nobody</b> has asked him why.",
    "&lt;script&gt;alert(1)&lt;/script&gt; was written on the pier in chalk, which the rain took away before night.",
    "A third of the fishermen said that they would sell their boats if the harbour was closed for another winter.",
)


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    made = Layout(tmp_path_factory.mktemp("share"))
    desk = Desk(made)
    write_a_small_crawl(desk)
    desk.fetch(SLY, SLY_PAGE)
    desk.store.close()
    with Box(LOADER, workers=1) as box:
        catalogue_archive(made, box=box)
    return made


def run(layout: Layout, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["--archive", str(layout.root), *arguments])


def detail(layout: Layout, url: str) -> ArticleDetail:
    with closing(open_for_reading(layout.catalogue)) as db:
        found = find(db, url)
    assert found is not None
    return found


def citation() -> Citation:
    return Citation(
        title="100% & {more}: a_b #1 ~x^2 \\end", authors=("Ada Quay", "B. O’Mole"), site="courier",
        url="https://www.courier.test/a?b={c}&d=%20", day="2026-03-14",
        seen=datetime(2026, 3, 15, 9, 5, 7, tzinfo=UTC), article="a", version="v", text_hash="f" * 64, reader="r",
        capture="urn:uuid:1", payload_digest="sha256:0", file="one.warc.gz", offset=5, length=7, outlet="The Courier",
        language="en",
    )  # fmt: skip


# ---------------------------------------------------------------------- citations


def test_a_citation_has_a_memento_of_the_second_of_its_capture() -> None:
    assert citation().memento("https://replay.test/x/") == (
        "https://replay.test/x/20260315090507/https://www.courier.test/a?b={c}&d=%20"
    )


def test_bibtex_has_balanced_braces_and_nothing_that_tex_acts_on() -> None:
    entry = citation().bibtex()

    plain = re.sub(r"\\[&%$#_{}]|\\text\w+\{\}", "", entry)
    assert plain.count("{") == plain.count("}")
    assert entry.startswith("@online{dateline-v,\n")
    assert (
        "title = {{100\\% \\& \\{more\\}: a\\_b \\#1 \\textasciitilde{}x\\textasciicircum{}2 \\textbackslash{}end}}"
        in entry
    )
    assert "author = {{Ada Quay} and {B. O’Mole}}" in entry
    assert "url = {https://www.courier.test/a?b=%7Bc%7D&d=%20}" in entry


def test_csl_has_what_zotero_and_pandoc_ask_for_and_the_proof_beside_it() -> None:
    (item,) = json.loads(citation().in_form("csl"))

    assert item["type"] == "article-newspaper"
    assert item["issued"] == {"date-parts": [[2026, 3, 14]]}
    assert item["author"] == [{"literal": "Ada Quay"}, {"literal": "B. O’Mole"}]
    assert item["custom"]["memento-datetime"] == "Sun, 15 Mar 2026 09:05:07 GMT"
    assert item["custom"]["text_hash"] == "f" * 64
    assert item["custom"]["offset"] == 5


def test_an_apa_line_names_all_who_sign() -> None:
    line = citation().apa()

    assert line.startswith("Ada Quay, & B. O’Mole. (2026, March 14). 100%")
    assert "The Courier. https://" in line


@pytest.mark.parametrize("form", ["text", "apa", "bibtex", "csl", "memento", "json"])
def test_every_form_is_printed_of_a_version_an_article_and_a_capture(layout: Layout, form: str) -> None:
    article = detail(layout, FERRY)
    old = article.versions[0]

    for name in (FERRY, article.id, old.id, old.first_capture, f"<{old.first_capture}>"):
        ran = run(layout, "cite", name, "--format", form)
        assert ran.exit_code == 0, ran.output

    told = run(layout, "cite", old.id, "--format", "json").stdout
    assert json.loads(told)["text_hash"] == old.text_hash


def test_a_capture_is_cited_for_what_it_shows_and_by_itself(layout: Layout) -> None:
    article = detail(layout, FERRY)
    revisit = next(capture for capture in article.captures if capture.kind == "revisit")

    cited = cite(article, revisit.id)

    assert (cited.capture, cited.version) == (revisit.id, article.versions[0].id)


# ---------------------------------------------------------------------- provenance


def passage(text: str, kind: Kind = Kind.BODY) -> Passage:
    return Passage(text, kind, "vote", 0.5, "/html/body/p", 0, len(text))


@pytest.mark.parametrize(
    ("source", "text", "found"),
    [
        ("<p>The ferry <b>has</b>\n  stopped.</p>", "The ferry has stopped.", "The ferry <b>has</b>\n  stopped."),
        ("<p>O&rsquo;Mole &amp; sons</p>", "O’Mole & sons", "O&rsquo;Mole &amp; sons"),
        ("<p>soft\u00adly &#x6771;京</p>", "softly 東京", "soft\u00adly &#x6771;京"),
        ("<!-- boats --><script>boats</script><p>boats</p>", "boats", "boats"),
        ('<p title="a > boats">boats', "boats", "boats"),
        ('<p title="it\'s">a < b and c', "a < b and c", "a < b and c"),
        ('<p title="never closed>boats', "boats", "boats"),
        ("a <!-- never closed boats", "a", "a"),
    ],
)
def test_a_passage_is_found_in_the_source_as_it_was_written(source: str, text: str, found: str) -> None:
    (placed,) = place(source, (passage(text),))

    assert source[placed.start : placed.end] == found


def test_the_second_of_two_equal_passages_is_the_second() -> None:
    source = "<p>Fog.</p><p>Rain.</p><p>Fog.</p>"

    starts = [placed.start for placed in place(source, tuple(map(passage, ("Fog.", "Rain.", "Fog."))))]

    assert starts == [3, 14, 26]


def test_what_the_source_does_not_hold_is_not_found() -> None:
    (placed,) = place("<p>Fog.</p>", (passage("Rain."),))

    assert not placed.is_found


def test_the_marked_source_is_text_and_nothing_else() -> None:
    source = "<script>alert(1)</script><p onclick='x'>Fog &lt;i&gt;</p><img src=x onerror=alert(2)>"

    page = as_html(source, place(source, (passage("Fog <i>"), passage("</pre><script>"))), "<title>", (("a<b", '"'),))

    tree = etree.HTML(page)
    assert tree.xpath("//script | //img | //@onclick | //@onerror | //a") == []
    assert "".join(tree.xpath("//pre//text()")) == source
    assert tree.xpath("string(//pre/mark)") == "Fog &lt;i&gt;"
    assert "default-src 'none'" in tree.xpath("string(//meta/@content[contains(., 'src')])")


def test_every_passage_of_a_page_is_shown_in_its_source(layout: Layout) -> None:
    ran = run(layout, "show", SLY, "--provenance")
    page = run(layout, "show", SLY, "--provenance", "--html").stdout

    count = len(detail(layout, SLY).passages)
    assert f"{count} of {count} passages stand in the source" in ran.stdout
    assert "council&rsquo;s clerk" in ran.stdout
    assert len(etree.HTML(page).xpath("//pre/mark")) == count


@pytest.mark.parametrize(
    "source", ["<" * 100_000, "<a b='" * 30_000, "<!--" * 50_000, "<script>" * 30_000, "&a" * 90_000]
)
def test_a_hostile_source_is_walked_in_time(source: str) -> None:
    assert len(place(source, (passage("boats"),))) == 1


# ---------------------------------------------------------------------- evidence


@pytest.fixture(scope="module")
def unpacked(layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evidence")
    ran = run(layout, "evidence", FERRY, "-o", str(folder / "ferry.zip"))
    assert ran.exit_code == 0, ran.output
    zipfile.ZipFile(folder / "ferry.zip").extractall(folder / "out")
    return folder / "out"


def test_evidence_verifies_with_sha256sum_gzip_and_warcio_alone(unpacked: Path, tmp_path: Path) -> None:
    site = Path(next(p for p in sys.path if (Path(p) / "warcio").is_dir() and "packages" in p))
    for name in ("warcio", "six.py"):
        (tmp_path / name).symlink_to(site / name)
    bare = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path)}

    def verify(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=unpacked, env=bare, capture_output=True, text=True, check=False)

    alone = verify(sys.executable, "-S", "-c", "import archive")
    sums = verify("sha256sum", "--strict", "-c", "SHA256SUMS")
    packed = verify("gzip", "-t", "article.warc.gz")
    script = verify(sys.executable, "-S", "verify.py")

    assert alone.returncode != 0  # Dateline is really not there
    assert (sums.returncode, sums.stderr) == (0, "")
    assert packed.returncode == 0
    assert script.returncode == 0, script.stdout + script.stderr
    assert "2 versions: all is whole." in script.stdout


@pytest.mark.parametrize("name", ["article.warc.gz", "article.wacz", "manifest.json", "article.txt"])
def test_evidence_that_was_tampered_with_does_not_verify(unpacked: Path, tmp_path: Path, name: str) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(unpacked, copy)
    data = bytearray((copy / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / name).write_bytes(data)

    sums = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=copy, capture_output=True, text=True, check=False)

    assert sums.returncode == 1
    assert f"{name}: FAILED" in sums.stdout


def test_evidence_holds_every_capture_with_its_original_and_the_text_that_is_cited(
    unpacked: Path, layout: Layout
) -> None:
    article = detail(layout, FERRY)
    with (unpacked / "article.warc.gz").open("rb") as file:
        records = [
            (r.rec_type, str(r.rec_headers.get_header("WARC-Record-ID")).strip("<>")) for r in ArchiveIterator(file)
        ]

    assert {capture.id for capture in article.captures} <= {name for _, name in records}
    assert [kind for kind, _ in records].count("request") == 3
    for version in article.versions:
        assert (
            hashlib.sha256((unpacked / "versions" / f"{version.id}.text").read_bytes()).hexdigest() == version.text_hash
        )
    manifest = json.loads((unpacked / "manifest.json").read_text("utf-8"))
    assert manifest["cited"]["text_sha256"] == article.version.text_hash
    assert article.version.text_hash in (unpacked / "README.txt").read_text("utf-8")


def test_evidence_holds_a_package_of_the_very_records_of_its_warc_file(unpacked: Path) -> None:
    def digests(file: IO[bytes]) -> set[tuple[str, str]]:
        return {
            (str(r.rec_headers.get_header("WARC-Record-ID")), hashlib.sha256(r.raw_stream.read()).hexdigest())
            for r in ArchiveIterator(file, no_record_parse=True)
            if r.rec_type != "warcinfo"
        }

    with zipfile.ZipFile(unpacked / "article.wacz") as package, package.open("archive/data.warc.gz") as inside:
        packed = digests(inside)
        pages = package.read("pages/pages.jsonl").decode()
    with (unpacked / "article.warc.gz").open("rb") as file:
        plain = digests(file)

    assert packed == plain
    assert FERRY in pages


def test_no_evidence_is_given_of_what_is_restricted(layout: Layout, tmp_path: Path) -> None:
    copy = Layout(tmp_path / "copy")
    shutil.copytree(layout.root, copy.root)
    path_of(copy).write_text(f'[[restriction]]\nurl = "{FERRY}"\nreason = "Order 9"\n', "utf-8")

    for command in (("evidence", FERRY, "-o", str(tmp_path / "x.zip")), ("cite", FERRY)):
        ran = run(copy, *command)
        assert ran.exit_code == 1
        assert "Order 9" in ran.stderr
    assert not (tmp_path / "x.zip").exists()
    assert FERRY not in run(copy, "export", "articles").stdout


# ---------------------------------------------------------------------- tables


def rows(layout: Layout, table: str, *options: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(run(layout, "export", table, *options).stdout)))


def test_articles_are_exported_with_their_text_and_the_place_of_their_bytes(layout: Layout) -> None:
    found = {row["url"]: row for row in rows(layout, "articles")}

    assert len(found) == 3
    article = detail(layout, FERRY)
    assert found[FERRY]["text_hash"] == article.version.text_hash
    assert found[FERRY]["body"] == article.version.body
    assert found[FERRY]["capture"] == article.version.first_capture


def test_versions_passages_and_appeals_are_exported(layout: Layout) -> None:
    assert len([row for row in rows(layout, "versions") if row["url"] == FERRY]) == 2
    passages = [row for row in rows(layout, "passages") if row["url"] == FERRY]
    assert [row["text"] for row in passages] == [p.text for p in detail(layout, FERRY).passages]
    assert run(layout, "export", "appeals").stdout.startswith("article,site,url,day,asks_for,")


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (("--query", "fisherman"), 2),
        (("--query", "ledger clerk"), 1),
        (("--query", "nothingofthekind"), 0),
        (("--query", '"'), 0),
        (("--site", "courier"), 3),
        (("--site", "other"), 0),
        (("--language", "en"), 3),
        (("--to", "1999-01-01"), 0),
        (("--query", "fisherman", "--from", "2026-01-01"), 2),
    ],
)
def test_exports_are_narrowed(layout: Layout, options: tuple[str, ...], count: int) -> None:
    assert len(rows(layout, "articles", *options)) == count


def test_no_cell_of_a_table_is_a_formula(layout: Layout) -> None:
    (row,) = [row for row in rows(layout, "articles") if row["url"] == SLY]
    cells = [row["text"] for row in rows(layout, "passages") if row["url"] == SLY]

    assert row["title"] == "'" + SLY_TITLE
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == []
    assert any(cell.startswith("'@SUM") for cell in cells)


def test_lines_of_json_hold_the_text_as_it_is(layout: Layout) -> None:
    lines = run(layout, "export", "articles", "--format", "jsonl").stdout.splitlines()

    assert SLY_TITLE in {json.loads(line)["title"] for line in lines}


def test_tei_is_xml_that_says_what_the_article_says(layout: Layout) -> None:
    root = etree.fromstring(run(layout, "export", "articles", "--format", "tei").stdout.encode())

    tei = "{http://www.tei-c.org/ns/1.0}"
    assert [len(list(root.iter(tei + tag))) for tag in ("TEI", "body")] == [3, 3]
    assert SLY_TITLE in {head.text for head in root.iter(tei + "head")}
    assert detail(layout, SLY).version.text_hash in {idno.text for idno in root.iter(tei + "idno")}


def test_markdown_has_no_markup_of_the_page(layout: Layout) -> None:
    text = run(layout, "export", "articles", "--format", "md").stdout

    assert "\\<script\\>alert(1)" in text
    assert "# \\=cmd() & \\<b\\>50%" in text


def test_a_form_for_texts_does_not_take_passages(layout: Layout) -> None:
    ran = run(layout, "export", "passages", "--format", "tei", "-o", "never.xml")

    assert ran.exit_code == 4
    assert not Path("never.xml").exists()


def test_a_data_package_describes_every_column_and_the_file(layout: Layout, tmp_path: Path) -> None:
    target = tmp_path / "articles.csv"

    ran = run(layout, "export", "articles", "-o", str(target))

    assert ran.exit_code == 0, ran.output
    package = json.loads((tmp_path / "articles.csv.datapackage.json").read_text("utf-8"))
    (resource,) = package["resources"]
    assert resource["hash"] == "sha256:" + hashlib.sha256(target.read_bytes()).hexdigest()
    assert resource["rows"] == 3
    head = target.read_text("utf-8").splitlines()[0].split(",")
    assert [field["name"] for field in resource["schema"]["fields"]] == head
    assert all(field["description"] for field in resource["schema"]["fields"])
    assert "belong to those who wrote" in package["licenses"][0]["title"]


def test_an_export_never_overwrites(layout: Layout, tmp_path: Path) -> None:
    target = tmp_path / "articles.csv"
    target.write_text("mine")

    assert run(layout, "export", "articles", "-o", str(target)).exit_code == 4
    assert target.read_text() == "mine"


def test_parquet_without_pyarrow_says_what_to_install(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    ran = run(layout, "export", "articles", "--format", "parquet", "-o", str(tmp_path / "a.parquet"))

    assert ran.exit_code == 4
    assert "pyarrow" in ran.stderr
    assert list(tmp_path.iterdir()) == []


READS_TYPES = """
from pyarrow import parquet
table = parquet.read_table("articles.parquet")
fields = [table.schema.field(name) for name in ("day", "first_seen", "title")]
print(table.num_rows, *(field.type for field in fields), fields[2].metadata[b"description"].decode(), sep="|")
"""


def has_package(package: str) -> bool:
    """True if `make peers` has installed a package."""
    return any((PEERS.parent / "lib").glob(f"python*/site-packages/{package}"))


def in_peers(code: str, folder: Path) -> str:
    done = subprocess.run([PEERS / "python", "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def exported(layout: Layout, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The articles as CSV, as JSON Lines, and as Parquet where pyarrow is at hand."""
    folder = tmp_path_factory.mktemp("exported")
    peers = [str(path) for path in (PEERS.parent / "lib").glob("python*/site-packages")]
    command = [sys.executable, "-c", f"import sys; sys.path += {peers}; from archive.cli import cli; cli()"]
    for form in ("csv", "jsonl", "parquet") if has_package("pyarrow") else ("csv", "jsonl"):
        target = folder / f"articles.{form}"
        ask = ["--archive", str(layout.root), "export", "articles", "--format", form, "-o", str(target)]
        subprocess.run([*command, *ask], check=True)
    return folder


@pytest.mark.skipif(not has_package("pyarrow"), reason="no pyarrow here: `make peers` makes it")
def test_parquet_is_read_with_its_types(exported: Path) -> None:
    assert in_peers(READS_TYPES, exported).strip() == "3|date32[day]|timestamp[us, tz=UTC]|string|Headline."


def one_liners(language: str) -> Iterator[str]:
    text = (Path(__file__).parents[1] / "docs" / "sharing.md").read_text("utf-8")
    yield from re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize("package", ["pandas", "duckdb"])
def test_the_one_liners_of_the_documents_run(exported: Path, package: str) -> None:
    if not has_package(package):
        pytest.skip(f"no {package} here: `make peers` makes it")
    codes = [code for code in one_liners("python") if package in code]

    assert len(codes) >= 2
    assert all(in_peers(code, exported) for code in codes)


@pytest.mark.skipif(not shutil.which("Rscript"), reason="R is not installed")
def test_the_one_liner_for_r_runs(exported: Path) -> None:
    for code in one_liners("r"):
        done = subprocess.run(["Rscript", "-e", code], cwd=exported, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
