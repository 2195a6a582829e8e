"""Rows as values: the lines of which answers are made, and the one place where a row becomes each."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from archive.catalogue.identity import moment_of
from archive.model import Image, Kind, Passage, Record


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
    page_kind: str
    tags: tuple[str, ...]
    image: Image | None
    origins: tuple[tuple[str, str], ...]  # (name of a value, where the page told it)
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


CAPTURES = """
SELECT id, url, fetched_at, kind, status, file, offset, length, payload_digest, site, run, role,
       outcome, reason, reader, reading, article, evidence, version
FROM captures
"""
VERSIONS = """
SELECT id, title, lead, body, text_hash, reader, first_seen, last_seen, captures, first_capture
FROM versions
"""
PASSAGES = 'SELECT text, kind, rule, score, xpath, start, "end" FROM passages'


def capture_line(row: sqlite3.Row) -> CaptureLine:
    """Return a row of CAPTURES."""
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


def version_line(row: sqlite3.Row) -> VersionLine:
    """Return a row of VERSIONS."""
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


def passage_line(row: sqlite3.Row) -> Passage:
    """Return a row of PASSAGES."""
    return Passage(row["text"], Kind(row["kind"]), row["rule"], row["score"], row["xpath"], row["start"], row["end"])


def outcome_line(row: sqlite3.Row) -> OutcomeLine:
    """Return a row of `outcomes`."""
    return OutcomeLine(row["url"], row["run"], row["outcome"], row["reason"], time_of(row["at"]), row["lease"])


def time_of(text: str | None) -> datetime | None:
    """Return a time of the catalogue, None for NULL."""
    return moment_of(text) if text else None
