"""Search what papers asked of their readers: texts that are no part of any article, and are found apart from them."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlite_utils import Database

from archive.catalogue.matching import Wanted, answered
from archive.catalogue.paragraphs import APPEALS_FROM
from archive.catalogue.query import Parsed


@dataclass(frozen=True, slots=True)
class AppealHit:
    """A text that a site asked of its readers: what for, in how many articles, first and last seen there."""

    site: str
    asks_for: str
    text: str
    articles: int
    first_seen: str
    last_seen: str
    example: str

    def to_dict(self) -> dict[str, object]:
        """Return the hit as plain values with stable keys."""
        return {name: getattr(self, name) for name in self.__slots__}


def search_appeals(db: Database, wanted: Wanted, *, limit: int = 20) -> list[AppealHit]:
    """Return the appeals that a query finds, those that most articles carried first; an empty query finds all.

    The days of `wanted` are those on which a page that carried it was captured.
    """
    values = {
        "site": wanted.site,
        "since": wanted.since and wanted.since.isoformat(),
        "until": wanted.until and wanted.until.isoformat(),
        "language": wanted.language,
        "limit": max(0, limit),
    }
    return answered(wanted.query, lambda parsed: _run(db, parsed, values), [])


def _run(db: Database, parsed: Parsed, values: Mapping[str, object]) -> list[AppealHit]:
    if parsed.wanted is None and parsed.unwanted is not None:
        return []
    match = parsed.wanted and (f"({parsed.wanted}) NOT ({parsed.unwanted})" if parsed.unwanted else parsed.wanted)
    found = "JOIN search_appeals AS s ON s.rowid = p.text AND search_appeals MATCH :match" if match else ""
    rows = db.execute(
        f"""
        SELECT
          c.site,
          substr(k.kind, 8),
          t.text,
          count(DISTINCT c.article),
          min(c.fetched_at),
          max(c.fetched_at),
          min(c.article)
        FROM passage_rows AS p
        {found}
        JOIN kinds AS k ON k.id = p.kind
        JOIN texts AS t ON t.id = p.text
        JOIN readings AS r ON r."no" = p.reading
        JOIN captures AS c ON c.reading = r.id
        WHERE p.kind >= {APPEALS_FROM}
          AND c.article IS NOT NULL
          AND (:site IS NULL OR c.site = :site)
          AND (:since IS NULL OR c.fetched_at >= :since)
          AND (:until IS NULL OR substr(c.fetched_at, 1, 10) <= :until)
          AND (:language IS NULL OR r.language = :language OR r.language LIKE :language || '-%')
        GROUP BY c.site, k.kind, t.text
        ORDER BY count(DISTINCT c.article) DESC, c.site, t.text
        LIMIT :limit
        """,
        {**values, "match": match},
    )
    return [AppealHit(*row) for row in rows]
