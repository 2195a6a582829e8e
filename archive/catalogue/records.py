"""Write down what the WARC records say: captures, readings, site files, ledgers, and how far each file was read.

Nothing is worked out here that more records could change: that is `settle`'s. Everything may be written twice, and in
any order, with the same rows as the result. The caller holds a `batch`.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlite_utils import Database

from archive.catalogue.columns import article_columns, capture_columns, link_columns, run_of, storable
from archive.catalogue.facets import site_token
from archive.catalogue.identity import reading_id, stamp
from archive.catalogue.paragraphs import add_passages
from archive.catalogue.rules import rules_of
from archive.errors import RecordError
from archive.model import Article, Capture, Reading

PassageKeys = Callable[[Article], Sequence[int]]
"""Returns the names under which a site's memory counts the passages of an article; 0 for one too short to count."""


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """How a visit ended that left no bytes."""

    url: str
    outcome: str
    reason: str
    at: datetime | None = None
    lease: str | None = None
    site: str | None = None


def add_capture(
    db: Database,
    capture: Capture,
    site: str | None,
    reading: Reading | None,
    keys: PassageKeys,
    *,
    source: str | None = None,
) -> bool:
    """Write a capture, and what was read in it; False if it was there already.

    `site` is None for what a run says of itself. `reading` is None for what is no page to read, and for revisits:
    `settle` finds their original. `source` is that of a file that was delivered; what we fetched says its own.
    """
    row = {"source": source, **capture_columns(capture, site)}
    _add_file(db, capture.record.file)
    if _has(db, "captures", "id", capture.record.id):
        _lie_first(db, row)
        return False
    _add_run(db, capture)
    if site is not None:
        _insert(db, "sites", {"name": site, "facet": site_token(site)})
        row |= _reading_columns(db, site, reading, keys)
    _insert(db, "captures", row)
    if capture.provenance and capture.provenance.link:
        _insert(db, "links", link_columns(capture.record.id, capture.provenance.link))
    return True


def add_site_file(db: Database, capture: Capture, site: str, toml: str) -> None:
    """Write the site file that a run archived, whose capture is there already; the newest speaks for the site."""
    row = {
        "record": capture.record.id,
        "run": run_of(capture),
        "site": site,
        "at": stamp(capture.fetched_at),
        "toml": toml,
    }
    _insert(db, "site_files", row)
    refresh_site(db, site)


def add_delivery(db: Database, capture: Capture, values: Mapping[str, object]) -> None:
    """Write whose a file is that came from elsewhere; the capture of the record that says so is there already."""
    told = {"record": capture.record.id, "run": run_of(capture), "at": stamp(capture.fetched_at)}
    _insert(db, "deliveries", {**told, **values})


def site_file(db: Database, run: str, site: str) -> str | None:
    """Return the site file that a run archived, None if it archived none."""
    row = db.execute(
        "SELECT toml FROM site_files WHERE run = ? AND site = ? ORDER BY at, record LIMIT 1", (run, site)
    ).fetchone()
    return str(row[0]) if row else None


def add_ledger(db: Database, capture: Capture, lines: Iterable[LedgerLine]) -> None:
    """Write how visits of a run ended that left no bytes; the ledger's capture is there already."""
    for n, line in enumerate(lines):
        row = {
            "record": capture.record.id,
            "n": n,
            "run": run_of(capture),
            "site": line.site,
            "url": line.url,
            "outcome": line.outcome,
            "reason": line.reason,
            "at": line.at and stamp(line.at),
            "lease": line.lease,
        }
        _insert(db, "outcomes", row)


def parse_ledger(capture: Capture, block: bytes) -> tuple[LedgerLine, ...]:
    """Return the lines of a ledger; RecordError if the block is none."""
    try:
        return tuple(_ledger_line(json.loads(line)) for line in block.decode("utf-8").splitlines() if line.strip())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RecordError(capture.record.file, capture.record.offset, f"no ledger of a run: {error}") from error


def read_to(db: Database, file: str) -> int:
    """Return the offset up to which a WARC file is in the catalogue, 0 if it is new."""
    row = db.execute("SELECT read_to FROM files WHERE name = ?", (file,)).fetchone()
    return int(row[0]) if row else 0


