"""Scrapy's HTTP/1.1 handler with the wire beneath it recorded, and guarded."""

import logging
from datetime import datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import ParseResult, SplitResult, urldefrag, urlsplit

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, DownloadTimeoutError, StopDownload
from scrapy.http import Request, Response
from scrapy.utils.httpobj import urlparse_cached
from twisted.internet.task import LoopingCall

from archive.model import Exchange, Fidelity
from crawler.clock import system_clock
from crawler.guard import guard_of
from crawler.guard.resolver import GuardError
from crawler.wire.attempt import wire_limit
from crawler.wire.connection import CURRENT, Watch, WirePool
from crawler.wire.reconstruct import reconstruct
from crawler.wire.traffic import BUDGET_BYTES, FLOOR_BYTES_S, WINDOW_S, Traffic
from crawler.wire.trust import TrustedFile

logger = logging.getLogger(__name__)

WIRE_ONLY = "wire_only"
"""Key of `request.meta`: True if nobody reads the body of the response, because it is read from its record."""


class WireSink(Protocol):
    """Where exchanges go: `crawler.wire_sink`."""

    async def exchanged(
        self,
        request: Request,
        exchanges: tuple[Exchange, ...],
        error: BaseException | None,
        fidelity: Fidelity,
    ) -> None:
        """Keep what one download gave: the exchange of each attempt in order, none if nothing was sent.

        Awaited once per download, before its response or `error` travels up. What it raises takes their place. Until it
        returns, the bytes count as in flight.
        """


class WireHandler(HTTP11DownloadHandler):
    """Downloads like its parent; hands the bytes of every attempt to the crawler's sink, and asks the guard first.

    Memory: a response in flight is kept in memory once, up to `wire_limit` of its maxsize (DOWNLOAD_MAXSIZE or the
    request's `download_maxsize`) and one read of the socket; beyond that the connection is aborted and what came is
    kept as truncated. All of them together share DATELINE_IN_FLIGHT_BYTES (crawler.wire.traffic). Scrapy holds the body
    a second time, unless the request's meta has `wire_only`: then its response has none. A maxsize of 0 lifts the
    bounds, as it does in Scrapy.
    """

    def __init__(self, crawler: Crawler) -> None:
        from twisted.internet import reactor  # noqa: PLC0415 - Scrapy installs it first

        super().__init__(crawler)
        pool = WirePool(reactor, persistent=True)  # type: ignore[no-untyped-call]
        pool.maxPersistentPerHost = self._pool.maxPersistentPerHost
        self._pool = pool
        self._guard = guard_of(crawler.settings)
        self._now = system_clock()
        self._has_warned = False
        self._traffic = Traffic(
            crawler.settings.getint("DATELINE_IN_FLIGHT_BYTES", BUDGET_BYTES),
            crawler.settings.getfloat("DATELINE_FLOOR_BYTES_S", FLOOR_BYTES_S),
            crawler.settings.getfloat("DATELINE_FLOOR_WINDOW_S", WINDOW_S),
        )
        self._patrol = LoopingCall(self._traffic.look)
        if ca_file := crawler.settings.get("DATELINE_CA_FILE"):
            self._contextFactory = TrustedFile(Path(ca_file))  # type: ignore[assignment]  # zope interface

    async def close(self) -> None:
        if self._patrol.running:
            self._patrol.stop()
        await super().close()

    async def download_request(self, request: Request) -> Response:
        if not self._patrol.running:
            self._patrol.start(self._traffic.window_s / 4, now=False)
        limit = wire_limit(request.meta.get("download_maxsize", self._default_maxsize))
        watch = Watch(self._guard, limit, self._traffic, self._now, not request.meta.get(WIRE_ONLY))
        started_at = self._now()
        response: Response | None = None
        error: BaseException | None = None
        try:
            self._aim(watch, request)
            CURRENT.set(watch)
            response = await super().download_request(request)
        except BaseException as problem:
            error = _cause(watch, problem)
            if error is problem:
                raise
            raise error from problem
        finally:
            CURRENT.set(None)
            try:
                await self._hand_over(request, watch, response, error, started_at)
            finally:
                watch.release()
        return response

    def _aim(self, watch: Watch, request: Request) -> None:
        """Tell `watch` where the connection leads; ask the guard about the page's host if a proxy will resolve it.

        Without a proxy the endpoint asks, once the name is an address.
        """
        host, port, is_secure = _destination(urlparse_cached(request))
        watch.host, watch.port, watch.is_secure = host, port, is_secure
        if proxy := request.meta.get("proxy"):
            refusal = self._guard.refusal_of_name(host, port)
            if refusal is not None:
                raise GuardError(host, port, refusal)
            watch.host, watch.port, to_proxy = _destination(urlsplit(proxy if "://" in proxy else f"http://{proxy}"))
            watch.is_secure = is_secure or to_proxy

    async def _hand_over(
        self,
        request: Request,
        watch: Watch,
        response: Response | None,
        error: BaseException | None,
        started_at: datetime,
    ) -> None:
        sink: WireSink | None = getattr(self.crawler, "wire_sink", None)
        if sink is None:
            return
        ending = StopDownload() if _was_stopped(response) else error
        exchanges = _exchanges(request, watch, ending)
        if response is None or exchanges:
            await sink.exchanged(request, exchanges, error, "wire")
        else:
            self._warn(request)
            await sink.exchanged(request, (reconstruct(request, response, started_at),), error, "reconstructed")

    def _warn(self, request: Request) -> None:
        if not self._has_warned:
            logger.error(
                "the bytes of %s were not seen on the wire: Scrapy or Twisted has moved what we listen to; records are"
                " reconstructed from here on and say so (fidelity)",
                request,
            )
            self._has_warned = True


def _exchanges(request: Request, watch: Watch, ending: BaseException | None) -> tuple[Exchange, ...]:
    last = watch.attempts[-1] if watch.attempts else None
    url, is_proxied = urldefrag(request.url).url, bool(request.meta.get("proxy"))
    return tuple(
        attempt.exchange(
            url,
            request.method,
            proxied=is_proxied,
            ending=ending if attempt is last else None,
        )
        for attempt in watch.attempts
        if attempt.took_place
    )


def _was_stopped(response: Response | None) -> bool:
    return response is not None and "download_stopped" in response.flags


def _cause(watch: Watch, problem: BaseException) -> BaseException:
    """Return what ended the download: our own cut looks like a lost connection to Scrapy, and would be retried."""
    if watch.attempts and watch.attempts[-1].cut:
        return DownloadCancelledError(f"more than {watch.limit} bytes, or a head without end")
    if watch.attempts and watch.attempts[-1].is_slow:
        return DownloadTimeoutError(f"less than {watch.traffic.floor_bytes_s:.0f} bytes a second")
    return problem


def _destination(url: ParseResult | SplitResult) -> tuple[str, int, bool]:
    """Return host, port and whether TLS is spoken there.

    >>> _destination(urlsplit("https://[::1]/")), _destination(urlsplit("http://proxy.test:3128"))
    (('::1', 443, True), ('proxy.test', 3128, False))
    """
    is_secure = url.scheme == "https"
    return url.hostname or "", url.port or (443 if is_secure else 80), is_secure
