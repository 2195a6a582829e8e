"""One crawl that is killed again and again, and what its archive holds in the end.

    python -m tests.crash.matrix [PAGES] [KILLS] [SEED]

Half of the kills come from outside, when the server has answered a seeded number of pages; the others from inside
(tests.crash.faults), between write, fsync, commit and rename, of the crawl and of the catalogue.
"""

import os
import random
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL
from tempfile import TemporaryDirectory, gettempdir

from archive.catalogue.answers import record_rows
from archive.catalogue.database import open_for_reading
from archive.layout import Layout
from archive.verify import verify
from archive.warc.members import members
from crawler.frontier import Frontier
from tests.crash.faults import POINTS, Point
from tests.crash.site import NumberPress

OUTSIDE = "outside"
SOME_PAGES = ("-s", "DATELINE_MAX_PAGES=80")  # of a crawl that never comes to its point: it must not end the trial
READS_ARTICLES = "role = 'article' AND kind IN ('response', 'revisit') AND status = 200"

_PATIENCE_S = 600  # a busy machine reads 2,000 pages in minutes


@dataclass(frozen=True, slots=True)
class Kill:
    """One end of a process: where, at which passage, and whether it came that far."""

    program: str
    point: str
    count: int
    struck: bool


@dataclass(slots=True)
class Result:
    """What an archive holds after its crashes; every list of names is empty if all is well."""

    kills: list[Kill] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    open_files: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)  # files that another program does not accept, and which
    files: int = 0
    captures: int = 0
    revisits: int = 0
    fetched_again: int = 0
    seconds: float = 0.0

    @property
    def faults(self) -> list[str]:
        """Everything that is not as it must be."""
        return [*self.lost, *self.twice, *self.unread, *self.problems, *self.open_files, *self.refused]

    @property
    def struck(self) -> dict[str, int]:
        """How many processes were killed at each point."""
        found = [kill.point for kill in self.kills if kill.struck]
        return {point: found.count(point) for point in (OUTSIDE, *POINTS) if point in found}


class Trial:
    """An archive beside a press, and programs at work in it that may be killed."""

    def __init__(self, folder: Path, press: NumberPress, chance: random.Random) -> None:
        self.layout, self.press, self.chance = Layout(folder), press, chance
        self.result = Result()
        self.limit: tuple[str, ...] = ()  # a command that starts the programs with less than they are used to
        self.layout.create()
        self._resolve = folder / "resolve.txt"
        press.declare(self.layout.sites, self._resolve)

    def crawl_command(self) -> list[str]:
        settings = [f"DATELINE_ARCHIVE={self.layout.root}", f"DATELINE_RESOLVE=@{self._resolve}"]
        return ["scrapy", "crawl", "news", *(part for setting in settings for part in ("-s", setting))]

    def dateline_command(self, name: str) -> list[str]:
        return ["crawler.cli", "--archive", str(self.layout.root), name]

    def kill_outside(self) -> None:
        """Kill a crawl when the press has answered some more pages."""
        count = self.chance.randint(1, 30)
        with self._start([*self.crawl_command(), *SOME_PAGES]) as crawl:
            target: list[int] = []

            def on_hit(pages: int) -> None:
                target[:] = target or [pages + count - 1]
                if pages >= target[0]:
                    crawl.kill()

            self.press.on_hit = on_hit
            status = crawl.wait(120)
            self.press.on_hit = lambda _: None
        self.result.kills.append(Kill("crawl", OUTSIDE, count, status == -SIGKILL))

    def kill_inside(self, program: str, point: Point, most: int) -> None:
        """Kill a program at a passage of a point between the first and the `most`-th."""
        command = [*self.crawl_command(), *SOME_PAGES] if program == "crawl" else self.dateline_command(program)
        count = self.chance.randint(1, most)
        with self._start(["tests.crash.faults", f"{point}:{count}", *command]) as process:
            status = process.wait(120)
        self.result.kills.append(Kill(program, point, count, status == -SIGKILL))

    def finish(self, *commands: list[str]) -> None:
        """Let programs run to their end."""
        for command in commands:
            status = self.ends_with(command)
            if status:
                self.result.problems.append(f"{' '.join(command)} ended with {status}: {self._log.read_text()[-600:]}")

    def ends_with(self, command: list[str]) -> int:
        """Run a program to its end, and return its exit code."""
        with self._start(command) as process:
            return process.wait(_PATIENCE_S)

    def judge(self) -> Result:
        """Return what the archive holds."""
        found = self.result
        with closing(Frontier(self.layout.frontier, readonly=True)) as frontier:
            captured = {row[0] for row in frontier.rows("SELECT url FROM urls WHERE outcome = 'captured'")}
            leased = [row[0] for row in frontier.rows("SELECT url FROM urls WHERE state = 'leased'")]
        found.lost = [f"lost: {url}" for url in self.press.urls if url not in captured]
        found.problems += [f"still leased: {url}" for url in leased]
        with closing(open_for_reading(self.layout.catalogue)) as db:
            rows = db.execute(f"SELECT url, count(*), count(reading) FROM captures WHERE {READS_ARTICLES} GROUP BY url")
            counts = {row[0]: (row[1], row[2]) for row in rows}
            found.revisits = db.execute("SELECT count(*) FROM captures WHERE kind = 'revisit'").fetchone()[0]
            report = verify(self.layout, rows=record_rows(db))
        found.twice = [f"captured {count} times: {url}" for url, (count, _) in counts.items() if count != 1]
        found.unread = [f"not read: {url}" for url in self.press.urls if counts.get(url, (0, 0))[1] != 1]
        found.problems += [f"{p.file} at {p.offset}: {p.what}" for p in report.problems]
        found.problems += [f"{report.without_manifest} files without a manifest"] * bool(report.without_manifest)
        found.open_files = [path.name for path in self.layout.warc.glob("*.open")]
        found.files, found.captures = report.files, report.captures
        found.fetched_again = sum(count - 1 for url, count in self.press.hits.items() if url in set(self.press.urls))
        found.refused = list(refusals(self.layout.warc_files()))
        return found

    @property
    def _log(self) -> Path:
        return Path(gettempdir()) / f"dateline-trial-{os.getpid()}.log"  # not on the disk that may be full

    def _start(self, arguments: list[str]) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "SCRAPY_SETTINGS_MODULE": "crawler.settings", "DATELINE_LOG_LEVEL": "WARNING"}
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [*self.limit, sys.executable, "-m", *arguments],
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


