"""What goes out of an archive: chosen rightly, whole, and taken by other people's tools."""

import gzip
import hashlib
import json
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from archive.catalogue.database import open_for_reading
from archive.catalogue.search import search
from archive.excerpt import opening_record, write_excerpt
from archive.imports import import_files
from archive.ingest import catalogue_archive
from archive.layout import Layout
from archive.loader import LOADER
from archive.model import Capture
from archive.reading.box import Box
from archive.selection import Wanted, selecting
from archive.wacz import WARC_NAME, Packed, write_wacz
from archive.warc.record import Original
from archive.warc.walk import captures, read_at
from tests.conftest import Workbench
from tests.desk import HOME, PARAGRAPHS, SITE_FILE, Desk, html, write_a_small_crawl
from tests.exchanges import reply
from tests.peers import PEERS, needs_peers, run

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
FERRY = HOME + "2026/03/14/ferry-strike-42817"
FOG = HOME + "2026/03/14/fog-over-town-42818"


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    with Box(LOADER, workers=1) as made:
        yield made


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory, box: Box) -> Layout:
    """A small crawl of two articles, whose pages share a style sheet with a picture."""
    made = Layout(tmp_path_factory.mktemp("archive"))
    desk = Desk(made)
    write_a_small_crawl(desk)
    desk.fetch(HOME + "2026/03/15/dressed-42821", dressed("The fair"))
    desk.fetch(
        HOME + "css/main.css",
        reply(b"body {background: url(/img/sea.png)}", "Content-Type: text/css"),
        role="requisite",
    )
    desk.fetch(
        HOME + "img/sea.png",
        b"HTTP/1.1 302 Found\r\nLocation: /img/sea-2.png\r\nContent-Length: 0\r\n\r\n",
        role="requisite",
    )
    desk.fetch(HOME + "img/sea-2.png", reply(b"\x89PNG sea", "Content-Type: image/png"), role="requisite")
    desk.fetch(HOME + "img/other.png", reply(b"\x89PNG other", "Content-Type: image/png"), role="requisite")
    desk.store.close()
    catalogue_archive(made, box=box)
    return made


def dressed(title: str) -> bytes:
    page = html(title, *PARAGRAPHS, "Nobody had seen a fair so late in the year.").partition(b"\r\n\r\n")[2]
    return reply(
        page.replace(b"</head>", b'<link rel="stylesheet" href="/css/main.css"></head>'), "Content-Type: text/html"
    )


def packed(layout: Layout, path: Path, wanted: Wanted) -> Packed:
    with selecting(layout) as selection:
        selection.choose(wanted)
        return write_wacz(layout, selection, path, wanted.describe(), "Dateline/test", NOW)


def chosen(layout: Layout, tmp_path: Path, wanted: Wanted) -> list[Capture]:
    """Return the captures of an excerpt."""
    path = tmp_path / "excerpt.warc.gz"
    with selecting(layout) as selection, path.open("wb") as out:
        selection.choose(wanted)
        write_excerpt(layout, selection.records(), out, opening_record(path.name, NOW, "Dateline/test", "test"))
    return [capture for capture in captures(path) if capture.kind != "resource"]


def test_a_search_chooses_its_articles_in_all_their_captures(layout: Layout, tmp_path: Path) -> None:
    found = chosen(layout, tmp_path, Wanted(query='title:"ferries stop"'))

    assert [(capture.url, capture.kind) for capture in found] == [
        (FERRY, "response"),
        (FERRY, "revisit"),
        (FERRY, "response"),
    ]


def test_a_page_brings_its_parts_and_what_these_lead_to(layout: Layout, tmp_path: Path) -> None:
    found = chosen(layout, tmp_path, Wanted(query="title:fair"))

    assert [capture.url.removeprefix(HOME) for capture in found] == [
        "2026/03/15/dressed-42821",
        "css/main.css",
        "img/sea.png",
        "img/sea-2.png",
    ]


