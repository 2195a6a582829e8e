"""Read a WARC file record by record, and stop where its bytes stop making sense."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Self
from uuid import NAMESPACE_URL, uuid5

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord

from archive.errors import RecordError
from archive.layout import stored_name
from archive.warc.inflate import MAX_RECORD_BYTES, TORN, Inflater, inflate_exactly, next_member
from archive.warc.message import header_lines
from archive.warc.shape import GZIP, Shape, TornGzip, is_arc, open_unpacked, shape_of

_BLANK = frozenset((b"", b"\n", b"\n\n", b"\r\n", b"\r\n\r\n"))


@dataclass(frozen=True, slots=True)
class Member:
    """One WARC record: where it lies, its header fields as (lower-cased name, value) pairs, and its block.

    Offset and length count bytes of the file. Only in a file that is one gzip member from end to end, as some tools
    write it, they count bytes of what it inflates to.
    """

    offset: int
    length: int
    headers: tuple[tuple[str, str], ...]
    block: bytes
    trailer: bytes = b"\r\n\r\n"  # what stands after the block; the standard wants two line ends
    type: str = field(init=False, repr=False, compare=False)  # the WARC-Type, such as `response`
    id: str = field(init=False, repr=False, compare=False)  # without angle brackets

    def __post_init__(self) -> None:
        # Asked for some ten times a record: looked up once.
        object.__setattr__(self, "type", self.get("warc-type") or "")
        object.__setattr__(self, "id", bare(self.get("warc-record-id") or ""))

    @property
    def end(self) -> int:
        """The offset just after the record."""
        return self.offset + self.length

    @property
    def url(self) -> str:
        """The WARC-Target-URI; wget 1.19 put it in angle brackets."""
        return bare(self.get("warc-target-uri") or "")

    def get(self, name: str) -> str | None:
        """The first value of the field of that lower-case name, or None."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of the field of that lower-case name."""
        return tuple([value for key, value in self.headers if key == name])


