"""The pictures of the newsroom: a masthead of one colour, and a grey dot for all others."""

import struct
import zlib

MASTHEAD = (0xB0, 0x1E, 0x3C)
"""The red that tells a test that the masthead is on the screen."""


def png(width: int, height: int, colour: tuple[int, int, int]) -> bytes:
    """Return a picture of one colour."""
    line = b"\0" + bytes(colour) * width
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + _chunk(b"IDAT", zlib.compress(line * height))
        + _chunk(b"IEND", b"")
    )


def _chunk(name: bytes, content: bytes) -> bytes:
    crc = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + crc


PNG = png(1, 1, (0x80, 0x80, 0x80))
