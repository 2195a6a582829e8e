"""The families of words a text is searched for (cues.txt), as bits."""

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
