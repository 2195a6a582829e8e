"""Labelled digests, as WARC fields carry them."""

import hashlib
from base64 import b32encode
from collections.abc import Iterable
from itertools import product

_ALGORITHMS = {"md5": "md5", "sha1": "sha1", "sha256": "sha256", "sha512": "sha512"}
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_PAIRS = ["".join(pair) for pair in product(_ALPHABET, repeat=2)]
_SHIFTS = range(150, -1, -10)


def digest(payload: bytes | memoryview) -> str:
    """Return the labelled SHA-1 that archives compare payloads by, in base 32.

    >>> digest(b"")
    'sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ'
    """
    return digest_of((payload,))[0]


def digest_of(pieces: Iterable[bytes | memoryview]) -> tuple[str, int]:
    """Return the same of a payload that comes in pieces, and its length."""
    sha1, length = hashlib.sha1(usedforsecurity=False), 0
    for piece in pieces:
        sha1.update(piece)
        length += len(piece)
    value = int.from_bytes(sha1.digest(), "big")
    # base64.b32encode is a general loop of 25 us, and an exchange needs four of these.
    return "sha1:" + "".join([_PAIRS[value >> shift & 1023] for shift in _SHIFTS]), length


def digest_matches(declared: str, content: bytes | memoryview) -> bool | None:
    """True if a labelled digest is that of the content, in base 32 or 16; None if its algorithm is unknown here.

    >>> digest_matches("md5:d41d8cd98f00b204e9800998ecf8427e", b"")
    True
    """
    label, _, value = declared.strip().partition(":")
    name = _ALGORITHMS.get(label.lower().replace("-", ""))
    if name == "sha1" and len(value) == 32:
        return digest(content) == f"sha1:{value.upper()}"
    if name is None:
        return None
    found = hashlib.new(name, content, usedforsecurity=False)
    if value.lower() == found.hexdigest():
        return True
    return value.upper().rstrip("=") == b32encode(found.digest()).decode().rstrip("=")
