"""What people and commands ask of the catalogue, as values: an article, a URL's story, where a text lies, counts."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from archive.catalogue.identity import moment_of
from archive.errors import NotFoundError
from archive.model import Kind, Passage, Record
from archive.urls import article_key, normalise


@dataclass(frozen=True, slots=True)
class CaptureLine:
    """A capture: where its record lies, what the server answered, what reading it came to, and what it shows."""

    id: str
    url: str
    fetched_at: datetime
    kind: str
    status: int | None
    record: Record
    payload_digest: str | None
    site: str | None
    run: str | None
    role: str | None
    outcome: str | None
    reason: str | None
    reader: str | None
    reading: str | None
    article: str | None
    evidence: str | None
    version: str | None


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version of an article, and the capture that showed it first."""

    id: str
    title: str
    lead: str
    body: str
    text_hash: str
    reader: str
    first_seen: datetime
    last_seen: datetime
    captures: int
    first_capture: str

    @property
    def text(self) -> str:
        """The clean text: lead and body, a blank line between paragraphs."""
        return "\n\n".join(part for part in (self.lead, self.body) if part)


@dataclass(frozen=True, slots=True)
class ArticleDetail:
    """All that is known of an article; `passages` are those of the page that showed its latest version first."""

    id: str
    site: str
    url: str
    state: str
    day: str
    published: datetime | None
    modified: datetime | None
    authors: tuple[str, ...]
    language: str | None
    section: str | None
    agency: str | None
    access: str | None
    first_seen: datetime
    last_seen: datetime
    gone_since: datetime | None
    moved_to: str | None
    version: VersionLine
    versions: tuple[VersionLine, ...]
    captures: tuple[CaptureLine, ...]
    urls: tuple[tuple[str, str], ...]  # (how it is known, URL)
    passages: tuple[Passage, ...]

    @property
    def appeals(self) -> tuple[Passage, ...]:
        """What that page asks of its reader."""
        return tuple(p for p in self.passages if p.kind.family == "appeal")


@dataclass(frozen=True, slots=True)
class OutcomeLine:
    """A visit that left no bytes, as the ledger of its run tells it."""

    url: str
    run: str
    outcome: str
    reason: str
    at: datetime | None
    lease: str | None


@dataclass(frozen=True, slots=True)
class Why:
    """What the catalogue knows of a URL: captures and visits without bytes, each in order of time."""

    url: str
    captures: tuple[CaptureLine, ...]
    outcomes: tuple[OutcomeLine, ...]


@dataclass(frozen=True, slots=True)
class Located:
    """A passage, its page's capture, and the record that holds the bytes."""

    passage: Passage
    capture: CaptureLine


@dataclass(frozen=True, slots=True)
class Status:
    """How much there is: rows by table, captures by reading outcome, articles by state, passages by kind family."""

    tables: tuple[tuple[str, int], ...]
    outcomes: tuple[tuple[str, int], ...]
    states: tuple[tuple[str, int], ...]
    appeals: tuple[tuple[str, int], ...]
    sites: tuple[tuple[str, int], ...]
    readers: tuple[tuple[str, int], ...]
    unsettled: int
    first: datetime | None
    last: datetime | None


def find(db: Database, name: str) -> ArticleDetail | None:
    """Return the article of that id, of that URL in any of its forms, or that a version or capture id belongs to."""
    article = _article_named(db, name.strip())
    return _detail(db, article) if article else None


def why(db: Database, url: str) -> Why:
    """Return every capture of a URL, and every visit that left no bytes."""
    urls = tuple(dict.fromkeys((url, normalise(url))))
    marks = ", ".join("?" for _ in urls)
    captures = db.execute(f"{_CAPTURES} WHERE url IN ({marks}) ORDER BY fetched_at, id", urls)
    outcomes = db.execute(
        f"SELECT url, run, outcome, reason, at, lease FROM outcomes WHERE url IN ({marks}) ORDER BY at, record, n", urls
    )
    return Why(url, tuple(map(_capture, captures)), tuple(map(_outcome, outcomes)))


