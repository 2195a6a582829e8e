"""Name a SQLite file for those who only read it."""

import os
from pathlib import Path


def reading_uri(path: Path) -> str:
    """Return the URI that opens a database for reading, also from a disk that nobody can write to.

    SQLite makes files beside a database with a write-ahead log even to read it. Where the disk is mounted read-only it
    cannot, and need not: nothing changes there. A log that was left there could not be read: SQLite says so then.
    """
    log = path.with_name(path.name + "-wal")
    still = path.exists() and os.statvfs(path).f_flag & os.ST_RDONLY and not (log.exists() and log.stat().st_size)
    return f"{path.absolute().as_uri()}?mode=ro" + ("&immutable=1" if still else "")
