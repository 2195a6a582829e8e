"""The archive format is a promise: what an earlier version wrote, this one opens, proves, reads and goes on with."""

import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from archive.catalogue.coverage import COUNTED
from archive.catalogue.database import open_catalogue
from archive.layout import Layout
from tests.archives.make import OUTLETS
from tests.conftest import Workbench
from tests.newsroom.newsroom import OPENING, Newsroom

KEPT = sorted((Path(__file__).parent / "archives").glob("*.tar.gz"))
TITLES = "SELECT DISTINCT article, title FROM versions ORDER BY article, title"
BODIES = "SELECT body FROM versions ORDER BY article, text_hash"
PLACES = 'SELECT id, url, kind, file, "offset", length FROM captures ORDER BY id'


@pytest.fixture(params=KEPT, ids=lambda path: path.name.removesuffix(".tar.gz"))
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Layout:
    """A copy of an archive as an earlier version left it."""
    with tarfile.open(request.param) as packed:
        packed.extraction_filter = getattr(tarfile, "data_filter", lambda member, path: member)  # from 3.11.4 on
        packed.extractall(tmp_path)
    return Layout(tmp_path)


@pytest.fixture
def bench(archive: Layout) -> Iterator[Workbench]:
    """That archive, and the commands of the present version."""
    with Newsroom(OUTLETS, now=OPENING + timedelta(days=4)) as newsroom:
        newsroom.write_resolve(archive.root / "resolve.txt")
        yield Workbench(archive, newsroom)


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    """Ask a database as it lies there, without our code."""
    with closing(sqlite3.connect(path)) as db:
        return db.execute(sql).fetchall()


def paragraphs_in(archive: Layout) -> set[object]:
    """Return every paragraph that the catalogue holds as the text of an article."""
    return {part for (body,) in rows(archive.catalogue, BODIES) for part in str(body).split("\n\n")}


def test_an_archive_is_kept() -> None:
    assert [path.name for path in KEPT][:1] == ["first.tar.gz"]


def test_every_record_is_found_whole_and_where_its_row_says(bench: Workbench) -> None:
    verified = bench.dateline("verify", "--json")

    assert verified.code == 0, verified.out + verified.err
    assert '"problems": []' in verified.out


def test_it_is_searched(bench: Workbench) -> None:
    found = bench.dateline("search", "ferry", "--format", "jsonl")

    assert "Ferry crews return to work after nine-day stoppage" in found.out, found.err


def test_a_word_is_counted_before_anything_is_written_and_after(archive: Layout, bench: Workbench) -> None:
    asked = "trend", "ferry", "--by", "month", "--json"
    before = bench.dateline(*asked)

    with closing(open_catalogue(archive.catalogue)) as db:
        kept = {tuple(row) for row in db.execute("SELECT month, language, site, articles FROM coverage_by_month")}
        assert kept == {tuple(row) for row in db.execute(COUNTED)}

    assert '"articles"' in before.out, before.err
    assert bench.dateline(*asked).out == before.out


def test_its_pages_read_again_lose_no_article_and_no_paragraph(archive: Layout, bench: Workbench) -> None:
    titles, places = rows(archive.catalogue, TITLES), rows(archive.catalogue, PLACES)
    paragraphs = paragraphs_in(archive)
    assert len(titles) > 20
    assert len(paragraphs) > 100

    read = bench.dateline("reread")

    assert read.code == 0, read.err
    assert rows(archive.catalogue, TITLES) == titles
    assert rows(archive.catalogue, PLACES) == places
    # A later reader may take a line for a byline that was body to an earlier one; it may not drop it.
    assert paragraphs <= {text for (text,) in rows(archive.catalogue, "SELECT text FROM passages")}


def test_the_crawl_goes_on_where_it_stopped(archive: Layout, bench: Workbench) -> None:
    titles, places = rows(archive.catalogue, TITLES), rows(archive.catalogue, PLACES)
    known = {path.name: path.read_bytes() for path in archive.warc_files()}

    crawled = bench.crawl(now=bench.newsroom.now)

    assert crawled.code == 0, crawled.out + crawled.err
    assert set(titles) < set(rows(archive.catalogue, TITLES))
    assert set(places) < set(rows(archive.catalogue, PLACES))
    assert {name: (archive.warc / name).read_bytes() for name in known} == known
    # Validators of the earlier version's captures are still sent: what is the same is not fetched twice.
    assert len([hit for hit in bench.newsroom.hits() if hit.status == 304]) > 10
    assert bench.dateline("verify").code == 0
