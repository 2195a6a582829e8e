"""The lines of an index: what CDXJ says of each record of a WARC file, and whether an index says just that."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from archive.layout import OPEN_SUFFIX, Layout, stored_name
from archive.surt import surt
from archive.warc.digest import digest
from archive.warc.members import Member, Members, members
from archive.warc.message import Head, entity_under, header_end, parse_head
from archive.warc.walk import message_of, parse_date

SUFFIX = ".cdxj"
WITHHELD = "withheld.json"  # what the indexes were made without: when that changes, so do they
_INDEXED = frozenset({"response", "revisit", "resource", "metadata"})
_FIELDS_TYPE = "application/warc-fields"
_PARAMETERS = re.compile(r"[;\s]")


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


def holds(index: Path, path: Path) -> bool:
    """True if the index was made of the file as it is now; another one is made anew before its next use."""
    try:
        return index.stat().st_mtime_ns == path.stat().st_mtime_ns
    except FileNotFoundError:
        return False


def made_without(layout: Layout) -> dict[str, frozenset[int]]:
    """Return the offsets of the records that the indexes were made without, by file."""
    try:
        before = json.loads((layout.indexes / WITHHELD).read_text("ascii"))
    except FileNotFoundError:
        return {}
    return {file: frozenset(offsets) for file, offsets in before.items()}


def disagreements(index: Path, lines: dict[int, str], without: frozenset[int]) -> Iterator[tuple[int, str]]:
    """Yield where an index is not what it must be, given the lines of its file by the offsets of their records.

    A place is an offset in the index; that of a line which is missing is its end.
    """
    due = {line: offset for offset, line in lines.items() if offset not in without}
    at, last = 0, ""
    with index.open(encoding="ascii", errors="replace", newline="") as file:
        for line in file:
            if due.pop(line, None) is None:
                yield at, "no record is what this line says"
            elif line < last:
                yield at, "a line out of order: no reader finds it"
            at, last = at + len(line), line
    for offset in sorted(due.values()):
        yield at, f"without the record at {offset}"
