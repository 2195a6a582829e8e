"""Read the pages again, and compare what comes of it with what the catalogue says: `dateline verify --deep`."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlite_utils import Database

from archive.catalogue.identity import moment_of, reading_id, text_hash
from archive.intake import RunRules
from archive.layout import Layout
from archive.loader import LOADER
from archive.model import Reading
from archive.reading.box import Box
from archive.reading.job import Job
from archive.reading.reader import READER
from archive.verify import Problem

WORKERS = 2


@dataclass(frozen=True, slots=True)
class _Row:
    """What the catalogue says of one page it has read."""

    file: str
    offset: int
    length: int
    url: str
    fetched_at: str
    site: str
    run: str | None
    outcome: str
    reading: str | None


def deep_problems(
    db: Database, layout: Layout, *, progress: Callable[[str], None] = lambda _: None, box: Box | None = None
) -> Iterator[Problem]:
    """Yield the pages that read otherwise than the catalogue says, and the versions whose text is not their hash's.

    Pages that another reader has read are passed over: `dateline reread` is for them. One that took too long then or
    now proves nothing.
    """
    if box is None:
        with Box(LOADER, workers=WORKERS) as made:
            yield from deep_problems(db, layout, progress=progress, box=made)
        return
    asked: deque[_Row] = deque()
    for count, (_, reading) in enumerate(box.read_many(_jobs(db, layout, asked)), start=1):
        row = asked.popleft()
        progress(f"verify: {count:,} pages read again")
        yield from _differences(row, reading)
    yield from _texts(db)


def _jobs(db: Database, layout: Layout, asked: deque[_Row]) -> Iterator[Job]:
    rows = db.execute(
        """
        SELECT file, "offset", length, url, fetched_at, site, run, outcome, reading
        FROM captures
        WHERE kind = 'response'
          AND reader = ?
          AND outcome IS NOT NULL
        ORDER BY file, "offset"
        """,
        (READER,),
    )
    rules = RunRules(db, layout)
    for values in rows:
        row = _Row(*values)
        path = layout.path_of(row.file)
        if path.exists():  # else `verify` has named it
            asked.append(row)
            at, ruled = moment_of(row.fetched_at), rules.of(row.run, row.site)
            yield Job(str(path), row.offset, row.length, row.url, at, rules=ruled)


def _differences(row: _Row, reading: Reading) -> Iterator[Problem]:
    if "timeout" in (row.outcome, reading.outcome):
        return
    if reading.outcome != row.outcome:
        yield Problem(row.file, row.offset, f"reads as {reading.outcome} now; the catalogue says {row.outcome}")
        return
    name = reading_id(row.site, READER, reading.article) if reading.article else None
    if name != row.reading:
        yield Problem(row.file, row.offset, f"another reading comes of it than the catalogue has: {row.url}")


def _texts(db: Database) -> Iterator[Problem]:
    rows = db.execute("SELECT id, title, lead, body, text_hash FROM versions ORDER BY id")
    for version, title, lead, body, told in rows:
        if text_hash(title or "", lead or "", body or "") != told:
            yield Problem("catalogue.db", 0, f"the text of version {version} is not the one its hash was taken of")
