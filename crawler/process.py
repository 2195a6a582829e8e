"""`dateline crawl`: the spider in a process of its own, the follower beside it, and a report at the end.

Two programs with one file format between them: the crawl writes WARC files, the follower reads them as it would read
anybody's. Either may die without harm to the other.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from archive.layout import Layout, keep_private
from crawler.logs import rotate


@dataclass(frozen=True, slots=True)
class CrawlOptions:
    """What the command line says of one crawl."""

    sites: tuple[str, ...]
    allow: tuple[str, ...] = ()
    resolve: tuple[str, ...] = ()
    contact: str = ""
    max_pages: int = 0
    max_time_s: float = 0.0
    patience_s: float = 0.0
    settings: tuple[str, ...] = ()  # NAME=VALUE, as Scrapy's own -s


class Spider:
    """The crawl's process; its log goes to a file of the archive."""

    def __init__(self, layout: Layout, options: CrawlOptions) -> None:
        self.log = layout.root / "logs" / "crawl.log"
        self.log.parent.mkdir(mode=0o750, exist_ok=True)
        rotate(self.log)
        keep_private(self.log)
        self._process = subprocess.Popen(
            arguments(layout, options, self.log),
            # Each thread would keep a heap of its own, and what large answers left in it.
            env={**os.environ, "SCRAPY_SETTINGS_MODULE": "crawler.settings", "MALLOC_ARENA_MAX": "1"},
            stdin=subprocess.DEVNULL,
            # A terminal signals its whole process group; what we pass on would be a second signal, and end it at once.
            process_group=0,
        )

    def is_running(self) -> bool:
        """True until the crawl has ended."""
        return self._process.poll() is None

    def stop(self) -> None:
        """Ask the crawl to finish what is in flight and end; a second time, to end now."""
        if self.is_running():
            self._process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        """Return the exit status of the process."""
        return self._process.wait()


def arguments(layout: Layout, options: CrawlOptions, log: Path) -> list[str]:
    """Return the command that runs the spider, as a person could type it."""
    settings = [
        f"DATELINE_ARCHIVE={layout.root.absolute()}",
        f"DATELINE_ALLOW={','.join(options.allow)}",
        f"DATELINE_RESOLVE={','.join(options.resolve)}",
        f"DATELINE_MAX_PAGES={options.max_pages}",
        f"DATELINE_MAX_TIME_S={options.max_time_s}",
        f"DATELINE_PATIENCE_S={options.patience_s}",
        f"LOG_FILE={log}",
        *([f"DATELINE_CONTACT={options.contact}"] if options.contact else []),
        *options.settings,
    ]
    command = [sys.executable, "-m", "scrapy", "crawl", "news", "-a", f"site={','.join(options.sites)}"]
    return command + [part for setting in settings for part in ("-s", setting)]


@contextmanager
def passing_on_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Turn Ctrl-C, SIGTERM and SIGHUP into `stop` while the block runs, so that what was fetched is still read.

    After SIGHUP nothing more is written to the terminal, which is gone: each write to it would fail.
    """
    terminals = [number for number in (1, 2) if os.isatty(number)]

    def handle(number: int, _: FrameType | None) -> None:
        if number == signal.SIGHUP:
            _silence(terminals)
        stop()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _silence(descriptors: Sequence[int]) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in descriptors:
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
