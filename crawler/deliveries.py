"""Take in the files of `warc` sources, each once, before anything is fetched: whoever sent them need not be asked.

A file is copied as it is (archive.imports), then a record says whose it is, then the frontier knows of it. A crash
between any two of these does the first again, which finds the file where it is.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from glob import glob
from pathlib import Path

from archive.deliveries import CONTENT_TYPE, PREFIX, uri_of
from archive.deliveries import Delivery as Told
from archive.errors import ConfigError
from archive.imports import import_files
from archive.intake import is_page
from archive.layout import Layout, lock
from archive.model import Link, Outcome
from archive.warc.store import WarcStore, require_room
from archive.warc.walk import captures
from crawler.clock import Clock
from crawler.entries import entries_of
from crawler.frontier import Delivery, Frontier, Held
from crawler.plan import new_run_id
from crawler.settings import DATELINE_VERSION
from crawler.sites import Site, Source

QUIET = timedelta(minutes=1)  # a file that was changed since may still be on its way

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Found:
    """A file of a source, as it lies there now."""

    path: Path
    size_bytes: int
    mtime_ns: int
    site: Site
    source: Source


def take_in(
    layout: Layout, sites: Sequence[Site], clock: Clock, *, min_free: int = 0, progress: Progress = lambda _: None
) -> tuple[Delivery, ...]:
    """Take in what has been delivered for these sites, and return it; nothing that was taken in before.

    A file that is none of WARC, ARC and WACZ is noted with its problem, and looked at again once it has changed.
    BusyError if a crawl is at work, NoSpaceError if the disk has no room for a file.
    """
    if not any(source.paths for site in sites for source in site.sources):
        return ()
    with (
        lock(layout.frontier, "another crawl is at work in this archive"),
        closing(Frontier(layout.frontier)) as frontier,
    ):
        known = {(each.site, each.path): (each.size_bytes, each.mtime_ns) for each in frontier.deliveries()}
        found = [
            each
            for each in _files(layout, sites)
            if known.get((each.site.id, str(each.path))) != (each.size_bytes, each.mtime_ns)
        ]
        if not found:
            return ()
        run = new_run_id(clock())
        software = f"Dateline/{DATELINE_VERSION}"
        with WarcStore(
            layout.warc, prefix=PREFIX, run=run, software=software, now=clock, manifests=layout.manifests
        ) as store:
            desk = _Desk(layout, frontier, store, run, clock, min_free, progress)
            return tuple(desk.take(each) for each in found)


def _files(layout: Layout, sites: Sequence[Site]) -> Iterator[_Found]:
    """Yield the files that the sources name and nobody has changed for a while, each source's by name."""
    since_ns = time.time_ns() - QUIET // timedelta(microseconds=1) * 1000
    for site in sites:
        seen = set[Path]()  # a file that two sources of a site name is the first one's
        for source in site.sources:
            names = {layout.root / name for pattern in source.paths for name in _matching(layout, pattern)}
            for path in sorted({path.absolute() for path in names if path.is_file()} - seen):
                seen.add(path)
                stat = path.stat()
                if stat.st_mtime_ns <= since_ns:
                    yield _Found(path, stat.st_size, stat.st_mtime_ns, site, source)


def _matching(layout: Layout, pattern: str) -> list[str]:
    # Path.glob takes no whole paths.
    return glob(str(Path(pattern).expanduser()), root_dir=layout.root, recursive=True)  # noqa: PTH207


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where deliveries are taken in, one after the other."""

    layout: Layout
    frontier: Frontier
    store: WarcStore
    run: str
    clock: Clock
    min_free: int
    progress: Progress

    def take(self, found: _Found) -> Delivery:
        """Take one in, and return what is known of it from now on."""
        require_room(self.layout.warc, self.min_free + found.size_bytes)
        noted = Delivery(
            found.site.id, found.source.key, str(found.path), found.size_bytes, found.mtime_ns, self.clock()
        )
        try:
            imported = import_files(self.layout, (found.path,), progress=self.progress)
        except (ConfigError, OSError) as error:
            noted = replace(noted, problem=str(error))
            self.frontier.deliver(noted, (), noted.at)
            return noted
        names = tuple(each.name for each in imported)
        for name in names:
            told = Told(name, found.site.id, found.source.key, found.path.name, found.site.hosts)
            self.store.append_resource(uri_of(self.run, told), CONTENT_TYPE, told.dump(), noted.at)
        self.store.sync()
        noted = replace(noted, files=names)
        held = (each for name in names for each in _held(self.layout.path_of(name), found, noted.at))
        return replace(noted, articles=self.frontier.deliver(noted, held, noted.at))


def _held(path: Path, found: _Found, now: datetime) -> Iterator[Held]:
    """Yield the pages of the site that a file of the archive holds."""
    for capture in captures(path):
        if not is_page(capture) or found.site.in_scope(capture.url) != "in":
            continue
        link = Link(capture.url, found.path.name, found.source.key)
        why = f"came in {path.name}, captured there at {capture.fetched_at:%Y-%m-%d %H:%M}Z"
        for entry in entries_of((link,), found.site, now):
            is_article = entry.outcome is None
            yield Held(replace(entry, outcome=Outcome.CAPTURED, reason=why), capture.fetched_at, is_article)


def delivery_line(delivery: Delivery) -> str:
    """Return what a person is told of a delivery."""
    if delivery.problem:
        return f"{delivery.site}: not taken in: {delivery.problem}"
    names = ", ".join(delivery.files)
    return f"{delivery.site}: {delivery.path} taken in as {names}: {delivery.articles:,} articles of the site"


def to_dict(delivery: Delivery) -> dict[str, object]:
    """Return a delivery as plain values; the keys are a contract."""
    return {**asdict(delivery), "at": delivery.at.isoformat()}
