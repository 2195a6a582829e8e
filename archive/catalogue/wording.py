"""What changed between two texts, by paragraph and by word, and what an editor would ask about first."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Literal

from archive.catalogue.facets import segmented

Mark = Literal["same", "removed", "added", "changed"]

ALIKE = 0.5  # of its words: below, a paragraph was not changed but replaced
FAR = 40_000  # words in both: beyond, paragraphs are told apart but not their words
LOOKED_AHEAD = 12  # paragraphs: a live blog of hundreds is not compared each with each
_WORD = re.compile(r"[^\S\u200b]+|\d+(?:[.,]\d+)*|\w+|[^\w\s]")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_SENTENCE_END = frozenset('.!?:"“”„»«-–—')


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words in a row that stand in both texts, in the old one alone, or in the new one alone."""

    mark: Literal["same", "removed", "added"]
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """A paragraph and what became of it; `label` is its kind. `pieces` are the words of a changed one."""

    mark: Mark
    label: str
    old: str
    new: str
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Edit:
    """What of an edit readers would want to be told: (old, new) numbers, and (old, new) names."""

    numbers: tuple[tuple[str, str], ...] = ()
    names: tuple[tuple[str, str], ...] = ()


Paragraph = tuple[str, str]
"""A label and a text."""


def compared(old: Sequence[Paragraph], new: Sequence[Paragraph]) -> tuple[Change, ...]:
    """Return every paragraph of both texts in order, with what became of it.

    >>> [c.mark for c in compared([("body", "It rained."), ("body", "So we stayed.")], [("body", "It rained.")])]
    ['same', 'removed']
    """
    return tuple(_compared(old, new))


def words_compared(old: str, new: str) -> tuple[Piece, ...]:
    """Return the words of two texts, those of the old one before those that took their place.

    >>> [(p.mark, p.text) for p in words_compared("12 boats sank", "14 boats sank")]
    [('removed', '12'), ('added', '14'), ('same', ' boats sank')]
    """
    a, b = _words(old), _words(new)
    if len(a) + len(b) > FAR:
        return (Piece("removed", old), Piece("added", new))
    pieces: list[Piece] = []
    for tag, a1, a2, b1, b2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", "".join(a[a1:a2])))
            continue
        if a2 > a1:
            pieces.append(Piece("removed", "".join(a[a1:a2])))
        if b2 > b1:
            pieces.append(Piece("added", "".join(b[b1:b2])))
    return tuple(pieces)


def edit_of(changes: Iterable[Change]) -> Edit:
    """Return the numbers and names that took the place of others.

    A name is a word with a capital inside a sentence: in German every noun is one, in scripts without capitals none.
    """
    numbers: list[tuple[str, str]] = []
    names: list[tuple[str, str]] = []
    for change in changes:
        if change.mark == "changed":
            for old, new, opens in _replaced(change.pieces):
                numbers += _pairs(_NUMBER.findall(old), _NUMBER.findall(new))
                names += _pairs(_names(old, opens=opens), _names(new, opens=opens))
    return Edit(tuple(numbers), tuple(names))


def _compared(old: Sequence[Paragraph], new: Sequence[Paragraph]) -> Iterator[Change]:
    a, b = [text for _, text in old], [text for _, text in new]
    for tag, a1, a2, b1, b2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from (Change("same", label, text, text) for label, text in new[b1:b2])
        else:
            yield from _paired(old[a1:a2], new[b1:b2])


def _paired(old: Sequence[Paragraph], new: Sequence[Paragraph]) -> Iterator[Change]:
    """Yield what became of paragraphs between two that stayed: alike ones are the same paragraph, changed."""
    at = 0
    for label, text in new:
        found = next((i for i in range(at, min(len(old), at + LOOKED_AHEAD)) if _is_alike(old[i][1], text)), None)
        if found is None:
            yield Change("added", label, "", text)
            continue
        yield from (Change("removed", gone, was, "") for gone, was in old[at:found])
        yield Change("changed", label, old[found][1], text, words_compared(old[found][1], text))
        at = found + 1
    yield from (Change("removed", gone, was, "") for gone, was in old[at:])


def _is_alike(old: str, new: str) -> bool:
    a, b = _words(old), _words(new)
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    return len(a) + len(b) <= FAR and matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE


def _words(text: str) -> list[str]:
    return _WORD.findall(segmented(text))


def _replaced(pieces: Sequence[Piece]) -> Iterator[tuple[str, str, bool]]:
    """Yield words that took the place of others, and whether a sentence begins there."""
    for n, piece in enumerate(pieces[:-1]):
        if piece.mark == "removed" and pieces[n + 1].mark == "added":
            before = pieces[n - 1].text.rstrip() if n else ""
            yield piece.text, pieces[n + 1].text, not before or before[-1] in _SENTENCE_END


def _names(text: str, *, opens: bool) -> list[str]:
    found, starts = [], opens
    for word in _words(text):
        if word[0].isupper() and len(word) > 1 and not starts:
            found.append(word)
        if not word.isspace():
            starts = word in _SENTENCE_END
    return found


def _pairs(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, str]]:
    if not old or not new:
        return []
    return [(a, b) for a, b in zip_longest(old, new, fillvalue="") if a != b]
