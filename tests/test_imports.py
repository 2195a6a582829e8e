"""Captures made by other programs, real ones where they are at hand, and what is wrong with them."""

import gzip
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path

import brotli
import pytest
from warcio.capture_http import capture_http
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive.catalogue.answers import find, status
from archive.catalogue.database import open_for_reading
from archive.catalogue.search import search
from archive.errors import ConfigError
from archive.imports import import_files
from archive.ingest import catalogue_archive
from archive.layout import Layout
from archive.loader import LOADER
from archive.reading.box import Box
from archive.warc.walk import captures, page_bytes
from tests.conftest import Workbench
from tests.desk import PARAGRAPHS
from tests.newsroom.newsroom import Newsroom

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

import http.client  # isort: skip  # after warcio.capture_http, which puts itself in its place

ARTICLE = "http://www.harbour-courier.test/2025/03/14/ferry-crews-return-after-nine-days-a1201"
BODY = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
PAGE = f"<html><head><title>Fog</title></head><body><article><h1>Fog</h1>{BODY}</article></body></html>".encode()
PACKED = {"br": brotli.compress(PAGE), "zstd": zstd.compress(PAGE), "gzip": gzip.compress(PAGE)}


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    with Box(LOADER, workers=1) as made:
        yield made


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path / "archive")
    made.create()
    return made


@pytest.fixture(scope="module")
def newsroom() -> Iterator[Newsroom]:
    with Newsroom(["harbour-courier"]) as made:
        yield made


def record(url: str, block: bytes, **fields: str) -> bytes:
    head = {
        "WARC-Type": "response",
        "WARC-Record-ID": f"<urn:uuid:00000000-0000-4000-8000-{abs(hash((url, block))) % 10**12:012}>",
        "WARC-Date": "2019-05-04T03:02:01Z",
        "WARC-Target-URI": url,
        "Content-Type": "application/http; msgtype=response",
        "Content-Length": str(len(block)),
        **{name.replace("_", "-"): value for name, value in fields.items()},
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items() if value)
    return b"WARC/1.0\r\n" + lines.encode() + b"\r\n" + block + b"\r\n\r\n"


def html(*fields: str, body: bytes = PAGE) -> bytes:
    head = ["HTTP/1.1 200 OK", "Content-Type: text/html", *fields]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def written(path: Path, *records: bytes) -> Path:
    path.write_bytes(b"".join(map(gzip.compress, records)) if path.suffix == ".gz" else b"".join(records))
    return path


# ---------------------------------------------------------------------- other programs


def test_what_wget_captured_is_found_by_its_text(newsroom: Newsroom, layout: Layout, tmp_path: Path, box: Box) -> None:
    wget = shutil.which("wget")
    if wget is None:
        pytest.skip("no wget here: apt-get install wget")
    proxied = f"http://127.0.0.1:{newsroom.port}{ARTICLE.partition('.test')[2]}"
    command = [wget, "-q", "-O", str(tmp_path / "page"), f"--warc-file={tmp_path / 'wget'}"]
    subprocess.run([*command, "--header", "Host: www.harbour-courier.test", proxied], check=True, timeout=60)

    (imported,) = import_files(layout, [tmp_path / "wget.warc.gz"])
    report = catalogue_archive(layout, box=box)

    assert imported.defects == ()
    assert report.captures == imported.captures == 1
    with closing(open_for_reading(layout.catalogue)) as db:
        (hit,) = search(db, "ferry crews")
        assert (hit.site, hit.file, hit.url) == ("127.0.0.1", "wget.warc.gz", proxied)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # warcio leaves its buffers open
def test_what_warcio_captured_is_found_by_its_text(
    newsroom: Newsroom, layout: Layout, tmp_path: Path, box: Box
) -> None:
    path = tmp_path / "warcio.warc.gz"
    with capture_http(str(path)):
        connection = http.client.HTTPConnection("127.0.0.1", newsroom.port)
        connection.request("GET", ARTICLE.partition(".test")[2], headers={"Host": "www.harbour-courier.test"})
        connection.getresponse().read()
        connection.close()

    (imported,) = import_files(layout, [path])
    catalogue_archive(layout, box=box)

    assert imported.defects == ()
    with closing(open_for_reading(layout.catalogue)) as db:
        assert [hit.title for hit in search(db, "ferry crews")] == [newsroom.edition(ARTICLE).title]


