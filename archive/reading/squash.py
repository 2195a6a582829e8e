"""Texts reduced to what makes them equal: letters and digits, whatever the spacing, case and punctuation."""

import re
import unicodedata

NOT_ALNUM = re.compile(r"[\W_]+")
SMALL = bytes(range(256)).lower()  # the same for ASCII, in a tenth of the time: half of all texts are no more
OTHERS = bytes(i for i in range(128) if not chr(i).isalnum())
SIGNS = "’“”–—…"  # of printers, often all in an English text that is not ASCII


def squash(text: str) -> str:
    """Return the letters and digits alone, compatibility form, lower case.

    >>> squash("Dear  Readers,")
    'dearreaders'
    """
    plain = spaced(text)
    if plain.isascii():
        return plain.encode("ascii").translate(SMALL, OTHERS).decode("ascii")
    return NOT_ALNUM.sub("", unicodedata.normalize("NFKC", text).lower())


def spaced(text: str) -> str:
    """Return the text with spaces for the signs of printers, so that most English is ASCII.

    >>> spaced("the port’s “ferry” … resumes").isascii()
    True
    """
    if not text.isascii():
        for sign in SIGNS:
            text = text.replace(sign, " ")
    return text