def set_read_to(db: Database, file: str, offset: int) -> None:
    """Note how far a WARC file has been read."""
    db.execute(
        """
        INSERT INTO files (name, read_to)
        VALUES (:name, :offset)
        ON CONFLICT (name) DO UPDATE SET read_to = max(read_to, excluded.read_to)
        """,
        {"name": file, "offset": offset},
    )


def refresh_site(db: Database, site: str) -> None:
    """Let the newest site file speak for the site."""
    row = db.execute(
        "SELECT record, at, toml FROM site_files WHERE site = ? ORDER BY at DESC, record DESC LIMIT 1", (site,)
    ).fetchone()
    record, at, toml = row or (None, None, None)
    rules = rules_of(site, toml)
    db.execute(
        """
        UPDATE sites
        SET title = :title, home = :home, languages = :languages, toml = :toml, record = :record, at = :at
        WHERE name = :site
        """,
        {
            "site": site,
            "title": rules.title,
            "home": rules.home,
            "languages": json.dumps(rules.languages) if toml else None,
            "toml": toml,
            "record": record,
            "at": at,
        },
    )


def _lie_first(db: Database, row: Mapping[str, object]) -> None:
    """Of a record that lies in several files, or twice in one, let the row name the first by name and offset."""
    names = [name for name in row if name == "ends" or name.endswith(("file", "offset", "length"))]
    columns = ", ".join(f"{name} = :{name}" for name in names if name != "payload_length")
    db.execute(f"UPDATE captures SET {columns} WHERE id = :id AND (file, offset) > (:file, :offset)", dict(row))


def _has(db: Database, table: str, column: str, value: str) -> bool:
    return db.execute(f"SELECT 1 FROM {table} WHERE {column} = ?", (value,)).fetchone() is not None


def _insert(db: Database, table: str, row: Mapping[str, object]) -> None:
    """Write one row; one that is there already stays as it is."""
    db.conn.execute(_insertion(table, tuple(row)), [storable(value) for value in row.values()])


@cache
def _insertion(table: str, columns: tuple[str, ...]) -> str:
    names = ", ".join(f'"{column}"' for column in columns)
    return f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})"


def _add_file(db: Database, name: str) -> None:
    _insert(db, "files", {"name": name, "read_to": 0})


def _add_run(db: Database, capture: Capture) -> None:
    """Widen a run to hold a capture."""
    run = run_of(capture)
    if run is None:
        return
    software = capture.provenance.software if capture.provenance else None
    db.execute(
        """
        INSERT INTO runs (id, started, ended, software)
        VALUES (:run, :at, :at, :software)
        ON CONFLICT (id) DO UPDATE
        SET started = min(started, excluded.started),
            ended = max(ended, excluded.ended),
            software = coalesce(min(software, excluded.software), software, excluded.software)
        """,
        {"run": run, "at": stamp(capture.fetched_at), "software": software or None},
    )


def _reading_columns(db: Database, site: str, reading: Reading | None, keys: PassageKeys) -> dict[str, object]:
    if reading is None:
        return {}
    _insert(db, "readers", {"digest": reading.reader})
    article = reading.article
    return {
        "reader": reading.reader,
        "outcome": reading.outcome,
        "reason": reading.reason or None,
        "reading": article and _add_reading(db, site, reading.reader, article, keys),
    }


def _add_reading(db: Database, site: str, reader: str, article: Article, keys: PassageKeys) -> str:
    name = reading_id(site, reader, article)
    if _has(db, "readings", "id", name):
        return name
    _insert(db, "readings", {"id": name, "site": site, "reader": reader, **article_columns(article)})
    _insert(db, "pending", {"site": site, "what": "fresh", "id": name})
    (number,) = db.execute('SELECT "no" FROM readings WHERE id = ?', (name,)).fetchone()
    add_passages(db, number, article.passages, keys(article))
    authors = [(name, n, storable(author)) for n, author in enumerate(article.authors)]
    db.conn.executemany("INSERT INTO authors VALUES (?, ?, ?)", authors)
    return name


def _ledger_line(values: Mapping[str, object]) -> LedgerLine:
    at = values.get("at")
    return LedgerLine(
        url=str(values["url"]),
        outcome=str(values["outcome"]),
        reason=str(values.get("reason") or ""),
        at=datetime.fromisoformat(at) if isinstance(at, str) else None,
        lease=str(values["lease"]) if values.get("lease") else None,
        site=str(values["site"]) if values.get("site") else None,
    )
