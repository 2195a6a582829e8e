"""Search the catalogue: ranked or newest first, among all articles or those of a site, a time, a language."""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from sqlite_utils import Database

from archive.catalogue.facets import ALL, facet_filter, joined
from archive.catalogue.query import Parsed, expression, parse, plain

MARKS = ("[", "]")
WEIGHTS = "bm25(10.0, 4.0, 1.0, 0.0)"  # title, lead, body; facets only filter
SNIPPET_TOKENS = 24
MAX_SPANS = 40  # of years and months: a longer search would rather look at every day than at so many tokens


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
    everything else that the filters let through, the newest first.
    """
    wanted = Wanted(query, site, since, until, language)
    by_time = newest or parse(query).wanted is None
    order = "a.day DESC, a.id" if by_time else "s.rank"
    dated = "CROSS JOIN articles AS a ON a.docid = s.rowid" if by_time or since or until else ""
    rows = matching(
        db,
        wanted,
        # First which they are, then their snippets: a snippet costs more than a rank.
        f"""
        WITH top AS MATERIALIZED (
          SELECT s.rowid AS docid, {"0.0" if by_time else "s.rank"} AS score
          FROM search AS s
          {dated}
          WHERE {{match}} {"" if by_time else f"AND s.rank MATCH '{WEIGHTS}'"}
          ORDER BY {order}
          LIMIT :limit
        )
        SELECT
          a.id, a.version, a.site, a.url, a.day, v.title, a.language, a.state,
          c.id AS capture, c.file, c.offset, c.length, top.score AS rank,
          snippet(search, 1, :open, :close, '…', {SNIPPET_TOKENS}) AS lead,
          snippet(search, 2, :open, :close, '…', {SNIPPET_TOKENS}) AS body
        FROM top
        CROSS JOIN search AS s ON s.rowid = top.docid
        CROSS JOIN articles AS a ON a.docid = top.docid
        CROSS JOIN version_rows AS v ON v.id = a.version
        CROSS JOIN captures AS c ON c.id = v.first_capture
        WHERE search MATCH :match
        """,
        {"limit": max(0, limit), "open": MARKS[0], "close": MARKS[1]},
    )
    hits = sorted(map(_hit, rows), key=lambda hit: hit.article)
    hits.sort(key=lambda hit: hit.day, reverse=True)
    return sorted(hits, key=lambda hit: hit.rank)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for, and where: `since` and `until` are days of publication, both included."""

    query: str
    site: str | None = None
    since: date | None = None
    until: date | None = None
    language: str | None = None


def matching(db: Database, wanted: Wanted, sql: str, values: Mapping[str, object]) -> list[sqlite3.Row]:
    """Return the rows of a statement over what a query finds; none if it holds nothing that can be looked for.

    `{match}` in it stands where `search` (as `s`) is matched, and, if there are days, `articles` (as `a`) filtered.
    """
    parsed = parse(wanted.query)
    if parsed == Parsed(None) and wanted.query.strip():
        return []
    days = "".join(
        f" AND a.day {sign} :{name}"
        for name, sign, day in (("since", ">=", wanted.since), ("until", "<=", wanted.until))
        if day is not None
    )
    facets = facet_filter(wanted.site, _spans(wanted.since, wanted.until), wanted.language)
    statement = sql.replace("{match}", f"search MATCH :match{days}")
    bound = {
        **values,
        "since": wanted.since and wanted.since.isoformat(),
        "until": wanted.until and wanted.until.isoformat(),
        "match": expression(parsed, facets, ALL),
    }
    try:
        return db.execute(statement, bound).fetchall()
    except sqlite3.OperationalError as error:
        if "fts5" not in str(error):
            raise
        return db.execute(statement, {**bound, "match": expression(plain(wanted.query), facets, ALL)}).fetchall()


def _hit(row: sqlite3.Row) -> Hit:
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
        rank=row["rank"],
    )


def _spans(since: date | None, until: date | None) -> list[str] | None:
    """Return the years and months that hold a time, as facets name them; None if it has no end or is very long."""
    if since is None or until is None:
        return None
    spans = list(_years_and_months(since, until))
    return spans if len(spans) <= MAX_SPANS else None


def _years_and_months(since: date, until: date) -> Iterator[str]:
    for year in range(since.year, until.year + 1):
        first = since.month if year == since.year else 1
        last = until.month if year == until.year else 12
        if (first, last) == (1, 12):
            yield f"{year:04}"
        else:
            yield from (f"{year:04}{month:02}" for month in range(first, last + 1))
