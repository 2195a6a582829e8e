"""Choose captures for an export: those asked for, and all that their replay needs."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime

from archive.catalogue.facets import ALL, facet_filter
from archive.catalogue.identity import moment_of
from archive.catalogue.matching import answered
from archive.catalogue.query import expression
from archive.errors import ConfigError, RecordError
from archive.layout import Layout
from archive.model import Record
from archive.requisites import Part, parts_of_page, parts_of_style
from archive.restrictions import covered, in_force
from archive.warc.walk import page_at

MAX_DEPTH = 5  # style sheets that import style sheets, redirects of pictures


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be exported: articles a search would find, or all of a site, or, with nothing said, everything.

    `since` and `until` are days of publication, both included.
    """

    query: str = ""
    site: str | None = None
    since: date | None = None
    until: date | None = None
    language: str | None = None

    @property
    def articles_only(self) -> bool:
        """True if articles are asked for, and not all that a site sent, feeds and robots.txt with it."""
        return bool(self.query or self.since or self.until or self.language)

    def describe(self) -> str:
        """Return the choice in words, for the package that holds it."""
        said = [f"site {self.site}"] if self.site else []
        said += [f"query {self.query!r}"] if self.query else []
        said += [f"language {self.language}"] if self.language else []
        said += [f"from {self.since}"] if self.since else []
        said += [f"to {self.until}"] if self.until else []
        return ", ".join(said) or "everything"


@dataclass(frozen=True, slots=True)
class PageLine:
    """A page for a reader's list: of an article each version once, where it was seen first."""

    id: str
    url: str
    at: datetime
    title: str
    text: str
    is_article: bool


