"""The catalogue is derived: thrown away and made again, it is the same."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from archive.catalogue.database import open_catalogue, open_for_reading
from archive.cli import cli
from archive.errors import BusyError, NotFoundError
from archive.ingest import catalogue_archive
from archive.layout import Layout, lock
from archive.loader import LOADER
from archive.preview import preview
from archive.reading.box import Box
from archive.reread import compare_files, reread
from archive.withhold import open_permitted
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
    with closing(open_permitted(layout, None, "0lder")) as kept:
        assert {row[0] for row in kept.execute("SELECT DISTINCT reader FROM captures WHERE reader IS NOT NULL")} == {
            "0lder"
        }
    with pytest.raises(NotFoundError, match="there are: 0lder"):
        open_permitted(layout, None, "other")
    assert catalogue_archive(layout, box=box).stale == 0


def test_a_dry_run_tells_per_site_what_another_reader_would_change(box: Box, layout: Layout, desk: Desk) -> None:
    write_a_small_crawl(desk)
    catalogue_archive(layout, box=box)
    with closing(open_catalogue(layout.catalogue)) as db:
        (article, version) = db.execute("SELECT id, version FROM articles ORDER BY id LIMIT 1").fetchone()
        db.execute("UPDATE version_rows SET title = 'Before', text_hash = 'x' WHERE id = ?", (version,))
        url = db.execute("SELECT url FROM articles WHERE id = ?", (article,)).fetchone()[0]
    before = layout.catalogue.read_bytes()

    [site] = preview(layout, box=box).sites

    assert (site.changed, site.retitled, site.lost, site.found) == (1, 1, 0, 0)
    assert site.appeals_before == site.appeals_after
    [example] = site.examples
    assert example.url == url
    assert (example.before or "").startswith("Before\n\n")
    assert not (example.after or "Before").startswith("Before")
    assert layout.catalogue.read_bytes() == before
    assert not list(layout.root.glob(".preview-*"))


def test_a_dry_run_is_a_command(layout: Layout, desk: Desk, box: Box) -> None:
    write_a_small_crawl(desk)
    catalogue_archive(layout, box=box)
    with closing(open_catalogue(layout.catalogue)) as db:
        db.execute("UPDATE version_rows SET title = 'The headline of yesterday', text_hash = 'x' || id")

    told = CliRunner().invoke(cli, ["--archive", str(layout.root), "reread", "--dry-run", "--diff"])

    assert told.exit_code == 0, told.output
    assert "What reading anew would change" in told.output
    assert "The headline of yesterday" in told.output
    assert "Nothing was changed" in told.output


def test_a_catalogue_that_somebody_reads_is_not_pulled_away(box: Box, layout: Layout, desk: Desk) -> None:
    write_a_small_crawl(desk)
    catalogue_archive(layout, box=box)

    with closing(open_for_reading(layout.catalogue)) as db:
        db.execute("BEGIN")
        db.execute("SELECT count(*) FROM captures").fetchone()
        with pytest.raises(BusyError):
            reread(layout, box=box)

    assert reread(layout, box=box).captures == 9


def test_only_one_at_a_time_fills_a_catalogue(layout: Layout, desk: Desk) -> None:
    with lock(layout.catalogue, "a test"), pytest.raises(BusyError):
        reread(layout)


def test_what_differs_is_told_row_by_row(box: Box, layout: Layout, desk: Desk, tmp_path: Path) -> None:
    write_a_small_crawl(desk)
    catalogue_archive(layout, box=box)
    live = layout.catalogue.rename(tmp_path / "live.db")
    reread(layout, box=box)
    with closing(open_catalogue(live)) as db:
        db.execute("UPDATE sites SET title = 'Another'")

    found = list(compare_files(live, layout.catalogue))

    assert [(d.table, d.only_in) for d in found] == [("sites", "first"), ("sites", "second")]
    assert "'Another'" in found[0].row
