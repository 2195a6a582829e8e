"""Gzip members of our own making."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.warc.pack import pack


@given(st.binary(), st.binary())
def test_a_packed_record_inflates_to_itself(head: bytes, body: bytes) -> None:
    assert gzip.decompress(pack(head + body)) == head + body
    assert gzip.decompress(pack(head + body, len(head))) == head + body


@pytest.mark.parametrize("length", [0, 1, 65_534, 65_535, 65_536, 131_070, 131_071])
def test_a_dense_body_of_any_length_is_one_whole_member(length: int) -> None:
    record = b"WARC/1.1\r\n" * 20 + bytes(length)

    stream = zlib.decompressobj(31)

    assert stream.decompress(pack(record, 200)) == record
    assert stream.eof
    assert stream.unused_data == b""


def test_a_dense_body_is_stored_as_it_stands_and_its_head_is_not() -> None:
    head, body = b"WARC-Type: response\r\n" * 40, bytes(range(256)) * 8

    member = pack(head + body, len(head))

    assert body in member
    assert len(member) < len(body) + 120
