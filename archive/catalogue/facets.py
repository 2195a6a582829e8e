"""What the full-text index is given beside words: tokens that narrow a search, and spaces for scripts that have none.

The cost of a ranked search is the number of rows that match, so a filter has to be part of the match: "ferry" among
the articles of one site and year cost 28.0 ms as a join and 1.5 ms as tokens (60,000 rows, notes/perf.md).
"""

import re
from collections.abc import Iterable

from archive.catalogue.identity import hashed

ALL = "xall"  # every row has it: what a search without a single positive word matches

# Scripts written without spaces between words, and Korean, whose words carry their particles: each sign becomes a token
# and a word becomes a phrase of them, so that any part of a sentence is found. Vowel signs stay with their letter.
_UNSPACED = (
    "\u0e01-\u0e30\u0e32\u0e33\u0e40-\u0e46"  # Thai
    "\u0e81-\u0eb0\u0eb2\u0eb3\u0ebd-\u0ec6\u0edc-\u0edf"  # Lao
    "\u1000-\u102a\u103f\u1050-\u1055"  # Burmese
    "\u1780-\u17b3"  # Khmer
    "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # Japanese
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"  # Chinese characters
    "\u3105-\u312f\uac00-\ud7a3"  # Bopomofo, Korean
)
_SIGNS = (
    "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece"
    "\u102b-\u103e\u1056-\u1059\u17b4-\u17d3\u3099\u309a"
)
_SIGN = re.compile(f"[{_UNSPACED}][{_SIGNS}]*")
_PART = "\u200b"  # zero-width space: parts tokens, and nobody sees it
_PARTS = re.compile(_PART + "{2,}")


def is_unspaced(text: str) -> bool:
    """True if any part of the text is in a script that does not part its words."""
    return _SIGN.search(text) is not None


def segmented(text: str) -> str:
    """Return the text with each sign of an unspaced script on its own.

    The parting sign is invisible; `joined` takes it out again.

    >>> segmented("AI技術が進む").split("\u200b"), segmented("plain text")
    (['AI', '技', '術', 'が', '進', 'む'], 'plain text')
    """
    if not is_unspaced(text):
        return text
    return _PARTS.sub(_PART, _SIGN.sub(rf"{_PART}\g<0>{_PART}", text)).strip(_PART)


def joined(text: str) -> str:
    """Return a piece of segmented text as people write it.

    >>> joined(segmented("AI技術が進む"))
    'AI技術が進む'
    """
    return text.replace(_PART, "")


def site_token(site: str) -> str:
    """Return the token of a site: letters and digits only, whatever its name."""
    return "xs" + hashed("facet", site)[:8]


def facet_tokens(site: str, day: str, language: str | None) -> str:
    """Return the tokens by which an article is found among those of its site, time and language.

    Site and time come joined too: the ranking looks up how common each token of a query is, and a joined one is rarer.
    """
    own, year, month = site_token(site), day[:4], day[:7].replace("-", "")
    tokens = [ALL, own, f"xy{year}", f"xm{month}", f"{own}y{year}", f"{own}m{month}"]
    if language:
        tokens.append(language_token(language))
    return " ".join(tokens)


def language_token(language: str) -> str:
    """Return the token of a language: of `de-AT` that of `de`.

    >>> language_token("de-AT")
    'xlde'
    """
    return "xl" + re.sub("[^a-z0-9]", "", re.split("[-_]", language.lower())[0])


def facet_filter(site: str | None, months: Iterable[str] | None, language: str | None) -> str | None:
    """Return the full-text expression that holds these filters; None if there are none.

    `months` are `YYYY` or `YYYYMM`, one of which must hold; None means any time.
    """
    own = site_token(site) if site is not None else None
    parts = []
    if months is not None:
        spans = [(own or "x") + ("y" if len(m) == 4 else "m") + m for m in months]
        parts.append("(" + " OR ".join(spans) + ")" if spans else "xnever")
    elif own:
        parts.append(own)
    if language is not None:
        parts.append(language_token(language))
    return " AND ".join(parts) or None