def capture_named(db: Database, name: str) -> CaptureLine:
    """Return the capture of a record id, with or without angle brackets; NotFoundError if there is none."""
    bare = name.strip().removeprefix("<").removesuffix(">")
    row = db.execute(f"{_CAPTURES} WHERE id = ?", (bare,)).fetchone()
    if row is None:
        raise NotFoundError(name, "no capture in the catalogue has that record id")
    return _capture(row)


def locate(db: Database, reading: str, n: int) -> tuple[Located, ...]:
    """Return passage `n` of a reading, once for every capture whose page holds it, the first capture first."""
    row = db.execute(f"{_PASSAGES} WHERE reading = ? AND n = ?", (reading, n)).fetchone()
    if row is None:
        raise NotFoundError(f"{reading}/{n}", "the catalogue holds no such passage")
    captures = db.execute(f"{_CAPTURES} WHERE reading = ? ORDER BY fetched_at, id", (reading,))
    return tuple(Located(_passage(row), _capture(capture)) for capture in captures)


def passages_of(db: Database, reading: str) -> tuple[Passage, ...]:
    """Return the passages of a reading in page order."""
    return tuple(map(_passage, db.execute(f"{_PASSAGES} WHERE reading = ? ORDER BY n", (reading,))))


def status(db: Database) -> Status:
    """Return how much the catalogue holds."""
    tables = ("sites", "runs", "files", "captures", "readings", "passages", "articles", "versions", "transitions")
    first, last, unsettled = db.execute(
        """
        SELECT
          min(fetched_at),
          max(fetched_at),
          (SELECT count(*) FROM captures WHERE address IS NULL AND site IS NOT NULL) + (SELECT count(*) FROM pending)
        FROM captures
        """
    ).fetchone()
    return Status(
        tables=tuple((t, db.execute(f"SELECT count(*) FROM {t}").fetchone()[0]) for t in tables),
        outcomes=_counts(db, "SELECT outcome, count(*) FROM captures WHERE outcome IS NOT NULL GROUP BY outcome"),
        states=_counts(db, "SELECT state, count(*) FROM articles WHERE state IS NOT NULL GROUP BY state"),
        appeals=_counts(db, "SELECT kind, count(*) FROM passages WHERE kind LIKE 'appeal:%' GROUP BY kind"),
        sites=_counts(db, "SELECT site, count(*) FROM articles GROUP BY site"),
        readers=_counts(db, "SELECT reader, count(*) FROM captures WHERE reader IS NOT NULL GROUP BY reader"),
        unsettled=unsettled,
        first=_time(first),
        last=_time(last),
    )


def record_rows(db: Database) -> Iterator[tuple[str, int, int, str]]:
    """Yield (file, offset, length, record id) of every record the catalogue points to, in file order."""
    rows = db.execute(
        """
        SELECT file, offset, length, id FROM captures
        UNION ALL
        SELECT request_file, request_offset, request_length, request FROM captures WHERE request IS NOT NULL
        UNION ALL
        SELECT metadata_file, metadata_offset, metadata_length, metadata FROM captures WHERE metadata IS NOT NULL
        ORDER BY 1, 2
        """
    )
    for row in rows:
        yield row[0], row[1], row[2], row[3]


# ---------------------------------------------------------------------------------------------------- one article


def _article_named(db: Database, name: str) -> str | None:
    """Return the article meant: ids before URLs, and a page's own address before names that redirects gave it."""
    keys = tuple(dict.fromkeys((name, normalise(name))))
    marks = ", ".join("?" for _ in keys)
    ways = (
        ("SELECT id FROM articles WHERE id = ?", (name,)),
        ("SELECT article FROM versions WHERE id = ?", (name,)),
        ("SELECT article FROM captures WHERE id = ? AND article IS NOT NULL", (name,)),
        ("SELECT id FROM articles WHERE address = ? ORDER BY id", (article_key(name),)),
        (
            f"""
            SELECT u.article
            FROM article_urls AS u
            JOIN captures AS c ON c.id = u.capture
            WHERE u.url IN ({marks})
            ORDER BY u.how, c.fetched_at DESC, u.article
            """,
            keys,
        ),
    )
    for sql, values in ways:
        row = db.execute(sql, values).fetchone()
        if row:
            return str(row[0])
    return None


