"""How the records of a WARC file are packed: what we and the standard do, and what else is found in the wild."""

import gzip
import re
import zlib
from enum import Enum
from pathlib import Path
from typing import IO

GZIP = b"\x1f\x8b"
_STEP = 1 << 14
_ENOUGH = 256 << 20  # a first record larger than this is taken for one that stands alone
_LENGTH = re.compile(rb"\r?\ncontent-length:[ \t]*([0-9]{1,18})[ \t]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n", re.IGNORECASE)


class Shape(Enum):
    """How the records of a file are packed."""

    BY_RECORD = "one gzip member each, as the standard asks"
    ONE_PIECE = "one gzip member around all of them"
    OTHER = "not compressed, or ARC"


def shape_of(path: Path) -> Shape:
    """Return how a file is packed, judged by its first record. An empty or torn one counts as ours would."""
    with path.open("rb") as file:
        start = file.read(_STEP)
        if not start.startswith(GZIP):
            return Shape.OTHER if start else Shape.BY_RECORD
        stream, out = zlib.decompressobj(31), bytearray()
        while start and not stream.eof and len(out) < _ENOUGH:
            try:
                out += stream.decompress(start)
            except zlib.error:
                return Shape.BY_RECORD  # the strict walk says what is wrong
            if not out.startswith(b"WARC/"[: len(out)]):
                return Shape.OTHER
            if _holds_more_than_one_record(out):
                return Shape.ONE_PIECE
            start = file.read(_STEP)
    return Shape.BY_RECORD


def _holds_more_than_one_record(data: bytearray) -> bool:
    length = _LENGTH.search(data)
    return length is not None and data[length.end() + int(length[1]) :].lstrip()[:5] == b"WARC/"


class TornGzip(gzip.GzipFile):
    """A gzip file of which all that is there can be read; `is_torn` says afterwards that its end was not."""

    is_torn = False

    def read(self, size: int | None = -1) -> bytes:
        try:
            return self.read1(-1 if size is None else size)  # `read` drops what it has when the end is missing
        except EOFError:
            self.is_torn = True
            return b""


def open_unpacked(path: Path, shape: Shape) -> IO[bytes] | TornGzip:
    """Open the file as warcio can read it; it gives up on several records in one gzip member."""
    return TornGzip(path) if shape is Shape.ONE_PIECE else path.open("rb")


def is_arc(path: Path, shape: Shape) -> bool:
    """True if the file is not WARC: then it can only be its predecessor."""
    if shape is not Shape.OTHER:
        return False
    with path.open("rb") as file:
        start = file.read(_STEP)
    if start.startswith(GZIP):
        start = zlib.decompressobj(31).decompress(start, 5)
    return not start.startswith(b"WARC/")
