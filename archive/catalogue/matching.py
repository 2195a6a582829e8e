"""Which articles a query and its filters let through, all at once or the newest first.

A filter is part of what is matched, for the cost of a full-text search is the number of rows that match. What is
common matches too many rows to sort them all, so the newest are looked for among ever more articles.
"""

import sqlite3
from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import Literal, TypeVar

from sqlite_utils import Database

from archive.catalogue.facets import ALL, facet_filter
from archive.catalogue.query import COLUMNS, Parsed, expression, parse, plain

MAX_SPANS = 40  # of years and months: a longer search would rather look at every day than at so many tokens
MAX_MONTHS = 1_200  # a century: a page may give any date
COMMON = 20_000  # articles that match: to rank or to look up more of them takes longer than 50 ms
FEW = 10  # a word of fewer than one in so many of the articles that filters let through is rare among them
DEPTHS = (4_000, 40_000)  # articles, the newest first, among which the newest found are looked for before all others

Answer = TypeVar("Answer")
Window = tuple["Wanted", str, bool]
"""A part of what is wanted: as months hold it, what is asked of its days, and True if it is the last of many."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for, and where: `since` and `until` are days of publication, both included."""

    query: str = ""
    site: str | None = None
    since: date | None = None
    until: date | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """What `search` has to match, what is asked of the days of `articles` (as `a`), and True if it is filtered."""

    fts: str
    days: str
    is_narrow: bool


def answered(query: str, find: Callable[[Parsed], Answer], nothing: Answer) -> Answer:
    """Return what is found for a query, whatever it says; `nothing` if it holds nothing that can be looked for."""
    parsed = parse(query)
    if parsed.wanted is None and parsed.unwanted is None and query.strip():
        return nothing
    try:
        return find(parsed)
    except sqlite3.OperationalError as error:
        if "fts5" not in str(error) and "no such column" not in str(error):  # a column that this index has not
            raise
        return find(plain(query))


def match_of(parsed: Parsed, wanted: Wanted, columns: str = COLUMNS) -> Match:
    """Return what an article has to match, its words in these columns."""
    spans = _spans(wanted)
    is_whole = spans is not None and wanted.since and wanted.until and _begins(wanted.since) and _ends(wanted.until)
    days = "" if is_whole else _days(wanted.since, wanted.until)
    facets = facet_filter(wanted.site, spans, wanted.language)
    return Match(expression(parsed, facets, ALL, columns), days, facets is not None)


def match_in(parsed: Parsed, wanted: Wanted, span: str) -> str:
    """Return what an article of a year or month has to match, whatever days are wanted."""
    return expression(parsed, facet_filter(wanted.site, [span.replace("-", "")], wanted.language), ALL)


def is_common(db: Database, fts: str, least: int | None = None) -> bool:
    """True if more articles match than can be looked at one by one."""
    least = COMMON if least is None else least
    row = db.execute("SELECT 1 FROM search WHERE search MATCH ? LIMIT 1 OFFSET ?", (fts, least)).fetchone()
    return row is not None


def months_of(db: Database, wanted: Wanted) -> tuple[str, ...] | None:
    """Return the months that hold what is wanted; None if one of them is wanted in part, or there are too many."""
    first, last = wanted.since or _day_at(db, wanted, 0, "ASC"), wanted.until or _day_at(db, wanted, 0)
    if first is None or last is None or (last.year - first.year) * 12 > MAX_MONTHS:
        return None
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return tuple(f"{month // 12:04}-{month % 12 + 1:02}" for month in months) if in_whole_months(wanted) else None


