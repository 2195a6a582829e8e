"""Study words: in the sentences they stand in, and over time."""

import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain, islice

from sqlite_utils import Database

from archive.catalogue.coverage import DAY, MONTH, YEAR, covered
from archive.catalogue.facets import ALL, joined
from archive.catalogue.matching import (
    Wanted,
    answered,
    is_common,
    match_in,
    match_of,
    months_of,
    newest_first,
    windows_of,
)
from archive.catalogue.query import Parsed, expression

OPEN, CLOSE = "\x02", "\x03"  # no page has them: white space and control signs are collapsed when it is read
LOOKED_UP = 10_000  # articles whose days are looked up; of more, every month is counted by itself
_SPAN_LENGTH = {"day": DAY, "month": MONTH, "year": YEAR}
_FOUND = re.compile(f"{OPEN}([^{OPEN}{CLOSE}]*){CLOSE}")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A word or phrase in its sentence; `left` and `right` are as long as was asked for."""

    article: str
    version: str
    site: str
    day: str
    url: str
    left: str
    found: str
    right: str

    def to_dict(self) -> dict[str, object]:
        """Return the line as plain values with stable keys."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Span:
    """A day, month or year: the articles that a query finds in it, and all there are."""

    span: str
    articles: int
    of: int

    @property
    def share(self) -> float:
        return self.articles / self.of if self.of else 0.0

    def to_dict(self) -> dict[str, object]:
        """Return the span as plain values with stable keys."""
        return {"span": self.span, "articles": self.articles, "of": self.of, "share": round(self.share, 6)}


def concordance(
    db: Database,
    query: str,
    *,
    site: str | None = None,
    since: date | None = None,
    until: date | None = None,
    language: str | None = None,
    width: int = 40,
    limit: int = 40,
) -> tuple[Occurrence, ...]:
    """Return what a query finds, each in its sentence, the newest articles first."""
    wanted = Wanted(query, site, since, until, language)

    def find(parsed: Parsed) -> list[sqlite3.Row]:
        newest = newest_first(db, parsed, windows_of(db, wanted), limit)
        return db.execute(
            """
            SELECT a.id, a.version, a.site, a.day, a.url,
                   highlight(search, 0, :open, :close) AS title,
                   highlight(search, 1, :open, :close) AS lead,
                   highlight(search, 2, :open, :close) AS body
            FROM json_each(:found) AS j
            CROSS JOIN search AS s ON s.rowid = j.value
            CROSS JOIN articles AS a ON a.docid = j.value
            WHERE search MATCH :match
            ORDER BY j.key
            """,
            {
                "found": json.dumps(newest),
                "match": expression(parsed, None, ALL),
                "open": OPEN,
                "close": CLOSE,
            },
        ).fetchall()

    found = answered(query, find, list[sqlite3.Row]())
    return tuple(islice(chain.from_iterable(_occurrences(row, width) for row in found), limit))


def trend(
    db: Database,
    query: str,
    *,
    by: str = "month",
    site: str | None = None,
    since: date | None = None,
    until: date | None = None,
    language: str | None = None,
) -> tuple[Span, ...]:
    """Return how many articles a query finds in each day, month or year, those with none in between included."""
    wanted = Wanted(query, site, since, until, language)

    def count(parsed: Parsed) -> list[Span]:
        found = _counted(db, parsed, wanted, by)
        if not found:
            return []
        everything = covered(db, wanted, _SPAN_LENGTH[by])
        return [Span(span, found.get(span, 0), everything.get(span, 0)) for span in _spans(min(found), max(found))]

    return tuple(answered(query, count, []))


def _occurrences(row: sqlite3.Row, width: int) -> Iterator[Occurrence]:
    for text in (joined(row[name] or "") for name in ("title", "lead", "body")):
        for left, found, right in _in_context(text, width):
            yield Occurrence(row["id"], row["version"], row["site"], row["day"], row["url"], left, found, right)


def _in_context(text: str, width: int) -> Iterator[tuple[str, str, str]]:
    for match in _FOUND.finditer(text):
        left = text[max(0, match.start() - 2 * width) : match.start()]
        right = text[match.end() : match.end() + 2 * width]
        yield _bare(left)[-width:], match[1], _bare(right)[:width]


def _bare(text: str) -> str:
    return " ".join(text.replace(OPEN, "").replace(CLOSE, "").split("\n")) if text else ""


def _counted(db: Database, parsed: Parsed, wanted: Wanted, by: str) -> dict[str, int]:
    """Return how many articles match in each span that has some.

    Of months and years the index has tokens: where many match, each is counted as a search of its own, and no article
    is looked up.
    """
    is_looked_up = by == "day" or _hides(db) or not is_common(db, match_of(parsed, wanted).fts, LOOKED_UP)
    spans = None if is_looked_up else months_of(db, wanted)
    if spans is None:
        return _counted_by_day(db, parsed, wanted, _SPAN_LENGTH[by])
    names = sorted({span[: _SPAN_LENGTH[by]] for span in spans})
    matches = [[name, match_in(parsed, wanted, name)] for name in names]
    rows = db.execute(
        """
        SELECT j.value ->> 0, (SELECT count(*) FROM search WHERE search MATCH j.value ->> 1)
        FROM json_each(?) AS j
        """,
        (json.dumps(matches),),
    )
    return {span: articles for span, articles in rows if articles}


def _hides(db: Database) -> bool:
    """True if articles are hidden on this connection (archive.withhold), which the index alone would count."""
    return db.execute("SELECT 1 FROM temp.sqlite_master WHERE name = 'articles'").fetchone() is not None


def _counted_by_day(db: Database, parsed: Parsed, wanted: Wanted, length: int) -> dict[str, int]:
    match = match_of(parsed, wanted)
    rows = db.execute(
        f"""
        SELECT substr(a.day, 1, {length}) AS span, count(*) AS articles
        FROM search AS s
        CROSS JOIN articles AS a ON a.docid = s.rowid
        WHERE search MATCH ? {match.days}
        GROUP BY 1
        """,
        (match.fts,),
    )
    return {row["span"]: row["articles"] for row in rows}


def _spans(first: str, last: str) -> Iterator[str]:
    """Yield every day, month or year from one to another."""
    span = first
    while span <= last:
        yield span
        parts = [int(part) for part in span.split("-")]
        if len(parts) == 1:
            span = f"{parts[0] + 1:04}"
        elif len(parts) == 2:
            span = f"{parts[0] + parts[1] // 12:04}-{parts[1] % 12 + 1:02}"
        else:
            span = (date(*parts) + timedelta(days=1)).isoformat()
