"""Names of authors out of bylines: one name each, without roles, dates, addresses or the outlet itself."""

import re
from collections.abc import Iterable

LEADING = re.compile(
    r"^\W*(?:(?:written|reporting|text|story|words|submitted|posted|published) by"
    r"|by|von|par|por|di|door|av|af|od|från|fra|text|texte"
    r"|texto|autor(?:in)?|author|автор|tekst|kirjoittanut|от)\b[:\s]+",
    re.IGNORECASE,
)
SEPARATOR = re.compile(
    r"\s*(?:;|\||/|•|·|\n|、|\s(?:and|und|et|y|e|en|og|och|i|и|&)\s)\s*",
    re.IGNORECASE,
)
COMMA = re.compile(r"\s*,\s*")
ADDRESS = re.compile(r"\S+@\S+|https?://\S+|www\.\S+|@\w+")
BRACKETED = re.compile(r"\s*[\(\[][^()\[\]]{0,60}[\)\]]\s*")
ROLE = re.compile(
    r"\b(?:editor|reporter|correspondent|writer|staff|journalist|columnist|contributor|bureau|producer|redakteur(?:in)?"
    r"|korrespondent(?:in)?|redaktion|redaktør|rédaction|redacción|redação|redazione|редакция|special to|senior|chief"
    r"|analyst|professor|freelance[r]?|photograph(?:er|y)|published|updated|min(?:ute)?s? read)\b",
    re.IGNORECASE,
)
DIGIT = re.compile(r"\d{3,}|\d[:.]\d|\d+ ?(?:min|ago)")
DATED = re.compile(
    r"(?:\s(?:on|am|um|at|le|el|den)\b.*|[\s,|•·]*\b\d.*)$"
)  # what follows a name: a date, a time, a count of minutes
KOREAN_ROLE = re.compile(r"\s(?:기자|특파원|논설위원)$")
LONGEST_NAME = 70
LONGEST_BYLINE = 1_000  # letters of one declaration of authors that are read; some rules below grow with its square


def clean_names(raw: Iterable[str], outlet: str = "") -> tuple[str, ...]:
    """Return the names of people and agencies in the order given, each once.

    >>> clean_names(["By Ada Smith and Jo Brown", "Ada Smith"])
    ('Ada Smith', 'Jo Brown')
    """
    found: dict[str, str] = {}
    for text in raw:
        for name in _names_in(text):
            if not outlet or not name.casefold().startswith(outlet.casefold()):
                found.setdefault(name.casefold(), name)
    return tuple(found.values())


def _names_in(text: str) -> Iterable[str]:
    text = ADDRESS.sub(" ", BRACKETED.sub(" ", text[:LONGEST_BYLINE]))
    said = LEADING.match(text.strip())
    text = text.strip()[said.end() :] if said else text.strip()
    text = DATED.sub("", text) if said else text
    for part in SEPARATOR.split(text):
        pieces = COMMA.split(part)
        if len(pieces) == 2 and " " not in pieces[1]:
            # "Smith, Ada" is one name, "Ada Smith, London" a name and a place
            pieces = [part] if " " not in pieces[0] else pieces[:1]
        for piece in pieces[:1] + [p for p in pieces[1:] if not ROLE.search(p)]:
            name = LEADING.sub("", " ".join(piece.split())).strip(" .,:-–—|*'\"")
            name = KOREAN_ROLE.sub("", name)
            if _is_name(name):
                yield name


def _is_name(name: str) -> bool:
    if not 2 <= len(name) <= LONGEST_NAME or DIGIT.search(name) or len(name.split()) > 6:
        return False
    return not (ROLE.search(name) and len(name.split()) > 2) and any(c.isalpha() for c in name)
