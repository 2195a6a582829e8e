"""The memory of stored payloads, by which a body that comes again is kept as a revisit of the first.

Its table lies in `frontier.db`: like the rest of it, it can be lost without losing history.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Literal, get_args

import sqlite_utils
from sqlite_utils import Migrations

from archive.errors import ConfigError
from archive.model import Record
from archive.sqlite_errors import told
from archive.warc.dedup import Likeness
from archive.warc.record import Original

Scope = Literal["off", "run", "archive"]
"""How far back a revisit may refer: not at all, within its run, to all that the archive holds."""

migrations = Migrations("payloads")


def scope_of(text: str) -> Scope:
    """Return the scope of that name; ConfigError if it is none."""
    known: tuple[Scope, ...] = get_args(Scope)
    found = next((scope for scope in known if scope == text), None)
    if found is None:
        raise ConfigError("DATELINE_DEDUP", "", f"{text!r} is none of {', '.join(known)}")
    return found


@migrations(name="m001_payloads")
def _initial(db: sqlite_utils.Database) -> None:
    db.execute(
        """
        CREATE TABLE payloads (           -- one durable response record for each payload; never a revisit
          digest TEXT NOT NULL,
          length INTEGER NOT NULL,
          chunked INTEGER NOT NULL,
          site TEXT NOT NULL,
          role TEXT NOT NULL,
          content_type TEXT NOT NULL,
          content_encoding TEXT NOT NULL,
          id TEXT NOT NULL,               -- record id
          url TEXT NOT NULL,              -- as its WARC-Target-URI has it
          date TEXT NOT NULL,             -- as its WARC-Date has it
          file TEXT NOT NULL,
          offset INTEGER NOT NULL,
          member_length INTEGER NOT NULL,
          PRIMARY KEY (digest, length, chunked, site, role, content_type, content_encoding)
        ) WITHOUT ROWID
        """
    )
    db.execute("CREATE UNIQUE INDEX payloads_id ON payloads (id)")
    db.execute("CREATE INDEX payloads_file ON payloads (file, offset)")


@dataclass(frozen=True, slots=True)
class Stored:
    """A response record that others are revisits of, and where it lies."""

    original: Original
    record: Record


class Payloads:
    """Payloads and the records that hold them (an `archive.warc.dedup.Dedup`).

    The first record of a payload stays the one that all revisits name. At the path ":memory:" it lasts as long as the
    run.
    """

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path)
        self._fresh: list[tuple[object, ...]] = []
        with told(self._path):
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=5000;")
            migrations.apply(sqlite_utils.Database(self._db))

    def close(self) -> None:
        self._db.close()

    def lookup(self, like: Likeness) -> Original | None:
        """Return the durable response record that holds this payload, None if there is none."""
        row = self._db.execute(
            """
            SELECT id, url, date
            FROM payloads
            WHERE digest = ? AND length = ? AND chunked = ? AND site = ? AND role = ?
              AND content_type = ? AND content_encoding = ?
            """,
            astuple(like),
        ).fetchone()
        return Original(*row) if row else None

    def stored(self, record_id: str | None) -> Stored | None:
        """Return the original of that record id and where it lies, None if it is not one."""
        row = self._db.execute(
            "SELECT id, url, date, file, offset, member_length FROM payloads WHERE id = ?", (record_id,)
        ).fetchone()
        if row is None:
            return None
        return Stored(Original(*row[:3]), Record(row[3], row[4], row[5], row[0]))

    def remember(self, like: Likeness, original: Original, record: Record) -> None:
        """Note a response record just written; it is known once it is durable."""
        place = (record.file, record.offset, record.length)
        self._fresh.append((*astuple(like), original.id, original.url, original.date, *place))

    def durable(self) -> None:
        """Make known what was remembered: its records are on the disk now."""
        if not self._fresh:
            return
        with told(self._path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.executemany(
                    "INSERT OR IGNORE INTO payloads VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", self._fresh
                )
                self._db.execute("COMMIT")
            except BaseException:
                self._db.rollback()
                raise
        self._fresh.clear()

    def purge(self, sizes: Mapping[str, int]) -> int:
        """Forget the records beyond the end of their file, and those of files that are gone; return how many.

        `sizes` are those of the archive's WARC files, by stored name.
        """
        with told(self._path):
            files = [row[0] for row in self._db.execute("SELECT DISTINCT file FROM payloads")]
            return sum(
                self._db.execute(
                    "DELETE FROM payloads WHERE file = ? AND offset + member_length > ?", (file, sizes.get(file, 0))
                ).rowcount
                for file in files
            )
