"""The name of this reader: what a row of the catalogue was read with."""

from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

NAME = "dateline-reader 1"
LIBRARIES = ("trafilatura", "lxml", "htmldate", "py3langid", "cssselect")
RULES = (".py", ".txt")  # the code is a rule as much as the weights and the words are


@cache
def reader_digest() -> str:
    """Return the digest of the reader: its name, the libraries that change what it sees, its code, weights and words.

    Two readings with the same digest of the same bytes are equal. A change of a comment makes a new reader too: that
    costs a `reread`, and a digest that forgets a rule costs the proof.
    """
    parts = [NAME, *(f"{name} {version(name)}" for name in LIBRARIES)]
    digest = sha256("\n".join(parts).encode())
    for path in sorted(Path(__file__).parent.iterdir()):
        if path.suffix in RULES:
            digest.update(f"{path.name}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


READER = reader_digest()
