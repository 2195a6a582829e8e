"""Search the catalogue: ranked or newest first, among all articles or those of a site, a time, a language."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice, tee

from sqlite_utils import Database

from archive.catalogue.facets import ALL, joined
from archive.catalogue.matching import (
    Match,
    Wanted,
    answered,
    is_common,
    is_rare_among,
    match_of,
    newest_first,
    windows_of,
)
from archive.catalogue.query import COLUMNS, Parsed, any_of, expression, words_of

MARKS = ("[", "]")
WEIGHED = "bm25(search, 10.0, 4.0, 1.0, 0.0)"  # title, lead, body; facets only filter
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
    everything else that the filters let through, the newest first. A word that very many articles hold only filters,
    unless it is rare among those that the filters let through; where a query has no others, the newest articles come
    first, and of some 40,000 those that have it in title or lead.
    """
    limit = max(0, limit)
    wanted = Wanted(query, site, since, until, language)

    def find(parsed: Parsed) -> list[Hit]:
        if newest or parsed.wanted is None:
            return _hits(db, parsed, dict.fromkeys(newest_first(db, parsed, windows_of(db, wanted), limit), 0.0))
        telling = [term for term in parsed.terms if not _is_common(db, term, wanted)]
        if len(telling) == len(parsed.terms):
            return _ranked(db, parsed, wanted, limit)
        found = _ranked_by(db, parsed, telling, wanted, limit) if telling else {}
        for columns, windows in zip(PLACES, tee(windows_of(db, wanted), len(PLACES)), strict=True):
            if len(found) < limit:
                found = found | dict.fromkeys(newest_first(db, parsed, windows, limit, columns), 0.0) | found
        return _hits(db, parsed, dict(islice(found.items(), limit)))

    return answered(query, find, [])


def _is_common(db: Database, term: str, wanted: Wanted) -> bool:
    """True if so many articles hold each word of a term that to rank by it would be to look at all of them."""
    return all(not is_rare_among(db, word, wanted) and is_common(db, word) for word in words_of(term))


def _ranked(db: Database, parsed: Parsed, wanted: Wanted, limit: int) -> list[Hit]:
    """Return the best articles by all words."""
    match = match_of(parsed, wanted)
    best = _best(db, match, limit)
    hits = _hits(db, parsed, best, match.fts if match.is_narrow else None)
    return sorted(_by_time(hits), key=lambda hit: hit.rank)


def _ranked_by(db: Database, parsed: Parsed, telling: Sequence[str], wanted: Wanted, limit: int) -> dict[int, float]:
    """Return the best articles by some of the words, which hold the others too, and their ranks."""
    match, both = match_of(any_of(telling), wanted), match_of(parsed, wanted)
    return _best(db, match, limit, f"({match.fts}) AND ({both.fts})")


def _best(db: Database, match: Match, limit: int, both: str | None = None) -> dict[int, float]:
    """Return the rows of the best matches, of those that match `both` as well, and their ranks, the best first.

    All are ranked before any is looked up (`LIMIT -1` keeps SQLite from joining first). The column `rank` of FTS5 would
    count the articles of every word once more.
    """
    kept = "AND +rowid IN (SELECT rowid FROM search WHERE search MATCH :both)" if both else ""
    rows = db.execute(
        f"""
        SELECT s.docid, s.rank
        FROM (
          SELECT rowid AS docid, {WEIGHED} AS rank
          FROM search
          WHERE search MATCH :match {kept}
          ORDER BY 2
          LIMIT -1
        ) AS s
        CROSS JOIN articles AS a ON a.docid = s.docid
        WHERE true {match.days}
        LIMIT :limit
        """,
        {"match": match.fts, "both": both, "limit": limit},
    )
    return {row[0]: row[1] for row in rows}


def _hits(db: Database, parsed: Parsed, found: Mapping[int, float], among: str | None = None) -> list[Hit]:
    """Return some articles as hits, in their order.

    Each is looked up by its row, unless `among` matches few others. A prefix is looked up once, for it gathers all its
    words.
    """
    is_walked = among is not None or any(term.endswith("*") for term in parsed.terms)
    rows = db.execute(
        f"""
        SELECT a.docid, {_SHOWN}
        FROM search AS s
        CROSS JOIN articles AS a ON a.docid = s.rowid
        CROSS JOIN version_rows AS v ON v.id = a.version
        CROSS JOIN captures AS c ON c.id = v.first_capture
        WHERE search MATCH :match AND {"+" if is_walked else ""}s.rowid IN (SELECT value FROM json_each(:found))
        """,
        {"found": json.dumps(list(found)), "match": among or expression(parsed, None, ALL)},
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
