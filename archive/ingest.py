"""The sentence of the project: walk the records, read the pages, add the rows, settle.

Live reading during a crawl, catching up after one, and re-reading everything are this one function over records.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from sqlite_utils import Database

from archive.catalogue.columns import run_of
from archive.catalogue.database import batch, open_catalogue
from archive.catalogue.records import add_capture, read_to, set_read_to
from archive.catalogue.settle import settle
from archive.catalogue.withdraw import withdraw
from archive.deliveries import Deliveries, deliveries_first
from archive.ingest_report import IngestReport
from archive.intake import RunRules, add_resource, is_page, passage_keys, site_of
from archive.layout import Layout, lock, stored_name
from archive.loader import LOADER
from archive.model import Capture, Reading
from archive.reading.box import Box
from archive.reading.job import Job
from archive.reading.memory import rejudge
from archive.reading.reader import READER
from archive.warc.shape import Shape, shape_of
from archive.warc.walk import captures

__all__ = ["IngestReport", "catalogue_archive", "fill"]

BATCH = 200  # captures in one transaction: single ones cost twice as much each at 300,000 rows (notes/perf.md)
POLL_S = 0.2  # between two looks at files that a crawl is writing
WORKERS = 2

Progress = Callable[[str], None]


def catalogue_archive(
    layout: Layout,
    *,
    follow: Callable[[], bool] | None = None,
    progress: Progress = lambda _: None,
    box: Box | None = None,
) -> IngestReport:
    """Bring the catalogue up to date with the WARC files, and settle it; BusyError if another process is doing so.

    With `follow`, files that still grow are read on for as long as it returns True, and once more after that. Pages
    are read in `box`; without one, in a box made when the first page comes.
    """
    with lock(layout.catalogue, "another program is filling the catalogue"):
        db = open_catalogue(layout.catalogue)
        try:
            return fill(db, layout, follow=follow, progress=progress, box=box)
        finally:
            db.close()


def fill(
    db: Database,
    layout: Layout,
    *,
    follow: Callable[[], bool] | None = None,
    progress: Progress = lambda _: None,
    box: Box | None = None,
) -> IngestReport:
    """Fill an open catalogue from the WARC files of an archive; whoever opened it holds its lock."""
    withdrawn = _withdraw(db, layout)
    with ExitStack() as stack:
        ingest = _Ingest(db, layout, progress, stack, box)
        while True:
            is_growing = follow is not None and follow()
            found = ingest.read_on()
            if not is_growing:
                break
            if not found:
                time.sleep(POLL_S)
    progress(f"catalogue: {ingest.added:,} captures, settling")
    settle(db, rejudge)
    return ingest.report(withdrawn)


def _withdraw(db: Database, layout: Layout) -> int:
    # In a file of one gzip member, offsets count what it inflates to; nobody but us cuts files, and we write none such.
    sizes = {
        stored_name(path): path.stat().st_size for path in layout.warc_files() if shape_of(path) is not Shape.ONE_PIECE
    }
    with batch(db):
        return withdraw(db, sizes)


@dataclass(slots=True)
class _Item:
    """A capture on its way to its row; `mark` instead: that a file has been read up to an offset."""

    capture: Capture | None = None
    site: str | None = None
    source: str | None = None  # of a file that was delivered
    reading: Reading | None = None
    is_ready: bool = True
    mark: tuple[str, int] = ("", 0)


@dataclass(slots=True)
class _Ingest:
    """Captures in file order, of which the pages make a detour through the box."""

    db: Database
    layout: Layout
    progress: Progress
    stack: ExitStack
    box: Box | None
    added: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    problems: dict[str, str] = field(default_factory=dict)
    _queue: deque[_Item] = field(default_factory=deque)
    _asked: deque[_Item] = field(default_factory=deque)
    _rules: RunRules = field(init=False)
    _deliveries: Deliveries = field(init=False)

    def __post_init__(self) -> None:
        self._rules = RunRules(self.db, self.layout)
        self._deliveries = Deliveries(self.db, self.layout)

    def read_on(self) -> int:
        """Catalogue what the files hold beyond what has been read, and return how many captures that was."""
        before = self.added
        jobs = self._jobs()
        first = next(jobs, None)
        if first is not None:
            for _, reading in self._reader().read_many(chain([first], jobs)):
                item = self._asked.popleft()
                item.reading, item.is_ready = reading, True
                self._write(BATCH)
        self._write(1)
        return self.added - before

    def report(self, withdrawn: int) -> IngestReport:
        """Return what was done."""
        count = "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM versions)"
        articles, versions = self.db.execute(count).fetchone()
        (stale,) = self.db.execute("SELECT count(*) FROM captures WHERE reader <> ?", (READER,)).fetchone()
        outcomes = tuple(sorted(self.outcomes.items()))
        problems = tuple(f"{file}: {what}" for file, what in sorted(self.problems.items()))
        return IngestReport(self.added, outcomes, articles, versions, withdrawn, stale, problems)

    def _reader(self) -> Box:
        if self.box is None:
            self.box = self.stack.enter_context(Box(LOADER, workers=WORKERS))
        return self.box

    def _jobs(self) -> Iterator[Job]:
        """Yield what is to be read; all captures join the queue on the way."""
        for listed in deliveries_first(self.layout.warc_files()):
            name = stored_name(listed)
            start, path = read_to(self.db, name), self.layout.path_of(name)
            with suppress(FileNotFoundError):  # closed by the crawl between these lines: the next round reads it
                if path.stat().st_size > start:
                    yield from self._jobs_of(path, start)

    def _jobs_of(self, path: Path, start: int) -> Iterator[Job]:
        walk = captures(path, start)
        for capture in walk:
            delivery = self._deliveries.of(capture)
            item = _Item(capture, site_of(capture, delivery), delivery.source if delivery else None)
            if capture.kind == "resource":
                self._rules.note(capture)
                self._deliveries.note(capture)
            self._queue.append(item)
            if is_page(capture):
                item.is_ready = False
                self._asked.append(item)
                record = capture.record
                rules = self._rules.of(run_of(capture), item.site)
                yield Job(str(path), record.offset, record.length, capture.url, capture.fetched_at, rules=rules)
            else:
                self._write(BATCH)
        name = stored_name(path)
        if walk.tail.good_end > start:
            self._queue.append(_Item(mark=(name, walk.tail.good_end)))
        if walk.tail.problem and path == self.layout.path_of(name) and not path.name.endswith(".open"):
            self.problems[name] = walk.tail.problem

    def _write(self, at_least: int) -> None:
        """Write the captures at the head of the queue that wait for no reading, if there are so many."""
        ready = 0
        while ready < len(self._queue) and self._queue[ready].is_ready:
            ready += 1
        if ready < at_least:
            return
        with batch(self.db):
            for _ in range(ready):
                self._write_one(self._queue.popleft())
        self.progress(f"catalogue: {self.added:,} captures, {self.outcomes.total():,} pages read")

    def _write_one(self, item: _Item) -> None:
        capture = item.capture
        if capture is None:
            set_read_to(self.db, *item.mark)
            return
        if add_capture(self.db, capture, item.site, item.reading, passage_keys, source=item.source):
            self.added += 1
            if item.reading is not None:
                self.outcomes[item.reading.outcome] += 1
        if capture.kind == "resource":
            add_resource(self.db, self.layout, capture, item.site)
        set_read_to(self.db, capture.record.file, capture.end)
