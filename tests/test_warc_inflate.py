"""Gzip members: where each ends and what it inflates to, as zlib would have it."""

import gzip
import random
import tracemalloc
import zlib
from collections import Counter
from io import BytesIO

import pytest

from archive.warc.inflate import MAX_RECORD_BYTES, Inflater, inflate_exactly
from archive.warc.pack import RECORD_END, pack, packed

HEAD, BLOCK = b"WARC/1.1\r\nWARC-Type: resource\r\nContent-Length: 900\r\n\r\n", bytes(range(90)) * 10
RECORD = HEAD + BLOCK + RECORD_END


def with_head(flags: int, fields: bytes) -> bytes:
    """Return a member whose head has those flags and fields, and a checksum of itself if they say so."""
    head = b"\x1f\x8b\x08" + bytes([flags]) + b"\0\0\0\0\0\xff" + fields
    if flags & 2:
        head += (zlib.crc32(head) & 0xFFFF).to_bytes(2, "little")
    trailer = zlib.crc32(RECORD).to_bytes(4, "little") + len(RECORD).to_bytes(4, "little")
    return head + zlib.compress(RECORD, wbits=-15) + trailer


HEADS = {
    "plain": with_head(0, b""),
    "as gzip writes it": with_head(8, b"fog.warc\0"),
    "as wget writes it": with_head(4, b"\x0c\0sl\x08\0" + bytes(8)),
    "of all fields": with_head(31, b"\x03\0abcfog.warc\0a comment\0"),
    "stored": b"".join(packed(HEAD, BLOCK, len(BLOCK) - 9)),
}


def by_zlib(content: bytes) -> tuple[str, bytes, int]:
    stream = zlib.decompressobj(31)
    try:
        out = stream.decompress(content)
    except zlib.error:
        return "damaged", b"", 0
    return ("whole", out, len(content) - len(stream.unused_data)) if stream.eof else ("torn", b"", 0)


def by_us(content: bytes, start: int) -> tuple[str, bytes, int]:
    try:
        found = Inflater(BytesIO(content), start).member()
    except EOFError:
        return "torn", b"", 0
    except (ValueError, zlib.error):
        return "damaged", b"", 0
    return ("whole", found[1], found[0]) if found else ("nothing", b"", 0)


@pytest.mark.parametrize("member", HEADS.values(), ids=HEADS)
def test_members_of_every_head_are_inflated_wherever_they_lie(member: bytes) -> None:
    filler = pack(b"")

    for count in (0, 1, 3):  # what is read at a time ends in every place of a head
        for extra in range(0, 40, 3):
            before = filler * count + with_head(8, b"n" * (262_144 - extra - len(filler) * count) + b"\0")
            inflater = Inflater(BytesIO(before + member + filler), 0)
            found = [inflater.member() for _ in range(count + 3)]

            assert found[-2] == (len(member), RECORD)
            assert found[-1] == (len(filler), b"")
            assert inflater.member() is None


@pytest.mark.parametrize("member", HEADS.values(), ids=HEADS)
def test_what_harm_does_to_a_member_is_judged_as_zlib_judges_it(member: bytes) -> None:
    chance, seen = random.Random(31), Counter[str]()
    before = b"x" * 50

    for _ in range(1_500):
        harmed = bytearray(member)
        for _ in range(chance.choice((1, 1, 1, 3))):
            harmed[chance.randrange(chance.choice((12, len(member))))] ^= 1 << chance.randrange(8)
        if chance.random() < 0.3:
            del harmed[chance.randrange(1, len(member)) :]
        expected = by_zlib(bytes(harmed))
        seen[expected[0]] += 1

        assert by_us(before + harmed, len(before)) == expected
        if expected[0] == "whole" and expected[2] == len(harmed):
            assert inflate_exactly(bytes(harmed)) == expected[1]
        else:
            with pytest.raises((ValueError, zlib.error)):
                inflate_exactly(bytes(harmed))

    assert seen["whole"]  # bytes of a head that say nothing
    assert min(seen["torn"], seen["damaged"]) > 100


@pytest.mark.parametrize("flags", [0, 8])
def test_a_member_that_inflates_to_more_than_a_record_may_be_is_left_at_that(flags: int) -> None:
    piece = bytes(1 << 20)
    stream = zlib.compressobj(1, wbits=-15)
    bomb = b"".join([*(stream.compress(piece) for _ in range(300)), stream.flush()])
    head = with_head(flags, b"bomb\0" if flags else b"")[: 15 if flags else 10]

    tracemalloc.start()
    with pytest.raises(ValueError, match="a record of more than 268435456 bytes"):
        Inflater(BytesIO(head + bomb + bytes(8)), 0).member()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 1.25 * MAX_RECORD_BYTES  # the last piece may be held twice


def test_a_member_within_a_longer_piece_is_not_exactly_one() -> None:
    assert inflate_exactly(gzip.compress(RECORD)) == RECORD
    with pytest.raises(ValueError, match="not exactly one"):
        inflate_exactly(gzip.compress(RECORD) + b"\0")
