"""The site's own memory: text that stands on many articles of a site is not what one of them says.

Cheap to import: the catalogue uses it without the parsers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from hashlib import blake2b

from archive.model import Passage
from archive.reading.facts import is_packed_here, unpack
from archive.reading.judge import Memory, judge
from archive.reading.overrule import overruled, pins_of
from archive.reading.squash import squash

REMEMBERED = 300  # signs of a text whose key is remembered: two of three passages stood on the site's pages before
SHORTEST = 10  # letters; shorter texts ("More", "Related") repeat without meaning anything


def passage_key(text: str) -> int:
    """Return the name under which a site remembers a passage: a positive 63-bit number, 0 for under ten letters.

    White space, case and punctuation do not matter: the key is a hash of the letters and digits alone.

    >>> passage_key("Dear  Readers, thank you!") == passage_key("dear readers: thank you")
    True
    >>> passage_key("Read on")
    0
    """
    return _remembered_key(text) if len(text) <= REMEMBERED else key_of(squash(text))


@lru_cache(maxsize=10_000)
def _remembered_key(text: str) -> int:
    return key_of(squash(text))


def key_of(squashed: str) -> int:
    """Return the key of a text that is squashed already."""
    if len(squashed) < SHORTEST:
        return 0
    return int.from_bytes(blake2b(squashed.encode(), digest_size=8).digest()) >> 1


def rejudge(passages: Sequence[Passage], features: bytes, memory: Mapping[int, Memory]) -> tuple[Passage, ...]:
    """Return the passages as they are judged in the light of a site's memory, without the page.

    `features` is `Article.features` of the same reading. `memory` maps a passage key to (k, n): the passage stands on
    k of the n *other* stories of the site that count; keys it lacks are not repeated. With an empty memory the
    passages come back as they were first read. Only kind, rule and score can change; what the site's own rules have
    decided stays.
    """
    if not is_packed_here(features, len(passages)):
        return tuple(passages)  # an earlier reader's: they stay as it judged them until `dateline reread`
    facts = unpack(features, [passage_key(p.text) for p in passages])
    verdicts = overruled(judge(facts, [p.text for p in passages], memory), facts, pins_of(passages))
    return tuple(replace(p, kind=v.kind, rule=v.rule, score=v.score) for p, v in zip(passages, verdicts, strict=True))
