"""The spider of every news site: it fetches what the frontier leases, and reads nothing but lists."""

import asyncio
import atexit
import contextlib
import os
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import scrapy
from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider
from scrapy.http import Response
from twisted.python.failure import Failure

from archive.errors import ArchiveError, ConfigError, NoSpaceError
from archive.layout import Layout
from archive.model import Capture, Outcome
from archive.plainlog import plain_logs
from crawler.addresses import PostponedError
from crawler.capture import ANSWERED, CAPTURES, TOOK, VISIT
from crawler.clock import system_clock
from crawler.contact import agent_of, contact_of, require_contact
from crawler.failures import outcome_of_failure
from crawler.frontier import Validators, Visit, is_robots
from crawler.guard import guard_of
from crawler.payloads import scope_of
from crawler.plan import Limits, Plan
from crawler.report import EXIT_FAILED
from crawler.run import Run
from crawler.schedule import Retry
from crawler.sites import Site, group_of, load_sites
from crawler.wire import WIRE_ONLY

IN_FLIGHT = 32  # leases held at most: what a kill -9 has fetched for nothing
MAX_LIST_BYTES = 50 << 20  # a sitemap may have 50 MB (sitemaps.org)


class NewsSpider(Spider):
    """Crawl the sites named by `-a site=NAME[,NAME]`, or all of the archive's, and archive every exchange.

    The articles are read afterwards, from the WARC files: `dateline catalogue`. `dateline crawl` does both.
    """

    name = "news"

    def __init__(self, site: str = "", **kwargs: Any) -> None:  # Scrapy hands over whatever -a says
        super().__init__(**kwargs)
        self.names = tuple(name.strip() for name in site.split(",") if name.strip())
        self._broken: Exception | None = None  # what the loop over visits must not go on from

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.settle_up, signals.spider_closed)
        try:
            spider.prepare()
        except ArchiveError as error:  # Scrapy prints it
            spider.end_with(error.exit_code)
            raise
        return spider

    def prepare(self) -> None:
        """Read the site files, and set what they say of politeness, before Scrapy's engine is made."""
        plain_logs()
        settings = self.settings
        layout = Layout(Path(settings["DATELINE_ARCHIVE"]))
        layout.require()
        sites = load_sites(layout.sites, self.names)
        if not sites:
            raise ConfigError(layout.sites, "", "no site is declared here: docs/adding-a-site.md shows how")
        contact = contact_of(layout, settings["DATELINE_CONTACT"])
        require_contact(contact, sites, guard_of(settings))
        settings.set("USER_AGENT", agent_of(settings["USER_AGENT"], contact), priority="spider")
        settings.set("DOWNLOAD_SLOTS", slots(sites), priority="spider")
        self.run = Run(self._plan(sites, layout), system_clock())

    async def start(self) -> AsyncIterator[Request]:
        """Yield one request for each visit, until nothing is due."""
        self.turn = asyncio.Event()
        try:
            self.run.open()
            self.crawler.wire_sink = self.run.recorder  # type: ignore[attr-defined]  # where crawler.wire looks for it
            async for visit in self._visits(self.run):
                yield self._request(visit)
        except Exception as error:  # Scrapy would log it, and call the crawl finished
            raise CloseSpider(f"exit-{self._told(error)}") from error

    async def parse(self, response: Response, **_: Any) -> None:
        """Tell the run what a visit brought; nothing is scraped here, and no request is made."""
        await self._end(response.meta, None)

    async def failed(self, failure: Failure) -> None:
        """Tell the run how a visit failed."""
        if failure.check(PostponedError):  # type: ignore[no-untyped-call]
            self.turn.set()
            return
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy sets it on every failure it hands out
        await self._end(request.meta, failure.value)

    def reach(self, visit: Visit, addresses: frozenset[str]) -> bool:
        """Tell the run where a visit leads; False if it must wait (crawler.addresses)."""
        return self.run.reach(visit, addresses)

    def settle_up(self, reason: str) -> None:
        """End the run: everything in flight has ended by now."""
        code = int(reason.removeprefix("exit-")) if reason.startswith("exit-") else 0
        if self.run.is_open:
            try:
                self.run.close(reason)
            except Exception as error:  # noqa: BLE001  # as in `start`
                code = code or self._told(error)
            if self.run.recorder.full is not None:
                code = NoSpaceError.exit_code
        self.end_with(code)

    def end_with(self, code: int) -> None:
        """Let the process end with that code: Scrapy's is 0 whatever a spider met."""
        if code:
            atexit.register(os._exit, code)

    # ------------------------------------------------------------------ private

    def _told(self, error: Exception) -> int:
        """Return the exit code of what ends the crawl before its time, once the log has it."""
        if isinstance(error, ArchiveError):
            self.logger.error("%s", error)  # the message says what to do; no traceback helps
            return error.exit_code
        self.logger.error("the crawl cannot go on", exc_info=error)
        return EXIT_FAILED

    def _plan(self, sites: tuple[Site, ...], layout: Layout) -> Plan:
        settings = self.settings
        limits = Limits(
            pages=settings.getint("DATELINE_MAX_PAGES"),
            time=timedelta(seconds=settings.getfloat("DATELINE_MAX_TIME_S")),
            min_free=settings.getint("DATELINE_MIN_FREE"),
            patience=timedelta(seconds=settings.getfloat("DATELINE_PATIENCE_S")),
        )
        retry = Retry(first=timedelta(seconds=settings.getfloat("DATELINE_RETRY_FIRST_S")))
        software = f"Dateline/{settings['DATELINE_VERSION']} Scrapy/{scrapy.__version__}"
        dedup = scope_of(settings["DATELINE_DEDUP"])
        return Plan(layout, sites, retry, limits, software, dedup, settings["USER_AGENT"])

    async def _visits(self, run: Run) -> AsyncIterator[Visit]:
        while True:
            if self._broken is not None:
                raise self._broken
            over = run.is_over
            visits = [] if over else run.lease(IN_FLIGHT - len(run.in_flight))
            for visit in visits:
                yield visit
            run.flush_if_due(idle=not run.in_flight)
            if visits:
                continue
            if run.in_flight:
                await self._pause(run.pause())
            elif over or (due := run.next_due()) is None:
                return
            else:
                await self._pause(due - run.clock())

    async def _pause(self, at_most: timedelta) -> None:
        self.turn.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.turn.wait(), max(0.0, at_most.total_seconds()))

    def _request(self, visit: Visit) -> Request:
        known = Validators() if is_robots(visit.role, visit.url) else visit.validators
        # A text that is changed in silence keeps its Last-Modified: only a tag can be trusted to say that it has not.
        date = None if visit.lane == "recheck" and not known.etag else known.last_modified
        conditions = {"If-None-Match": known.etag, "If-Modified-Since": date}
        return Request(
            visit.url,
            callback=self.parse,
            errback=self.failed,
            headers={name: value for name, value in conditions.items() if value and known.original},
            dont_filter=True,
            meta={VISIT: visit, "download_slot": visit.group, "dont_redirect": True, "dont_retry": True}
            | {WIRE_ONLY: True}
            | ({"download_maxsize": MAX_LIST_BYTES} if visit.role == "source" else {}),
        )

    async def _end(self, meta: Mapping[str, Any], error: BaseException | None) -> None:
        visit: Visit = meta[VISIT]
        try:
            await self._conclude(visit, meta, error)
        except ArchiveError as fault:
            self._broken = fault
        except Exception as fault:
            if visit.lease not in self.run.in_flight:  # what it brought could not be written down
                self._broken = fault
            else:
                self.logger.exception("nobody foresaw what %s brought", visit.url)
                self.run.failed(visit, Outcome.UNPARSABLE, f"{type(fault).__name__}: {fault}"[:300])
        finally:
            self.turn.set()

    async def _conclude(self, visit: Visit, meta: Mapping[str, Any], error: BaseException | None) -> None:
        captures: tuple[Capture, ...] = meta.get(CAPTURES, ())
        if self.run.recorder.full is not None and not captures:
            self.run.not_stored(visit)
            return
        if captures and captures[-1].status is not None:
            await self.run.captured(visit, captures[-1], took_s=meta.get(TOOK, 0.0))
        else:
            outcome, reason = outcome_of_failure(error or ValueError("no bytes"), answered=meta.get(ANSWERED, False))
            self.run.failed(visit, outcome, reason, captures[-1] if captures else None)


def slots(sites: tuple[Site, ...]) -> dict[str, dict[str, float]]:
    """Return Scrapy's DOWNLOAD_SLOTS: one request at a time; the run paces them (crawler.pace), Scrapy adds nothing."""
    groups = {group_of(f"http://{host}/") for site in sites for host in site.hosts}
    return {group: {"concurrency": 1, "delay": 0.0, "jitter": 0.0} for group in groups}