def _detail(db: Database, article: str) -> ArticleDetail | None:
    row = db.execute("SELECT * FROM articles WHERE id = ? AND version IS NOT NULL", (article,)).fetchone()
    if row is None:
        return None
    versions = tuple(map(_version, db.execute(f"{_VERSIONS} WHERE article = ? ORDER BY first_seen, id", (article,))))
    (reading,) = db.execute("SELECT reading FROM versions WHERE id = ?", (row["version"],)).fetchone()
    authors = db.execute("SELECT name FROM authors WHERE reading = ? ORDER BY n", (reading,))
    urls = db.execute("SELECT how, url FROM article_urls WHERE article = ? ORDER BY how, url", (article,))
    captures = db.execute(f"{_CAPTURES} WHERE article = ? ORDER BY fetched_at, id", (article,))
    return ArticleDetail(
        id=row["id"],
        site=row["site"],
        url=row["url"],
        state=row["state"],
        day=row["day"],
        published=_time(row["published"]),
        modified=_time(row["modified"]),
        authors=tuple(author[0] for author in authors),
        language=row["language"],
        section=row["section"],
        agency=row["agency"],
        access=row["access"],
        first_seen=moment_of(row["first_seen"]),
        last_seen=moment_of(row["last_seen"]),
        gone_since=_time(row["gone_since"]),
        moved_to=row["moved_to"],
        version=next(v for v in versions if v.id == row["version"]),
        versions=versions,
        captures=tuple(map(_capture, captures)),
        urls=tuple((url["how"], url["url"]) for url in urls),
        passages=passages_of(db, reading),
    )


# ---------------------------------------------------------------------------------------------------- rows to values

_CAPTURES = """
SELECT id, url, fetched_at, kind, status, file, offset, length, payload_digest, site, run, role,
       outcome, reason, reader, reading, article, evidence, version
FROM captures
"""
_VERSIONS = """
SELECT id, title, lead, body, text_hash, reader, first_seen, last_seen, captures, first_capture
FROM versions
"""
_PASSAGES = 'SELECT text, kind, rule, score, xpath, start, "end" FROM passages'


def _capture(row: sqlite3.Row) -> CaptureLine:
    return CaptureLine(
        id=row["id"],
        url=row["url"],
        fetched_at=moment_of(row["fetched_at"]),
        kind=row["kind"],
        status=row["status"],
        record=Record(row["file"], row["offset"], row["length"], row["id"]),
        payload_digest=row["payload_digest"],
        site=row["site"],
        run=row["run"],
        role=row["role"],
        outcome=row["outcome"],
        reason=row["reason"],
        reader=row["reader"],
        reading=row["reading"],
        article=row["article"],
        evidence=row["evidence"],
        version=row["version"],
    )


def _version(row: sqlite3.Row) -> VersionLine:
    return VersionLine(
        id=row["id"],
        title=row["title"],
        lead=row["lead"],
        body=row["body"],
        text_hash=row["text_hash"],
        reader=row["reader"],
        first_seen=moment_of(row["first_seen"]),
        last_seen=moment_of(row["last_seen"]),
        captures=row["captures"],
        first_capture=row["first_capture"],
    )


def _passage(row: sqlite3.Row) -> Passage:
    return Passage(row["text"], Kind(row["kind"]), row["rule"], row["score"], row["xpath"], row["start"], row["end"])


def _outcome(row: sqlite3.Row) -> OutcomeLine:
    return OutcomeLine(row["url"], row["run"], row["outcome"], row["reason"], _time(row["at"]), row["lease"])


def _counts(db: Database, sql: str) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((str(row[0]), int(row[1])) for row in db.execute(sql)))


def _time(text: str | None) -> datetime | None:
    return moment_of(text) if text else None