def test_a_site_is_all_that_it_sent(layout: Layout, tmp_path: Path) -> None:
    found = chosen(layout, tmp_path, Wanted(site="courier"))

    assert HOME + "robots.txt" in {capture.url for capture in found}
    assert len(found) == 12


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(query="nowhere-to-be-found"),
        Wanted(query="*)("),
        Wanted(site="another"),
        Wanted(language="de"),
        Wanted(since=date(2027, 1, 1)),
        Wanted(until=date(2025, 1, 1)),
    ],
    ids=Wanted.describe,
)
def test_what_nothing_answers_to_chooses_nothing(layout: Layout, tmp_path: Path, wanted: Wanted) -> None:
    assert chosen(layout, tmp_path, wanted) == []


def test_records_are_copied_as_they_are(layout: Layout, tmp_path: Path) -> None:
    found = chosen(layout, tmp_path, Wanted(query="title:fog"))

    originals = {c.record.id: c for path in layout.warc_files() for c in captures(path)}
    for capture in found:
        first = originals[capture.record.id].record
        ours = read_at(tmp_path / "excerpt.warc.gz", capture.record.offset, capture.record.length)
        theirs = read_at(layout.warc / first.file, first.offset, first.length)
        assert (ours.headers, ours.block) == (theirs.headers, theirs.block)
        assert capture.provenance == originals[capture.record.id].provenance


