"""Examine an installation and its archive: what is there, what is missing, what is only worth knowing."""

import platform
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, NamedTuple

from archive.errors import ArchiveError
from archive.layout import Layout, lock
from archive.terminal import size_text
from archive.warc.walk import captures

State = Literal["good", "note", "bad"]

NEEDED = ("scrapy", "twisted", "lxml", "trafilatura", "warcio", "sqlite-utils", "click", "rich")
OPTIONAL_PARTS = {
    "fastwarc": "reads our files as another program would, in the tests",
    "pywb": "replays an archive; wants an environment of its own",
    "datasette": "browses public/catalogue.db; wants an environment of its own",
    "duckdb": "queries public/catalogue.db and Parquet exports",
}
PROGRAMS = {
    "chromium": "renders pages for a look at replays",
    "systemd-analyze": "checks the units of `dateline schedule`",
}
OLDEST_SQLITE = (3, 38, 0)  # ->> of JSON
# A race of two connections that write and checkpoint in WAL mode, found in 2026 and mended in 3.51.3. Each of our
# databases has one writer, held apart by a lock, and only the writer makes checkpoints.
WAL_RESET_FIXED = (3, 51, 3)
LITTLE_ROOM = 1 << 30
QUICK_BYTES = 4 << 30  # a check reads every page of the file
AHEAD = timedelta(minutes=5)


class Finding(NamedTuple):
    """One thing that was looked at; only what is `bad` keeps Dateline from working."""

    state: State
    what: str
    found: str


def examine(layout: Layout, now: datetime) -> tuple[Finding, ...]:
    """Return everything that was looked at, in the order in which a person would ask."""
    return (*_programs(), *_sqlite(), *_optional(), *_archive(layout, now))


def _programs() -> Iterator[Finding]:
    yield Finding("good", "python", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    yield _installed("dateline", "note")
    for name in NEEDED:
        yield _installed(name, "bad")


def _installed(name: str, if_absent: State) -> Finding:
    try:
        return Finding("good", name, version(name))
    except PackageNotFoundError:
        return Finding(if_absent, name, "not installed")


def _sqlite() -> Iterator[Finding]:
    yield sqlite_finding(sqlite3.sqlite_version_info)
    with closing(sqlite3.connect(":memory:")) as db:
        try:
            db.execute("CREATE VIRTUAL TABLE t USING fts5 (text, tokenize = \"unicode61 categories 'L* N*'\")")
            yield Finding("good", "FTS5", "there")
        except sqlite3.OperationalError as error:
            yield Finding("bad", "FTS5", f"missing: {error}; search needs it, use a Python with a newer SQLite")


def sqlite_finding(found: tuple[int, ...]) -> Finding:
    """Return what to think of a version of SQLite.

    >>> sqlite_finding((3, 51, 3)).state, sqlite_finding((3, 40, 1)).state, sqlite_finding((3, 31, 0)).state
    ('good', 'note', 'bad')
    """
    text = ".".join(map(str, found))
    if found < OLDEST_SQLITE:
        return Finding("bad", "sqlite", f"{text}: 3.38 or newer is needed")
    if found < WAL_RESET_FIXED:
        known = "has the WAL-reset race of several writers (mended in 3.51.3); ours have one each, so it does not arise"
        return Finding("note", "sqlite", f"{text} {known}")
    return Finding("good", "sqlite", text)


def _optional() -> Iterator[Finding]:
    for name, use in OPTIONAL_PARTS.items():
        is_there = find_spec(name) is not None
        yield Finding("good" if is_there else "note", name, use if is_there else f"not here: {use}")
    for name, use in PROGRAMS.items():
        path = shutil.which(name)
        yield Finding("good" if path else "note", name, path or f"not here: {use}")


# ---------------------------------------------------------------------- the archive


def _archive(layout: Layout, now: datetime) -> Iterator[Finding]:
    if not layout.warc.is_dir():
        yield Finding("note", "archive", f"none in {layout.root}: `dateline init` makes one")
        return
    yield from _checked("archive", lambda: _writable(layout))
    yield _room(layout)
    files = layout.warc_files()
    total = size_text(sum(path.stat().st_size for path in files))
    is_open = sum(path.name.endswith(".open") for path in files)
    yield Finding(
        "good",
        "WARC files",
        f"{len(files)}, {total}" + (f"; {is_open} being written, or to be mended" if is_open else ""),
    )
    yield from _checked("newest WARC file", lambda: _newest(files, now))
    for path in (layout.catalogue, layout.frontier):
        if path.exists():
            yield from _checked(path.name, lambda path=path: _database(path))  # type: ignore[misc]  # mypy cannot see the default


def _checked(what: str, look: Callable[[], Finding]) -> Iterator[Finding]:
    try:
        yield look()
    except (OSError, sqlite3.Error, ArchiveError) as error:
        yield Finding("bad", what, str(error))


def _writable(layout: Layout) -> Finding:
    try:
        with lock(layout.frontier, "a crawl is at work"):
            return Finding("good", "archive", f"{layout.root.absolute()}, no crawl at work")
    except ArchiveError:
        return Finding("good", "archive", f"{layout.root.absolute()}, a crawl is at work")


def _room(layout: Layout) -> Finding:
    free = shutil.disk_usage(layout.root).free
    return Finding("bad" if free < LITTLE_ROOM else "good", "disk", f"{size_text(free)} free")


def _newest(files: list[Path], now: datetime) -> Finding:
    """Read the newest closed file to its end, and compare its clock with ours."""
    closed = [path for path in files if not path.name.endswith(".open")]
    if not closed:
        return Finding("note", "newest WARC file", "none yet")
    walk = captures(closed[-1])
    last = max((capture.fetched_at for capture in walk), default=None)
    if walk.tail.problem:
        return Finding(
            "bad", "newest WARC file", f"{closed[-1].name}: {walk.tail.problem}; `dateline verify` lists all"
        )
    if last is not None and last > now + AHEAD:
        ahead = f"its last capture is from {last:%Y-%m-%d %H:%M}, this clock says {now:%Y-%m-%d %H:%M}"
        return Finding("bad", "clock", f"{ahead}: set it right before the next crawl")
    return Finding(
        "good", "newest WARC file", f"{closed[-1].name} is whole" + (f", to {last:%Y-%m-%d %H:%M}" if last else "")
    )


def _database(path: Path) -> Finding:
    if path.stat().st_size > QUICK_BYTES:
        return Finding(
            "note", path.name, f"{size_text(path.stat().st_size)}: not checked here; PRAGMA quick_check does"
        )
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        said = [row[0] for row in db.execute("PRAGMA quick_check(3)")]
    is_whole = said == ["ok"]
    size = size_text(path.stat().st_size)
    mend = "`dateline reread` makes it anew" if path.name == "catalogue.db" else "move it away: sources are read again"
    return Finding(
        "good" if is_whole else "bad", path.name, f"{size}, whole" if is_whole else f"{'; '.join(said)}: {mend}"
    )