def test_an_import_is_a_command(workbench: Workbench, tmp_path: Path) -> None:
    path = written(tmp_path / "fog.warc.gz", record("http://fog.test/a", html()))

    first = workbench.dateline("import", str(path))
    again = workbench.dateline("import", str(path))

    assert "1 records, 1 captures, as fog.warc.gz" in first.out, first.err
    assert "Catalogued 1 captures" in first.out
    assert "is here already" in again.out


# ---------------------------------------------------------------------- codings, shapes and ages


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip"])
def test_a_page_is_read_whatever_its_content_coding(coding: str, layout: Layout, tmp_path: Path, box: Box) -> None:
    body = PACKED[coding]
    url = f"http://fog.test/2019/{coding}"
    path = written(tmp_path / "coded.warc.gz", record(url, html(f"Content-Encoding: {coding}", body=body)))

    import_files(layout, [path])
    catalogue_archive(layout, box=box)

    with closing(open_for_reading(layout.catalogue)) as db:
        article = find(db, url)
        assert article is not None
        assert article.passages[1].text == PARAGRAPHS[0]


def test_files_of_every_shape_are_taken(layout: Layout, tmp_path: Path, box: Box) -> None:
    arc_page = html()
    arc = (
        b"filedesc://old.arc 0.0.0.0 20010101000000 text/plain 76\n1 0 InternetArchive\n"
        b"URL IP-address Archive-date Content-type Archive-length\n\n\n"
        + f"http://fog.test/arc 192.0.2.7 20010203040506 text/html {len(arc_page)}\n".encode()
        + arc_page
        + b"\n"
    )
    one_piece = gzip.compress(record("http://fog.test/one", html()) + record("http://fog.test/two", html()))
    sources = [
        written(tmp_path / "plain.warc", record("http://fog.test/plain", html())),
        tmp_path / "old.arc",
        tmp_path / "piece.warc.gz",
    ]
    sources[1].write_bytes(arc)
    sources[2].write_bytes(one_piece)

    imported = import_files(layout, sources)
    catalogue_archive(layout, box=box)

    assert [each.name for each in imported] == ["plain.warc", "old.arc", "piece.warc"]
    assert [each.captures for each in imported] == [1, 1, 2]
    with closing(open_for_reading(layout.catalogue)) as db:
        assert dict(status(db).tables)["articles"] == 4


def test_a_wacz_package_gives_its_warc_files(layout: Layout, tmp_path: Path) -> None:
    path = tmp_path / "crawl one.wacz"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("archive/rec-1.warc.gz", gzip.compress(record("http://fog.test/a", html())))
        package.writestr("archive/../../evil.warc.gz", gzip.compress(record("http://fog.test/b", html())))
        package.writestr("pages/pages.jsonl", "{}")

    imported = import_files(layout, [path])

    assert [each.name for each in imported] == ["crawl-one-rec-1.warc.gz", "crawl-one-evil.warc.gz"]
    assert sorted(p.name for p in layout.warc.iterdir()) == ["crawl-one-evil.warc.gz", "crawl-one-rec-1.warc.gz"]


# ---------------------------------------------------------------------- once, and under a safe name


def test_a_file_is_taken_once_whatever_it_is_called(layout: Layout, tmp_path: Path) -> None:
    one = written(tmp_path / "one.warc.gz", record("http://fog.test/a", html()))
    two = tmp_path / "two.warc.gz"
    shutil.copy(one, two)

    first, second = import_files(layout, [one, two])

    assert (first.is_new, second.is_new, second.name) == (True, False, "one.warc.gz")
    assert [path.name for path in layout.warc.iterdir()] == ["one.warc.gz"]


