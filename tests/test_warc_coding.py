"""Content codings, honest and hostile."""

import gzip
import sys
import zlib
from collections.abc import Callable

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.warc.coding import decode_content

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TEXT = b"".join(b"%d. The ferries wait for the fog to lift.\n" % line for line in range(900))


def raw_deflate(body: bytes) -> bytes:
    stream = zlib.compressobj(6, zlib.DEFLATED, -15)
    return stream.compress(body) + stream.flush()


ENCODERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "zlib deflate": ("deflate", zlib.compress),
    "raw deflate": ("deflate", raw_deflate),
    "br": ("br", brotli.compress),
    "zstd": ("zstd", zstd.compress),
}
coded = pytest.mark.parametrize("coder", list(ENCODERS))


@coded
@given(body=st.binary())
def test_a_coding_is_undone(coder: str, body: bytes) -> None:
    name, encode = ENCODERS[coder]

    decoded = decode_content(encode(body), [name])

    assert (decoded.body, decoded.complete, decoded.problem) == (body, True, None)


@coded
def test_of_a_cut_body_what_came_is_returned(coder: str) -> None:
    name, encode = ENCODERS[coder]
    whole = encode(TEXT)

    for end in range(len(whole) // 4, len(whole), 97):
        decoded = decode_content(whole[:end], [name])

        assert not decoded.complete
        assert decoded.problem == f"{name}: ends early"
        assert TEXT.startswith(decoded.body)
    if name != "zstd":  # which gives nothing of a block before its end, and TEXT is one block
        assert len(decode_content(whole[:-12], [name]).body) > len(TEXT) // 2


@pytest.mark.parametrize("coder", ["gzip", "zlib deflate"])
def test_of_a_damaged_body_all_text_before_the_flaw_is_returned(coder: str) -> None:
    name, encode = ENCODERS[coder]
    whole = bytearray(encode(TEXT))
    whole[len(whole) // 2] ^= 0x55

    decoded = decode_content(bytes(whole), [name])

    assert not decoded.complete
    assert decoded.body[: len(TEXT) // 3] == TEXT[: len(TEXT) // 3]


@coded
def test_a_bomb_is_cut_at_the_limit(coder: str) -> None:
    name, encode = ENCODERS[coder]

    decoded = decode_content(encode(bytes(5_000_000)), [name], limit=100_000)

    assert decoded.body == bytes(100_000)
    assert not decoded.complete
    assert decoded.problem == f"{name}: more than 100000 bytes"


def test_a_bomb_within_a_bomb_is_cut_too() -> None:
    bomb = gzip.compress(gzip.compress(bytes(50_000_000)))

    decoded = decode_content(bomb, ["gzip, gzip"], limit=10_000)

    assert len(decoded.body) <= 10_000
    assert not decoded.complete


def test_layers_are_undone_from_the_last_one_applied() -> None:
    body = brotli.compress(gzip.compress(TEXT))

    assert decode_content(body, ["gzip, br"]).body == TEXT
    assert decode_content(body, ["gzip", "BR", "identity"]).body == TEXT


def test_four_layers_are_refused() -> None:
    decoded = decode_content(b"x", ["gzip"] * 4)

    assert not decoded.complete
    assert decoded.problem == "4 content codings, at most 3 are undone"


def test_several_members_and_frames_are_one_body() -> None:
    assert decode_content(gzip.compress(b"a") + gzip.compress(b"b"), ["gzip"]).body == b"ab"
    assert decode_content(zstd.compress(b"a") + zstd.compress(b"b"), ["zstd"]).body == b"ab"


def test_what_stands_behind_a_gzip_body_is_ignored() -> None:
    decoded = decode_content(gzip.compress(TEXT) + b"\r\n", ["gzip"])

    assert (decoded.body, decoded.complete) == (TEXT, True)


def test_a_plain_body_with_a_forgotten_header_is_returned_as_it_is() -> None:
    for name in ("gzip", "br", "zstd"):
        decoded = decode_content(b"<p>Fog in the harbour.</p>" * 9, [name])

        assert decoded.body == b"<p>Fog in the harbour.</p>" * 9
        assert decoded.problem is not None


def test_an_unknown_coding_is_named() -> None:
    decoded = decode_content(b"x", ["sdch"])

    assert (decoded.body, decoded.complete) == (b"x", False)
    assert decoded.problem == "unknown content coding 'sdch'"


@coded
@given(body=st.binary(min_size=1))
def test_no_bytes_break_the_decoding(coder: str, body: bytes) -> None:
    name, encode = ENCODERS[coder]

    decode_content(body, [name], limit=10_000)
    decode_content(encode(TEXT[:99])[:50] + body, [name], limit=10_000)
