"""Fetch what a look at a site needs: through Scrapy and the wire like every crawl, one request at a time, archived.

With an archive at hand each exchange goes into a WARC file of it, and the archive's lock is held, so that no crawl
begins meanwhile. Without one the files lie in a temporary folder for as long as the look lasts.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import scrapy
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http.request import NO_CALLBACK
from scrapy.settings import Settings

from archive.errors import BusyError, ConfigError
from archive.layout import Layout, lock
from archive.loader import LOADER
from archive.model import Article, Capture, Link, Outcome, Role, SourceKind
from archive.reading.box import Box
from archive.reading.job import Job
from archive.warc.store import WarcStore
from archive.warc.walk import page_bytes
from crawler.answers import REDIRECTS, retry_after
from crawler.capture import CAPTURES, VISIT, Crawl, Recorder
from crawler.clock import Clock, system_clock
from crawler.contact import agent_of, require_contact
from crawler.failures import outcome_of_failure
from crawler.frontier import Frontier, RobotsFile, Visit
from crawler.guard import guard_of
from crawler.probe.seen import Answer, Robots, Survey
from crawler.probe.survey import Say, Surveyor
from crawler.robots import Rules, answer_of, rules_in
from crawler.schedule import Retry
from crawler.sites import Site, group_of

SOURCE = "probe"  # the key under which its records say where they come from
MAX_HOPS = 5
MAX_REQUESTS = 30
MAX_TIME_S = 300.0  # a host that asks for two minutes between requests is looked at only briefly


@dataclass(frozen=True, slots=True)
class Look:
    """How a site is looked at."""

    site: Site  # as far as it is known: its home
    archive: Layout | None = None
    allow: tuple[str, ...] = ()
    resolve: tuple[str, ...] = ()
    contact: str = ""
    delay_s: float = 3.0
    say: Say = field(default=lambda _: None)


def probe(look: Look) -> Survey:
    """Return what a site shows; BusyError while a crawl is at work in the archive, or the site asked to be left alone.

    Scrapy's reactor runs once in a process, and so does this.
    """
    settings = _settings(look)
    require_contact(look.contact, (look.site,), guard_of(settings))
    with _place(look) as layout:
        process = AsyncCrawlerProcess(settings)
        findings: list[Survey] = []
        process.crawl(ProbeSpider, look=look, layout=layout, findings=findings)
        process.start()
        if not findings:
            raise ConfigError(look.site.home, "", "the look was broken off")
        return replace(findings[0], articles=tuple(_read(layout, findings[0].samples)))


class ProbeSpider(Spider):
    """Makes one survey; it yields no request, for each depends on the answer to the one before."""

    name = SOURCE

    def __init__(self, *, look: Look, layout: Layout, findings: list[Survey]) -> None:
        super().__init__()
        self._look, self._layout, self._findings = look, layout, findings

    async def start(self) -> AsyncIterator[Request]:
        """Look at the site, and hand over what was seen."""
        clock, layout = system_clock(), self._layout
        run = f"{clock():%Y%m%d%H%M%S}-probe-{uuid.uuid4().hex[:6]}"
        software = f"Dateline/{self.settings['DATELINE_VERSION']} Scrapy/{scrapy.__version__}"
        with WarcStore(layout.warc, run=run, software=software, now=clock, manifests=layout.manifests) as store:
            recorder = Recorder(store, Crawl(run, software, {}))
            self.crawler.wire_sink = recorder  # type: ignore[attr-defined]  # where crawler.wire looks for it
            fetcher = Fetcher(self, self._look, self._layout, clock)
            survey = await Surveyor(self._look.site, fetcher.get, fetcher.robots, self._look.say).look()
            self._findings.append(replace(survey, requests=fetcher.requests, stopped=fetcher.stopped))
            store.sync()
        nothing: tuple[Request, ...] = ()
        for request in nothing:
            yield request


class Fetcher:
    """One request at a time, each host's robots.txt first; after a refusal of the server, none any more."""

    def __init__(self, spider: ProbeSpider, look: Look, layout: Layout, clock: Clock) -> None:
        self.requests, self.stopped = 0, ""
        self._spider, self._look, self._layout, self._clock = spider, look, layout, clock
        self._agent = spider.settings["USER_AGENT"]
        self._rules: dict[str, tuple[Answer, Rules]] = {}
        self._delay_s = look.delay_s
        self._waited_s = 0.0

    async def robots(self, home: str) -> Robots:
        """Return what the robots.txt of a host says."""
        answer, rules = await self._rules_of(home)
        sitemaps = tuple(rules.parser.sitemaps) if rules.parser else ()
        return Robots(answer.url, answer.status, rules.unreachable or "", sitemaps, rules.crawl_delay(self._agent))

    async def get(self, url: str, kind: SourceKind) -> Answer:
        """Return what lies at an address, as far as robots.txt and the bounds of a look allow."""
        answer = Answer(url, url)
        for _ in range(MAX_HOPS):
            _, rules = await self._rules_of(answer.url)
            refusal = rules.refusal(answer.url, self._agent)
            if refusal:
                return replace(answer, problem=refusal)
            answer = replace(await self._ask(answer.url, "article" if kind == "list" else "source", kind), asked=url)
            location = answer.capture.location if answer.capture and answer.status in REDIRECTS else None
            if not location:
                return answer
            answer = Answer(url, location)
        return replace(answer, problem=f"more than {MAX_HOPS} redirects")

    async def _rules_of(self, url: str) -> tuple[Answer, Rules]:
        parts = urlsplit(url)
        host = f"{parts.scheme}://{parts.netloc}"
        if host not in self._rules:
            answer = await self._robots_at(f"{host}/robots.txt")
            outcome = Outcome.CAPTURED if answer.is_good else Outcome.HTTP_ERROR
            now = self._clock()
            said = answer_of(
                outcome, answer.status, answer.body, answer.problem, now=now, failures=0, retry=Retry()
            )  # fmt: skip
            rules = rules_in(RobotsFile("", "", said.body, said.unreachable, None, now))
            self._rules[host] = (answer, rules)
            self._delay_s = max(self._delay_s, rules.crawl_delay(self._agent))
        return self._rules[host]

    async def _robots_at(self, url: str) -> Answer:
        answer = Answer(url, url)
        for _ in range(MAX_HOPS):  # RFC 9309, 2.3.1.2
            answer = await self._ask(answer.url, "robots", None)
            location = answer.capture.location if answer.capture and answer.status in REDIRECTS else None
            if not location:
                return answer
            answer = Answer(url, location)
        return answer

    async def _ask(self, url: str, role: Role, kind: SourceKind | None) -> Answer:
        """Return the answer to one request, made after the pause that is due."""
        if self.stopped:
            return Answer(url, url, problem=f"not asked: {self.stopped}")
        if self.requests:
            self._waited_s += self._delay_s
            await asyncio.sleep(self._delay_s)
        self.requests += 1
        if self.requests >= MAX_REQUESTS or self._waited_s >= MAX_TIME_S:
            self.stopped = "enough was asked for a first look"
        request = self._request(url, role, kind)
        problem = ""
        try:
            await self._spider.crawler.engine.download_async(request)
        except Exception as error:  # noqa: BLE001  # whatever went wrong is what the look has to tell
            _, problem = outcome_of_failure(error, answered=bool(request.meta.get(CAPTURES)))
        captures: tuple[Capture, ...] = request.meta.get(CAPTURES, ())
        return self._answer(url, captures[-1] if captures else None, problem)

    def _answer(self, url: str, capture: Capture | None, problem: str) -> Answer:
        if capture is None or capture.status is None:
            return Answer(url, url, problem=problem or "no answer that could be read", capture=capture)
        if until := retry_after(capture, self._clock()):
            self.stopped = f"the server asked to be left alone until {until:%Y-%m-%d %H:%M} UTC"
            self._hold(url, until)
        body = b""
        if capture.kind == "response" and capture.payload_length:
            body = page_bytes(self._layout.path_of(capture.record.file), capture).body
        return Answer(url, url, capture.status, body, capture.headers, problem, capture)

    def _hold(self, url: str, until: datetime) -> None:
        if self._look.archive is not None:
            frontier = Frontier(self._look.archive.frontier)
            frontier.hold(group_of(url), until, "asked for while the site was probed")
            frontier.close()

    def _request(self, url: str, role: Role, kind: SourceKind | None) -> Request:
        link = Link(url=url, found_in="", source=SOURCE, role=role, source_kind=kind if role == "source" else None)
        visit = Visit(uuid.uuid4().hex, self._look.site.id, url, role, SOURCE, group_of(url), link)
        meta = {VISIT: visit, "download_slot": visit.group, "dont_redirect": True, "dont_retry": True}
        return Request(url, callback=NO_CALLBACK, dont_filter=True, meta=meta)


