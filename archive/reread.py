"""Read the whole archive anew into a second catalogue, and put it in the place of the first."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database

from archive.catalogue.compare import Difference, compare
from archive.catalogue.database import open_catalogue, open_for_reading
from archive.errors import BusyError
from archive.ingest import IngestReport, Progress, fill
from archive.layout import OLDER, Layout, lock
from archive.publish import sync_folder
from archive.reading.box import Box

__all__ = ["Difference", "compare", "compare_files", "reread"]


def reread(layout: Layout, *, progress: Progress = lambda _: None, box: Box | None = None) -> IngestReport:
    """Make `catalogue.db` anew from the WARC files; the old one serves until the new one is whole.

    A catalogue that another reader has made is kept as `readings/DIGEST.db`, beside the archive's promise that
    `catalogue.db` can be made again.
    """
    with lock(layout.catalogue, "another program is filling the catalogue"):
        path = layout.catalogue.with_name(layout.catalogue.name + ".new")
        _remove(path)
        db = open_catalogue(path)
        try:
            report = fill(db, layout, progress=progress, box=box)
        finally:
            db.close()
        _fold(path)
        if layout.catalogue.exists():
            _fold(layout.catalogue)
            _keep_if_older(layout, path)
        path.replace(layout.catalogue)
        sync_folder(layout.root)
    return report


def compare_files(first: Path, second: Path) -> Iterator[Difference]:
    """Yield the rows in which two catalogues differ."""
    with closing(open_for_reading(first)) as a, closing(open_for_reading(second)) as b:
        yield from compare(a, b)


def reader_of(db: Database) -> str | None:
    """Return the digest of the reader that has read most of a catalogue, None if nothing was read."""
    row = db.execute(
        """
        SELECT reader
        FROM captures
        WHERE reader IS NOT NULL
        GROUP BY reader
        ORDER BY count(*) DESC, reader
        LIMIT 1
        """
    ).fetchone()
    return str(row[0]) if row else None


def _keep_if_older(layout: Layout, fresh: Path) -> None:
    with closing(open_for_reading(layout.catalogue)) as old, closing(open_for_reading(fresh)) as new:
        before, now = reader_of(old), reader_of(new)
    if before is not None and before != now:
        folder = layout.root / OLDER
        folder.mkdir(mode=0o750, exist_ok=True)
        layout.catalogue.replace(folder / f"{before}.db")


def _fold(path: Path) -> None:
    """Bring all of a database into its one file: a rename must leave no write-ahead log of the old one behind."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        try:
            (mode,) = db.execute("PRAGMA journal_mode = delete").fetchone()
        except sqlite3.OperationalError as error:
            raise BusyError(path, "a program has it open") from error
    if mode != "delete":
        raise BusyError(path, "a program has it open")


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
