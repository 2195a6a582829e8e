"""The newsroom: outlets or a corpus behind one loopback port, with a settable now."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock, Thread
from types import TracebackType
from typing import Self

from tests.newsroom.answers import Host
from tests.newsroom.control import Control
from tests.newsroom.corpus import read_corpus
from tests.newsroom.faults import Fault, Faults
from tests.newsroom.hits import Hit, Log
from tests.newsroom.outlets import Outlet, read_outlet
from tests.newsroom.papers import Alias, Paper
from tests.newsroom.server import CONTROL, Server
from tests.newsroom.stories import Edition, Event, events_of, moved_to

HERE = Path(__file__).parent
OPENING = datetime(2025, 3, 17, 12, 0, tzinfo=UTC)
"""When the clock starts: most stories have appeared, the changes of the timetable lie in the 30 days after it."""


class Newsroom:
    """A news web on 127.0.0.1: `with Newsroom() as newsroom: ...`, or `start()` and `close()`.

    Without arguments it serves all outlets of `texts/`; `Newsroom.from_corpus` serves saved pages instead. `spread`
    makes the stories appear one after another, evenly over that time after `now`, so that a long run always has news.
    """

    def __init__(
        self,
        outlets: Iterable[str] = (),
        *,
        port: int = 0,
        now: datetime = OPENING,
        log: Path | None = None,
        spread: timedelta | None = None,
        texts: Path = HERE / "texts",
        sites: Path = HERE / "sites",
    ) -> None:
        folders = sorted(p.parent for p in texts.glob("*/outlet.toml"))
        wanted = set(outlets) or {f.name for f in folders}
        self.outlets = {f.name: read_outlet(f) for f in folders if f.name in wanted}
        if missing := wanted - set(self.outlets):
            raise ValueError(f"no such outlet: {', '.join(sorted(missing))}")
        if spread:
            self.outlets = {o.id: o for o in _spread(self.outlets.values(), now, spread)}
        site_files = {name: (sites / f"{name}.toml").read_text("utf-8") for name in self.outlets}
        self._prepare(_hosts(self.outlets.values()), site_files, port, now, log)

    def _prepare(
        self,
        hosts: Mapping[str, Host],
        site_files: Mapping[str, str],
        port: int,
        now: datetime,
        log: Path | None,
    ) -> None:
        self.log, self.faults = Log(log), Faults()
        self.site_files = dict(site_files)
        self.pages: dict[str, str] = {}
        self._now, self._lock = now, Lock()
        self._hosts: dict[str, Host] = {**hosts, CONTROL: Control(self)}
        self._wanted_port = port
        self._server: Server | None = None

    @classmethod
    def from_corpus(
        cls,
        folder: Path,
        pages: int | None = None,
        hosts: int = 20,
        *,
        port: int = 0,
        now: datetime = OPENING,
        log: Path | None = None,
        source: str = "news-sitemap",
    ) -> Self:
        """Return a newsroom that serves saved pages (`pages.jsonl` with `url` and `html`) as that many invented hosts.

        Pages of one publisher stay on one host. Each host lists all its pages in a document of the kind `source`
        (`news-sitemap` or `feed`); `newsroom.pages` maps each address to the id of the page.
        """
        newsroom = cls.__new__(cls)
        newsroom.outlets = {}
        shelves = read_corpus(folder, pages, hosts, source)
        newsroom._prepare({s.host: s for s in shelves}, {s.id: s.site_file() for s in shelves}, port, now, log)
        newsroom.pages = {s.url_of(p): p.id for s in shelves for p in s.pages}
        return newsroom

    def start(self) -> Self:
        """Listen, and answer from now on; nothing is bound before."""
        self._server = Server(self._wanted_port, self._hosts.get, lambda: self.now, self.faults, self.log)
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop; returns when every thread has ended."""
        if self._server:
            self._server.close()
            self._thread.join()
        self.log.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def port(self) -> int:
        """The port it listens on, once started."""
        if not self._server:
            raise RuntimeError("the newsroom has not been started")
        return self._server.port

    @property
    def now(self) -> datetime:
        """The time in the newsroom; set it to move all outlets there at once."""
        with self._lock:
            return self._now

    @now.setter
    def now(self, moment: datetime) -> None:
        if moment.tzinfo is None:
            raise ValueError("the newsroom's time needs a time zone")
        with self._lock:
            self._now = moment.astimezone(UTC)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every host name that is served, that of the control page left out."""
        return tuple(sorted(h for h in self._hosts if h != CONTROL))

    def resolve_lines(self) -> tuple[str, ...]:
        """Return the mapping that a crawl needs: `NAME:80:127.0.0.1:PORT`, one for each host."""
        return tuple(f"{host}:80:127.0.0.1:{self.port}" for host in self.hosts)

    def write_resolve(self, path: Path) -> None:
        path.write_text("\n".join(self.resolve_lines()) + "\n", "utf-8")

    def write_sites(self, folder: Path) -> None:
        """Write the site file of each outlet, `ID.toml`."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in self.site_files.items():
            (folder / f"{name}.toml").write_text(text, "utf-8")

    def editions(self, outlet: str = "", now: datetime | None = None) -> list[Edition]:
        """Return every article that can be read at that time (default: now): what an archive should hold of it."""
        moment = now or self.now
        chosen = [o for o in self.outlets.values() if outlet in ("", o.id)]
        return [e for o in chosen for e in o.editions(moment)]

    def edition(self, url: str, now: datetime | None = None) -> Edition:
        """Return the article that stands at an address; KeyError if none does."""
        for found in self.editions(now=now):
            if found.url == url:
                return found
        raise KeyError(url)

    def urls(self, outlet: str = "") -> list[str]:
        """Return the addresses of all articles that can be read now, pages of a corpus included."""
        return [e.url for e in self.editions(outlet)] or list(self.pages)

    def timetable(self) -> list[Event]:
        """Return everything that ever happens here, in order of time: stories that appear, and what becomes of them."""
        outlets = self.outlets.values()
        events = [e for o in outlets for s in o.stories if s.kind != "page" for e in events_of(s, o.id)]
        return sorted(events, key=lambda e: e.at)

    def add_fault(self, fault: Fault) -> None:
        self.faults.add(fault)

    def release(self, hold: str) -> None:
        """Let the requests go on that a fault holds under this name."""
        self.faults.release(hold)

    def hits(self, host: str = "*", path: str = "*") -> list[Hit]:
        """Return the requests whose host and path (with query) match the shell patterns, by arrival."""
        return self.log.hits(host, path)

    def count(self, host: str = "*", path: str = "*") -> int:
        return len(self.hits(host, path))

    def intervals(self, host: str = "*", *, simulated: bool = False) -> list[float]:
        """Return the seconds between arrivals at a host, one request to the next."""
        return self.log.intervals(host, simulated=simulated)

    def state(self) -> str:
        """Return where this newsroom stands, as JSON for other processes."""
        return json.dumps({"port": self.port, "now": self.now.isoformat(), "hosts": self.hosts})


def _spread(outlets: Iterable[Outlet], start: datetime, spread: timedelta) -> Iterator[Outlet]:
    """Yield the outlets with their stories re-dated: the same order, even steps."""
    kept = list(outlets)
    dates = sorted((s.published, o.id, s.slug) for o in kept for s in o.stories if s.kind != "page")
    times = {
        (name, slug): (start + spread * n / len(dates)).replace(microsecond=0)
        for n, (_, name, slug) in enumerate(dates, 1)
    }
    for outlet in kept:
        stories = tuple(moved_to(s, times.get((outlet.id, s.slug), s.published)) for s in outlet.stories)
        yield replace(outlet, stories=stories)


def _hosts(outlets: Iterable[Outlet]) -> dict[str, Host]:
    hosts: dict[str, Host] = {}
    for outlet in outlets:
        hosts |= dict.fromkeys(outlet.alias_hosts, Alias(outlet))
        hosts[outlet.host] = Paper(outlet)
    return hosts