class Selection:
    """Captures chosen from a catalogue; what is chosen lies in a scratch database, however much it is."""

    def __init__(self, layout: Layout, db: sqlite3.Connection, withheld: frozenset[str] = frozenset()) -> None:
        self._layout, self._db, self._withheld = layout, db, withheld
        db.execute("CREATE TABLE chosen (id TEXT PRIMARY KEY) WITHOUT ROWID")
        db.execute("CREATE TABLE looked (url TEXT PRIMARY KEY) WITHOUT ROWID")
        db.execute("CREATE TABLE lines (line TEXT NOT NULL)")

    def choose(self, wanted: Wanted) -> None:
        """Choose the captures that are wanted, the parts of their pages, and the originals of their revisits."""
        if wanted.articles_only:
            self._choose_articles(wanted)
        else:
            self._db.execute(
                "INSERT INTO chosen SELECT id FROM cat.captures WHERE :site IS NULL OR site = :site",
                {"site": wanted.site},
            )
        self._add_originals()
        if wanted.articles_only or wanted.site:  # parts may lie at other sites
            self._add_parts()
            self._add_originals()
        self._db.executemany("DELETE FROM chosen WHERE id = ?", [(capture,) for capture in self._withheld])

    def choose_captures(self, captures: Iterable[str]) -> None:
        """Choose these captures and the originals of their revisits, and no others."""
        self._db.executemany("INSERT OR IGNORE INTO chosen VALUES (?)", [(capture,) for capture in captures])
        self._add_originals()
        self._db.executemany("DELETE FROM chosen WHERE id = ?", [(capture,) for capture in self._withheld])

    def count(self) -> int:
        """Return how many captures are chosen."""
        return int(self._db.execute("SELECT count(*) FROM chosen").fetchone()[0])

    def records(self) -> Iterator[Record]:
        """Yield the records of the chosen captures in file order: what came, what was sent, and why."""
        rows = self._db.execute(
            """
            SELECT file, offset, length, id FROM (
              SELECT file, offset, length, id FROM chosen JOIN cat.captures USING (id)
              UNION
              SELECT request_file, request_offset, request_length, request
              FROM chosen JOIN cat.captures USING (id) WHERE request IS NOT NULL
              UNION
              SELECT metadata_file, metadata_offset, metadata_length, metadata
              FROM chosen JOIN cat.captures USING (id) WHERE metadata IS NOT NULL
            )
            ORDER BY file, offset
            """
        )
        for file, offset, length, record in rows:
            yield Record(file, offset, length, record)

    def pages(self) -> Iterator[PageLine]:
        """Yield the pages among what is chosen: articles with their text, then others with what title they have."""
        rows = self._db.execute(
            """
            SELECT v.id, c.url, c.fetched_at, v.title, trim(v.lead || char(10, 10) || v.body, char(10)), 1
            FROM chosen JOIN cat.captures AS c USING (id) JOIN cat.versions AS v ON v.first_capture = c.id
            UNION ALL
            SELECT c.id, c.url, c.fetched_at, coalesce(r.title, c.url), '', 0
            FROM chosen JOIN cat.captures AS c USING (id) JOIN cat.readings AS r ON r.id = c.reading
            WHERE c.version IS NULL AND c.kind = 'response'
            ORDER BY 6 DESC, 3, 1
            """
        )
        for page, url, at, title, text, is_article in rows:
            yield PageLine(page, url, moment_of(at), title, text, bool(is_article))

    def keep_line(self, line: str) -> None:
        """Remember a line of the index."""
        self._db.execute("INSERT INTO lines VALUES (?)", (line,))

    def lines(self) -> Iterator[str]:
        """Yield the lines of the index in order."""
        for (line,) in self._db.execute("SELECT line FROM lines ORDER BY line"):
            yield line

    # ------------------------------------------------------------------ private

    def _choose_articles(self, wanted: Wanted) -> None:
        facets = facet_filter(wanted.site, None, wanted.language)
        answered(wanted.query, lambda parsed: self._choose_matches(expression(parsed, facets, ALL), wanted), None)

    def _choose_matches(self, match: str, wanted: Wanted) -> None:
        self._db.execute(
            """
            INSERT OR IGNORE INTO chosen
            SELECT c.id
            FROM cat.search AS s
            CROSS JOIN cat.articles AS a ON a.docid = s.rowid
            CROSS JOIN cat.captures AS c ON c.article = a.id
            WHERE search MATCH :match
              AND (:since IS NULL OR a.day >= :since)
              AND (:until IS NULL OR a.day <= :until)
            """,
            {
                "match": match,
                "since": wanted.since.isoformat() if wanted.since else None,
                "until": wanted.until.isoformat() if wanted.until else None,
            },
        )

    def _add_originals(self) -> None:
        """Choose the originals of revisits, without which these replay as nothing; unnamed ones by payload, as pywb."""
        self._db.execute(
            """
            INSERT OR IGNORE INTO chosen
            SELECT o.id
            FROM chosen
            JOIN cat.captures AS r USING (id)
            JOIN cat.captures AS o ON o.id = r.refers_to
            WHERE r.kind = 'revisit'
            """
        )
        self._db.execute(
            """
            INSERT OR IGNORE INTO chosen
            SELECT o.id
            FROM chosen
            JOIN cat.captures AS r USING (id)
            JOIN cat.captures AS o ON o.payload_digest = r.payload_digest AND o.kind = 'response'
            WHERE r.kind = 'revisit'
              AND (r.refers_to IS NULL OR NOT EXISTS (SELECT 1 FROM cat.captures AS n WHERE n.id = r.refers_to))
            """
        )

    def _add_parts(self) -> None:
        """Choose what the chosen pages are made of, as far as it was captured: at whatever time, for whichever page."""
        for _ in range(MAX_DEPTH):
            fresh = self._db.execute(
                """
                SELECT c.id, c.url, c.file, c.offset, c.length, c.content_type, c.location
                FROM chosen JOIN cat.captures AS c USING (id)
                WHERE c.kind = 'response' AND c.id NOT IN (SELECT url FROM looked)
                  AND (c.content_type IN ('text/html', 'application/xhtml+xml', 'text/css') OR c.location IS NOT NULL)
                """
            ).fetchall()
            if not fresh:
                return
            for row in fresh:
                self._db.execute("INSERT INTO looked VALUES (?)", row[:1])
                for url in self._named_by(*row[1:]):
                    self._choose_url(url)

    def _named_by(
        self, url: str, file: str, offset: int, length: int, content_type: str | None, location: str | None
    ) -> Iterator[str]:
        if location:
            yield location
        elif content_type is not None:
            with suppress(RecordError, OSError):  # a damaged one is named when it is copied
                body = page_at(self._layout.path_of(file), Record(file, offset, length, "")).body
                is_style = content_type == "text/css"
                parts: tuple[Part, ...] = parts_of_style(body, url) if is_style else parts_of_page(body, url)
                yield from (part.url for part in parts)

    def _choose_url(self, url: str) -> None:
        if self._db.execute("INSERT OR IGNORE INTO looked VALUES (?)", (url,)).rowcount:
            self._db.execute("INSERT OR IGNORE INTO chosen SELECT id FROM cat.captures WHERE url = ?", (url,))


@contextmanager
def selecting(layout: Layout, now: datetime | None = None) -> Iterator[Selection]:
    """Open the catalogue of an archive to choose from, without what is restricted at that time; ConfigError if there is
    none. Without a time, all that is restricted is left out.
    """
    if not layout.catalogue.exists():
        raise ConfigError(layout.catalogue, "", "there is no catalogue yet; `dateline catalogue` makes it")
    db = sqlite3.connect("", uri=True, isolation_level=None)  # no name: on disk where memory ends, gone at the end
    try:
        db.execute("ATTACH ? AS cat", (f"{layout.catalogue.absolute().as_uri()}?mode=ro",))
        db.execute("BEGIN")
        restrictions = in_force(layout, now)
        yield Selection(layout, db, covered(db, restrictions, "cat").captures)
    finally:
        db.close()
