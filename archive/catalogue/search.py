"""Search the catalogue: ranked or newest first, among all articles or those of a site, a time, a language."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from sqlite_utils import Database

from archive.catalogue.facets import ALL, joined
from archive.catalogue.matching import Wanted, answered, is_common, match_of, newest_first
from archive.catalogue.query import COLUMNS, Parsed, any_of, expression, words_of

MARKS = ("[", "]")
WEIGHTS = "bm25(10.0, 4.0, 1.0, 0.0)"  # title, lead, body; facets only filter
PLACES = ("title", "title lead", COLUMNS)  # where common words tell the most, in this order
SNIPPET_TOKENS = 24
_SHOWN = f"""
  a.id, a.version, a.site, a.url, a.day, v.title, a.language, a.state, c.id AS capture, c.file, c.offset, c.length,
  snippet(search, 1, '{MARKS[0]}', '{MARKS[1]}', '…', {SNIPPET_TOKENS}) AS lead,
  snippet(search, 2, '{MARKS[0]}', '{MARKS[1]}', '…', {SNIPPET_TOKENS}) AS body
"""


@dataclass(frozen=True, slots=True)
class Hit:
    """An article that answers a search, by its latest version; `snippet` has the words found between `[` and `]`.

    `rank` is FTS5's: the smaller, the better; 0 when nothing was ranked.
    """

    article: str
    version: str
    site: str
    url: str
    day: str
    title: str
    snippet: str
    language: str | None
    state: str
    capture: str
    file: str
    offset: int
    length: int
    rank: float

    def to_dict(self) -> dict[str, object]:
        """Return the hit as plain values with stable keys."""
        return {name: getattr(self, name) for name in self.__slots__}


def search(
    db: Database,
    query: str,
    *,
    site: str | None = None,
    since: date | None = None,
    until: date | None = None,
    language: str | None = None,
    limit: int = 20,
    newest: bool = False,
) -> list[Hit]:
    """Return the articles that a query finds (archive.catalogue.query), the best first, or the newest.

    `since` and `until` are days of publication, both included. An empty query, or one of unwanted words only, finds
    everything else that the filters let through, the newest first. A word that very many articles hold only filters;
    where a query has no others, the newest articles come first, and of some 40,000 those that have it in title or lead.
    """
    limit = max(0, limit)
    wanted = Wanted(query, site, since, until, language)

    def find(parsed: Parsed) -> list[Hit]:
        if newest or parsed.wanted is None:
            return _hits(db, parsed, dict.fromkeys(newest_first(db, parsed, wanted, limit), 0.0))
        telling = [term for term in parsed.terms if not _is_common(db, term)]
        if len(telling) == len(parsed.terms):
            return _ranked(db, parsed, wanted, limit)
        found = _ranked_by(db, parsed, telling, wanted, limit) if telling else {}
        for columns in PLACES:
            if len(found) < limit:
                found = found | dict.fromkeys(newest_first(db, parsed, wanted, limit, columns), 0.0) | found
        return _hits(db, parsed, dict(islice(found.items(), limit)))

    return answered(query, find, [])


def _is_common(db: Database, term: str) -> bool:
    """True if so many articles hold each word of a term that to rank by it would be to look at all of them."""
    return all(is_common(db, word) for word in words_of(term))


def _ranked(db: Database, parsed: Parsed, wanted: Wanted, limit: int) -> list[Hit]:
    """Return the best articles by all words; FTS5 sorts them, so that no snippet is made of any other."""
    match = match_of(parsed, wanted)
    rows = db.execute(
        f"""
        SELECT s.rank, {_SHOWN}
        FROM search AS s
        CROSS JOIN articles AS a ON a.docid = s.rowid
        CROSS JOIN version_rows AS v ON v.id = a.version
        CROSS JOIN captures AS c ON c.id = v.first_capture
        WHERE search MATCH :match {match.days} AND s.rank MATCH '{WEIGHTS}'
        ORDER BY s.rank
        LIMIT :limit
        """,
        {"match": match.fts, "limit": limit},
    )
    hits = [_hit(row, row["rank"]) for row in rows]
    return sorted(_by_time(hits), key=lambda hit: hit.rank)


def _ranked_by(db: Database, parsed: Parsed, telling: Sequence[str], wanted: Wanted, limit: int) -> dict[int, float]:
    """Return the best articles by some of the words, which hold the others too, and their ranks."""
    match, both = match_of(any_of(telling), wanted), match_of(parsed, wanted)
    rows = db.execute(
        f"""
        SELECT s.rowid, s.rank
        FROM search AS s
        CROSS JOIN articles AS a ON a.docid = s.rowid
        WHERE search MATCH :match {match.days} AND s.rank MATCH '{WEIGHTS}'
          AND s.rowid IN (SELECT rowid FROM search WHERE search MATCH :both)
        ORDER BY s.rank
        LIMIT :limit
        """,
        {"match": match.fts, "both": f"({match.fts}) AND ({both.fts})", "limit": limit},
    )
    return {row[0]: row[1] for row in rows}


def _hits(db: Database, parsed: Parsed, found: Mapping[int, float]) -> list[Hit]:
    """Return some articles as hits, in their order; a prefix is looked up once, for it gathers all its words."""
    is_prefix = any(term.endswith("*") for term in parsed.terms)
    rows = db.execute(
        f"""
        SELECT a.docid, {_SHOWN}
        FROM search AS s
        CROSS JOIN articles AS a ON a.docid = s.rowid
        CROSS JOIN version_rows AS v ON v.id = a.version
        CROSS JOIN captures AS c ON c.id = v.first_capture
        WHERE search MATCH :match AND {"+" if is_prefix else ""}s.rowid IN (SELECT value FROM json_each(:found))
        """,
        {"found": json.dumps(list(found)), "match": expression(parsed, None, ALL)},
    )
    shown = {row["docid"]: row for row in rows}
    return [_hit(shown[docid], rank) for docid, rank in found.items() if docid in shown]


def _hit(row: sqlite3.Row, rank: float) -> Hit:
    lead, body = joined(row["lead"] or ""), joined(row["body"] or "")
    return Hit(
        article=row["id"],
        version=row["version"],
        site=row["site"],
        url=row["url"],
        day=row["day"],
        title=row["title"],
        snippet=lead if MARKS[0] in lead and MARKS[0] not in body else body or lead,
        language=row["language"],
        state=row["state"],
        capture=row["capture"],
        file=row["file"],
        offset=row["offset"],
        length=row["length"],
        rank=rank,
    )


def _by_time(hits: Iterable[Hit]) -> list[Hit]:
    hits = sorted(hits, key=lambda hit: hit.article)
    return sorted(hits, key=lambda hit: hit.day, reverse=True)
