"""A text as the runs of four words in it, and as the few of them by which its copies are found among millions.

The shares that `resemblance` returns are exact: a sketch only says whom to compare. Kept are hashes that are multiples
of 16 (of 64 behind the first two hundred runs: a copy that was cut keeps the beginning), so that whether a run is kept
depends on its words alone. Scripts that part no words are counted by signs, eight to a run.

No library does this part: those at hand (datasketch, rensa) keep their index in memory, where it has to be made anew
for every crawl and knows no order of time, and the first brings SciPy along for one integral.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import chain

from archive.catalogue.facets import is_unspaced, joined, segmented

WORDS, SIGNS = 4, 8
SHORTEST = 24  # runs; a shorter text is a headline or a notice, and alike by chance
NEAR, NEAR_EVERY, FAR_EVERY = 200, 16, 64
BYTES = 6  # of a hash: a chance meeting among twenty million prints costs one comparison too many
MASK = (1 << 8 * BYTES) - 1
PRIME, BASE = (1 << 61) - 1, 0x1F3D5B79A2C4E681

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Resemblance:
    """How much two texts share: runs in both, and what part that is of the earlier and of the later text."""

    runs: int
    of_earlier: float
    of_later: float

    @property
    def of_shorter(self) -> float:
        return max(self.of_earlier, self.of_later)

    @property
    def of_longer(self) -> float:
        return min(self.of_earlier, self.of_later)


def runs_of(text: str) -> list[int]:
    """Return the hashes of all runs of words of a text, in order."""
    words = _words(text)
    size = SIGNS if not text.isascii() and sum(map(is_unspaced, words)) * 2 > len(words) else WORDS
    return _hashes(words, size)


def prints_of(runs: Iterable[int]) -> frozenset[int]:
    """Return the runs by which copies of a text are found; none of a text that is too short to be copied."""
    ordered = list(runs)
    if len(ordered) < SHORTEST:
        return frozenset()
    near = {run for run in ordered[:NEAR] if run % NEAR_EVERY == 0}
    return frozenset(near | {run for run in ordered[NEAR:] if run % FAR_EVERY == 0})


def resemblance(earlier: frozenset[int], later: frozenset[int]) -> Resemblance:
    """Return how much two texts share, given all their runs."""
    shared = len(earlier & later)
    return Resemblance(shared, shared / max(1, len(earlier)), shared / max(1, len(later)))


def packed(prints: Iterable[int]) -> bytes:
    """Return prints as bytes, the same for the same set."""
    return b"".join(run.to_bytes(BYTES, "big") for run in sorted(prints))


def unpacked(prints: bytes) -> tuple[int, ...]:
    """Return the prints that `packed` wrote."""
    return tuple(int.from_bytes(prints[at : at + BYTES], "big") for at in range(0, len(prints), BYTES))


def _words(text: str) -> list[str]:
    """Return the words of a text, or its signs, without case, accents and punctuation."""
    folded = text.casefold()
    if folded.isascii():
        return _WORD.findall(folded)
    bare = "".join(c for c in unicodedata.normalize("NFKD", joined(folded)) if not unicodedata.combining(c))
    return _WORD.findall(segmented(unicodedata.normalize("NFKC", bare)))


def _hashes(words: Sequence[str], size: int) -> list[int]:
    """Return the hash of each run of so many words: a polynomial over the words' own, carried from run to run."""
    out = pow(BASE, size, PRIME)
    hashes = [_word_hash(word) for word in words]
    run = 0
    for word in hashes[: size - 1]:
        run = (run * BASE + word) % PRIME
    runs = []
    for word, last in zip(hashes[size - 1 :], chain((0,), hashes), strict=False):
        run = (run * BASE + word - last * out) % PRIME
        runs.append(run & MASK)
    return runs


@lru_cache(maxsize=100_000)
def _word_hash(word: str) -> int:
    return int.from_bytes(blake2b(word.encode("utf-8", "replace"), digest_size=7).digest(), "big")
