"""From WARC files to rows: walk, read, add, settle, and the same again from the files alone."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from archive.catalogue.answers import ArticleDetail, find, record_rows, status, why
from archive.catalogue.database import open_catalogue, open_for_reading
from archive.catalogue.search import search
from archive.errors import BusyError
from archive.ingest import IngestReport, catalogue_archive
from archive.layout import Layout, lock
from archive.loader import LOADER
from archive.model import Capture, Exchange, Provenance, Role
from archive.publish import publish
from archive.reading.box import Box
from archive.reread import compare_files, reread
from archive.verify import verify
from archive.warc.record import Original
from archive.warc.store import WarcStore
from tests.exchanges import AT, reply

HOME = "https://www.courier.test/"
SITE_FILE = 'id = "courier"\nname = "The Harbour Courier"\nhome = "https://www.courier.test/"\nlanguages = ["en"]\n'
PARAGRAPHS = (
    "The crews of the three harbour ferries stayed on land this morning, and the pier was empty when the sun rose.",
    "Nobody had told the island, where the school bell rang for eleven children who were standing on the wrong shore.",
    "The harbour master said that the boats would sail again as soon as the crews had been heard by the council.",
    "By noon a fisherman had carried the first of them across, two at a time, and had taken nothing for his trouble.",
    "The council meets on Thursday in the old customs house, where the heating has been out of order since the autumn.",
)


def html(title: str, *paragraphs: str) -> bytes:
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    head = f"<html lang=en><head><title>{title}</title></head>"
    page = f"{head}<body><article><h1>{title}</h1>{body}</article></body></html>"
    return reply(page.encode(), "Content-Type: text/html; charset=utf-8")


class Desk:
    """Writes exchanges into an archive as a crawl would, an hour apart."""

    def __init__(self, layout: Layout, run: str = "run-1", start: datetime = AT) -> None:
        layout.create()
        self.at, self.run = start, run
        self.store = WarcStore(layout.warc, run=run, software="Dateline/test", now=lambda: self.at)

    def declare(self, toml: str = SITE_FILE) -> None:
        self.store.append_resource(
            f"urn:dateline:run:{self.run}:site:courier", "application/toml", toml.encode(), self.at
        )

    def tell(self, *lines: Mapping[str, object]) -> None:
        block = "".join(json.dumps(line) + "\n" for line in lines).encode()
        self.store.append_resource(f"urn:dateline:run:{self.run}:ledger:0", "application/x-ndjson", block, self.at)

    def fetch(self, url: str, received: bytes, *, role: Role = "article", original: Original | None = None) -> Capture:
        self.at += timedelta(hours=1)
        sent = f"GET {url} HTTP/1.1\r\n\r\n".encode()
        exchange = Exchange(url, "GET", self.at, sent, received)
        provenance = Provenance(run=self.run, site="courier", role=role)
        return self.store.append(exchange, provenance, original=original)


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    """Return one box for all tests: to start one costs more than all their pages."""
    with Box(LOADER, workers=1) as made:
        yield made


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "archive")


@pytest.fixture
def desk(layout: Layout) -> Iterator[Desk]:
    made = Desk(layout)
    yield made
    made.store.close()


def detail(layout: Layout, name: str) -> ArticleDetail:
    with closing(open_for_reading(layout.catalogue)) as db:
        found = find(db, name)
        assert found is not None
        return found


def write_a_small_crawl(desk: Desk) -> None:
    desk.declare()
    desk.fetch(HOME + "robots.txt", reply(b"User-agent: *", "Content-Type: text/plain"), role="robots")
    desk.fetch(HOME, html("The Harbour Courier", *PARAGRAPHS), role="source")
    first = desk.fetch(HOME + "2026/03/14/ferry-strike-42817", html("Ferries stop", *PARAGRAPHS))
    desk.fetch(HOME + "2026/03/14/fog-over-town-42818", html("Fog over the town", *reversed(PARAGRAPHS)))
    desk.fetch(HOME + "2026/03/14/gone-again-42819", reply(b"no", "Content-Type: text/html", status="404 Not Found"))
    original = Original(first.record.id, first.url, first.fetched_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    desk.fetch(
        HOME + "2026/03/14/ferry-strike-42817", b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n", original=original
    )
    desk.fetch(HOME + "2026/03/14/ferry-strike-42817", html("Ferries stop", *PARAGRAPHS[:-1]))
    desk.tell(
        {
            "site": "courier",
            "url": HOME + "x",
            "outcome": "robots",
            "reason": "disallowed",
            "at": AT.isoformat(),
            "lease": "l",
        }
    )


def test_a_crawl_becomes_articles_versions_and_reasons(box: Box, layout: Layout, desk: Desk) -> None:
    write_a_small_crawl(desk)
    desk.store.close()

    report = catalogue_archive(layout, box=box)

    article = detail(layout, HOME + "2026/03/14/ferry-strike-42817?utm_source=feed")
    assert report.captures == 9
    assert (report.articles, report.versions) == (2, 3)
    assert [c.evidence for c in article.captures] == ["shown"] * 3
    assert [c.version for c in article.captures] == [article.versions[0].id] * 2 + [article.versions[1].id]
    assert article.versions[0].text == "\n\n".join(PARAGRAPHS)
    with closing(open_for_reading(layout.catalogue)) as db:
        assert [o.outcome for o in why(db, HOME + "x").outcomes] == ["robots"]
        assert [hit.title for hit in search(db, '"wrong shore" town')] == ["Fog over the town"]
        assert status(db).unsettled == 0


def test_every_row_opens_as_the_record_it_names(box: Box, layout: Layout, desk: Desk) -> None:
    write_a_small_crawl(desk)
    desk.store.close()
    catalogue_archive(layout, box=box)

    with closing(open_for_reading(layout.catalogue)) as db:
        report = verify(layout, rows=list(record_rows(db)))

    assert report.problems == ()
    assert report.captures == 9


def test_reading_again_from_the_files_gives_the_same_rows(box: Box, layout: Layout, desk: Desk, tmp_path: Path) -> None:
    write_a_small_crawl(desk)
    catalogue_archive(layout, box=box)
    desk.fetch(HOME + "2026/03/14/tram-returns-42820", html("The tram returns", *PARAGRAPHS[1:]))
    desk.store.close()
    catalogue_archive(layout, box=box)
    live = layout.catalogue.rename(tmp_path / "live.db")

    reread(layout, box=box)

    assert list(compare_files(live, layout.catalogue)) == []
    assert not list(layout.root.glob("catalogue.db-*"))


def test_a_follower_reads_what_is_written_while_it_runs(box: Box, layout: Layout, desk: Desk) -> None:
    steps: Iterator[Callable[[], object]] = iter(
        [
            lambda: desk.fetch(HOME + "2026/03/14/one-more-report-1", html("One", *PARAGRAPHS)),
            desk.declare,
            lambda: desk.fetch(HOME + "2026/03/14/two-more-reports-2", html("Two", *PARAGRAPHS[:4])),
            desk.store.close,
        ]
    )

    def crawl_goes_on() -> bool:
        step = next(steps, None)
        if step:
            step()
        return step is not None

    report = catalogue_archive(layout, follow=crawl_goes_on, box=box)

    assert (report.captures, report.articles) == (3, 2)


def test_what_was_read_once_is_not_read_again(box: Box, layout: Layout, desk: Desk) -> None:
    write_a_small_crawl(desk)
    catalogue_archive(layout, box=box)

    again = catalogue_archive(layout, box=box)

    assert again == replace(IngestReport(), articles=2, versions=3)


def test_rows_beyond_the_end_of_a_cut_file_are_taken_back(box: Box, layout: Layout, desk: Desk, tmp_path: Path) -> None:
    write_a_small_crawl(desk)
    last = desk.fetch(HOME + "2026/03/14/never-happened-1", html("Never", *PARAGRAPHS))
    catalogue_archive(layout, box=box)
    desk.store.close()
    path = layout.path_of(last.record.file)
    with path.open("r+b") as file:
        file.truncate(last.record.offset)

    report = catalogue_archive(layout, box=box)

    assert report.withdrawn == 1
    live = layout.catalogue.rename(tmp_path / "live.db")
    reread(layout, box=box)
    assert list(compare_files(live, layout.catalogue)) == []


def test_two_writers_do_not_meet(box: Box, layout: Layout, desk: Desk) -> None:
    with lock(layout.catalogue, "a test"), pytest.raises(BusyError):
        catalogue_archive(layout, box=box)


def test_other_peoples_pages_belong_to_the_name_of_their_host(box: Box, layout: Layout) -> None:
    layout.create()
    body = html("Fog over the town", *PARAGRAPHS)
    url = "http://news.island.test/2026/03/14/fog-over-town-1"
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-000000000001>\r\n"
        f"WARC-Date: 2026-03-14T10:00:00Z\r\nWARC-Target-URI: {url}\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    (layout.warc / "theirs.warc").write_bytes(head.encode() + body + b"\r\n\r\n")

    report = catalogue_archive(layout, box=box)

    assert (report.captures, report.articles) == (1, 1)
    assert detail(layout, url).site == "island.test"


def test_a_published_copy_opens_read_only_while_the_catalogue_goes_on(box: Box, layout: Layout, desk: Desk) -> None:
    write_a_small_crawl(desk)
    catalogue_archive(layout, box=box)

    path = publish(layout)

    with closing(open_for_reading(path)) as copy, closing(open_catalogue(layout.catalogue)) as live:
        live.execute("UPDATE sites SET title = 'another'")
        assert copy.execute("SELECT title FROM sites").fetchone()[0] == "The Harbour Courier"
        assert copy.execute("PRAGMA journal_mode").fetchone()[0] == "delete"
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_catalogue_of_another_reader_is_kept_beside(box: Box, layout: Layout, desk: Desk) -> None:
    write_a_small_crawl(desk)
    catalogue_archive(layout, box=box)
    with closing(open_catalogue(layout.catalogue)) as db:
        db.execute("INSERT INTO readers (digest) VALUES ('0lder')")
        db.execute("UPDATE captures SET reader = '0lder' WHERE reader IS NOT NULL")

    stale = catalogue_archive(layout, box=box).stale
    reread(layout, box=box)

    assert stale == 4
    assert (layout.root / "readings" / "0lder.db").exists()
    assert catalogue_archive(layout, box=box).stale == 0
