"""Mend a closed file that a disk has harmed: every whole exchange stays where it is, what is lost says so.

Rows, indexes and revisits name offsets, so nothing may move: a damaged place becomes one record of the same length that
tells what was there; inside an exchange, whose request was lost, it is a `metadata` record of the response. The damaged
bytes are kept beside the file, for whoever can read more in them.
"""

import os
import shutil
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from archive.errors import DamageError, NoSpaceError
from archive.layout import keep_private
from archive.warc.exchanges import Exchanges
from archive.warc.fixity import sync_directory
from archive.warc.record import loss_record

_HEAD = b"\x1f\x8b\x08\x10\x00\x00\x00\x00\x00\xff"  # RFC 1952: deflate, with a comment


@dataclass(frozen=True, slots=True)
class Lost:
    """A place that held no whole record of a whole exchange: from `offset` on, so many bytes.

    `is_tail` if it is the end of the file; `response` is the record id of the exchange it lies in, "" if in none.
    """

    offset: int
    length: int
    is_tail: bool = False
    response: str = ""


def mend(path: Path, at: datetime) -> tuple[Lost, ...]:
    """Make a closed file whole, and return what it had lost; nothing is written if that is nothing.

    `at` is the date of the records that say so. DamageError if no exchange is whole, or a place is too small to say
    anything.
    """
    lost = tuple(_lost(path))
    if not lost:
        return ()
    if lost[0].offset == 0 and lost[0].is_tail:
        raise DamageError(path, 0, "nothing in it is whole")
    fresh = path.with_name(path.name + ".mending")
    try:
        keep_private(fresh)
        shutil.copyfile(path, fresh)
        with fresh.open("r+b") as target:
            for place in lost:
                _keep_aside(path, place)
                target.seek(place.offset)
                if place.is_tail:
                    target.truncate()
                else:
                    target.write(_filler(path, place, at))
            target.flush()
            os.fsync(target.fileno())
        shutil.copymode(path, fresh)
        fresh.replace(path)
        sync_directory(path.parent)
    except OSError as error:
        raise NoSpaceError(fresh, error.strerror or str(error)) from error
    finally:
        fresh.unlink(missing_ok=True)
    return lost


def _lost(path: Path) -> Iterator[Lost]:
    """Yield what lies between the records of the whole exchanges, and behind the last."""
    end = 0
    for exchange in Exchanges(path):
        for member in exchange:
            if member.offset > end:
                yield Lost(end, member.offset - end, response="" if member is exchange[0] else exchange[0].id)
            end = member.end
    size = path.stat().st_size
    if size > end:
        yield Lost(end, size - end, is_tail=True)


def _keep_aside(path: Path, place: Lost) -> None:
    aside = path.with_name(f"{path.name}.torn-{place.offset}")
    keep_private(aside)
    with path.open("rb") as damaged, aside.open("wb") as target:
        damaged.seek(place.offset)
        target.write(damaged.read(place.length))
        target.flush()
        os.fsync(target.fileno())


def _filler(path: Path, place: Lost, at: datetime) -> bytes:
    """Return a gzip member of exactly that length; its comment takes what the record leaves over."""
    said = f"damaged-bytes: {place.length}\r\nkept-in: {path.name}.torn-{place.offset}\r\n"
    uri = f"urn:x-dateline-lost:{path.name}:{place.offset}"
    record = loss_record(uri, said.encode(), at, place.response or None)
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = stream.compress(record) + stream.flush()
    trailer = struct.pack("<LL", zlib.crc32(record), len(record))
    spare = place.length - len(_HEAD) - len(packed) - len(trailer) - 1
    if spare < 0:
        raise DamageError(path, place.offset, f"{place.length} bytes hold no record that could say what is lost")
    return b"".join([_HEAD, b"-" * spare, b"\0", packed, trailer])
