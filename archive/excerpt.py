"""Copy chosen records into a WARC file of their own, byte for byte as they were written."""

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from archive.errors import RecordError
from archive.layout import Layout
from archive.model import Record
from archive.warc.digest import digest
from archive.warc.members import Member, members, read_at
from archive.warc.pack import pack
from archive.warc.shape import Shape, shape_of


class Sink(Protocol):
    """Anything that takes bytes: a file, a member of a ZIP."""

    def write(self, data: bytes, /) -> int:
        """Take them."""


Written = Callable[[Member, int, int], None]
"""Told of each record: what it is, and its offset and length in the excerpt."""


@dataclass(slots=True)
class Excerpt:
    """What was copied; `problems` names records that could not be read and are left out."""

    records: int = 0
    size_bytes: int = 0
    problems: list[str] = field(default_factory=list)


def write_excerpt(
    layout: Layout, records: Iterable[Record], out: Sink, opening: bytes, written: Written = lambda *_: None
) -> Excerpt:
    """Write the records, which come in file order, behind an `opening` record (`opening_record`).

    What a file says of itself (its warcinfo) goes before the first record taken from it. Records that are no gzip
    members of their own, as in plain WARC and ARC files, become some.
    """
    excerpt = Excerpt()
    _put(out, opening, excerpt)
    file, source = "", _Source()
    for record in records:
        if record.file != file:
            file, source = record.file, _Source.of(layout.path_of(record.file))
            for member, raw in source.warcinfo():
                written(member, excerpt.size_bytes, len(raw))
                _put(out, raw, excerpt)
        try:
            member, raw = source.copy(record)
        except (RecordError, OSError) as error:
            excerpt.problems.append(str(error))
            continue
        written(member, excerpt.size_bytes, len(raw))
        _put(out, raw, excerpt)
        excerpt.records += 1
    return excerpt


def opening_record(filename: str, at: datetime, software: str, what: str) -> bytes:
    """Return the warcinfo that opens an excerpt: which program chose what, and when."""
    block = (
        f"software: {software}\r\nformat: WARC File Format 1.1\r\n"
        f"description: excerpt of a Dateline archive: {' '.join(what.split())}\r\n"
    ).encode()
    stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    head = (
        "WARC/1.1\r\nWARC-Type: warcinfo\r\n"
        f"WARC-Record-ID: <{uuid.uuid4().urn}>\r\nWARC-Date: {stamp}\r\nWARC-Filename: {filename}\r\n"
        f"WARC-Block-Digest: {digest(block)}\r\nContent-Type: application/warc-fields\r\n"
        f"Content-Length: {len(block)}\r\n\r\n"
    )
    return pack(head.encode() + block + b"\r\n\r\n")


def _put(out: Sink, raw: bytes, excerpt: Excerpt) -> None:
    out.write(raw)
    excerpt.size_bytes += len(raw)


@dataclass(frozen=True, slots=True)
class _Source:
    """A file that records are copied from."""

    path: Path = Path()
    shape: Shape = Shape.BY_RECORD

    @classmethod
    def of(cls, path: Path) -> "_Source":
        return cls(path, shape_of(path) if path.exists() else Shape.BY_RECORD)  # without it, each record is a problem

    def warcinfo(self) -> Iterator[tuple[Member, bytes]]:
        """Yield what stands at the head of the file, if that is what it says of itself."""
        if not self.path.exists():
            return
        first = next(members(self.path), None)
        if first is not None and first.type == "warcinfo":
            yield first, self._raw(first)

    def copy(self, record: Record) -> tuple[Member, bytes]:
        """Return a record and its gzip member; RecordError if another lies there, or none that is whole."""
        member = read_at(self.path, record.offset, record.length)
        if member.id != record.id:
            raise RecordError(record.file, record.offset, f"another record lies there than {record.id}")
        return member, self._raw(member)

    def _raw(self, member: Member) -> bytes:
        """Return the record as one gzip member: as it lies there, if it is one."""
        if self.shape is Shape.BY_RECORD:
            with self.path.open("rb") as file:
                file.seek(member.offset)
                return file.read(member.length)
        return pack(_anew(member))


def _anew(member: Member) -> bytes:
    """Return a record with the head it has, written anew: field names lose their capitals, which mean nothing."""
    fields = [(name, value) for name, value in member.headers if name != "content-length"]
    head = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return b"WARC/1.0\r\n%bcontent-length: %d\r\n\r\n%b\r\n\r\n" % (head.encode(), len(member.block), member.block)
