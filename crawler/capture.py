"""Every exchange on the wire goes into a WARC file before anybody looks at it."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from scrapy import Request

from archive.errors import NoSpaceError
from archive.model import Capture, Exchange, Fidelity, Provenance
from archive.warc.record import Original as StoredOriginal
from archive.warc.store import WarcStore
from crawler.frontier import Visit

logger = logging.getLogger(__name__)

VISIT, CAPTURES, ANSWERED, TOOK = "visit", "captures", "answered", "took"
"""Keys of `request.meta`: the visit it serves, its captures, whether any byte came back, the seconds that took."""


@dataclass(frozen=True, slots=True)
class Crawl:
    """What every record of a run says of it."""

    run: str
    software: str
    settings: dict[str, str]  # digest by site


class Recorder:
    """Appends what the wire saw to the store, in the order it ended (the WireSink of crawler.wire).

    What is large comes behind what ended while it was packed.
    """

    def __init__(self, store: WarcStore, crawl: Crawl) -> None:
        self._store, self._crawl = store, crawl
        self.full: NoSpaceError | None = None  # set once the disk did not take an exchange

    async def exchanged(
        self,
        request: Request,
        exchanges: Sequence[Exchange],
        error: BaseException | None,  # noqa: ARG002  # the spider's errback learns of it; the bytes are kept either way
        fidelity: Fidelity,
    ) -> None:
        """Store the attempts of one request; their captures are then in `request.meta["captures"]`."""
        request.meta[ANSWERED] = bool(exchanges and exchanges[-1].received)
        request.meta[TOOK] = (exchanges[-1].ended_s or 0.0) if exchanges else 0.0
        captures = [await self._append(request, each, n, fidelity) for n, each in enumerate(exchanges, start=1)]
        request.meta[CAPTURES] = tuple(captures)

    async def _append(self, request: Request, exchange: Exchange, attempt: int, fidelity: Fidelity) -> Capture:
        visit: Visit | None = request.meta.get(VISIT)
        provenance = self._provenance(visit, attempt, fidelity)
        try:
            return await self._store.append_aside(exchange, provenance, original=_original(visit))
        except NoSpaceError as error:
            if self.full is None:
                logger.error("%s", error)  # noqa: TRY400  # raised for the visit; this is for the person on call
            self.full = error
            raise

    def _provenance(self, visit: Visit | None, attempt: int, fidelity: Fidelity) -> Provenance:
        listed = visit if visit and visit.role != "robots" else None  # no source lists a robots.txt
        return Provenance(
            run=self._crawl.run,
            site=visit.site if visit else None,
            source=listed.source if listed else None,
            role=visit.role if visit else "article",
            link=listed.link if listed else None,
            via=visit.via if visit else None,
            hops=visit.hops if visit else 0,
            lease=visit.lease if visit else None,
            attempt=attempt,
            fidelity=fidelity,
            software=self._crawl.software,
            settings=self._crawl.settings.get(visit.site, "") if visit else "",
        )


def _original(visit: Visit | None) -> StoredOriginal | None:
    known = visit.validators.original if visit else None
    return StoredOriginal(known.id, known.url, known.date) if known else None
