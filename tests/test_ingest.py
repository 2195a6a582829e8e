"""From WARC files to rows: walk, read, add, settle, and the same again from the files alone."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from archive.catalogue.answers import ArticleDetail, find, record_rows, status, why
from archive.catalogue.database import open_catalogue, open_for_reading
from archive.catalogue.search import search
from archive.errors import BusyError
from archive.ingest import IngestReport, catalogue_archive
from archive.layout import Layout, lock
from archive.loader import LOADER, load
from archive.publish import publish
from archive.reading.box import Box
from archive.reread import compare_files, reread
from archive.verify import verify
from archive.warc.walk import captures
from tests.desk import HOME, PARAGRAPHS, Desk, html, write_a_small_crawl


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


def test_a_file_that_is_closed_between_a_look_and_the_opening_is_still_found(
    layout: Layout, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_a_small_crawl(desk)
    desk.store.close()
    path = layout.warc_files()[0]
    record = next(c.record for c in captures(path) if c.status == 200)

    monkeypatch.setattr(Path, "exists", lambda _: True)  # it still lay there, a moment ago

    page, closed = (load(name, record.offset, record.length) for name in (f"{path}.open", str(path)))
    assert page.body == closed.body
    with pytest.raises(FileNotFoundError):
        load(f"{path}.other", record.offset, record.length)


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


def test_a_copy_is_not_published_again_within_its_time(box: Box, layout: Layout, desk: Desk) -> None:
    write_a_small_crawl(desk)
    catalogue_archive(layout, box=box)
    first = publish(layout).stat().st_ino

    assert publish(layout, every_s=3_600).stat().st_ino == first
    assert publish(layout).stat().st_ino != first
