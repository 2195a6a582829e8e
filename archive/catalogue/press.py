"""Study papers: what they put right, and which reports they share."""

from dataclasses import dataclass
from datetime import date

from sqlite_utils import Database


@dataclass(frozen=True, slots=True)
class Correction:
    """A row of the view `corrections`."""

    site: str
    article: str
    url: str
    what: str
    before: str | None
    text: str
    first_seen: str
    hours_after: float | None
    is_silent: bool

    def to_dict(self) -> dict[str, object]:
        """Return the row as plain values with stable keys."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Copy:
    """An article of a report: `kept` is what part of the text it was copied from is in it; None of the first."""

    article: str
    site: str
    url: str
    seen: str
    title: str
    agency: str | None
    copy_of: str | None = None
    kept: float | None = None
    shared: float | None = None
    hours_later: float | None = None
    version: str | None = None
    of_version: str | None = None

    def to_dict(self) -> dict[str, object]:
        """Return the copy as plain values with stable keys."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Report:
    """A report and all who printed it: the first seen, then its copies in order of time."""

    origin: Copy
    copies: tuple[Copy, ...]

    @property
    def agency(self) -> str | None:
        return next((c.agency for c in (self.origin, *self.copies) if c.agency), None)

    def to_dict(self) -> dict[str, object]:
        """Return the report as plain values with stable keys."""
        return {
            "agency": self.agency,
            "origin": self.origin.to_dict(),
            "copies": [copy.to_dict() for copy in self.copies],
        }


def corrections(
    db: Database,
    *,
    site: str | None = None,
    since: date | None = None,
    until: date | None = None,
    what: str | None = None,
    silent: bool = False,
    limit: int = 50,
) -> tuple[Correction, ...]:
    """Return what papers put right, the newest first; `since` and `until` are days on which it was seen."""
    rows = db.execute(
        """
        SELECT site, article, url, what, before, text, first_seen, hours_after, is_silent
        FROM corrections
        WHERE (:site IS NULL OR site = :site)
          AND (:since IS NULL OR first_seen >= :since)
          AND (:until IS NULL OR substr(first_seen, 1, 10) <= :until)
          AND (:what IS NULL OR what = :what)
          AND (is_silent OR NOT :silent)
        ORDER BY first_seen DESC, article, what
        LIMIT :limit
        """,
        {
            "site": site,
            "since": since and since.isoformat(),
            "until": until and until.isoformat(),
            "what": what,
            "silent": silent,
            "limit": limit,
        },
    )
    return tuple(
        Correction(
            site=row["site"],
            article=row["article"],
            url=row["url"],
            what=row["what"],
            before=row["before"],
            text=row["text"],
            first_seen=row["first_seen"],
            hours_after=row["hours_after"],
            is_silent=bool(row["is_silent"]),
        )
        for row in rows
    )


def copies_of(
    db: Database, *, article: str | None = None, site: str | None = None, limit: int = 20
) -> tuple[Report, ...]:
    """Return the report that an article belongs to; without one, the reports that were printed most often.

    With a site, only reports that it printed.
    """
    if article is not None:
        row = db.execute("SELECT origin FROM copies WHERE article = ?", (article,)).fetchone()
        origins = [row[0] if row else article]
    else:
        rows = db.execute(
            """
            SELECT origin
            FROM wire_copies
            GROUP BY origin
            HAVING :site IS NULL OR max(site = :site) OR max(origin_site = :site)
            ORDER BY count(DISTINCT site) DESC, count(*) DESC, min(seen) DESC, origin
            LIMIT :limit
            """,
            {"site": site, "limit": limit},
        )
        origins = [row[0] for row in rows.fetchall()]
    reports = (_report(db, origin) for origin in origins)
    return tuple(report for report in reports if report.copies)


def _report(db: Database, origin: str) -> Report:
    row = db.execute(
        """
        SELECT a.id, a.site, a.url, a.first_seen, v.title, a.agency
        FROM articles AS a
        JOIN version_rows AS v ON v.id = a.version
        WHERE a.id = ?
        """,
        (origin,),
    ).fetchone()
    copies = db.execute(
        """
        SELECT w.article, w.site, w.url, w.seen, w.title, a.agency, w.copy_of, w.kept, w.shared, w.hours_later,
               w.version, w.of_version
        FROM wire_copies AS w
        JOIN articles AS a ON a.id = w.article
        WHERE w.origin = ?
        ORDER BY w.seen, w.article
        """,
        (origin,),
    )
    return Report(Copy(*row), tuple(Copy(*copy) for copy in copies))
