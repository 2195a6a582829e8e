"""Gzip members as places in a file: where each ends, what it inflates to, where the next one is."""

import zlib
from typing import IO

from archive.warc.shape import GZIP

MAX_RECORD_BYTES = 256 << 20  # of one record in memory; what we write is five times smaller
TORN = "the file ends inside a gzip member"
_READ = 1 << 16
_STEP = 1 << 14  # what is inflated at a time: small, as what follows a member is copied once
_MEMBER = GZIP + b"\x08"
_PROBE = 1 << 10


class Inflater:
    """Gzip members, one after the other."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._buffer, self._at = b"", 0

    def member(self) -> tuple[int, bytes] | None:
        """Return the next member's length in the file and its content; None at the end of the file."""
        stream = zlib.decompressobj(31)
        length, out = 0, bytearray()
        while not stream.eof:
            piece = self._piece()
            if not piece:
                if length:
                    raise EOFError(TORN)
                return None
            out += stream.decompress(piece)
            used = len(piece) - len(stream.unused_data)
            length += used
            self._at += used
            if len(out) > MAX_RECORD_BYTES:
                raise ValueError(f"a record of more than {MAX_RECORD_BYTES} bytes")
        return length, bytes(out)

    def _piece(self) -> bytes:
        if self._at == len(self._buffer):
            self._buffer, self._at = self._file.read(_READ), 0
        return self._buffer[self._at : self._at + _STEP]


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
    """Return what one gzip member inflates to; ValueError if the bytes are not just that."""
    stream = zlib.decompressobj(31)
    data = stream.decompress(piece, MAX_RECORD_BYTES)
    if not stream.eof or stream.unused_data:
        raise ValueError("not exactly one gzip member of that length")
    return data
