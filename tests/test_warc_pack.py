"""Gzip members of our own making."""

import gzip
import random
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.warc.pack import RECORD_END, pack, packed


def member(head: bytes, block: bytes, dense: int = 0) -> bytes:
    return b"".join(packed(head, block, dense))


@given(st.binary(), st.binary(), st.binary())
def test_a_packed_record_inflates_to_itself(head: bytes, light: bytes, dense: bytes) -> None:
    block = light + dense

    assert gzip.decompress(pack(head + block)) == head + block
    assert gzip.decompress(member(head, block)) == head + block + RECORD_END
    assert gzip.decompress(member(head, block, len(dense))) == head + block + RECORD_END


@pytest.mark.parametrize("length", [0, 1, 65_534, 65_535, 65_536, 131_070, 131_071, 5_000_000])
def test_a_dense_body_of_any_length_is_one_whole_member(length: int) -> None:
    head, body = b"WARC/1.1\r\n" * 20, bytes(length)

    for dense in (0, length):
        stream = zlib.decompressobj(31)

        assert stream.decompress(member(head, body, dense)) == head + body + RECORD_END
        assert stream.eof
        assert stream.unused_data == b""


def test_a_dense_body_is_stored_as_it_stands_and_its_head_is_not() -> None:
    head, body = b"WARC-Type: response\r\n" * 40, bytes(range(256)) * 8

    stored = member(head, body, len(body))

    assert body in stored
    assert len(stored) < len(body) + 120


def test_a_large_body_is_never_held_twice() -> None:
    body = random.Random(7).randbytes(20_000_000)
    tracemalloc.start()

    pieces = [tuple(packed(b"WARC/1.1\r\n", body, dense)) for dense in (len(body), 0)]

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(pieces) == 2
    assert peak < len(body) + 4_000_000  # the pieces of the second, which was compressed; those of the first are views
