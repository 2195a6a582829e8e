"""From what people type to what FTS5 accepts: every text is a query, and none is an error.

    ferry strike          both words, anywhere            "ferry strike"     the phrase
    ferr*                 words that begin so             ferry OR tram      either
    ferry -tram           the first without the second    NEAR(ferry fog, 5) at most five words apart
    title:ferry           in title, lead or body alone    (a OR b) c         brackets group

What makes no sense (a bracket too many, an OR at the end, a star alone) is passed over.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from archive.catalogue.facets import segmented

MAX_TERMS = 60  # FTS5 refuses trees deeper than 256, and nobody reads what a hundred words find
MAX_DEPTH = 12
MAX_CHARS = 2_000
COLUMNS = "title lead body"
_TOKEN = re.compile(
    r"""
    (?P<near> NEAR \s* \( (?P<inside> [^()]* ) \) )
  | (?P<bracket> [()] )
  | (?P<column> title | lead | body ) \s? : (?=\S)
  | (?P<minus> - ) (?=[\w"“„«(])
  | ["“”„«] (?P<phrase> [^"“”«»]* ) ["“”»]? (?P<tail> \* )?
  | (?P<word> [^\s()"“”„«»]+ )
    """,
    re.VERBOSE,
)
_NEAR_TERM = re.compile(r'"([^"]*)"|([^\s",]+)')
_QUOTED = re.compile(r'"([^"]*)"( \*)?')
_MAY_BE_A_FACET = re.compile(r"(?<![a-z0-9])x", re.IGNORECASE)  # FTS5 knows fewer signs as letters than Python does
_CLEAN = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A query as FTS5 wants it: `wanted` must match, `unwanted` must not; None: nothing of that sort was said.

    `terms` are all words, phrases, prefixes and NEAR groups in it.
    """

    wanted: str | None
    unwanted: str | None = None
    terms: tuple[str, ...] = field(default=(), repr=False, compare=False)


_Mark = Literal["open", "close", "or", "and", "not"]


@dataclass(frozen=True, slots=True)
class _Token:
    mark: _Mark | None = None
    expression: str = ""


def parse(text: str) -> Parsed:
    """Return the query that a person means.

    >>> parse('ferry "night boat" -tram')
    Parsed(wanted='"ferry" AND "night boat"', unwanted='"tram"')
    >>> parse("can't")
    Parsed(wanted='"can\\'t"', unwanted=None)
    >>> parse("*)(")
    Parsed(wanted=None, unwanted=None)
    """
    tokens = _few(_tokens(_CLEAN.sub(" ", text)[:MAX_CHARS]))
    parser = _Parser(tokens)
    wanted, unwanted = parser.sequence(0)
    while not parser.is_done:  # a closing bracket too many
        parser.at += 1
        more, less = parser.sequence(0)
        wanted, unwanted = wanted + more, unwanted + less
    terms = tuple(dict.fromkeys(token.expression for token in tokens if token.expression))
    return Parsed(_joined(wanted, " AND "), _joined(unwanted, " OR "), terms)


def plain(text: str) -> Parsed:
    """Return a query for all words of a text, whatever signs stand between them."""
    words = re.findall(r"\w+", _CLEAN.sub(" ", text)[:MAX_CHARS])[:MAX_TERMS]
    terms = [term for word in words if (term := _term(word))]
    return Parsed(_joined(terms, " AND "), terms=tuple(terms))


def any_of(terms: Iterable[str]) -> Parsed:
    """Return a query for at least one of these terms."""
    return Parsed(" OR ".join(terms))


def words_of(term: str) -> tuple[str, ...]:
    """Return the words and prefixes of a term, each as a term of its own.

    >>> words_of('title : "night boat"'), words_of('"fer" *')
    (('"night"', '"boat"'), ('"fer" *',))
    """
    return tuple(
        f'"{word}"{tail}'
        for text, tail in _QUOTED.findall(term)
        for word in "".join(c if _is_token_char(c) else " " for c in text).split()
    )


def expression(query: Parsed, facets: str | None, everything: str, columns: str = COLUMNS) -> str:
    """Return the whole FTS5 expression, words in these columns; `everything` is a token that all rows have."""
    parts = []
    if query.wanted:
        parts.append(_within(columns, query.wanted))
    if facets:
        parts.append(f"facets : ({facets})")
    found = " AND ".join(parts) or f"facets : {everything}"
    return f"({found}) NOT ({_within(COLUMNS, query.unwanted)})" if query.unwanted else found


def _within(columns: str, terms: str) -> str:
    """Return terms as they are looked for in these columns.

    To look in all but `facets` FTS5 has to read every place of a word, which takes up to twice as long as not to ask
    where it stands; and only words that begin with an x can stand in `facets`.
    """
    is_anywhere = columns == COLUMNS and not _MAY_BE_A_FACET.search(unicodedata.normalize("NFD", terms))
    return f"({terms})" if is_anywhere else f"{{{columns}}} : ({terms})"


class _Parser:
    """Recursive descent over tokens that forgives: what cannot stand where it stands is skipped."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens, self.at = tokens, 0

    @property
    def is_done(self) -> bool:
        return self.at >= len(self.tokens)

    def sequence(self, depth: int) -> tuple[list[str], list[str]]:
        """Return what is wanted and unwanted up to the closing bracket; OR binds its two neighbours."""
        wanted: list[list[str]] = []
        unwanted: list[str] = []
        joins, negates = False, False
        while not self.is_done and self._mark() != "close":
            mark = self._mark()
            if mark in ("or", "and", "not"):
                joins, negates = joins or mark == "or", negates or mark == "not"
                self.at += 1
                continue
            found = self._operand(depth)
            if found and negates:
                unwanted.append(found)
            elif found and joins and wanted:
                wanted[-1].append(found)
            elif found:
                wanted.append([found])
            joins = negates = False
        return ["(" + " OR ".join(group) + ")" if len(group) > 1 else group[0] for group in wanted], unwanted

    def _mark(self) -> _Mark | None:
        return self.tokens[self.at].mark

    def _operand(self, depth: int) -> str | None:
        token = self.tokens[self.at]
        self.at += 1
        if token.mark != "open":
            return token.expression or None
        if depth >= MAX_DEPTH:
            return None
        wanted, unwanted = self.sequence(depth + 1)
        self.at += 1  # the closing bracket, or the end
        inside = _joined(wanted, " AND ")
        if inside is None:
            return None
        return f"(({inside}) NOT ({_joined(unwanted, ' OR ')}))" if unwanted else f"({inside})"


def _few(tokens: Iterator[_Token]) -> list[_Token]:
    """Return tokens up to as many terms as a search may have."""
    kept: list[_Token] = []
    terms = 0
    for token in tokens:
        terms += token.mark is None
        if terms > MAX_TERMS:
            break
        kept.append(token)
    return kept


def _tokens(text: str) -> Iterator[_Token]:
    column = ""
    for match in _TOKEN.finditer(text):
        if match["column"]:
            column = match["column"]
            continue
        token = _token(match)
        if column and token.mark is None and token.expression:
            token = _Token(expression=f"{column} : {token.expression}")
        column = ""
        if token.mark or token.expression:
            yield token


_OPERATORS: dict[str, _Mark] = {"OR": "or", "|": "or", "AND": "and", "&": "and", "+": "and", "NOT": "not"}
_SIGNS: dict[str, _Mark] = {"(": "open", ")": "close", "-": "not"}


def _token(match: re.Match[str]) -> _Token:
    if match["near"]:
        return _Token(expression=_near(match["inside"]))
    if match["phrase"] is not None:
        return _Token(expression=_term(match["phrase"], is_prefix=bool(match["tail"])))
    if match["word"] is None:
        return _Token(_SIGNS[match[0]])
    word = match["word"]
    if word in _OPERATORS:
        return _Token(_OPERATORS[word])
    return _Token(expression=_term(word.rstrip("*"), is_prefix=word.endswith("*")))


def _near(inside: str) -> str:
    """Return a NEAR group; with a single term in it, that term."""
    text, _, distance = inside.rpartition(",")
    if not distance.strip().isascii() or not distance.strip().isdecimal():
        text, distance = inside, "10"
    terms = [term for a, b in _NEAR_TERM.findall(text) if (term := _term(a or b))]
    if len(terms) < 2:
        return "".join(terms)
    return f"NEAR({' '.join(terms)}, {min(int(distance.strip()[:9]), 1_000)})"


def _term(text: str, *, is_prefix: bool = False) -> str:
    """Return a word or phrase in quotes; "" if the tokenizer would find nothing in it."""
    if not any(_is_token_char(c) for c in text):
        return ""
    return '"' + segmented(text.replace('"', " ")) + '"' + (" *" if is_prefix else "")


def _is_token_char(char: str) -> bool:
    category = unicodedata.category(char)
    return category[0] in "LN" or category in ("Co", "Mc", "Mn")


def _joined(parts: list[str], how: str) -> str | None:
    return how.join(parts) or None
