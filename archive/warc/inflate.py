"""Gzip members as places in a file: where each ends, what it inflates to, where the next one is.

ISA-L inflates in 0.4 of zlib's time, and checks CRC and length as zlib does. It is laxer and stricter about odd heads
(reserved flags pass, a head checksum in two pieces fails: isa-l issue 224), so it is given plain heads alone, and zlib
judges whatever it refuses.
"""

import zlib
from contextlib import suppress
from typing import IO

from archive.warc.shape import GZIP

try:
    from isal.isal_zlib import decompressobj as quick
    from isal.isal_zlib import error as QuickError  # noqa: N812
except ImportError:  # no wheel for this machine
    from zlib import decompressobj as quick
    from zlib import error as QuickError  # noqa: N812

MAX_RECORD_BYTES = 256 << 20  # of one record in memory; what we write is five times smaller
TORN = "the file ends inside a gzip member"
_READ = 1 << 18
_FIRST, _MORE = 1 << 12, 1 << 16  # what is inflated at a time: most members are small, and what follows one is copied
_HEAD = 10
_MEMBER = GZIP + b"\x08"
_PLAIN = _MEMBER + b"\0"  # no name, no comment, no checksum of the head
_PROBE = 1 << 10


class Inflater:
    """Gzip members, one after the other, from an offset on."""

    def __init__(self, file: IO[bytes], start: int) -> None:
        self._file = file
        self._go_to(start)

    def member(self) -> tuple[int, bytes] | None:
        """Return the next member's length in the file and its content; None at the end of the file.

        EOFError if the file ends in it, ValueError or zlib.error if it is none.
        """
        start = self._start + self._at
        if self._piece()[:4] == _PLAIN:
            with suppress(QuickError, EOFError):
                return self._inflated(quick(31))
            self._go_to(start)
        return self._inflated(zlib.decompressobj(31)) if self._piece() else None

    def _inflated(self, stream: "zlib._Decompress") -> tuple[int, bytes]:
        length, size, parts = 0, 0, list[bytes]()
        while not stream.eof:
            piece = self._piece(_MORE if length else _FIRST)
            if not piece:
                raise EOFError(TORN)
            parts.append(stream.decompress(piece, MAX_RECORD_BYTES + 1 - size))
            size += len(parts[-1])
            if size > MAX_RECORD_BYTES:
                raise ValueError(f"a record of more than {MAX_RECORD_BYTES} bytes")
            used = len(piece) - len(stream.unused_data)
            length += used
            self._at += used
        return length, b"".join(parts)

    def _go_to(self, offset: int) -> None:
        self._file.seek(offset)
        self._start, self._buffer, self._at = offset, b"", 0

    def _piece(self, size: int = _HEAD) -> bytes:
        """Return what comes next, a whole head at least if there is one; none at the end of the file."""
        if len(self._buffer) - self._at < _HEAD:
            self._start += self._at
            self._buffer, self._at = self._buffer[self._at :] + self._file.read(_READ), 0
        return self._buffer[self._at : self._at + size]


def next_member(file: IO[bytes], start: int) -> int | None:
    """Return the offset of the next gzip member that begins as a WARC record does; stored bodies begin otherwise."""
    window, at = b"", start
    file.seek(start)
    while piece := file.read(_READ):
        window += piece
        found = window.find(_MEMBER)
        while found >= 0:
            if len(window) - found < _PROBE:
                window += file.read(_PROBE)
            if _begins_as_record(window[found : found + _PROBE]):
                return at + found
            found = window.find(_MEMBER, found + 1)
        at += len(window) - len(_MEMBER)
        window = window[-len(_MEMBER) :]
    return None


def _begins_as_record(piece: bytes) -> bool:
    try:
        return zlib.decompressobj(31).decompress(piece, 5) == b"WARC/"
    except zlib.error:
        return False


def inflate_exactly(piece: bytes) -> bytes:
    """Return what one gzip member inflates to; ValueError or zlib.error if the bytes are not just that."""
    if piece.startswith(_PLAIN):
        with suppress(QuickError, ValueError):
            return _exactly(quick(31), piece)
    return _exactly(zlib.decompressobj(31), piece)


def _exactly(stream: "zlib._Decompress", piece: bytes) -> bytes:
    content = stream.decompress(piece, MAX_RECORD_BYTES)
    if not stream.eof or stream.unused_data:
        raise ValueError("not exactly one gzip member of that length")
    return content
