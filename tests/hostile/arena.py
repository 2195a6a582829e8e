"""One crawl of everything that means harm, beside a healthy newspaper; what it cost, and what it kept, is measured."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread
from time import monotonic

from archive.layout import Layout
from crawler.frontier import Frontier
from tests.hostile.responses import Attack
from tests.rawserver import Answer, Asked, RawServer
from tests.wire_cases import PAGE, head, sized

HEALTHY = "healthy.test"
NOT_FOUND = Answer((head(b"Content-Length: 0", status=b"HTTP/1.1 404 Not Found"),))


@dataclass(frozen=True, slots=True)
class Peak:
    """The most memory that a process ever held, in MB of a million bytes."""

    name: str
    rss_mb: float


@dataclass(slots=True)
class Fight:
    """What a crawl of the arena came to."""

    code: int
    seconds: float
    out: str
    err: str
    log: str
    attacks: tuple[Attack, ...]
    layout: Layout
    served: Mapping[str, Sequence[tuple[bytes, bytes]]]  # by host: (request, what was written for it)
    waits_s: tuple[float, ...]  # of the healthy host: between one request and the next
    peaks: tuple[Peak, ...]
    listening: frozenset[str]  # sockets of the crawl's processes that listened

    @property
    def crawler_mb(self) -> float:
        """The most memory the crawling process held."""
        return max((p.rss_mb for p in self.peaks if p.name == "crawler"), default=0.0)

    @property
    def reader_mb(self) -> float:
        """The most memory any other process of the crawl held."""
        return max((p.rss_mb for p in self.peaks if p.name != "crawler"), default=0.0)

    @property
    def longest_wait_s(self) -> float:
        """The longest that the healthy host had to wait, who asks for no pause between two requests."""
        return max(self.waits_s, default=0.0)

    def rows(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """Ask the frontier."""
        frontier = Frontier(self.layout.frontier, readonly=True)
        try:
            return [tuple(row) for row in frontier.rows(sql, values)]
        finally:
            frontier.close()


@dataclass(slots=True)
class Arena:
    """Serves attacks and one healthy host that has `stories`; each attack is a host of its own."""

    attacks: tuple[Attack, ...]
    stories: int = 300
    arrivals: list[float] = field(default_factory=list)
    _by_host: dict[str, Attack] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for attack in self.attacks:
            attack.prepare()  # whoever makes a bomb must not keep the healthy host waiting
        self._by_host = {attack.host: attack for attack in self.attacks}
        assert len(self._by_host) == len(self.attacks)

    def answer(self, asked: Asked) -> Answer:
        path = asked.head.split(b" ")[1].decode("latin-1")
        if asked.host == HEALTHY:
            return self._healthy(path)
        attack = self._by_host.get(asked.host)
        if attack is None:
            return NOT_FOUND
        if path == "/robots.txt":
            return attack.robots(asked) if attack.robots else NOT_FOUND
        if attack.what != "article" and path != attack.path and not attack.grows:
            return NOT_FOUND  # what its list names
        return attack.answer(asked)

    def _healthy(self, path: str) -> Answer:
        if path == "/robots.txt":
            return NOT_FOUND
        if path == "/news.xml":
            return Answer((sized(self._listing(), b"Content-Type: text/xml"),))
        self.arrivals.append(monotonic())
        title = path.rpartition("/")[2].encode()
        return Answer((sized(PAGE.replace(b"Ferry", title), b"Content-Type: text/html"),))

    def _listing(self) -> bytes:
        urls = (f"http://{HEALTHY}/2026/03/04/a-quiet-day-in-the-harbour-{n}" for n in range(self.stories))
        return b"<urlset>" + b"".join(f"<url><loc>{url}</loc></url>".encode() for url in urls) + b"</urlset>"

    def declare(self, layout: Layout, port: int) -> None:
        """Write the site files and the mapping of names for a crawl of all of it."""
        layout.create()
        hosts = ", ".join(f'"{attack.host}"' for attack in self.attacks)
        lines = ['home = "http://hostile.test/"', "", *_sources(self.attacks)]
        lines += ["[scope]", f"hosts = [{hosts}]", "", "[polite]", 'delay = "0s"']
        (layout.sites / "hostile.toml").write_text("\n".join(lines) + "\n", "utf-8")
        source = f'[[source]]\nkind = "sitemap"\nurl = "http://{HEALTHY}/news.xml"\n'
        polite = '[polite]\ndelay = "0s"\n'
        (layout.sites / "healthy.toml").write_text(f'home = "http://{HEALTHY}/"\n{source}{polite}', "utf-8")
        names = (*self._by_host, HEALTHY, "hostile.test")
        mapping = "".join(f"{name}:80:127.0.0.1:{port}\n" for name in names)
        (layout.root / "resolve.txt").write_text(mapping, "utf-8")


def _sources(attacks: Sequence[Attack]) -> Iterator[str]:
    pages = [attack.url for attack in attacks if attack.what == "article"]
    if pages:
        listed = ", ".join(f'"{url}"' for url in pages)
        yield f'[[source]]\nkind = "list"\nurls = [{listed}]\n'
    for attack in attacks:
        if attack.what != "article":
            yield f'[[source]]\nkind = "{attack.what}"\nurl = "{attack.url}"\n'


def fight(arena: Arena, root: Path, *settings: str, patience: Callable[[], bool] = lambda: True) -> Fight:
    """Crawl the arena with the settings of production, and `settings` on top; measure while it runs."""
    layout = Layout(root)
    with RawServer(arena.answer) as server:
        arena.declare(layout, server.port)
        command = [sys.executable, "-m", "crawler.cli", "--archive", str(root), "crawl", "--all"]
        command += ["--resolve", f"@{root / 'resolve.txt'}", *(part for s in settings for part in ("-s", s))]
        begun = monotonic()
        with (root / "out.txt").open("w") as out, (root / "err.txt").open("w") as err:
            crawl = subprocess.Popen(command, stdout=out, stderr=err, env={**os.environ, "PYTHONUTF8": "1"})
            with _watching(crawl.pid) as seen:
                code = crawl.wait(600)
        seconds = monotonic() - begun
        served = {host: [(s.asked.raw, s.sent) for s in served] for host, served in server.served.items()}
    log = root / "logs" / "crawl.log"
    return Fight(
        code=code,
        seconds=seconds,
        out=(root / "out.txt").read_text("utf-8"),
        err=(root / "err.txt").read_text("utf-8"),
        log=log.read_text("utf-8") if log.exists() else "",
        attacks=arena.attacks,
        layout=layout,
        served=served,
        waits_s=tuple(later - earlier for earlier, later in pairwise(arena.arrivals)),
        peaks=tuple(Peak(name, mb) for name, mb in seen.peaks.values()),
        listening=frozenset(seen.listening),
    )


# ---------------------------------------------------------------------- memory, as the kernel counts it


@dataclass(slots=True)
class _Seen:
    peaks: dict[int, tuple[str, float]] = field(default_factory=dict)
    listening: set[str] = field(default_factory=set)


@contextmanager
def _watching(root: int) -> Iterator[_Seen]:
    """Note, until the block ends, the peak of memory of a process and all below it, and what they listen on."""
    seen, over = _Seen(), Event()

    def look() -> None:
        while not over.wait(0.1):
            for pid in _family(root):
                _note(pid, seen)

    watcher = Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def _family(root: int) -> list[int]:
    found, left = [], [root]
    while left:
        pid = left.pop()
        found.append(pid)
        with suppress(OSError):  # it has ended
            for task in Path(f"/proc/{pid}/task").iterdir():  # a thread's children are not the main thread's
                left += map(int, (task / "children").read_text().split())
    return found


def _note(pid: int, seen: _Seen) -> None:
    folder = Path("/proc") / str(pid)
    try:
        status = (folder / "status").read_text()
        command = (folder / "cmdline").read_bytes()
    except OSError:
        return
    if "VmHWM" not in status:  # it has ended, and only its parent has not asked how
        return
    peak = next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")), 0)
    # A child just forked still bears its parent's name: the last one seen is its own.
    marks = ((b"crawler.lists", "list reader"), (b"zygote", "reader"), (b"-m\0scrapy", "crawler"))
    name = next((name for mark, name in marks if mark in command), "follower")
    before = seen.peaks[pid][1] if pid in seen.peaks and seen.peaks[pid][0] == name else 0.0
    seen.peaks[pid] = (name, max(before, peak * 1024 / 1e6))
    seen.listening |= _listening(folder)


def _listening(folder: Path) -> set[str]:
    """Return the addresses on which that process accepts connections."""
    inodes: set[str] = set()
    try:
        for entry in (folder / "fd").iterdir():
            target = str(entry.readlink())
            if target.startswith("socket:"):
                inodes.add(target[8:-1])
        tables = [(folder / "net" / name).read_text().splitlines()[1:] for name in ("tcp", "tcp6")]
    except OSError:
        return set()
    lines = (line.split() for table in tables for line in table)
    return {parts[1] for parts in lines if parts[3] == "0A" and parts[9] in inodes}