def test_two_files_of_one_name_are_both_kept(layout: Layout, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        written(tmp_path / folder / "rec.warc.gz", record(f"http://fog.test/{folder}", html()))

    names = [each.name for each in import_files(layout, [tmp_path / "a/rec.warc.gz", tmp_path / "b/rec.warc.gz"])]

    assert names[0] == "rec.warc.gz"
    assert names[1].startswith("rec-")
    assert sorted(names) == sorted(path.name for path in layout.warc_files())


@pytest.mark.parametrize("name", ["-rf.warc.gz", ".hidden.warc.gz", "a b\n\x1b[1m.WARC.GZ", "ж" * 90 + ".warc.gz"])
def test_a_name_is_made_safe(name: str, layout: Layout, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(record("http://fog.test/a", html())))

    (imported,) = import_files(layout, [path])

    assert imported.name.isascii()
    assert imported.name.isprintable()
    assert imported.name[0] not in "-."
    assert imported.name.endswith(".warc.gz")
    assert len(layout.warc_files()) == 1


def test_a_link_shares_the_bytes(layout: Layout, tmp_path: Path) -> None:
    path = written(tmp_path / "big.warc.gz", record("http://fog.test/a", html()))

    import_files(layout, [path], link=True)

    assert (layout.warc / "big.warc.gz").samefile(path)


@pytest.mark.parametrize("content", [b"", b"<html>", b"\x28\xb5\x2f\xfdrest", b"PK\x03\x04"])
def test_what_is_no_archive_file_is_refused_before_anything_is_taken(
    content: bytes, layout: Layout, tmp_path: Path
) -> None:
    good = written(tmp_path / "good.warc.gz", record("http://fog.test/a", html()))
    bad = tmp_path / "bad.warc.gz"
    bad.write_bytes(content)

    with pytest.raises(ConfigError, match=r"bad\.warc\.gz"):
        import_files(layout, [good, bad])

    assert list(layout.warc.iterdir()) == []


# ---------------------------------------------------------------------- defects of other people's files


def test_defects_are_listed_and_cost_only_what_they_hit(layout: Layout, tmp_path: Path, box: Box) -> None:
    digest = "sha1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    parts = [
        gzip.compress(record("http://fog.test/good", html())),
        gzip.compress(record("http://fog.test/wrong-digest", html(), WARC_Block_Digest=digest)),
        gzip.compress(record("http://fog.test/no-date", html(), WARC_Date="")),
        gzip.compress(record("<http://fog.test/angled>", html(body=PAGE + b" "))),
        gzip.compress(record("dns:fog.test", b"20190504 fog.test 192.0.2.7", WARC_Type="resource")),
        b"\x1f\x8b\x08\x00 some bytes that a disk made up",
        gzip.compress(record("http://fog.test/behind", html(body=PAGE + b"  "))),
        gzip.compress(record("http://fog.test/torn", html()))[:-50],
    ]
    path = tmp_path / "odd.warc.gz"
    path.write_bytes(b"".join(parts))

    (imported,) = import_files(layout, [path])
    report = catalogue_archive(layout, box=box)

    said = [what for _, what in imported.defects]
    assert any("block digest differs" in what for what in said)
    assert any("date" in what for what in said)
    assert any("passed over" in what for what in said)
    assert any("ends inside" in what for what in said)
    assert report.captures == 4
    found = {capture.url for capture in captures(layout.warc / "odd.warc.gz")}
    assert {"http://fog.test/good", "http://fog.test/angled", "http://fog.test/behind"} <= found


def test_a_body_whose_coding_was_undone_by_the_archiver_is_read(layout: Layout, tmp_path: Path) -> None:
    path = written(tmp_path / "cc.warc.gz", record("http://fog.test/a", html("Content-Encoding: gzip")))

    import_files(layout, [path])

    (capture,) = captures(layout.warc / "cc.warc.gz")
    assert page_bytes(layout.warc / "cc.warc.gz", capture).body == PAGE


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # warcio leaves its buffers open
def test_what_warcio_wrote_without_verbatim_heads_is_whole(layout: Layout, tmp_path: Path) -> None:
    path = tmp_path / "rewritten.warc.gz"
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        headers = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.0")
        made = writer.create_warc_record("http://fog.test/a", "response", payload=BytesIO(PAGE), http_headers=headers)
        writer.write_record(made)

    (imported,) = import_files(layout, [path])

    assert (imported.captures, imported.defects) == (1, ())
