"""Sixty days of a newsroom's life in a few minutes: one process crawls it twice a day, its clock set forward.

    python -m tests.sixty_days FOLDER

makes FOLDER/archive and FOLDER/hits.jsonl, what the newsroom's server saw. test_sixty_days.py is the judge.
"""

import asyncio
import os
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.utils.project import get_project_settings

from archive.ingest import catalogue_archive
from archive.layout import Layout
from crawler.clock import VARIABLE
from tests.newsroom.faults import Fault
from tests.newsroom.newsroom import OPENING, Newsroom

OUTLETS = (
    "faro-almenara",
    "gazette-morvane",
    "harbour-courier",
    "kirihama-shimpo",
    "northern-ledger",
    "wesselauer-bote",
)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
DAYS, STEP = 62, 12 * HOUR
SPREAD = 48 * DAY  # the stories appear in these; what becomes of them follows within two weeks

OUTAGE = (OPENING + 15 * DAY, OPENING + 18 * DAY)  # northern-ledger does not answer
STORM = (OPENING + 22 * DAY, OPENING + 23 * DAY)  # gazette-morvane: 429, come back in ten hours
RETRY_AFTER = 10 * HOUR
NO_ROBOTS = (OPENING + 26 * DAY, OPENING + 27.5 * DAY)  # kirihama-shimpo: its robots.txt answers 503
MACHINE_OFF = (OPENING + 36 * DAY, OPENING + 43 * DAY)
FORBIDDEN_SINCE = datetime.fromisoformat("2025-04-01T00:00:00Z")  # harbour-courier's /rss/port, by its robots.txt

DELAY_S = 0.03
# Each of these nights has one of the two crawls of a day in it, and the other once the clocks have changed: in Berlin
# in spring (30 March), in Santiago in autumn (6 April).
NIGHTS = {"wesselauer-bote": "13:30..01:30 Europe/Berlin", "faro-almenara": "20:30..08:30 America/Santiago"}

FAULTS = (
    Fault("www.northern-ledger.test", times=0, drop="before", since=OUTAGE[0], until=OUTAGE[1]),
    Fault(
        "www.gazette-morvane.test", times=0, status=429, headers=(("Retry-After", "36000"),),
        since=STORM[0], until=STORM[1],
    ),
    Fault("kirihama-shimpo.test", "/robots.txt", times=0, status=503, since=NO_ROBOTS[0], until=NO_ROBOTS[1]),
)  # fmt: skip


def moments() -> Iterator[datetime]:
    """Yield when the timer calls; not while the machine is off."""
    for number in range(int(DAYS * DAY / STEP)):
        at = OPENING + number * STEP
        if not MACHINE_OFF[0] <= at < MACHINE_OFF[1]:
            yield at


def new_newsroom(log: Path | None = None) -> Newsroom:
    """Return the newsroom of these days, not yet started."""
    return Newsroom(OUTLETS, spread=SPREAD, log=log)


def declare(newsroom: Newsroom, folder: Path) -> None:
    """Write the site files: the newsroom's own, with a delay, a night, and a list that will be forbidden."""
    newsroom.write_sites(folder)
    for path in folder.glob("*.toml"):
        text = path.read_text("utf-8")
        if path.stem == "gazette-morvane":
            text = text.replace('delay = "0s"', f'delay = "{DELAY_S * 1000:.0f}ms"')
        if path.stem in NIGHTS:
            text += f'night = "{NIGHTS[path.stem]}"\n'
        if path.stem == "harbour-courier":
            port = '[[source]]\nkind = "feed"\nurl = "/rss/port"\nevery = "1h..12h"\n\n[scope]'
            text = text.replace("[scope]", port, 1)
        path.write_text(text, "utf-8")


async def live(process: AsyncCrawlerProcess, newsroom: Newsroom) -> None:
    """Crawl at each moment, one after the other."""
    for at in moments():
        newsroom.now = at
        os.environ[VARIABLE] = at.isoformat()
        await process.crawl("news")


def main(folder: Path) -> None:
    """Run the sixty days."""
    layout = Layout(folder / "archive")
    layout.create()
    with new_newsroom(folder / "hits.jsonl") as newsroom:
        declare(newsroom, layout.sites)
        newsroom.write_resolve(folder / "resolve.txt")
        for fault in FAULTS:
            newsroom.add_fault(fault)
        settings = get_project_settings()
        settings.set("DATELINE_ARCHIVE", str(layout.root))
        settings.set("DATELINE_RESOLVE", [f"@{folder / 'resolve.txt'}"])
        settings.set("LOG_LEVEL", "ERROR")
        process = AsyncCrawlerProcess(settings)
        run(process, newsroom)
    catalogue_archive(layout)


def run(process: AsyncCrawlerProcess, newsroom: Newsroom) -> None:
    """Start the reactor, live through the days, and stop it."""
    from twisted.internet import reactor  # noqa: PLC0415  # installed by the process just made

    async def days() -> None:
        try:
            await live(process, newsroom)
        finally:
            reactor.stop()  # type: ignore[misc]  # twisted types its reactor as a module of interfaces

    task = asyncio.get_event_loop().create_task(days())
    process.start(stop_after_crawl=False)
    task.result()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