def test_the_original_of_a_revisit_comes_along_from_any_run(tmp_path: Path, box: Box) -> None:
    layout = Layout(tmp_path / "archive")
    first = Desk(layout, run="run-1")
    first.declare(SITE_FILE)
    old = first.fetch(HOME + "2026/03/14/ferry-strike-42817", html("Ferries stop", *PARAGRAPHS))
    first.store.close()
    second = Desk(layout, run="run-2", start=NOW)
    original = Original(old.record.id, old.url, old.fetched_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    # The same page at the address it has moved to: another article, whose only capture is a revisit.
    second.fetch(HOME + "2026/03/14/other-42999", html("Other", *reversed(PARAGRAPHS)))
    second.fetch(HOME + "2026/03/14/ferry-strike-42817", b"HTTP/1.1 304 Not Modified\r\n\r\n", original=original)
    second.store.close()
    catalogue_archive(layout, box=box)

    found = chosen(layout, tmp_path, Wanted(query="title:ferries"))

    assert [(capture.kind, capture.provenance and capture.provenance.run) for capture in found] == [
        ("response", "run-1"),
        ("revisit", "run-2"),
    ]


def test_a_package_lists_pages_with_their_text(layout: Layout, tmp_path: Path) -> None:
    report = packed(layout, tmp_path / "a.wacz", Wanted(query="title:ferries"))

    with zipfile.ZipFile(tmp_path / "a.wacz") as package:
        header, *pages = (json.loads(line) for line in package.read("pages/pages.jsonl").splitlines())
    assert (report.pages, report.problems) == (2, ())
    assert header["hasText"] is True
    assert [page["title"] for page in pages] == ["Ferries stop", "Ferries stop"]
    assert PARAGRAPHS[-1] in pages[0]["text"]
    assert PARAGRAPHS[-1] not in pages[1]["text"]
    assert pages[0]["ts"].startswith("2026-03-14T")


def test_the_index_leads_to_the_records_in_the_package(layout: Layout, tmp_path: Path) -> None:
    packed(layout, tmp_path / "a.wacz", Wanted())

    with zipfile.ZipFile(tmp_path / "a.wacz") as package:
        warc = package.read(f"archive/{WARC_NAME}")
        lines = gzip.decompress(package.read("indexes/index.cdx.gz")).decode().splitlines()
        stored = package.getinfo(f"archive/{WARC_NAME}").compress_type
    assert stored == zipfile.ZIP_STORED
    assert lines == sorted(lines)
    for line in lines:
        place = json.loads(line.split(" ", 2)[2])
        start, length = int(place["offset"]), int(place["length"])
        member = gzip.decompress(warc[start : start + length])
        assert f"WARC-Target-URI: {place['url']}\r\n".encode() in member


def test_the_hashes_of_a_package_are_those_of_its_entries(layout: Layout, tmp_path: Path) -> None:
    packed(layout, tmp_path / "a.wacz", Wanted(site="courier"))

    with zipfile.ZipFile(tmp_path / "a.wacz") as package:
        described = json.loads(package.read("datapackage.json"))
        for resource in described["resources"]:
            content = package.read(resource["path"])
            assert resource["hash"] == "sha256:" + hashlib.sha256(content).hexdigest()
            assert resource["bytes"] == len(content)


def test_every_entry_lies_where_replayweb_page_looks(layout: Layout, tmp_path: Path) -> None:
    """It takes an entry without extra field in the directory to have none in its own header either."""
    path = tmp_path / "a.wacz"
    packed(layout, path, Wanted(query="title:ferries"))

    content = path.read_bytes()
    with zipfile.ZipFile(path) as package:
        for entry in package.infolist():
            extra_length = int.from_bytes(content[entry.header_offset + 28 : entry.header_offset + 30], "little")
            assert entry.extra or not extra_length


@needs_peers
def test_wacz_validate_accepts_a_package_and_notices_a_changed_one(layout: Layout, tmp_path: Path) -> None:
    packed(layout, tmp_path / "a.wacz", Wanted())
    with zipfile.ZipFile(tmp_path / "a.wacz") as package, zipfile.ZipFile(tmp_path / "b.wacz", "w") as changed:
        for entry in package.infolist():
            content = package.read(entry)
            changed.writestr(entry, content + b"\n" if entry.filename.startswith("pages/") else content)

    good = run(PEERS / "wacz", "validate", "-f", tmp_path / "a.wacz")
    bad = run(PEERS / "wacz", "validate", "-f", tmp_path / "b.wacz")

    assert "Validation succeeded" in good.stdout, good.stdout + good.stderr
    assert good.returncode == 0
    assert "invalid" in bad.stdout


def test_a_package_comes_back_as_the_captures_it_holds(layout: Layout, tmp_path: Path, box: Box) -> None:
    packed(layout, tmp_path / "a.wacz", Wanted(query="title:ferries"))
    other = Layout(tmp_path / "other")
    other.create()

    import_files(other, [tmp_path / "a.wacz"])
    catalogue_archive(other, box=box)

    with closing(open_for_reading(other.catalogue)) as db:
        (hit,) = search(db, "ferries")
        assert (hit.site, hit.url) == ("courier", FERRY)


def test_a_record_that_is_not_what_the_catalogue_says_is_left_out_and_named(tmp_path: Path, box: Box) -> None:
    layout = Layout(tmp_path / "archive")
    desk = Desk(layout)
    write_a_small_crawl(desk)
    desk.store.close()
    catalogue_archive(layout, box=box)
    (path,) = layout.warc_files()
    lost = next(capture.record for capture in captures(path) if capture.url == FOG)
    content = bytearray(path.read_bytes())
    content[lost.offset + lost.length // 2] ^= 0xFF
    path.write_bytes(content)

    report = packed(layout, tmp_path / "a.wacz", Wanted())

    (problem,) = report.problems
    assert problem.startswith(f"{path.name} at {lost.offset}: ")


def test_plain_files_become_members_in_an_excerpt(tmp_path: Path, box: Box) -> None:
    source = Layout(tmp_path / "source")
    desk = Desk(source)
    desk.fetch(FERRY, html("Ferries stop", *PARAGRAPHS))
    desk.store.close()
    (path,) = source.warc_files()
    plain = tmp_path / "plain.warc"
    plain.write_bytes(gzip.decompress(path.read_bytes()))
    layout = Layout(tmp_path / "archive")
    layout.create()
    import_files(layout, [plain])
    catalogue_archive(layout, box=box)

    (found,) = chosen(layout, tmp_path, Wanted(query="ferries"))

    (original,) = captures(path)
    assert (found.record.id, found.payload_digest) == (original.record.id, original.payload_digest)
    assert run("gzip", "-t", tmp_path / "excerpt.warc.gz").returncode == 0


def test_an_export_is_a_command(crawled: Workbench, tmp_path: Path) -> None:
    target = tmp_path / "ferry.wacz"

    first = crawled.dateline("export", "--wacz", str(target), "--query", "ferry", "--json")
    again = crawled.dateline("export", "--wacz", str(target), "--query", "ferry")
    nothing = crawled.dateline("export", "--warc", str(tmp_path / "x.warc.gz"), "--query", "zzzz")

    assert json.loads(first.out)["pages"] >= 1, first.err
    assert (again.code, nothing.code) == (4, 4)
    assert "is there already" in again.err
    assert [path.name for path in tmp_path.iterdir()] == ["ferry.wacz"]
