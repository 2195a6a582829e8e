"""Run one crawl over the wire handler in a process of its own, and give back what its sink was handed.

Plan and result travel as pickles between the test and its subprocess.
"""

import pickle
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import process_time
from typing import Literal

from scrapy import Request, Spider, signals
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.exceptions import StopDownload
from scrapy.http import Response
from twisted.python.failure import Failure

from archive.errors import NoSpaceError
from archive.model import Exchange, Fidelity

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Fetch:
    """One download to make."""

    url: str
    method: str = "GET"
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    meta: dict[str, int | float | str] = field(default_factory=dict)
    stop_at: Literal["", "head", "body"] = ""


@dataclass(frozen=True, slots=True)
class Handed:
    """What the sink got for one download: the exchanges, and class and words of its error."""

    exchanges: tuple[Exchange, ...]
    error: str
    words: str
    fidelity: Fidelity


SinkKind = Literal["keep", "drop", "full", "none"]


@dataclass(frozen=True, slots=True)
class Plan:
    """Chains of downloads: the chains side by side, each one's downloads one after the other."""

    chains: tuple[tuple[Fetch, ...], ...]
    settings: dict[str, object]
    sink: SinkKind = "keep"
    seams: Literal["whole", "moved"] = "whole"


Chain = tuple[Handed, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a plan: what the sink was handed, what travelled up (status or class of error), the CPU it took."""

    chains: tuple[Chain, ...]
    arrived: tuple[tuple[str, ...], ...]
    cpu_s: float
    log: str = ""


def crawl(plan: Plan, folder: Path) -> Result:
    """Run `plan` in a subprocess."""
    given, found = folder / "plan.pickle", folder / "result.pickle"
    given.write_bytes(pickle.dumps(plan))
    # Not `-m`: the classes would be those of `__main__`, and no pickle that finds its way back.
    code = "from tests.wire_crawl import main; main()"
    command = [sys.executable, "-c", code, str(given), str(found)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90, check=False)
    assert ran.returncode == 0, ran.stderr
    result: Result = pickle.loads(found.read_bytes())
    return replace(result, log=ran.stderr)


class Sink:
    """Keeps what it is handed, by the place of the download in the plan."""

    def __init__(self, plan: Plan) -> None:
        self.kind = plan.sink
        self.handed: list[list[Handed]] = [[] for _ in plan.chains]

    async def exchanged(
        self,
        request: Request,
        exchanges: tuple[Exchange, ...],
        error: BaseException | None,
        fidelity: Fidelity,
    ) -> None:
        kept = () if self.kind == "drop" else exchanges
        name, words = (type(error).__name__, str(error)) if error else ("", "")
        self.handed[request.meta["chain"]].append(Handed(kept, name, words, fidelity))
        if self.kind == "full":
            raise NoSpaceError("a.warc.gz", "no space left")


class Walker(Spider):
    """Walks each chain to its end, whatever its downloads come to."""

    name = "walker"
    plan: Plan
    sink: Sink
    came: list[list[str]]

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: object, **kwargs: object) -> "Walker":
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.stop_at_head, signals.headers_received)
        crawler.signals.connect(spider.stop_in_body, signals.bytes_received)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        for number in range(len(self.plan.chains)):
            yield self.request(number, 0)

    def request(self, chain: int, place: int) -> Request:
        fetch = self.plan.chains[chain][place]
        return Request(
            fetch.url,
            method=fetch.method,
            body=fetch.body,
            headers=list(fetch.headers),
            meta={
                "chain": chain,
                "place": place,
                "stop_at": fetch.stop_at,
                "handle_httpstatus_all": True,
                "dont_redirect": True,
                **fetch.meta,
            },
            callback=self.arrived,
            errback=self.failed,
            dont_filter=True,
        )

    def arrived(self, response: Response) -> list[Request]:
        assert response.request
        return self.follow(response.request, str(response.status))

    def failed(self, failure: Failure) -> list[Request]:
        request: Request = failure.request  # type: ignore[attr-defined]  # set by Scrapy
        return self.follow(request, type(failure.value).__name__)

    def follow(self, request: Request, what: str) -> list[Request]:
        chain, place = request.meta["chain"], request.meta["place"] + 1
        is_kept = self.plan.sink == "none" or len(self.sink.handed[chain]) == place
        self.came[chain].append(what if is_kept else f"{what} came before its bytes were kept")
        return [self.request(chain, place)] if place < len(self.plan.chains[chain]) else []

    def stop_at_head(self, request: Request) -> None:
        if request.meta.get("stop_at") == "head":
            raise StopDownload(fail=False)

    def stop_in_body(self, request: Request) -> None:
        if request.meta.get("stop_at") == "body":
            raise StopDownload(fail=False)


SETTINGS: dict[str, object] = {
    "DOWNLOAD_HANDLERS": {"http": "crawler.wire.WireHandler", "https": "crawler.wire.WireHandler"},
    "TWISTED_DNS_RESOLVER": "crawler.guard.resolver.GuardedResolver",
    "DOWNLOAD_VERIFY_CERTIFICATES": True,
    "CONCURRENT_REQUESTS": 200,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
    "DOWNLOAD_DELAY": 0,
    "DOWNLOAD_TIMEOUT": 30,
    "RETRY_ENABLED": False,
    "URLLENGTH_LIMIT": 0,
    "COOKIES_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "LOG_LEVEL": "WARNING",
}


def main() -> None:
    given, found = Path(sys.argv[1]), Path(sys.argv[2])
    plan: Plan = pickle.loads(given.read_bytes())
    if plan.seams == "moved":
        _move_the_seams()
    process = AsyncCrawlerProcess({**SETTINGS, **plan.settings})
    crawler = process.create_crawler(Walker)
    sink = Sink(plan)
    if plan.sink != "none":
        crawler.wire_sink = sink  # type: ignore[attr-defined]  # where WireHandler looks for it
    came: list[list[str]] = [[] for _ in plan.chains]
    process.crawl(crawler, plan=plan, sink=sink, came=came)
    begun_s = process_time()
    process.start()
    cpu_s = process_time() - begun_s
    chains = tuple(tuple(chain) for chain in sink.handed)
    found.write_bytes(pickle.dumps(Result(chains, tuple(map(tuple, came)), cpu_s)))


def _move_the_seams() -> None:
    """Do what a new Scrapy might: take the connections from somewhere else than `_pool`."""
    from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler  # noqa: PLC0415
    from twisted.web.client import HTTPConnectionPool  # noqa: PLC0415

    def pool(self: HTTP11DownloadHandler) -> HTTPConnectionPool:
        first: HTTPConnectionPool = self.__dict__["_pools"][0]
        return first

    def set_pool(self: HTTP11DownloadHandler, pool: HTTPConnectionPool) -> None:
        self.__dict__.setdefault("_pools", []).append(pool)

    HTTP11DownloadHandler._pool = property(pool, set_pool)  # type: ignore[assignment]