def is_rare_among(db: Database, word: str, wanted: Wanted) -> bool:
    """True if few of the articles that filters let through hold a word, so that it ranks whatever others hold.

    FTS5 walks through a word's whole list to rank by it, but looks only at the articles that match: a word of one
    article in thirty, of one site and year, took 0.8 ms to rank among a million.
    """
    facets = facet_filter(wanted.site, _spans(wanted), wanted.language)
    if facets is None:
        return False
    (found,) = db.execute(
        "SELECT count(*) FROM (SELECT 1 FROM search WHERE search MATCH ? LIMIT ?)",
        (expression(Parsed(word), facets, ALL), COMMON),
    ).fetchone()
    return found < COMMON and _day_at(db, wanted, found * FEW) is not None


def in_whole_months(wanted: Wanted) -> bool:
    """True if no month is wanted in part."""
    return (wanted.since is None or _begins(wanted.since)) and (wanted.until is None or _ends(wanted.until))


def windows_of(db: Database, wanted: Wanted) -> Iterator[Window]:
    """Yield ever older parts of what is wanted, as months and as days hold them; True with the last of many."""
    newer, below = replace(wanted, until=_day_at(db, wanted, 0) or wanted.until), ""
    for depth in DEPTHS:
        day = _day_at(db, wanted, depth)
        if day is None:
            break
        yield replace(newer, since=day), below, False
        newer, below = replace(wanted, until=day), f"AND a.day < '{day}'"
    else:
        yield newer, below, True
        return
    yield newer, below, False


def newest_first(
    db: Database,
    parsed: Parsed,
    windows: Iterable[Window],
    limit: int,
    columns: str = COLUMNS,
) -> list[int]:
    """Return the rows of `search` that match, those of the newest articles first.

    In some of the columns alone only a bounded number of articles is looked at.
    """
    found: list[int] = []
    for window, days, is_far in windows:
        if is_far and columns != COLUMNS:
            break
        match = match_of(parsed, window, columns)
        rows = db.execute(
            f"""
            SELECT s.rowid
            FROM search AS s
            CROSS JOIN articles AS a ON a.docid = s.rowid
            WHERE search MATCH ? {match.days} {days}
            ORDER BY a.day DESC, a.id
            LIMIT ?
            """,
            (match.fts, limit - len(found)),
        )
        found += [row[0] for row in rows]
        if len(found) >= limit:
            break
    return found


def _day_at(db: Database, wanted: Wanted, depth: int, order: Literal["ASC", "DESC"] = "DESC") -> date | None:
    """Return the day of the article that so many newer (or older) ones precede; None if there are not so many."""
    of_site = "a.site = :site" if wanted.site is not None else ":site IS NULL"
    row = db.execute(
        f"""
        SELECT a.day FROM articles AS a
        WHERE {of_site} {_days(wanted.since, wanted.until)}
        ORDER BY a.day {order}
        LIMIT 1 OFFSET :depth
        """,
        {"site": wanted.site, "depth": depth},
    ).fetchone()
    try:
        return date.fromisoformat(row[0]) if row else None
    except ValueError:  # a page may say that it is of the 31st of June
        return None


def _days(since: date | None, until: date | None) -> str:
    bounds = (("a.day >=", since), ("a.day <=", until))
    return "".join(f" AND {bound} '{day.isoformat()}'" for bound, day in bounds if day is not None)


def _begins(day: date) -> bool:
    return day.day == 1


def _ends(day: date) -> bool:
    return day.day == monthrange(day.year, day.month)[1]


def _spans(wanted: Wanted) -> list[str] | None:
    """Return the years and months that hold a time, as facets name them; None if it has no end or is very long."""
    if wanted.since is None or wanted.until is None:
        return None
    spans = list(islice(_years_and_months(wanted.since, wanted.until), MAX_SPANS + 1))
    return spans if len(spans) <= MAX_SPANS else None


def _years_and_months(since: date, until: date) -> Iterator[str]:
    for year in range(since.year, until.year + 1):
        first = since.month if year == since.year else 1
        last = until.month if year == until.year else 12
        if (first, last) == (1, 12):
            yield f"{year:04}"
        else:
            yield from (f"{year:04}{month:02}" for month in range(first, last + 1))
