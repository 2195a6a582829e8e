"""What many tests stand on: a newsroom on the loopback, and archives that a real crawl has filled."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from archive.layout import Layout
from crawler.frontier import Frontier
from tests.newsroom.newsroom import Newsroom

CORPUS = Path(os.environ.get("DATELINE_CORPUS", Path(__file__).parents[2] / "shared" / "corpus"))


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str


@dataclass(slots=True)
class Workbench:
    """An archive beside a newsroom, and the commands a person would type."""

    layout: Layout
    newsroom: Newsroom
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def resolve(self) -> str:
        """The `--resolve` that reaches the newsroom's names."""
        return f"@{self.layout.root / 'resolve.txt'}"

    def scrapy(self, *arguments: str, now: datetime | None = None) -> Ended:
        """Run Scrapy's own command in the project, as its users do."""
        settings = [f"DATELINE_ARCHIVE={self.layout.root}", f"DATELINE_RESOLVE={self.resolve}"]
        options = [part for setting in settings for part in ("-s", setting)]
        return self._run([sys.executable, "-m", "scrapy", arguments[0], *options, *arguments[1:]], now)

    def crawl_command(self, site: str) -> list[str]:
        """Return the command of a plain Scrapy crawl, for a test that must have its process."""
        settings = [f"DATELINE_ARCHIVE={self.layout.root}", f"DATELINE_RESOLVE={self.resolve}"]
        options = [part for setting in settings for part in ("-s", setting)]
        return [sys.executable, "-m", "scrapy", "crawl", "news", "-a", f"site={site}", *options]

    def dateline(self, *arguments: str, now: datetime | None = None) -> Ended:
        """Run `dateline` on the archive."""
        command = [sys.executable, "-m", "crawler.cli", "--archive", str(self.layout.root), *arguments]
        return self._run(command, now)

    def crawl(self, *arguments: str, now: datetime | None = None) -> Ended:
        """Run `dateline crawl` against the newsroom."""
        return self.dateline("crawl", *(arguments or ("--all",)), "--resolve", self.resolve, now=now)

    def frontier_rows(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """Ask the frontier."""
        frontier = Frontier(self.layout.frontier, readonly=True)
        try:
            return [tuple(row) for row in frontier.rows(sql, values)]
        finally:
            frontier.close()

    def environment_at(self, now: datetime | None) -> dict[str, str]:
        """Return the environment of a command, at that time."""
        clock = {"DATELINE_CLOCK": now.isoformat()} if now else {}
        return {**os.environ, "SCRAPY_SETTINGS_MODULE": "crawler.settings", **self.environment, **clock}

    def _run(self, command: list[str], now: datetime | None) -> Ended:
        done = subprocess.run(
            command, env=self.environment_at(now), capture_output=True, text=True, timeout=110, check=False
        )
        return Ended(done.returncode, done.stdout, done.stderr)


MakeWorkbench = Callable[..., Workbench]


def workbench_in(root: Path, newsroom: Newsroom) -> Workbench:
    """Return an archive that declares the newsroom's sites."""
    layout = Layout(root)
    layout.create()
    newsroom.write_sites(layout.sites)
    newsroom.write_resolve(root / "resolve.txt")
    return Workbench(layout, newsroom)


@pytest.fixture(scope="session")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """An archive after one crawl of the whole newsroom with the settings of production; nobody changes it."""
    with Newsroom() as newsroom:
        workbench = workbench_in(tmp_path_factory.mktemp("crawled"), newsroom)
        ended = workbench.crawl()
        assert ended.code == 0, ended.err + ended.out
        yield workbench


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    """A newsroom, and an archive that has not crawled it yet."""
    with Newsroom() as newsroom:
        yield workbench_in(tmp_path / "archive", newsroom)
