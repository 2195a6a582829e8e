"""What Scrapy's middlewares do for politeness: robots.txt for requests that are no visits; bytes left as they came."""

import asyncio
from datetime import UTC, datetime
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from archive.model import Outcome
from archive.warc.coding import decode_content
from crawler.capture import VISIT
from crawler.frontier import RobotsFile
from crawler.robots import MAX_ROBOTS_BYTES, Rules, answer_of, rules_in
from crawler.schedule import Retry


class RobotsRefusal(IgnoreRequest):
    """robots.txt does not let us fetch that URL; the message says whether it said so or could not be had."""


class RobotsMiddleware:
    """Asks each host's robots.txt before a request that is no visit, once a session, and fails closed.

    That is what `scrapy shell` and `scrapy fetch` make. Visits were judged when they were leased, by the robots.txt
    that the frontier keeps (crawler.run).
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
        if VISIT in request.meta or request.meta.get("dont_obey_robotstxt"):
            return
        if urlsplit(request.url).scheme not in ("http", "https"):
            return
        refusal = (await self._rules_of(request)).refusal(request.url, self._agent)
        if refusal is not None:
            raise RobotsRefusal(refusal)

    async def _rules_of(self, request: Request) -> Rules:
        parts = urlsplit(request.url)
        host = f"{parts.scheme}://{parts.netloc}"
        if host in self._rules:
            return await self._rules[host]
        future = self._rules[host] = asyncio.get_running_loop().create_future()
        try:
            rules = await self._fetch(host)
        except BaseException:
            future.cancel()
            raise
        future.set_result(rules)
        return rules

    async def _fetch(self, host: str) -> Rules:
        meta = {"dont_obey_robotstxt": True, "dont_retry": True}
        robots = Request(f"{host}/robots.txt", callback=NO_CALLBACK, meta=meta, dont_filter=True, priority=1000)
        try:
            response = await self._crawler.engine.download_async(robots)
        except Exception as error:  # noqa: BLE001  # whatever kept us from asking: RFC 9309 calls it unreachable
            return Rules(unreachable=f"{type(error).__name__} {error}".strip())
        return rules_of(response)


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
        if VISIT in request.meta:
            return response
        return super().process_response(request, response)


def rules_of(response: Response) -> Rules:
    """Return what an answer to a request for robots.txt means (RFC 9309, 2.3.1)."""
    codings = [str(value, "latin-1") for value in response.headers.getlist(b"Content-Encoding")]
    body = decode_content(response.body, codings, MAX_ROBOTS_BYTES).body
    outcome = Outcome.CAPTURED if 200 <= response.status < 300 else Outcome.HTTP_ERROR
    now = datetime.now(UTC)  # of no consequence: the answer is not kept
    answer = answer_of(outcome, response.status, body, "", now=now, failures=0, retry=Retry())
    return rules_in(RobotsFile("", "", answer.body, answer.unreachable, None, now))
