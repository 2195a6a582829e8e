"""Make gzip members, without compressing a second time what the server sent compressed."""

import struct
import zlib

_LEVEL = 6  # 9, warcio's, makes files no smaller and takes a third longer (40 real pages)
_LARGE, _LEVEL_OF_LARGE = 4 << 20, 1  # a crawl waits for an append: 56 MB at level 6 would stop every host
_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # RFC 1952: deflate, no time, no name
_MAX_STORED = 0xFFFF


def pack(record: bytes, dense_from: int | None = None) -> bytes:
    """Return the record as one gzip member.

    What begins at `dense_from` is stored as it stands (RFC 1951, 3.2.4): deflate would spend most of the time of
    an append on it, to make it no smaller.
    """
    if dense_from is None:
        return zlib.compress(record, _LEVEL_OF_LARGE if len(record) > _LARGE else _LEVEL, 31)
    stream = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
    # A full flush ends on a byte border, where stored blocks can follow.
    head = stream.compress(record[:dense_from]) + stream.flush(zlib.Z_FULL_FLUSH)
    trailer = struct.pack("<LL", zlib.crc32(record), len(record) & 0xFFFFFFFF)
    return b"".join([_GZIP_HEAD, head, *_stored(memoryview(record)[dense_from:]), trailer])


def _stored(rest: memoryview) -> list[bytes | memoryview]:
    blocks: list[bytes | memoryview] = []
    for start in range(0, len(rest) or 1, _MAX_STORED):
        piece = rest[start : start + _MAX_STORED]
        is_last = start + _MAX_STORED >= len(rest)
        blocks += [struct.pack("<BHH", is_last, len(piece), len(piece) ^ 0xFFFF), piece]
    return blocks
