"""HTTP/1 messages as bytes: where the head ends, what it says, and which bytes are the entity."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from archive.warc.coding import Decoded, codings, decode_content

__all__ = [
    "Decoded",
    "Entity",
    "Head",
    "Pieces",
    "codings",
    "decode_content",
    "entity_in",
    "entity_of",
    "header_end",
    "parse_head",
    "split_interim",
]

_EMPTY_LINE = re.compile(rb"(?:\A|\n)\r?\n")
_STATUS_LINE = re.compile(rb"HTTP/(\d(?:\.\d)?) +([1-9]\d\d)(?:[ \t]([^\r\n]*))?\r?(?:\n|\Z)")
_INTERIM = re.compile(rb"HTTP/\d(?:\.\d)? +1(?!01)\d\d(?=[ \t\r\n]|\Z)")
_BLANKS = " \t\r\n\v\f"  # not str.strip's own, which take \xa0 and \x85 of latin-1 along
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\n]*)?\r?\n")
_CHUNKED_START = re.compile(rb"(?:[ \t]*[0-9A-Fa-f]{1,15}[ \t]*(?:;[^\n]*)?\r?(?:\n|\Z))|\Z")


@dataclass(frozen=True, slots=True)
class Head:
    """What the head of a response says. Headers are (lower-cased name, value) pairs, read as latin-1.

    The status is the number as sent, 100 to 999: RFC 9110 lets a client take those above 599 as server errors.
    """

    status: int
    reason: str
    version: str  # "1.1"
    headers: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str | None:
        """The first value of the header of that lower-case name, or None."""
        return next((value for key, value in self.headers if key == name), None)

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of the header of that lower-case name."""
        return tuple(value for key, value in self.headers if key == name)


@dataclass(frozen=True, slots=True)
class Entity:
    """The body of a message, transfer-decoded and still content-encoded: what payload digests are taken of.

    `whole` is False if the message itself shows that its end is missing. A body that is not chunked although its header
    says so is left as it is, and is not whole.
    """

    body: bytes
    chunked: bool
    whole: bool


def header_end(block: bytes) -> int:
    r"""Return the offset just after the empty line that ends the head, -1 if there is none.

    Lines end as the wire's reader (Twisted) ends them: at LF, with one CR before it dropped.

    >>> header_end(b"HTTP/1.1 204 No Content\n\n")
    25
    """
    found = _EMPTY_LINE.search(block)
    return found.end() if found else -1


def split_interim(received: bytes) -> tuple[tuple[bytes, ...], bytes]:
    """Return the interim (1xx) heads that came first, and the message they announced.

    101 is no interim reply, it is the last HTTP of its connection. A cut interim head counts as one.
    """
    heads: list[bytes] = []
    while _INTERIM.match(received):
        end = header_end(received)
        if end < 0:
            return (*heads, received), b""
        heads.append(received[:end])
        received = received[end:]
    return tuple(heads), received


def parse_head(message: bytes) -> Head | None:
    """Return the head of a response, None if it does not begin with an HTTP status line."""
    found = _STATUS_LINE.match(message)
    if found is None:
        return None
    version, status, reason = found.groups(b"")
    end = header_end(message)
    headers = header_lines(message[found.end() : end if end >= 0 else len(message)])
    return Head(int(status), reason.decode("latin-1").strip(), version.decode(), headers)


def header_lines(lines: bytes) -> tuple[tuple[str, str], ...]:
    """Return the (lower-cased name, value) pairs of header lines: folded ones joined, none without a colon."""
    pairs: list[tuple[str, str]] = []
    for line in lines.decode("latin-1").split("\n"):
        if line.startswith((" ", "\t")):
            if pairs:
                name, value = pairs[-1]
                pairs[-1] = (name, f"{value} {line.strip(_BLANKS)}".strip(_BLANKS))
            continue
        name, colon, value = line.partition(":")
        if colon:
            pairs.append((name.strip(_BLANKS).lower(), value.strip(_BLANKS)))
    return tuple(pairs)


def entity_of(message: bytes) -> Entity:
    """Return the entity of a message; without a complete head it has none."""
    end = header_end(message)
    head = parse_head(message)
    if end < 0 or head is None:
        return Entity(b"", chunked=False, whole=False)
    return entity_under(head, message[end:])


def entity_in(message: bytes) -> bytes | memoryview:
    """Return the body of `entity_of`, neither copied nor its head read where it stands in the message as it is."""
    end = header_end(message)
    if end > 0 and _STATUS_LINE.match(message) and b"transfer-encoding" not in message[:end].lower():
        return memoryview(message)[end:]
    return entity_of(message).body


def entity_under(head: Head, body: bytes) -> Entity:
    """Return the entity that stands as `body` under a head already parsed."""
    entity = Pieces(head, body, 0)
    if not entity.chunked:
        return Entity(body, chunked=False, whole=entity.whole)
    out = bytearray()
    for piece in entity:
        out += piece
    return Entity(bytes(out), entity.chunked, entity.whole)


class Pieces(Iterator[memoryview]):
    """The same entity piece by piece, without a copy of it; `whole` is final once it is exhausted."""

    def __init__(self, head: Head, message: bytes, start: int) -> None:
        self._message, self._start = message, start
        is_said_chunked = codings(head.all("transfer-encoding"))[-1:] == ("chunked",)
        self.chunked = is_said_chunked and _CHUNKED_START.match(message, start) is not None
        self.whole = not is_said_chunked and len(message) - start >= _declared_length(head)
        self._walk = self._dechunked() if self.chunked else iter((memoryview(message)[start:],))

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> memoryview:
        return next(self._walk)

    def _dechunked(self) -> Iterator[memoryview]:
        message, at = self._message, self._start
        view = memoryview(message)
        while line := _CHUNK_SIZE.match(message, at):
            size, start = int(line[1], 16), line.end()
            if size == 0:
                self.whole = True
                return
            yield view[start : start + size]
            at = start + size
            # One line end closes the chunk. A server that forgets it is read on, as warcio and curl do.
            if message.startswith(b"\r\n", at):
                at += 2
            elif message.startswith(b"\n", at):
                at += 1


def _declared_length(head: Head) -> int:
    """The bytes that must follow; 0 where the end of the connection, or the status, is the end."""
    lengths = head.all("content-length")
    if head.status in (204, 304) or not lengths or head.all("transfer-encoding"):
        return 0
    # Some servers repeat the header; Twisted and RFC 9112 accept equal values, and equal values only.
    value = lengths[0].split(",")[0].strip()
    return int(value) if re.fullmatch(r"[0-9]{1,18}", value) else 0