def refusals(paths: list[Path]) -> Iterator[str]:
    """Yield what gzip, fastwarc and warcio do not accept; of warcio's, other than its digests of chunked bodies."""
    scripts = Path(sysconfig.get_path("scripts"))
    for path in paths:
        for name, command in (("gzip", ["gzip", "-t"]), ("fastwarc", [sys.executable, scripts / "fastwarc", "check"])):
            done = subprocess.run([*command, path], capture_output=True, text=True, check=False)
            if done.returncode:
                yield f"{name}: {path.name}: {done.stdout[-200:]}{done.stderr[-200:]}"
        chunked = {member.offset for member in members(path) if b"\r\nTransfer-Encoding: chunked" in member.block}
        told = subprocess.run(
            [sys.executable, scripts / "warcio", "check", "-v", path], capture_output=True, text=True, check=False
        )
        yield from (f"warcio: {path.name} at {at}" for at in _failed(told.stdout) if at not in chunked)


def _failed(told: str) -> Iterator[int]:
    """Yield the offsets at which `warcio check -v` saw a digest fail."""
    offset = -1
    for line in told.splitlines():
        words = line.split()
        if words[:1] == ["offset"]:
            offset = int(words[1])
        elif "digest" in words and "failed:" in words:
            yield offset


def run(folder: Path, pages: int, kills: int, seed: int) -> Result:
    """Crawl that many pages with that many kills on the way, half of them inside, and return what is left."""
    begun, chance = time.monotonic(), random.Random(seed)
    with NumberPress(pages) as press:
        trial = Trial(folder, press, chance)
        number = 0
        while sum(trial.result.struck.values()) < kills and number < 2 * kills:
            if number % 2:
                trial.kill_outside()
            else:
                point = POINTS[number // 2 % len(POINTS)]
                if point == "cut-before":  # there must be something to cut
                    trial.kill_inside("crawl", "write-half", MOST["write-half"])
                trial.kill_inside("crawl", point, MOST[point])
            if number % 10 == 9:
                trial.kill_inside("catalogue", "commit-before", 4)
            number += 1
        trial.finish(trial.crawl_command(), trial.dateline_command("catalogue"))
        result = trial.judge()
    result.seconds = time.monotonic() - begun
    return result


MOST: dict[Point, int] = {
    "write-before": 30,
    "write-half": 30,
    "write-after": 30,
    "sync-before": 1,
    "sync-after": 1,
    "commit-before": 40,
    "commit-after": 40,
    "rename-before": 1,
    "rename-after": 1,
    "manifest-before": 1,
    "manifest-after": 1,
    "cut-before": 1,
}
"""How often each point is passed by a crawl of some thirty pages: files are cut and renamed when one is recovered."""


def main() -> None:
    pages, kills, seed = (int(text) for text in (*sys.argv[1:], *("2000", "50", "1")[len(sys.argv) - 1 :]))
    with TemporaryDirectory() as folder:
        result = run(Path(folder), pages, kills, seed)
    print(
        f"{pages} pages, {sum(result.struck.values())} kills (seed {seed}) in {result.seconds:.0f} s: {result.struck}"
    )
    print(
        f"{result.files} files, {result.captures} captures, {result.revisits} revisits; "
        f"{result.fetched_again} pages fetched again"
    )
    print(*(result.faults or ["nothing lost, nothing twice, everything whole"]), sep="\n")
    raise SystemExit(bool(result.faults))


if __name__ == "__main__":
    main()
