"""The name of this reader: what a row of the catalogue was read with."""

from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

NAME = "dateline-reader 1"
LIBRARIES = ("trafilatura", "lxml", "htmldate", "py3langid")
RULES = ("weights.txt", "cues.txt", "classes.txt")


@cache
def reader_digest() -> str:
    """Return the digest of the reader: its name, the libraries that change what it sees, and its weights and words.

    Two readings with the same digest of the same bytes are equal.
    """
    parts = [NAME, *(f"{name} {version(name)}" for name in LIBRARIES)]
    digest = sha256("\n".join(parts).encode())
    for name in RULES:
        digest.update(Path(__file__).with_name(name).read_bytes())
    return digest.hexdigest()[:16]


READER = reader_digest()
