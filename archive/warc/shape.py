"""How the records of a WARC file are packed: what we and the standard do, and what else is found in the wild."""

import gzip
import re
import zlib
from enum import Enum
from pathlib import Path
from typing import IO, cast

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


def open_unpacked(path: Path, shape: Shape) -> IO[bytes]:
    """Open the file as warcio can read it; it gives up on several records in one gzip member."""
    if shape is not Shape.ONE_PIECE:
        return path.open("rb")
    return cast("IO[bytes]", gzip.open(path))  # typeshed: GzipFile is all of IO but its name


def is_arc(path: Path, shape: Shape) -> bool:
    """True if the file is not WARC: then it can only be its predecessor."""
    if shape is not Shape.OTHER:
        return False
    with path.open("rb") as file:
        start = file.read(_STEP)
    if start.startswith(GZIP):
        start = zlib.decompressobj(31).decompress(start, 5)
    return not start.startswith(b"WARC/")
