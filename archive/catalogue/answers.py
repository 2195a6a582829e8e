"""What people and commands ask of the catalogue, as values: an article, a URL's story, where a text lies, counts."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from archive.catalogue.identity import moment_of
from archive.catalogue.lines import (
    CAPTURES,
    PASSAGES,
    VERSIONS,
    ArticleDetail,
    CaptureLine,
    Located,
    OutcomeLine,
    Status,
    VersionLine,
    Why,
    capture_line,
    outcome_line,
    passage_line,
    time_of,
    version_line,
)
from archive.catalogue.paragraphs import APPEALS_FROM
from archive.errors import NotFoundError
from archive.model import Image, Passage
from archive.urls import article_key, normalise

__all__ = [
    "ArticleDetail",
    "CaptureLine",
    "Located",
    "OutcomeLine",
    "PageAt",
    "Status",
    "VersionLine",
    "Why",
    "capture_named",
    "find",
    "locate",
    "newest_page",
    "passages_of",
    "record_rows",
    "status",
    "why",
]


def find(db: Database, name: str) -> ArticleDetail | None:
    """Return the article of that id, of that URL in any of its forms, or that a version or capture id belongs to."""
    article = _article_named(db, name.strip())
    return _detail(db, article) if article else None


def why(db: Database, url: str) -> Why:
    """Return every capture of a URL, and every visit that left no bytes."""
    urls = tuple(dict.fromkeys((url, normalise(url))))
    marks = ", ".join("?" for _ in urls)
    captures = db.execute(f"{CAPTURES} WHERE url IN ({marks}) ORDER BY fetched_at, id", urls)
    outcomes = db.execute(
        f"SELECT url, run, outcome, reason, at, lease FROM outcomes WHERE url IN ({marks}) ORDER BY at, record, n", urls
    )
    return Why(url, tuple(map(capture_line, captures)), tuple(map(outcome_line, outcomes)))


def capture_named(db: Database, name: str) -> CaptureLine:
    """Return the capture of a record id, with or without angle brackets; NotFoundError if there is none."""
    bare = name.strip().removeprefix("<").removesuffix(">")
    row = db.execute(f"{CAPTURES} WHERE id = ?", (bare,)).fetchone()
    if row is None:
        raise NotFoundError(name, "no capture in the catalogue has that record id")
    return capture_line(row)


@dataclass(frozen=True, slots=True)
class PageAt:
    """A capture of a page, and where its bytes lie: in its own record, or in that of the original it repeats."""

    id: str
    url: str
    fetched_at: datetime
    reading: str | None
    file: str
    offset: int
    length: int


def newest_page(db: Database, site: str, address: str) -> PageAt | None:
    """Return the newest capture of a page of a site that was read, by the key of its address; None if there is none."""
    row = db.execute(
        """
        SELECT c.id, c.url, c.fetched_at, c.reading, o.file, o.offset, o.length
        FROM captures AS c
        JOIN captures AS o ON o.id = iif(c.kind = 'revisit', c.refers_to, c.id)
        WHERE c.site = :site
          AND c.address = :address
          AND o.kind = 'response'
          AND o.outcome IS NOT NULL
        ORDER BY c.fetched_at DESC, c.id
        LIMIT 1
        """,
        {"site": site, "address": address},
    ).fetchone()
    return PageAt(row[0], row[1], moment_of(row[2]), *row[3:]) if row else None


def locate(db: Database, reading: str, n: int) -> tuple[Located, ...]:
    """Return passage `n` of a reading, once for every capture whose page holds it, the first capture first."""
    row = db.execute(f"{PASSAGES} WHERE reading = ? AND n = ?", (reading, n)).fetchone()
    if row is None:
        raise NotFoundError(f"{reading}/{n}", "the catalogue holds no such passage")
    captures = db.execute(f"{CAPTURES} WHERE reading = ? ORDER BY fetched_at, id", (reading,))
    return tuple(Located(passage_line(row), capture_line(capture)) for capture in captures)


def passages_of(db: Database, reading: str) -> tuple[Passage, ...]:
    """Return the passages of a reading in page order."""
    return tuple(map(passage_line, db.execute(f"{PASSAGES} WHERE reading = ? ORDER BY n", (reading,))))


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
        appeals=_counts(
            db,
            f"""
            SELECT k.kind, count(*)
            FROM passage_rows AS p
            JOIN kinds AS k ON k.id = p.kind
            WHERE p.kind >= {APPEALS_FROM}
            GROUP BY k.kind
            """,
        ),
        sites=_counts(db, "SELECT site, count(*) FROM articles GROUP BY site"),
        readers=_counts(db, "SELECT reader, count(*) FROM captures WHERE reader IS NOT NULL GROUP BY reader"),
        unsettled=unsettled,
        first=time_of(first),
        last=time_of(last),
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
    versions = tuple(map(version_line, db.execute(f"{VERSIONS} WHERE article = ? ORDER BY first_seen, id", (article,))))
    (reading,) = db.execute("SELECT reading FROM versions WHERE id = ?", (row["version"],)).fetchone()
    authors = db.execute("SELECT name FROM authors WHERE reading = ? ORDER BY n", (reading,))
    said = db.execute(
        "SELECT page_kind, tags, image_url, image_caption, image_credit, origins FROM readings WHERE id = ?", (reading,)
    ).fetchone()
    urls = db.execute("SELECT how, url FROM article_urls WHERE article = ? ORDER BY how, url", (article,))
    captures = db.execute(f"{CAPTURES} WHERE article = ? ORDER BY fetched_at, id", (article,))
    return ArticleDetail(
        id=row["id"],
        site=row["site"],
        url=row["url"],
        state=row["state"],
        day=row["day"],
        published=time_of(row["published"]),
        modified=time_of(row["modified"]),
        authors=tuple(author[0] for author in authors),
        language=row["language"],
        section=row["section"],
        agency=row["agency"],
        access=row["access"],
        page_kind=said["page_kind"],
        tags=tuple(json.loads(said["tags"])),
        image=Image(said["image_url"], said["image_caption"], said["image_credit"]) if said["image_url"] else None,
        origins=tuple((name, source) for name, source in json.loads(said["origins"])),
        first_seen=moment_of(row["first_seen"]),
        last_seen=moment_of(row["last_seen"]),
        gone_since=time_of(row["gone_since"]),
        moved_to=row["moved_to"],
        version=next(v for v in versions if v.id == row["version"]),
        versions=versions,
        captures=tuple(map(capture_line, captures)),
        urls=tuple((url["how"], url["url"]) for url in urls),
        passages=passages_of(db, reading),
    )


def _counts(db: Database, sql: str) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((str(row[0]), int(row[1])) for row in db.execute(sql)))