@dataclass(frozen=True, slots=True)
class Tail:
    """How far a file could be read: the offset after the last good record, and the first thing wrong, if anything."""

    good_end: int
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes that hold no whole record; `end` is where the next one begins, None if none follows."""

    offset: int
    end: int | None
    problem: str


class Members(Iterator[Member]):
    """The whole records of a file in order; `tail` says how far that went, and is final once it is exhausted.

    `damage` lists what was not read: the end of the file, and, `past_damage`, each place that was passed over.
    """

    def __init__(self, path: Path, start: int = 0, *, past_damage: bool = False) -> None:
        self.path = path
        self.tail = Tail(start)
        self.damage: list[Damage] = []
        self._past_damage = past_damage
        shape = shape_of(path)
        by_record = shape is Shape.BY_RECORD
        self._walk = self._members(start) if by_record else self._others(start, shape)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Member:
        return next(self._walk)

    def _members(self, start: int) -> Iterator[Member]:
        with self.path.open("rb") as file:
            resume: int | None = start
            while resume is not None:
                good_end = resume
                try:
                    for member in _inflated(file, resume):
                        good_end = member.end
                        self.tail = Tail(member.end, self.tail.problem)
                        yield member
                except (EOFError, ValueError, zlib.error) as error:
                    resume = next_member(file, good_end + 1) if self._past_damage else None
                    self._note(Damage(good_end, resume, str(error)))
                else:
                    return

    def _note(self, damage: Damage) -> None:
        self.damage.append(damage)
        self.tail = Tail(self.tail.good_end, self.tail.problem or damage.problem)

    def _others(self, start: int, shape: Shape) -> Iterator[Member]:
        """Plain WARC, ARC, and WARC that was compressed as one piece: what warcio makes of it."""
        arc = stored_name(self.path) if is_arc(self.path, shape) else None
        with open_unpacked(self.path, shape) as file:
            try:
                file.seek(start)
                for member in _read_by_warcio(file, arc):
                    self.tail = Tail(member.end)
                    yield member
                if isinstance(file, TornGzip) and file.is_torn:
                    self._note(Damage(self.tail.good_end, None, TORN))
            except (ArchiveLoadFailed, EOFError, OSError, ValueError, zlib.error) as error:
                self._note(Damage(self.tail.good_end, None, str(error)))


def members(path: Path, start: int = 0, *, past_damage: bool = False) -> Members:
    """Return the whole records of a file from that offset on; a torn or damaged one ends them.

    With `past_damage` those behind it are found again, by the beginnings of gzip members that hold a WARC record.
    """
    return Members(path, start, past_damage=past_damage)


def read_at(path: Path, offset: int, length: int | None = None) -> Member:
    """Return the record at that offset; RecordError if there is no whole one."""
    if length is not None:
        with path.open("rb") as file:
            file.seek(offset)
            piece = file.read(length)
        if piece.startswith(GZIP):
            try:
                return member_of(offset, length, inflate_exactly(piece))
            except (ValueError, zlib.error) as error:
                if shape_of(path) is Shape.BY_RECORD:
                    raise RecordError(stored_name(path), offset, str(error)) from error
    walk = members(path, offset)
    member = next(walk, None)
    if member is None:
        raise RecordError(stored_name(path), offset, walk.tail.problem or "no record there")
    return member


def bare(record_id: str) -> str:
    """Return a URI without the angle brackets some fields want around it."""
    return record_id.strip().removeprefix("<").removesuffix(">")


def _inflated(file: IO[bytes], start: int) -> Iterator[Member]:
    inflater, offset = Inflater(file, start), start
    while inflated := inflater.member():
        member = member_of(offset, *inflated)
        offset = member.end
        yield member


def member_of(offset: int, length: int, data: bytes) -> Member:
    """Return the record that a gzip member inflates to; ValueError if it is not exactly one."""
    if not data.startswith(b"WARC/"):
        raise ValueError("not a WARC record")
    end = data.find(b"\r\n\r\n") + 4
    if end < 4:
        raise ValueError("a record without the end of its head")
    headers = _fields(data[data.index(b"\r\n") + 2 : end])
    declared = next((value for key, value in headers if key == "content-length"), "")
    if not (declared.isascii() and declared.isdecimal() and len(declared) < 19):
        raise ValueError("a record without its length")
    block_end = end + int(declared)
    if block_end > len(data):
        raise ValueError(f"a record {block_end - len(data)} bytes shorter than it says")
    trailer = data[block_end : block_end + 5]
    if trailer not in _BLANK:
        raise ValueError("a record longer than it says")
    return Member(offset, length, headers, data[end:block_end], trailer)


def _fields(lines: bytes) -> tuple[tuple[str, str], ...]:
    """WARC header fields, which are UTF-8, unlike those of HTTP."""
    fields = header_lines(lines)
    if lines.isascii():
        return fields
    return tuple((name, _as_utf8(value)) for name, value in fields)


def _as_utf8(latin: str) -> str:
    try:
        return latin.encode("latin-1").decode()
    except UnicodeDecodeError:
        return latin


def _read_by_warcio(file: IO[bytes] | TornGzip, arc: str | None) -> Iterator[Member]:
    records = ArchiveIterator(file, no_record_parse=True, arc2warc=True)
    try:
        for record in records:
            block = record.raw_stream.read(MAX_RECORD_BYTES)
            if len(block) < (record.length or 0):  # warcio takes what is there for all
                raise EOFError("the file ends inside a record")
            offset, length = records.get_record_offset(), records.get_record_length()
            yield _foreign_member(offset, length, record, block, arc)
    finally:
        records.close()


def _foreign_member(offset: int, length: int, record: ArcWarcRecord, block: bytes, arc: str | None) -> Member:
    headers = [(name.lower(), value) for name, value in record.rec_headers.headers]
    if arc is not None:
        # ARC has no record ids; warcio invents new ones at each reading, and rows must find theirs again.
        name = uuid5(NAMESPACE_URL, f"{arc}#{offset}").urn
        headers = [(key, value) for key, value in headers if key != "warc-record-id"]
        headers.append(("warc-record-id", f"<{name}>"))
    return Member(offset, length, tuple(headers), block)
