"""Take records out of the archive for good, and leave word of it: what, why, and when.

The order makes a crash harmless: first the tombstone, a record that lists what goes and why; then, file by file, the
rows go out of the catalogue and the file is written anew; then the file is read again. Whatever was cut short is done
by the same command again.
"""

import json
import logging
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from archive.catalogue.database import batch, open_catalogue
from archive.catalogue.withdraw import withdraw
from archive.errors import BusyError, NotFoundError
from archive.excise import Cut, Removed, excise, find_cuts
from archive.ingest import Progress, fill
from archive.layout import OPEN_SUFFIX, Layout, lock, stored_name
from archive.manifest import place_of, rewrite_manifest
from archive.publish import NAME as PUBLISHED
from archive.publish import publish
from archive.reading.box import Box
from archive.restrictions import Covers, Restriction, covered, note, path_of
from archive.tombstones import TOMBSTONE, Removal
from archive.warc.store import WarcStore
from archive.withhold import take_out

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Order:
    """What is to go, and why: names are URLs, article ids or record ids."""

    names: tuple[str, ...]
    reason: str
    restrict: bool = True  # a site that still has the page would give it to the next crawl


def plan(db: Database, layout: Layout, names: Sequence[str], progress: Progress = lambda _: None) -> tuple[Cut, ...]:
    """Return what would be cut out of which files; NotFoundError if a name is not in the archive."""
    doomed = set[str]()
    for name in names:
        found = covered(db.conn, tuple(Restriction(covers, name, "removal") for covers in _meant(name)))
        if not found.captures:
            raise NotFoundError(name, "no capture of that URL, article or record in the catalogue; nothing was removed")
        doomed |= found.captures
    return find_cuts(layout.warc_files(), frozenset(doomed), lambda file: progress(f"remove: looking into {file}"))


def remove(
    layout: Layout,
    order: Order,
    now: datetime,
    *,
    software: str = "Dateline",
    progress: Progress = lambda _: None,
    box: Box | None = None,
) -> Removal:
    """Take what the order names out of WARC files, catalogue, older readings, manifests and the published copy.

    The bytes are gone from these files; backups, exports and replays made before are beyond the archive's reach.
    BusyError, before anything was changed, if a file is still being written to.
    """
    with lock(layout.catalogue, "another program is filling the catalogue"):
        db = open_catalogue(layout.catalogue)
        try:
            fill(db, layout, progress=progress, box=box)
            cuts = plan(db, layout, order.names, progress)
            _require_closed(cuts)
            removed = tuple(one for cut in cuts for one in cut.removed)
            removal = Removal(uuid.uuid4().hex, now, order.reason, order.names, removed, tuple(_still_at(db, removed)))
            _bury(layout, removal, software)
            note(layout, {"what": "remove", **removal.to_dict()})
            for cut in cuts:
                _excise(db, layout, cut)
            fill(db, layout, progress=progress, box=box)
        finally:
            db.close()
    for path in sorted((layout.root / "readings").glob("*.db")):
        _forget(path, cuts)
    if order.restrict:
        _restrict(layout, removal)
    if (layout.public / PUBLISHED).exists():
        publish(layout, now=now)
    logger.warning("removed for good: %s", removal.summary())
    return removal


# ---------------------------------------------------------------------- private


def _meant(name: str) -> tuple[Covers, ...]:
    if "://" in name:
        return ("url",)
    return ("article", "record")


def _require_closed(cuts: Iterable[Cut]) -> None:
    for cut in cuts:
        if cut.path.name.endswith(OPEN_SUFFIX):
            raise BusyError(cut.path, "a crawl is still writing to this file; nothing was removed")


def _still_at(db: Database, removed: Sequence[Removed]) -> Iterator[str]:
    gone = {one.id for one in removed}
    for digest in sorted({one.payload_digest for one in removed if one.payload_digest}):
        rows = db.execute("SELECT id, url FROM captures WHERE payload_digest = ? ORDER BY url", (digest,))
        yield from dict.fromkeys(row[1] for row in rows.fetchall() if row[0] not in gone)


def _bury(layout: Layout, removal: Removal, software: str) -> None:
    """Store the tombstone in a file of its own."""
    block = json.dumps(removal.to_dict(), ensure_ascii=False, indent=1).encode()
    run = f"remove-{removal.id}"
    with WarcStore(
        layout.warc, run=run, software=software, now=lambda: removal.at, manifests=layout.manifests
    ) as store:
        store.append_resource(TOMBSTONE + removal.id, "application/json", block, removal.at)


def _excise(db: Database, layout: Layout, cut: Cut) -> None:
    """Take a file's rows back and write the file anew; a crash between leaves rows to be read again, never to be lost.

    The manifest goes first: for a moment the file has none, never a wrong one.
    """
    place_of(layout, cut.path).unlink(missing_ok=True)
    with batch(db):
        withdraw(db, {stored_name(cut.path): 0})
    excise(cut)
    rewrite_manifest(layout, cut.path)


def _forget(path: Path, cuts: Iterable[Cut]) -> None:
    """Take the same out of the catalogue of an older reader, and let its other rows follow their records."""
    ids = [one.id for cut in cuts for one in cut.removed]
    take_out(path, lambda db: covered(db, tuple(Restriction("record", one, "removal") for one in ids)))
    db = sqlite3.connect(path, isolation_level=None)
    try:
        db.execute("BEGIN IMMEDIATE")
        for cut in cuts:
            for start, end in reversed(cut.ranges):
                _shift(db, stored_name(cut.path), start, end - start)
        db.execute("COMMIT")
    finally:
        db.close()


def _shift(db: sqlite3.Connection, file: str, start: int, by: int) -> None:
    places = (("captures", "file", "offset"), ("captures", "file", "ends"), ("files", "name", "read_to"))
    others = (("captures", "request_file", "request_offset"), ("captures", "metadata_file", "metadata_offset"))
    for table, name, column in (*places, *others):
        db.execute(
            f"UPDATE {table} SET {column} = {column} - :by WHERE {name} = :file AND {column} > :start",
            {"by": by, "file": file, "start": start},
        )


def _restrict(layout: Layout, removal: Removal) -> None:
    """Declare a restriction for each URL that was asked for, or that an article was known by."""
    removed = {one.url for one in removal.removed if one.url.startswith("http")}
    text = "".join(
        f"\n# removed for good, {removal.at:%Y-%m-%d} ({removal.id}); this hides it should a crawl bring it back\n"
        f"[[restriction]]\nurl = {_toml(url)}\nreason = {_toml(removal.reason)}\n"
        for url in sorted(removed)
        if not any(name.startswith("urn:") for name in removal.asked)  # of one record; others of its URL may stay
    )
    with path_of(layout).open("a", encoding="utf-8") as file:
        file.write(text)


def _toml(text: str) -> str:
    return json.dumps(" ".join(text.split()), ensure_ascii=False).replace("\x7f", "\\u007f")
