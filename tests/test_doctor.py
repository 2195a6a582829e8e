"""The doctor: what is worth knowing, what keeps Dateline from working, and that it tells one from the other."""

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from archive.doctor import Finding, examine, sqlite_finding
from archive.layout import Layout
from archive.warc.store import WarcStore
from tests.exchanges import AT as NOW
from tests.exchanges import PAGE, PROVENANCE, exchange, reply


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """An archive with one whole WARC file, whose last capture is of NOW."""
    layout = Layout(tmp_path / "archive")
    layout.create()
    with WarcStore(layout.warc, run="run", software="test", now=lambda: NOW) as store:
        store.append(exchange(reply(PAGE)), PROVENANCE)
    return layout


def found(layout: Layout, now: datetime = NOW) -> dict[str, Finding]:
    return {finding.what: finding for finding in examine(layout, now)}


def bad(layout: Layout, now: datetime = NOW) -> set[str]:
    return {what for what, finding in found(layout, now).items() if finding.state == "bad"}


def test_a_sound_archive_has_nothing_wrong(layout: Layout) -> None:
    findings = found(layout)

    assert bad(layout) == set()
    assert "is whole, to 2026-03-14 09:26" in findings["newest WARC file"].found
    assert findings["archive"].found.endswith("no crawl at work")
    assert findings["FTS5"].state == "good"


def test_what_is_missing_but_not_needed_is_a_note() -> None:
    findings = examine(Layout(Path("nowhere")), NOW)

    assert [f.found for f in findings if f.what == "archive"] == ["none in nowhere: `dateline init` makes one"]
    assert not [f for f in findings if f.state == "bad"]


@pytest.mark.parametrize(
    ("version", "state"),
    [((3, 37, 2), "bad"), ((3, 38, 0), "note"), ((3, 51, 2), "note"), ((3, 51, 3), "good"), ((4, 0, 0), "good")],
)
def test_a_version_of_sqlite_is_told_by_what_it_means(version: tuple[int, ...], state: str) -> None:
    assert sqlite_finding(version).state == state


def test_a_clock_that_went_back_is_found(layout: Layout) -> None:
    assert bad(layout, NOW - timedelta(days=1)) == {"clock"}
    assert bad(layout, NOW - timedelta(minutes=2)) == set()


def test_a_torn_file_is_found(layout: Layout) -> None:
    (path,) = layout.warc_files()
    path.write_bytes(path.read_bytes()[:-5])

    assert bad(layout) == {"newest WARC file"}


def test_a_damaged_database_is_found_with_the_way_out(layout: Layout) -> None:
    with closing(sqlite3.connect(layout.catalogue)) as db:
        db.executescript(
            "CREATE TABLE t (x); INSERT INTO t SELECT randomblob(3000) FROM json_each('[1,2,3,4,5,6,7,8]');"
        )
    body = bytearray(layout.catalogue.read_bytes())
    body[4096:8192] = b"\xff" * 4096
    layout.catalogue.write_bytes(body)
    layout.frontier.write_bytes(b"no database at all, but long enough to be read as the header of one" * 20)

    assert bad(layout) == {"catalogue.db", "frontier.db"}
    assert "dateline reread" in found(layout)["catalogue.db"].found
