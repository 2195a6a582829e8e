"""What SQLite says of the disk, of locks and of damage, in our own errors."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archive.errors import ArchiveError, BusyError, ConfigError, DamageError, NoSpaceError


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Raise what goes wrong with the database at `path` as an error of ours; a mistake in our SQL stays what it is."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        ours = _told(path, error, getattr(error, "sqlite_errorname", ""))
        if ours is None:
            raise
        raise ours from error


def _told(path: Path, error: sqlite3.DatabaseError, name: str) -> ArchiveError | None:
    # An I/O error is mostly a disk without room for the write-ahead log, whose space SQLite takes by mapping memory.
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        return NoSpaceError(path, str(error))
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return BusyError(path, "another program is writing to it")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return DamageError(path, 0, str(error))
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY")):
        if _is_full_of_files(path.parent):
            return NoSpaceError(path, "the disk takes no more files")
        return ConfigError(path, "", f"{error}; is the folder there, and may you write to it?")
    return None


def _is_full_of_files(folder: Path) -> bool:
    """True if no file can be made there for want of an inode; SQLite does not tell that from a folder that is not."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return False
    return disk.f_files > 0 and disk.f_favail == 0
