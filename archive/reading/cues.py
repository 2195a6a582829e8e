"""The families of words a text is searched for (cues.txt), as bits."""

from collections.abc import Sequence
from pathlib import Path

from archive.reading.lexicon import Lexicon

CUES = Lexicon.read(Path(__file__).with_name("cues.txt"))
BIT = CUES.bit


def bits(*families: str) -> int:
    """Return the families as one number."""
    found = 0
    for name in families:
        found |= BIT[name]
    return found


OPENING_WORDS = 2
CLOSING_WORDS = 6  # in which a caption names who took the picture
THIRD, WE, YOU, CREDIT = (BIT[name] for name in ("third", "we", "you", "credit"))
PERSONS = THIRD | WE | YOU


def heard(words: Sequence[str], text: str, *, short: bool) -> tuple[int, int, int, int, int, bool]:
    """Return what a text, whose lower-case words these are, speaks of.

    (families anywhere, families in its first words, words of the third person, of "we", of "you", whether the last
    words credit somebody); a short text in a script without spaces is all opening.
    """
    families = CUES.of_words(words)
    opening = closing = third = we = you = 0
    for found in families[:OPENING_WORDS]:
        opening |= found
    for found in families[-CLOSING_WORDS:]:
        closing |= found
    cues = CUES.of_unspaced(text)
    if short:
        opening |= cues
    for found in filter(None, families):
        cues |= found
        if found & PERSONS:
            third += found & THIRD and 1
            we += found & WE and 1
            you += found & YOU and 1
    return cues, opening, third, we, you, closing & CREDIT != 0
