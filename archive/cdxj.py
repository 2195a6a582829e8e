"""Index WARC files for replay: one CDXJ line for each capture, one index beside each file.

The lines are those that cdxj-indexer writes, so that pywb, ReplayWeb.page and other archives' servers take them as they
are. `indexes/` is derived: delete it, and `dateline cdxj` makes it again.
"""

import heapq
import json
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from archive.catalogue.database import open_for_reading
from archive.layout import OPEN_SUFFIX, Layout, stored_name
from archive.restrictions import covered, in_force
from archive.surt import surt
from archive.warc.digest import digest
from archive.warc.members import Member, Members, members
from archive.warc.message import Head, entity_under, header_end, parse_head
from archive.warc.walk import message_of, parse_date

SUFFIX = ".cdxj"
_WITHHELD = "withheld.json"  # what the indexes were made without: when that changes, so do they
_INDEXED = frozenset({"response", "revisit", "resource", "metadata"})
_FIELDS_TYPE = "application/warc-fields"
_PARAMETERS = re.compile(r"[;\s]")


@dataclass(frozen=True, slots=True)
class Indexed:
    """What bringing the indexes up to date came to: files indexed now, and files whose index still held."""

    made: int
    kept: int


def refresh(layout: Layout, now: datetime | None = None) -> Indexed:
    """Give every WARC file its index, and take away those whose file is gone.

    An index bears the time of its file; one that bears another is made anew. That of a file still being written ends
    where the file's last whole record does. What is restricted at that time (all that is, without one) has no line.
    """
    layout.indexes.mkdir(mode=0o750, exist_ok=True)
    wanted = {layout.indexes / (stored_name(path) + SUFFIX): path for path in layout.warc_files()}
    for index in layout.indexes.glob("*" + SUFFIX):
        if index not in wanted:
            index.unlink()
    withheld, before = _withheld(layout, now), _withheld_before(layout)
    for name in before.keys() | withheld.keys():
        if before.get(name) != withheld.get(name):
            (layout.indexes / (name + SUFFIX)).unlink(missing_ok=True)
    (layout.indexes / _WITHHELD).write_text(json.dumps({name: sorted(at) for name, at in withheld.items()}), "ascii")
    stale = [(index, path) for index, path in wanted.items() if not _holds(index, path)]
    for index, path in stale:
        write_index(path, index, withheld.get(stored_name(path), frozenset()))
    return Indexed(len(stale), len(wanted) - len(stale))


def write_index(path: Path, index: Path, without: frozenset[int] = frozenset()) -> None:
    """Write the sorted index of one WARC file, all of it or nothing, without the records at those offsets."""
    stat = path.stat()
    part = index.with_name(index.name + ".part")
    part.write_text("".join(sorted(lines_of(path, without))), "ascii")
    os.utime(part, ns=(stat.st_mtime_ns, stat.st_mtime_ns))
    part.replace(index)


def merged(layout: Layout) -> Iterator[str]:
    """Yield the lines of all indexes as one, in order; they must be up to date (`refresh`)."""
    with ExitStack() as stack:
        opened = [stack.enter_context(path.open(encoding="ascii")) for path in layout.indexes.glob("*" + SUFFIX)]
        yield from heapq.merge(*opened)


def lines_of(path: Path, without: frozenset[int] = frozenset()) -> Iterator[str]:
    """Yield one line for each capture of a WARC or ARC file, in file order; damage costs what it hit."""
    name = stored_name(path)
    for member in walk(path):
        line = line_of(member, name, member.offset, member.length)
        if line is not None and member.offset not in without:
            yield line


def walk(path: Path) -> Members:
    """Return the whole records of a file; in a closed one also those behind damage."""
    return members(path, past_damage=path.suffix != OPEN_SUFFIX)


def line_of(member: Member, file: str, offset: int, length: int) -> str | None:
    """Return the line of a record that lies at that place of that file; None if replay has no use for it.

    Requests have none, and neither have the metadata records that say why a capture was made.
    """
    declared = member.get("content-type")
    if member.type not in _INDEXED or (declared == _FIELDS_TYPE and member.type in ("resource", "metadata")):
        return None
    try:
        stamp = parse_date(member.get("warc-date") or "").strftime("%Y%m%d%H%M%S")
    except ValueError:
        return None  # `verify` names it; no reader could ask for it
    message = message_of(member) if member.type in ("response", "revisit") else b""
    head = parse_head(message)
    fields = {
        "url": member.url,
        "mime": _mime(member, head),
        "status": str(head.status) if head else None,
        "digest": member.get("warc-payload-digest") or _digest(member, head, message),
        "length": str(length),
        "offset": str(offset),
        "filename": file,
    }
    known = {key: value for key, value in fields.items() if value}
    return f"{surt(member.url)} {stamp} {json.dumps(known)}\n"


def _mime(member: Member, head: Head | None) -> str | None:
    if member.type == "revisit":
        return "warc/revisit"
    declared = (head.get("content-type") if head else None) if member.type == "response" else member.get("content-type")
    return _PARAMETERS.split(declared, maxsplit=1)[0].strip() if declared else None


def _digest(member: Member, head: Head | None, message: bytes) -> str | None:
    """Return the digest that the record itself does not declare."""
    if member.type == "revisit":
        return None
    if member.type != "response" or head is None:
        return digest(member.block)
    return digest(entity_under(head, message[header_end(message) :]).body)


def _withheld(layout: Layout, now: datetime | None) -> dict[str, frozenset[int]]:
    """Return where the records of captures that are restricted lie, by file."""
    restrictions = in_force(layout, now)
    places: dict[str, set[int]] = {}
    if restrictions:
        with closing(open_for_reading(layout.catalogue)) as db:
            for capture in covered(db.conn, restrictions).captures:
                file, offset = db.execute("SELECT file, offset FROM captures WHERE id = ?", (capture,)).fetchone()
                places.setdefault(file, set()).add(offset)
    return {file: frozenset(offsets) for file, offsets in places.items()}


def _withheld_before(layout: Layout) -> dict[str, frozenset[int]]:
    """Return what the indexes were made without."""
    try:
        before = json.loads((layout.indexes / _WITHHELD).read_text("ascii"))
    except FileNotFoundError:
        return {}
    return {file: frozenset(offsets) for file, offsets in before.items()}


def _holds(index: Path, path: Path) -> bool:
    try:
        return index.stat().st_mtime_ns == path.stat().st_mtime_ns
    except FileNotFoundError:
        return False
