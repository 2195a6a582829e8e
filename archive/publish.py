"""Publish the catalogue: a copy that researchers open, which no long reader of theirs can hold up."""

import os
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from archive.catalogue.database import open_for_reading
from archive.layout import Layout, lock
from archive.restrictions import covered, in_force, note, path_of
from archive.sqlite_errors import told
from archive.withhold import take_out

NAME = "catalogue.db"
EVERY_S = 3_600.0  # a copy of a large catalogue costs minutes of disk; a timer may crawl every ten


def publish(layout: Layout, *, every_s: float = 0.0, now: datetime | None = None) -> Path:
    """Write `public/catalogue.db` and return its path; whoever has the old copy open goes on reading that.

    What is restricted at that time (all that is restricted, without one) is not in it, nor any trace of its text.

    It has a rollback journal, so that it opens read-only from a folder that its reader cannot write to, and from any
    medium. With `every_s`, a copy that is at most that much older than the catalogue is left as it is.
    """
    target = layout.public / NAME
    if every_s and _is_recent(target, layout, every_s):
        return target
    layout.public.mkdir(mode=0o755, parents=True, exist_ok=True)
    fresh = target.with_name(NAME + ".new")
    with lock(layout.public, "another program is publishing the catalogue"), told(target):
        try:
            _copy(layout.catalogue, fresh)
            _withhold(layout, fresh, now)
            _finish(fresh)
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
    catalogue, restrictions = layout.catalogue, path_of(layout)
    if restrictions.exists() and target.exists() and restrictions.stat().st_mtime > target.stat().st_mtime:
        return False
    written = [p.stat().st_mtime for p in (catalogue, catalogue.with_name(catalogue.name + "-wal")) if p.exists()]
    return target.exists() and bool(written) and max(written) - target.stat().st_mtime <= every_s


def _copy(catalogue: Path, fresh: Path) -> None:
    fresh.unlink(missing_ok=True)
    with closing(open_for_reading(catalogue)) as db:
        db.execute("PRAGMA query_only = off")  # it refuses VACUUM INTO as well; the file is still opened read-only
        db.execute("VACUUM INTO ?", (str(fresh),))


def _withhold(layout: Layout, fresh: Path, now: datetime | None) -> None:
    restrictions = in_force(layout, now)
    if restrictions:
        what = take_out(fresh, lambda db: covered(db, restrictions))
        counts = {"articles": len(what.articles), "captures": len(what.captures)}
        note(layout, {"what": "publish", "at": now, **counts, "restrictions": [r.to_dict() for r in restrictions]})


def _finish(fresh: Path) -> None:
    """Give the copy a rollback journal, and the statistics that make its queries choose the right index."""
    with closing(sqlite3.connect(fresh, isolation_level=None)) as copy:
        copy.execute("PRAGMA journal_mode = delete")
        copy.execute("ANALYZE")
    fresh.chmod(0o644)
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
