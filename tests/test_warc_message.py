"""HTTP messages as bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.warc.message import entity_in, entity_of, header_end, parse_head, split_interim
from tests.exchanges import NO_HTTP, ODD_REPLIES, chunked, reply


def test_a_head_ends_at_the_first_empty_line_however_lines_end() -> None:
    assert header_end(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody\r\n\r\n") == 25
    assert header_end(b"HTTP/1.1 200 OK\nA: b\n\nbody") == 22
    assert header_end(b"HTTP/1.1 200 OK\r\nA: b\n\r\nbody") == 24
    assert header_end(b"\r\nbody") == 2


def test_a_head_without_an_empty_line_has_no_end() -> None:
    assert header_end(b"HTTP/1.1 200 OK\r\nA: b\r\n") == -1
    assert header_end(b"") == -1


def test_interim_heads_are_split_from_the_message_they_announce() -> None:
    hints, again, final = (
        b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n",
        b"HTTP/1.1 100\n\n",
        b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 100 is not a head here\r\n\r\n",
    )

    assert split_interim(hints + again + final) == ((hints, again), final)


def test_switching_protocols_is_a_final_reply() -> None:
    assert split_interim(b"HTTP/1.1 101 Switching\r\n\r\n") == ((), b"HTTP/1.1 101 Switching\r\n\r\n")


@given(st.lists(st.sampled_from([b"HTTP/1.1 103 x\r\n\r\n", b"HTTP/1.1 100 y\n\n"])), st.binary())
def test_splitting_loses_no_byte(heads: list[bytes], rest: bytes) -> None:
    interim, message = split_interim(b"".join(heads) + rest)

    assert b"".join(interim) + message == b"".join(heads) + rest


def test_the_head_of_an_odd_reply_reads_as_browsers_read_it() -> None:
    folded = parse_head(ODD_REPLIES["folded"])
    duplicated = parse_head(ODD_REPLIES["duplicates"])
    wide = parse_head(ODD_REPLIES["spaces around"])
    colonless = parse_head(ODD_REPLIES["no colon"])

    assert folded is not None
    assert folded.headers == (("x-long", "one two three"),)
    assert duplicated is not None
    assert duplicated.all("set-cookie") == ("a=1", "b=2")
    assert wide is not None
    assert wide.get("x-wide") == "value"
    assert colonless is not None
    assert colonless.headers == (("x", "y"),)


def test_status_version_and_reason_are_kept_as_sent() -> None:
    head = parse_head(b"HTTP/1.0 503 Gone fishing\r\nRetry-After: 7\r\n\r\n")

    assert head is not None
    assert (head.version, head.status, head.reason) == ("1.0", 503, "Gone fishing")


@pytest.mark.parametrize("name", [name for name in NO_HTTP if name != "cut head"])
def test_what_does_not_begin_with_a_status_line_has_no_head(name: str) -> None:
    assert parse_head(split_interim(NO_HTTP[name])[1]) is None


def test_the_entity_of_a_chunked_message_is_what_the_chunks_hold() -> None:
    entity = entity_of(chunked(b"The ferries wait.", size=4))

    assert (entity.body, entity.chunked, entity.whole) == (b"The ferries wait.", True, True)


def test_the_way_a_body_was_cut_into_chunks_does_not_show_in_the_entity() -> None:
    assert entity_of(chunked(b"x" * 999, 7)) == entity_of(chunked(b"x" * 999, 100))


@given(st.integers(0, 300))
def test_a_chunked_message_cut_anywhere_gives_what_came_and_is_not_whole(at: int) -> None:
    message = chunked(b"abcdefghij" * 20, 30)
    head_end = header_end(message)

    entity = entity_of(message[: min(head_end + at, len(message) - 5)])

    assert (b"abcdefghij" * 20).startswith(entity.body)
    assert not entity.whole


def test_a_body_that_is_not_chunked_though_its_header_says_so_is_left_alone() -> None:
    for body in (b"<p>Fog</p>", b"\n<p>Fog</p>", b"dead calm"):
        entity = entity_of(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body)

        assert (entity.body, entity.chunked, entity.whole) == (body, False, False)


def test_a_body_shorter_than_declared_is_not_whole() -> None:
    assert entity_of(reply(b"fog")).whole
    assert not entity_of(reply(b"fog")[:-1]).whole
    assert not entity_of(b"HTTP/1.1 200 OK\r\nContent-Length: 3").whole


def test_a_304_has_no_body_whatever_length_it_declares() -> None:
    assert entity_of(ODD_REPLIES["not modified"]).whole


@pytest.mark.parametrize("size", ["-1", "+3", "0x3", "3_0", "99999999999999999999", "g"])
def test_a_chunk_size_is_hexadecimal_and_nothing_else(size: str) -> None:
    message = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{size}\r\nfog\r\n".encode()

    assert not entity_of(message).whole


@given(st.binary())
def test_no_bytes_from_the_wire_break_the_parsing(received: bytes) -> None:
    for message in (received, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + received):
        head = parse_head(message)

        assert head is None or 100 <= head.status <= 999
        assert len(entity_of(message).body) <= len(message)


LINES = [
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.0 200\n",
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"transfer-encoding : identity\n",
    b"\x0bTransfer-Encoding: chunked\n",
    b" fold\r\n",
    b"\r\n",
    b"\n",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"hello",
]


@given(st.sampled_from([b"", LINES[0]]), st.lists(st.sampled_from(LINES), max_size=7))
def test_an_entity_that_is_not_copied_is_the_same(first: bytes, lines: list[bytes]) -> None:
    message = first + b"".join(lines)

    assert bytes(entity_in(message)) == entity_of(message).body
