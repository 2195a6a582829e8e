"""The word that removals leave: a record in a WARC file of its own that says what was removed, why, and when."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from archive.errors import RecordError
from archive.excise import Removed
from archive.layout import Layout
from archive.warc.members import members, read_at

TOMBSTONE = "urn:dateline:removed:"
_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Removal:
    """What was removed and why; `still_at` are other URLs at which the very same bytes were captured, and are kept."""

    id: str
    at: datetime
    reason: str
    asked: tuple[str, ...]
    removed: tuple[Removed, ...]
    still_at: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return the removal as plain values with stable keys: what the tombstone says."""
        return {
            "dateline-removal": _SCHEMA,
            "id": self.id,
            "at": self.at.isoformat(),
            "reason": self.reason,
            "asked": list(self.asked),
            "removed": [one.to_dict() for one in self.removed],
        }

    def summary(self) -> str:
        """Return it in one line."""
        files = len({one.file for one in self.removed})
        urls = len({one.url for one in self.removed})
        count = sum(len(one.records) for one in self.removed)
        return (
            f"{self.at:%Y-%m-%d %H:%M} UTC: {len(self.removed)} captures of {urls} URLs ({count} records) removed from"
            f" {files} files: {self.reason}"
        )


def removals(db: sqlite3.Connection, layout: Layout) -> Iterator[Removal]:
    """Yield what was ever removed, as the tombstones in the WARC files say; damaged ones are for `verify` to name."""
    rows = db.execute(
        "SELECT file, offset, length FROM captures WHERE url BETWEEN ? AND ? ORDER BY fetched_at, id",
        (TOMBSTONE, TOMBSTONE + "~"),
    )
    for file, offset, length in rows.fetchall():
        with suppress(RecordError, OSError, ValueError, KeyError, TypeError):
            yield _parse(read_at(layout.path_of(file), offset, length).block)


def returned(db: sqlite3.Connection, removal: Removal) -> Iterator[str]:
    """Yield which records were removed and are in the catalogue all the same: half done, or imported again."""
    for one in removal.removed:
        row = db.execute("SELECT file, offset FROM captures WHERE id = ?", (one.id,)).fetchone()
        if row:
            at, why = f"{row[0]} at {row[1]}", f"removed {removal.at:%Y-%m-%d}: {removal.reason}"
            yield f"{at}: {one.id} was to be gone ({why}); `dateline remove` it again"


def removed_ids(layout: Layout) -> frozenset[str]:
    """Return the ids of all records that were ever removed, as the WARC files say, with or without a catalogue.

    A tombstone is the record after the warcinfo of its file: no more of any file is read.
    """
    found: set[str] = set()
    for path in layout.warc_files():
        for member in islice(members(path), 1, 2):
            if member.url.startswith(TOMBSTONE):
                with suppress(ValueError, KeyError, TypeError):  # a damaged one is for `verify` to name
                    found.update(record for one in _parse(member.block).removed for record in one.records)
    return frozenset(found)


def _parse(block: bytes) -> Removal:
    values = json.loads(block)
    removed = (Removed(**{**one, "records": tuple(one["records"])}) for one in values["removed"])
    at = datetime.fromisoformat(values["at"])
    return Removal(values["id"], at, values["reason"], tuple(values["asked"]), tuple(removed))