# ---------------------------------------------------------------------- around the look


@contextmanager
def _place(look: Look) -> Iterator[Layout]:
    """Give the folder in which the look is archived, locked against crawls; a temporary one without an archive."""
    with ExitStack() as stack:
        if look.archive is None:
            layout = Layout(Path(stack.enter_context(TemporaryDirectory(prefix="dateline-probe-"))))
            layout.create()
        else:
            layout = look.archive
            stack.enter_context(
                lock(layout.frontier, "a crawl is at work in this archive (or probe with --no-archive)")
            )
            _respect_hold(look)
        yield layout


def _respect_hold(look: Look) -> None:
    if look.archive is None or not look.archive.frontier.exists():
        return
    frontier = Frontier(look.archive.frontier, readonly=True)
    try:
        group, now = group_of(look.site.home), system_clock()().timestamp()
        held = frontier.rows("SELECT until, why FROM holds WHERE polite_group = ? AND until > ?", (group, now))
    finally:
        frontier.close()
    if held:
        left = timedelta(seconds=round(held[0]["until"] - now))
        raise BusyError(look.site.home, f"asked to be left alone for another {left} ({held[0]['why']})")


def _settings(look: Look) -> Settings:
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    own: Mapping[str, object] = {
        "DATELINE_ALLOW": list(look.allow),
        "DATELINE_RESOLVE": list(look.resolve),
        "USER_AGENT": agent_of(settings["USER_AGENT"], look.contact),
        "DOWNLOAD_DELAY": 0,  # the fetcher pauses itself, as long as robots.txt asks
        "LOG_ENABLED": False,
        "LOG_INSTALL_ROOT_HANDLER": False,
    }
    settings.update(dict(own), priority="cmdline")
    return settings


def _read(layout: Layout, samples: tuple[Answer, ...]) -> Iterator[Article]:
    """Yield what the reader makes of the sampled pages, in its box: nobody knows these pages yet."""
    jobs = [
        Job(str(layout.path_of(c.record.file)), c.record.offset, c.record.length, c.url, c.fetched_at)
        for c in (answer.capture for answer in samples)
        if c is not None
    ]
    if jobs:
        with Box(LOADER, workers=1) as box:
            for _, reading in box.read_many(jobs):
                if reading.article is not None:
                    yield reading.article
