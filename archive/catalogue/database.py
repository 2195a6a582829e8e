"""Open `catalogue.db` for its one writer or for readers, and write to it in whole batches.

Every PRAGMA of the catalogue is set here. What goes wrong inside SQLite leaves here as an error of ours.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from weakref import WeakKeyDictionary

from sqlite_utils import Database

from archive.catalogue.schema import migrations
from archive.errors import ConfigError
from archive.layout import keep_private
from archive.sqlite_errors import told
from archive.sqlite_uri import reading_uri

BUSY_TIMEOUT_MS = 10_000
WAL_BYTES = 4 << 20  # to which a log that a reader held up shrinks; researchers read the published copy
LOG_BYTES = 800 << 10  # from which a batch is moved from the log into the file, and the log cut to nothing
CACHE_KIB = 64 << 10
REMEMBERED, LONGEST = 30_000, 300  # names and texts, and the signs of one: 36 MB if all are as long as they can be


@dataclass(slots=True)
class Known:
    """The numbers of places, rules and texts that stood on pages before; two of three on the next page are of these.

    To look them up, each time, was a seventh of what it cost to add a page.
    """

    version: int  # SQLite's `data_version`: another number once another connection has written
    names: dict[str, int] = field(default_factory=dict)
    texts: dict[tuple[str, int | None], int] = field(default_factory=dict)  # by text and key

    def keep(self, names: Mapping[str, int], texts: Mapping[tuple[str, int | None], int]) -> None:
        """Remember the numbers of those that are short: a hostile page may have any others."""
        self.names.update((name, number) for name, number in names.items() if len(name) <= LONGEST)
        self.texts.update((text, number) for text, number in texts.items() if len(text[0]) <= LONGEST)


_KNOWN: WeakKeyDictionary[Database, Known] = WeakKeyDictionary()


def open_catalogue(path: Path) -> Database:
    """Return the catalogue for writing, made or brought up to date; foreign keys hold from here on."""
    keep_private(path)
    with told(path):
        db = Database(sqlite3.connect(path, isolation_level=None, timeout=BUSY_TIMEOUT_MS / 1000))
        db.execute("PRAGMA journal_mode = wal")
        # The WARC files are the truth: a power cut may cost the last batches, which are then read again.
        db.execute("PRAGMA synchronous = normal")
        db.execute("PRAGMA foreign_keys = on")
        db.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
        db.execute("PRAGMA wal_autocheckpoint = 0")  # `batch` does it: SQLite's own never cuts the log below a batch
        db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        db.execute("PRAGMA temp_store = memory")
        migrations.apply(db)
    db.conn.row_factory = sqlite3.Row
    return db


def open_for_reading(path: Path) -> Database:
    """Return a catalogue, live or published, that cannot be written to."""
    if not path.exists():
        raise ConfigError(path, "", "there is no catalogue yet; `dateline catalogue` makes it")
    with told(path):
        db = Database(
            sqlite3.connect(reading_uri(path), uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_MS / 1000)
        )
        db.execute("PRAGMA query_only = on")
        db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    db.conn.row_factory = sqlite3.Row
    return db


@contextmanager
def batch(db: Database) -> Iterator[sqlite3.Connection]:
    """Hold one transaction: all of the block is written, or nothing is.

    BEGIN IMMEDIATE, because a transaction that begins by reading fails at once, whatever the busy timeout, if another
    connection has committed before it writes.
    """
    path = _path_of(db)
    with told(path):
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db.conn
            db.execute("COMMIT")
        except BaseException:
            db.rollback()
            forget(db)
            raise
        _move_log(db, path)


def known(db: Database) -> Known:
    """Return what this connection has met of what every page has in common, to be added to.

    Another process may have taken texts out, and given their numbers away: then nothing is known.
    """
    (version,) = db.execute("PRAGMA data_version").fetchone()
    met = _KNOWN.get(db)
    if met is None or met.version != version or len(met.names) + len(met.texts) > REMEMBERED:
        met = _KNOWN[db] = Known(version)
    return met


def forget(db: Database) -> None:
    """Forget what this connection has met: some of it may be gone."""
    _KNOWN.pop(db, None)


def _move_log(db: Database, path: Path) -> None:
    """Move what was written from the log into the file, and cut the log, unless a reader still needs it: never wait."""
    log = path.with_name(path.name + "-wal")
    if log.exists() and log.stat().st_size >= LOG_BYTES:
        db.execute("PRAGMA busy_timeout = 0")
        try:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_LOCKED:  # this connection still reads: the next batch moves it
                raise
        finally:
            db.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")


def _path_of(db: Database) -> Path:
    return Path(str(db.conn.execute("PRAGMA database_list").fetchone()[2]) or ":memory:")
