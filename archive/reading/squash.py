"""Texts reduced to what makes them equal: letters and digits, whatever the spacing, case and punctuation."""

import re
import unicodedata

NOT_ALNUM = re.compile(r"[\W_]+")


def squash(text: str) -> str:
    """Return the letters and digits alone, compatibility form, lower case.

    >>> squash("Dear  Readers,")
    'dearreaders'
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return NOT_ALNUM.sub("", text.lower())
