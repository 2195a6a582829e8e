"""Two names of one server are one politeness group: judged by servers at two addresses, with no name mapped."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import Self

import pytest

from archive.layout import Layout
from crawler.frontier import Pace
from crawler.pace import Pacer
from tests.conftest import Ended, Workbench
from tests.newsroom.newsroom import Newsroom

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CONTACT = ("--contact", "https://archive.example/crawler")
DELAY_S = 0.3
ONE, OTHER = "127.0.0.1", "127.0.0.2"
SITE = """
home = "http://{host}:{port}/"
requisites = "none"
[[source]]
kind = "list"
urls = ["/2026/03/01/a-first-report", "/2026/03/01/a-second-report", "/2026/03/01/a-third-report"]
[polite]
delay = "{delay_s}s"
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: by which name, at which address, and when (monotonic) it came and was answered."""

    name: str
    address: str
    path: str
    at_s: float
    ended_s: float


@dataclass(slots=True)
class Servers:
    """One server at each of two addresses, on the same port; `busy` is a name at which they answer 429."""

    asked: list[Asked] = field(default_factory=list)
    busy: str = ""
    port: int = 0
    _running: list[ThreadingHTTPServer] = field(default_factory=list)

    def __enter__(self) -> Self:
        servers = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                at_s, name = time.monotonic(), self.headers["Host"].partition(":")[0]
                status = 404 if self.path == "/robots.txt" else 429 if name == servers.busy else 200
                page = b"<html><title>A report</title><p>What was reported.</p></html>"
                self.send_response(status)
                if status == 429:
                    self.send_header("Retry-After", "3600")
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)
                address = self.connection.getsockname()[0]
                servers.asked.append(Asked(name, address, self.path, at_s, time.monotonic()))

            def log_message(self, *_: object) -> None:
                pass

        for address in (ONE, OTHER):
            server = ThreadingHTTPServer((address, self.port), Handler)
            self.port = server.server_port
            self._running.append(server)
            Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._running:
            server.shutdown()
            server.server_close()

    def gaps_s(self, address: str) -> list[float]:
        """Return the seconds between the end of an answer at an address and the next request there."""
        hits = sorted((each for each in self.asked if each.address == address), key=lambda each: each.at_s)
        return [later.at_s - earlier.ended_s for earlier, later in pairwise(hits)]


@pytest.fixture
def servers() -> Iterator[Servers]:
    with Servers() as running:
        yield running


@pytest.fixture
def workbench(tmp_path: Path) -> Workbench:
    layout = Layout(tmp_path / "archive")
    layout.create()
    return Workbench(layout, Newsroom(["harbour-courier"]))


def crawl(workbench: Workbench, servers: Servers, *hosts: str, options: tuple[str, ...] = (), days: float = 0) -> Ended:
    for number, host in enumerate(hosts):
        text = SITE.format(host=host, port=servers.port, delay_s=DELAY_S)
        (workbench.layout.sites / f"site-{number}.toml").write_text(text, "utf-8")
    now = datetime.now(UTC) + timedelta(days=days) if days else None
    ended = workbench.dateline("crawl", "--all", "--allow", "127.0.0.0/8", *CONTACT, *options, now=now)
    assert ended.code == 0, ended.err + ended.out
    return ended


def test_two_names_of_one_server_share_its_pace(workbench: Workbench, servers: Servers) -> None:
    crawl(workbench, servers, "localhost", ONE, OTHER)

    assert {each.name for each in servers.asked} == {"localhost", ONE, OTHER}
    assert len(servers.gaps_s(ONE)) == 7
    assert min(servers.gaps_s(ONE)) >= DELAY_S
    together = sorted(each.at_s for each in servers.asked)
    assert min(later - earlier for earlier, later in pairwise(together)) < DELAY_S  # the other server waits for nobody


def test_servers_behind_a_shared_address_keep_their_own_pace(workbench: Workbench, servers: Servers) -> None:
    crawl(workbench, servers, "localhost", ONE, options=("-s", "DATELINE_SHARED_ADDRESSES=127.0.0.1/32"))

    assert len(servers.gaps_s(ONE)) == 7
    assert min(servers.gaps_s(ONE)) < DELAY_S
    for name in ("localhost", ONE):
        hits = [each for each in servers.asked if each.name == name]
        assert all(later.at_s - earlier.ended_s >= DELAY_S for earlier, later in pairwise(hits))


def test_retry_after_holds_every_name_of_the_server_in_the_next_run_too(workbench: Workbench, servers: Servers) -> None:
    servers.busy = "localhost"
    crawl(workbench, servers, "localhost", ONE)
    refused = next(each for each in servers.asked if each.name == "localhost" and each.path != "/robots.txt")
    soon = [each for each in servers.asked if each.at_s > refused.at_s]
    crawl(workbench, servers, "localhost", ONE)
    still = [each for each in servers.asked if each.at_s > refused.at_s]
    servers.busy = ""
    crawl(workbench, servers, "localhost", ONE, days=0.5)

    assert (soon, still) == ([], [])
    assert {each.name for each in servers.asked if each.at_s > refused.at_s} == {"localhost", ONE}


def test_a_name_that_is_met_first_while_its_server_is_held_waits_as_well(
    workbench: Workbench, servers: Servers
) -> None:
    servers.busy = "localhost"
    crawl(workbench, servers, "localhost")

    crawl(workbench, servers, "localhost", ONE)

    assert {each.name for each in servers.asked} == {"localhost"}
    assert workbench.frontier_rows("SELECT why FROM holds WHERE polite_group = ?", ONE) == [
        ("its server asked so under another name",)
    ]


# ---------------------------------------------------------------------- the pacer alone


class Clock:
    """A monotonic clock that a test moves."""

    at_s = 1000.0

    def __call__(self) -> float:
        return self.at_s


def test_the_longer_delay_lies_between_two_names() -> None:
    clock = Clock()
    pacer = Pacer({"quick.test": 1.0, "slow.test": 10.0}.__getitem__, clock)
    for group in ("quick.test", "slow.test"):
        pacer.place(group, frozenset({"192.0.2.1"}))

    pacer.end("quick.test", NOW, took_s=0.0, strained=False)

    assert pacer.resting() == {"quick.test": 1.0, "slow.test": 10.0}


def test_a_name_that_is_placed_later_keeps_the_rest_that_has_begun() -> None:
    clock = Clock()
    pacer = Pacer(lambda _: 3.0, clock)
    pacer.remember([Pace("old.test", 0.0, NOW, ("192.0.2.1", "192.0.2.2"))], NOW + timedelta(seconds=1))

    pacer.place("new.test", frozenset({"192.0.2.2"}))
    pacer.place("far.test", frozenset({"192.0.2.3"}))

    assert pacer.resting() == {"old.test": 2.0, "new.test": 2.0}


def test_a_server_that_has_moved_is_no_company_any_more() -> None:
    pacer = Pacer(lambda _: 3.0, Clock())
    pacer.remember([Pace("old.test", 0.0, NOW, ("192.0.2.1",))], NOW)

    pacer.place("old.test", frozenset({"192.0.2.9"}))
    pacer.place("old.test", frozenset({"192.0.2.8"}))  # another host of the group
    pacer.place("new.test", frozenset({"192.0.2.1"}))
    pacer.place("same.test", frozenset({"192.0.2.9"}))

    assert pacer.company(["new.test"]) == {"new.test"}
    assert pacer.company(["same.test"]) == {"same.test", "old.test"}
