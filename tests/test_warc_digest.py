"""Labelled digests."""

import hashlib
from base64 import b32encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.warc.digest import digest, digest_matches


@given(st.binary())
def test_a_digest_is_sha1_in_base_32(payload: bytes) -> None:
    assert digest(payload) == "sha1:" + b32encode(hashlib.sha1(payload).digest()).decode()


@pytest.mark.parametrize("name", ["md5", "sha1", "sha256", "sha512"])
def test_digests_of_other_archives_are_understood_in_both_notations(name: str) -> None:
    value = hashlib.new(name, b"fog")

    for text in (value.hexdigest(), value.hexdigest().upper(), b32encode(value.digest()).decode()):
        assert digest_matches(f"{name}:{text}", b"fog") is True
        assert digest_matches(f"{name}:{text}", b"frog") is False


@pytest.mark.parametrize("declared", ["sha1:x", "md5:AAAA", "sha256:"])
def test_a_digest_that_differs_is_told_from_one_we_cannot_judge(declared: str) -> None:
    assert digest_matches(declared, b"fog") is False
    assert digest_matches("blake9:x", b"fog") is None
