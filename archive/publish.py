"""Publish the catalogue: a copy that researchers open, which no long reader of theirs can hold up."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from archive.catalogue.database import open_for_reading, telling
from archive.layout import Layout, lock

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
    with lock(layout.public, "another program is publishing the catalogue"), telling(target):
        try:
            _copy(layout.catalogue, fresh)
            fresh.replace(target)
        finally:
            fresh.unlink(missing_ok=True)
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


def _copy(catalogue: Path, fresh: Path) -> None:
    """Write a copy with a rollback journal, and with the statistics that make its queries choose the right index."""
    fresh.unlink(missing_ok=True)
    with closing(open_for_reading(catalogue)) as db:
        db.execute("PRAGMA query_only = off")  # it refuses VACUUM INTO as well; the file is still opened read-only
        db.execute("VACUUM INTO ?", (str(fresh),))
    with closing(sqlite3.connect(fresh, isolation_level=None)) as copy:
        copy.execute("PRAGMA journal_mode = delete")
        copy.execute("ANALYZE")
    fresh.chmod(0o644)
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
