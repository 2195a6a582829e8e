"""Publish the catalogue: a copy that researchers open, which no long reader of theirs can hold up."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from archive.catalogue.database import open_for_reading
from archive.errors import NoSpaceError
from archive.layout import Layout

NAME = "catalogue.db"
EVERY_S = 3_600.0  # a copy of a large catalogue costs minutes of disk; a timer may crawl every ten


def publish(layout: Layout, *, every_s: float = 0.0) -> Path:
    """Write `public/catalogue.db` and return its path; whoever has the old copy open goes on reading that.

    It has a rollback journal, so that it opens read-only from a folder that its reader cannot write to, and from any
    medium. With `every_s`, a copy that is at most that much older than the catalogue is left as it is.
    """
    target = layout.public / NAME
    if every_s and _is_recent(target, layout, every_s):
        return target
    layout.public.mkdir(mode=0o755, parents=True, exist_ok=True)
    fresh = target.with_name(NAME + ".new")
    fresh.unlink(missing_ok=True)
    try:
        with closing(open_for_reading(layout.catalogue)) as db:
            db.execute("PRAGMA query_only = off")  # it refuses VACUUM INTO as well; the file is still opened read-only
            db.execute("VACUUM INTO ?", (str(fresh),))
        _finish(fresh)
    except sqlite3.OperationalError as error:
        fresh.unlink(missing_ok=True)
        raise NoSpaceError(target, str(error)) from error
    fresh.replace(target)
    sync_folder(layout.public)
    return target


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_recent(target: Path, layout: Layout, every_s: float) -> bool:
    """True if the copy was written at most that long before the catalogue was last written to."""
    catalogue = layout.catalogue
    written = [p.stat().st_mtime for p in (catalogue, catalogue.with_name(catalogue.name + "-wal")) if p.exists()]
    return target.exists() and bool(written) and max(written) - target.stat().st_mtime <= every_s


def _finish(path: Path) -> None:
    """Give the copy a rollback journal and the statistics that make its queries choose the right index."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = delete")
        db.execute("ANALYZE")
    path.chmod(0o644)
    with path.open("rb") as file:
        os.fsync(file.fileno())
