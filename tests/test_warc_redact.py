"""Credentials stay out of the archive."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.warc.redact import public_provenance, public_uri, redact_request
from tests.exchanges import LINK, PROVENANCE, SENT


@pytest.mark.parametrize("name", ["Cookie", "authorization", "Proxy-Authorization"])
def test_the_value_of_a_secret_header_is_written_over(name: str) -> None:
    sent = f"GET / HTTP/1.1\r\nHost: a.test\r\n{name}: Basic c2VjcmV0\r\nX: y\r\n\r\n".encode()

    shown, hidden = redact_request(sent)

    assert shown == f"GET / HTTP/1.1\r\nHost: a.test\r\n{name}: xxxxx xxxxxxxx\r\nX: y\r\n\r\n".encode()
    assert hidden == (name.lower(),)


def test_folded_values_and_the_proxy_form_of_a_request_are_written_over_too() -> None:
    sent = b"GET http://me:pw@a.test/x HTTP/1.1\r\nCookie:a=1;\r\n\tb=2\r\nX: y\r\n\r\n"

    shown, hidden = redact_request(sent)

    assert shown == b"GET http://xxxxx@a.test/x HTTP/1.1\r\nCookie:xxxx\r\n\txxx\r\nX: y\r\n\r\n"
    assert hidden == ("request-target", "cookie")


def test_a_request_without_secrets_and_any_body_stay_as_they_are() -> None:
    post = b"POST / HTTP/1.1\r\nHost: a.test\r\n\r\nCookie: of flour"

    assert redact_request(SENT) == (SENT, ())
    assert redact_request(post) == (post, ())


@given(st.binary())
def test_a_request_keeps_its_length(tail: bytes) -> None:
    sent = b"GET / HTTP/1.1\r\nCookie: " + tail

    assert len(redact_request(sent)[0]) == len(sent)


def test_a_stored_address_has_no_user_and_only_printable_ascii() -> None:
    assert public_uri("http://me:p@ss@a.test/b?c#d") == "http://a.test/b?c#d"
    assert public_uri("http://a.test/x@y") == "http://a.test/x@y"
    assert public_uri("http://a.test/ä b\r\nWARC-Type: x") == ("http://a.test/%C3%A4%20b%0D%0AWARC-Type:%20x")


def test_the_addresses_of_a_link_lose_their_user_too() -> None:
    link = replace(LINK, url="http://me:pw@a.test/b")

    shown = public_provenance(replace(PROVENANCE, link=link))

    assert shown.link is not None
    assert shown.link.url == "http://a.test/b"
    assert public_provenance(PROVENANCE) == PROVENANCE
