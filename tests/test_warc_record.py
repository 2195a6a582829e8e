"""WARC records of exchanges."""

import hashlib
import zlib
from base64 import b32encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.model import Exchange
from archive.warc.members import Member, member_of
from archive.warc.message import entity_of
from archive.warc.metadata import decode_notes
from archive.warc.record import (
    IDENTICAL,
    NOT_MODIFIED,
    Original,
    Written,
    exchange_records,
    reply_of,
    warcinfo_record,
)
from tests.exchanges import (
    AT,
    HTML,
    NO_HTTP,
    ODD_REPLIES,
    PROVENANCE,
    SENT,
    URL,
    chunked,
    exchange,
)

WARCINFO = "urn:uuid:0e8b1f5e-0000-4000-8000-000000000000"
ORIGINAL = Original("urn:uuid:0e8b1f5e-0000-4000-8000-000000000001", URL, "2026-03-13T00:00:00Z")


def opened(written: Written) -> Member:
    return member_of(0, written.size_bytes, zlib.decompress(b"".join(written.pieces), 31))


def records(of: Exchange, original: Original | None = None) -> list[Member]:
    written = exchange_records(of, reply_of(of.received), PROVENANCE, WARCINFO, original)
    return [opened(record) for record in written]


def sha1(data: bytes) -> str:
    return "sha1:" + b32encode(hashlib.sha1(data).digest()).decode()


@pytest.mark.parametrize("name", list(ODD_REPLIES))
def test_an_odd_reply_is_stored_byte_for_byte(name: str) -> None:
    response, request, metadata = records(exchange(ODD_REPLIES[name]))

    assert response.block == ODD_REPLIES[name]
    assert request.block == SENT
    assert [response.type, request.type, metadata.type] == ["response", "request", "metadata"]


@given(st.binary(), st.binary(), st.binary())
def test_no_byte_of_a_message_changes(head: bytes, body: bytes, sent: bytes) -> None:
    received = b"HTTP/1.1 200 OK\r\nX: " + head.replace(b"\n", b"\r") + b"\r\n\r\n" + body

    response, *_ = records(exchange(received, sent=sent))

    assert response.block == received


@pytest.mark.parametrize("name", list(NO_HTTP))
def test_a_reply_that_is_no_http_leaves_the_request_and_what_came(name: str) -> None:
    request, metadata = records(exchange(NO_HTTP[name], truncated="disconnect"))

    notes = decode_notes(metadata.block)
    assert (request.type, request.block) == ("request", SENT)
    assert b"".join(notes.interim) + (notes.unparsable or b"") == NO_HTTP[name]
    assert notes.truncated == "disconnect"
    assert metadata.get("warc-concurrent-to") == f"<{request.id}>"


def test_of_a_long_reply_that_is_no_http_the_first_64_kib_are_kept() -> None:
    _, metadata = records(exchange(b"\x00" * 100_000))

    assert decode_notes(metadata.block).unparsable == bytes(65536)


def test_interim_heads_stand_in_the_metadata_not_in_the_block() -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"

    response, _, metadata = records(exchange(hints + HTML))

    assert response.block == HTML
    assert decode_notes(metadata.block).interim == (hints,)


def test_the_block_digest_is_that_of_the_block_and_the_payload_digest_that_of_the_entity() -> None:
    for received in (HTML, chunked(b"fog " * 500), *ODD_REPLIES.values()):
        response, request, metadata = records(exchange(received))

        assert response.get("warc-block-digest") == sha1(received)
        assert response.get("warc-payload-digest") == sha1(entity_of(received).body)
        assert request.get("warc-block-digest") == sha1(SENT)
        assert metadata.get("warc-block-digest") == sha1(metadata.block)
        assert request.get("warc-payload-digest") is metadata.get("warc-payload-digest") is None


def test_the_records_of_an_exchange_name_each_other_the_file_and_the_connection() -> None:
    over_tls = Exchange(URL, "GET", AT, SENT, HTML, "time", "192.0.2.7", ("http/1.1", "tls/1.3"), "TLS_AES_128")

    response, request, metadata = records(over_tls)

    for record in (response, request, metadata):
        assert record.get("warc-date") == "2026-03-14T09:26:53.589793Z"
        assert record.url == URL
        assert record.get("warc-warcinfo-id") == f"<{WARCINFO}>"
    for record in (request, metadata):
        assert record.get("warc-concurrent-to") == f"<{response.id}>"
    for record in (request, response):
        assert record.all("warc-protocol") == ("http/1.1", "tls/1.3")
        assert record.get("warc-cipher-suite") == "TLS_AES_128"
        assert record.get("warc-ip-address") == "192.0.2.7"
    assert response.get("warc-truncated") == "time"
    assert len({response.id, request.id, metadata.id}) == 3


def test_a_payload_stored_before_becomes_a_revisit_with_its_own_head() -> None:
    revisit, _, metadata = records(exchange(HTML), ORIGINAL)

    assert revisit.block == HTML[: HTML.index(b"\r\n\r\n") + 4]
    assert revisit.get("warc-profile") == IDENTICAL
    assert revisit.get("warc-refers-to") == f"<{ORIGINAL.id}>"
    assert revisit.get("warc-refers-to-target-uri") == ORIGINAL.url
    assert revisit.get("warc-refers-to-date") == ORIGINAL.date
    assert revisit.get("warc-payload-digest") == sha1(entity_of(HTML).body)
    assert revisit.get("warc-truncated") == "length"
    assert decode_notes(metadata.block).payload_length == len(entity_of(HTML).body)


def test_a_304_becomes_a_revisit_without_a_block_its_head_kept_in_the_metadata() -> None:
    received = ODD_REPLIES["not modified"]

    revisit, _, metadata = records(exchange(received), ORIGINAL)

    assert (revisit.type, revisit.block) == ("revisit", b"")
    assert revisit.get("content-length") == "0"
    assert revisit.get("warc-profile") == NOT_MODIFIED
    assert decode_notes(metadata.block).not_modified_head == received


def test_a_request_is_stored_without_its_secrets_and_says_so() -> None:
    sent = b"GET /fog HTTP/1.1\r\nHost: harbour.test\r\nCookie: session=7\r\n\r\n"

    _, request, metadata = records(exchange(HTML, sent=sent, url="http://me:pw@harbour.test/fog"))

    assert request.block == sent.replace(b"session=7", b"xxxxxxxxx")
    assert request.url == URL
    assert decode_notes(metadata.block).redacted == ("cookie",)


def test_a_file_begins_by_saying_what_wrote_it() -> None:
    warcinfo = opened(warcinfo_record("a.warc.gz", AT, "Dateline/test", "run-7"))

    assert warcinfo.type == "warcinfo"
    assert warcinfo.get("warc-filename") == "a.warc.gz"
    assert warcinfo.block.decode().split("\r\n")[:2] == [
        "software: Dateline/test",
        "format: WARC File Format 1.1",
    ]
    assert b"dateline-run: run-7\r\n" in warcinfo.block
