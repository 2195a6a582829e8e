"""robots.txt as RFC 9309 wants it, and the delay each host asked for."""

import asyncio
import logging
from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego
from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from archive.errors import NoSpaceError
from archive.warc.coding import decode_content
from crawler.capture import ASKED_FOR, VISIT
from crawler.frontier import Visit

logger = logging.getLogger(__name__)

MAX_ROBOTS_BYTES = 512 << 10  # RFC 9309, 2.5: at least 500 KiB must be read
MAX_CRAWL_DELAY_S = 120.0  # the cap news-crawl uses; longer ones are mistakes as a rule


class RobotsRefusal(IgnoreRequest):
    """robots.txt does not let us fetch that URL; the message says whether it said so or could not be had."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What one host's robots.txt says: nothing without a `parser`; `unreachable` is why it could not be had."""

    parser: Protego | None = None
    unreachable: str | None = None

    def refusal(self, url: str, agent: str) -> str | None:
        """Return why the URL must not be fetched, or None if it may be."""
        if self.unreachable is not None:
            return f"robots.txt unreachable ({self.unreachable}): disallowed (RFC 9309, 2.3.1.4)"
        if self.parser is not None and not self.parser.can_fetch(url, agent):
            return "disallowed by robots.txt"
        return None

    def crawl_delay(self, agent: str) -> float:
        """Return the seconds its Crawl-delay asks for, at most two minutes; 0 without one."""
        asked = self.parser.crawl_delay(agent) if self.parser else None
        return min(float(asked), MAX_CRAWL_DELAY_S) if asked else 0.0


class RobotsMiddleware:
    """Asks each host's robots.txt before anything else, once a run, and fails closed.

    A status of 400-499 allows all, 500-599 and a failed connection disallow all (RFC 9309, 2.3.1). The fetch goes over
    the same wire as every other, so it is archived too.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._agent = crawler.settings["USER_AGENT"]
        self._rules: dict[str, asyncio.Future[Rules]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "RobotsMiddleware":
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Raise RobotsRefusal if the host does not want that request."""
        if request.meta.get("dont_obey_robotstxt") or urlsplit(request.url).scheme not in ("http", "https"):
            return
        rules = await self._rules_of(request)
        refusal = rules.refusal(request.url, self._agent)
        if refusal is not None:
            raise RobotsRefusal(refusal)

    async def _rules_of(self, request: Request) -> Rules:
        parts = urlsplit(request.url)
        host = f"{parts.scheme}://{parts.netloc}"
        if host in self._rules:
            return await self._rules[host]
        future = self._rules[host] = asyncio.get_running_loop().create_future()
        try:
            rules = await self._fetch(host, request)
        except BaseException:
            future.cancel()
            raise
        future.set_result(rules)
        self._slow_down(request, rules)
        return rules

    async def _fetch(self, host: str, request: Request) -> Rules:
        visit: Visit | None = request.meta.get(VISIT)
        meta = {"dont_obey_robotstxt": True, "dont_retry": True, ASKED_FOR: visit}
        if "download_slot" in request.meta:
            meta["download_slot"] = request.meta["download_slot"]
        robots = Request(f"{host}/robots.txt", callback=NO_CALLBACK, meta=meta, dont_filter=True, priority=1000)
        try:
            response = await self._crawler.engine.download_async(robots)
        except NoSpaceError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever kept us from asking: RFC 9309 calls it unreachable
            return Rules(unreachable=f"{type(error).__name__} {error}".strip())
        return rules_of(response)

    def _slow_down(self, request: Request, rules: Rules) -> None:
        delay_s = rules.crawl_delay(self._agent)
        group = request.meta.get("download_slot")
        if group is None or not delay_s:
            return
        downloader = self._crawler.engine.downloader
        known = downloader.per_slot_settings.setdefault(group, {})
        known["delay"] = max(delay_s, float(known.get("delay", downloader.settings.getfloat("DOWNLOAD_DELAY"))))
        if group in downloader.slots:
            downloader.slots[group].delay = known["delay"]


class CompressionMiddleware(HttpCompressionMiddleware):
    """Scrapy's own, which leaves the answer to a visit as it came.

    A visit needs only what discovery reads, decoded there within bounds: 1.6 kB of brotli can cost the reactor 1.1 GB.
    """

    def process_response(
        self,
        request: Request,
        response: Response,
        spider: Spider | None = None,  # noqa: ARG002  # its signature
    ) -> Request | Response:
        if VISIT in request.meta or ASKED_FOR in request.meta:
            return response
        return super().process_response(request, response)


def rules_of(response: Response) -> Rules:
    """Return what an answer to a request for robots.txt means (RFC 9309, 2.3.1)."""
    if 400 <= response.status < 500:
        return Rules()
    if not 200 <= response.status < 300:
        return Rules(unreachable=f"status {response.status}")
    codings = [str(value, "latin-1") for value in response.headers.getlist(b"Content-Encoding")]
    text = decode_content(response.body, codings, MAX_ROBOTS_BYTES).body.decode("utf-8", "replace")
    return Rules(parser=Protego.parse(text))
