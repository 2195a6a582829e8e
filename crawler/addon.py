"""The wire capture and the WARC store for any Scrapy project: one line in its settings.

    ADDONS = {"crawler.WireArchive": 0}

Every exchange of every spider is then in WARC files, byte for byte, and each response carries where:
`response.meta["warc"]` (docs/addon.md).
"""

import logging
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Self
from uuid import uuid4

import scrapy
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.settings import BaseSettings

from archive.errors import NoSpaceError
from archive.model import Capture, Exchange, Fidelity, Provenance
from archive.warc.recover import recover
from archive.warc.store import WarcStore
from crawler.payloads import Payloads

logger = logging.getLogger(__name__)

META = "warc"
DIRECTORY = "warc"
MIN_FREE = 256 << 20
SYNC_EVERY = 64  # exchanges: an fsync costs 8 ms, a write 0.4
# Which hosts may be reached, how much and how slowly, is for the project to say: our bounds are for crawls of ours.
_UNBOUNDED = {"DATELINE_ALLOW": ["0.0.0.0/0", "::/0"], "DATELINE_IN_FLIGHT_BYTES": 0, "DATELINE_FLOOR_BYTES_S": 0}


class WireArchive:
    """The add-on: puts the recording handler below Scrapy's downloader, and a store behind it."""

    def update_settings(self, settings: BaseSettings) -> None:
        """Let the handler take http and https, and the archiver listen; what the project sets itself stays."""
        for scheme in ("http", "https"):
            settings["DOWNLOAD_HANDLERS"].set(scheme, "crawler.wire.WireHandler", priority="addon")
        settings["EXTENSIONS"].set("crawler.addon.Archiver", 0, priority="addon")
        for name, value in _UNBOUNDED.items():
            settings.set(name, value, priority="addon")


class Archiver:
    """Appends every exchange to the spider's WARC files; without the add-on's setting it is not there."""

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self._directory = Path(settings.get("WARC_DIRECTORY", DIRECTORY))
        self._software = f"Dateline Scrapy/{scrapy.__version__}"
        self._run = f"{datetime.now(UTC):%Y%m%d%H%M%S}-{uuid4().hex[:6]}"
        self._min_free = settings.getint("WARC_MIN_FREE", MIN_FREE)
        self._crawler = crawler
        self._unsynced = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if not crawler.settings.getbool("WARC_ENABLED", True):
            raise NotConfigured
        archiver = cls(crawler)
        crawler.signals.connect(archiver.open, signals.spider_opened)
        crawler.signals.connect(archiver.close, signals.spider_closed)
        return archiver

    def open(self) -> None:
        """Mend what an earlier crash left, and begin to listen."""
        self._directory.mkdir(parents=True, exist_ok=True)
        for found in recover(self._directory, keep=lambda _: False):
            logger.warning("recovered %s: %d bytes cut", found.file, found.cut_bytes)
        self._payloads = Payloads(":memory:")
        self._store = WarcStore(
            self._directory,
            prefix=self._crawler.settings.get("WARC_PREFIX", self._crawler.settings["BOT_NAME"]),
            run=self._run,
            software=self._software,
            now=lambda: datetime.now(UTC),
            dedup=self._payloads,
            min_free=self._min_free,
        )
        self._crawler.wire_sink = self  # type: ignore[attr-defined]  # where crawler.wire looks for it

    async def exchanged(
        self,
        request: Request,
        exchanges: Sequence[Exchange],
        error: BaseException | None,  # noqa: ARG002  # the bytes are kept either way
        fidelity: Fidelity,
    ) -> None:
        """Store the attempts of one request (the WireSink of crawler.wire); a full disk ends the crawl."""
        try:
            captures = [await self._append(exchange, n, fidelity) for n, exchange in enumerate(exchanges, start=1)]
        except NoSpaceError:
            if self._crawler.spider is not None:
                self._crawler.engine.close_spider(self._crawler.spider, "disk")
            raise
        if captures:
            request.meta[META] = position(captures[-1])
            self._crawler.stats.inc_value("warc/exchanges", len(captures))

    def close(self) -> None:
        """Make everything durable, and name the file."""
        self._crawler.wire_sink = None  # type: ignore[attr-defined]
        self._store.close()
        self._payloads.close()

    async def _append(self, exchange: Exchange, attempt: int, fidelity: Fidelity) -> Capture:
        provenance = Provenance(self._run, attempt=attempt, fidelity=fidelity, software=self._software)
        capture = await self._store.append_aside(exchange, provenance)
        self._unsynced += 1
        if self._unsynced >= SYNC_EVERY:
            self._store.sync()
            self._unsynced = 0
        return capture


def position(capture: Capture) -> dict[str, object]:
    """Return where a capture lies, as plain values: `file`, `offset`, `length`, `id`, and its `kind` and digest."""
    return {**asdict(capture.record), "kind": capture.kind, "payload_digest": capture.payload_digest}
