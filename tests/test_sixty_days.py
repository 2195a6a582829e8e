"""Sixty days unattended, judged by the log of the server that was crawled (tests/sixty_days.py says what befell it)."""

import os
import sqlite3
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crawler.frontier import Frontier
from crawler.sites.duration import parse_night
from crawler.sites.site import Recheck
from tests.newsroom.hits import Hit, read_log
from tests.newsroom.newsroom import Newsroom
from tests.newsroom.outlets import Outlet
from tests.newsroom.stories import Event
from tests.sixty_days import (
    DAY,
    DELAY_S,
    FORBIDDEN_SINCE,
    MACHINE_OFF,
    NIGHTS,
    NO_ROBOTS,
    OUTAGE,
    RETRY_AFTER,
    STEP,
    STORM,
    moments,
    new_newsroom,
)

pytestmark = pytest.mark.timeout(900)  # the first test lives through the days; a minute on an idle machine

SLACK = timedelta(minutes=5)  # a crawl takes a while
LONGEST = timedelta(hours=12)  # the `every` of the slowest list of each outlet that names all its articles
LADDER = Recheck().after
DELAYS = {"www.wesselauer-bote.test": 0.1, "www.gazette-morvane.test": DELAY_S}  # robots.txt's, and the site file's

LEDGER = "www.northern-ledger.test"

LOST = {  # when each outlet could not be had, besides the week without a machine
    "northern-ledger": OUTAGE,
    "gazette-morvane": (STORM[0], STORM[1] + RETRY_AFTER),
    "kirihama-shimpo": (NO_ROBOTS[0], NO_ROBOTS[1]),
}


@dataclass(frozen=True, slots=True)
class Lived:
    """What sixty days left behind."""

    newsroom: Newsroom
    archive: Path
    hits: tuple[Hit, ...]

    def of(self, host: str) -> list[Hit]:
        return [hit for hit in self.hits if hit.host == host]

    def at(self, url: str) -> list[Hit]:
        return [hit for hit in self.hits if f"http://{hit.host}{hit.path}" == url]

    def outlet(self, host: str) -> Outlet:
        return next(outlet for outlet in self.newsroom.outlets.values() if outlet.host == host)

    def versions(self) -> dict[str, int]:
        """Return how many versions each article has in the catalogue, by its address."""
        sql = "SELECT a.url, count(*) FROM articles AS a JOIN versions AS v ON v.article = a.id GROUP BY a.id"
        return dict(self._rows(sql))

    def states(self) -> dict[str, str]:
        """Return what each article's last capture said of it, by its address."""
        return dict(self._rows("SELECT url, state FROM articles"))

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.archive / "catalogue.db")) as db:
            return db.execute(sql).fetchall()

    def url(self, event: Event, moment: datetime | None = None) -> str:
        """Return the address at which a story stands then."""
        editions = self.newsroom.editions(event.outlet, moment or event.at)
        return next(edition.url for edition in editions if edition.story.slug == event.slug)

    def events(self, *kinds: str) -> list[Event]:
        return [event for event in self.newsroom.timetable() if event.kind in kinds and event.at < list(moments())[-1]]


@pytest.fixture(scope="module")
def lived() -> Iterator[Lived]:
    # In memory where there is such a place: two thousand fsyncs are the disk's time, and it is not on trial here.
    with TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        environment = {**os.environ, "SCRAPY_SETTINGS_MODULE": "crawler.settings"}
        command = [sys.executable, "-m", "tests.sixty_days", folder]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        yield judged(Path(folder))


def judged(folder: Path) -> Lived:
    """Return what lies in a folder of sixty days."""
    hits = sorted(read_log(folder / "hits.jsonl"), key=lambda hit: hit.at_s)
    return Lived(new_newsroom(), folder / "archive", tuple(hits))


def after_losses(outlet: str, start: datetime, wait: timedelta) -> datetime:
    """Return when something due in `wait` must have happened: later if the outlet or the machine was away meanwhile."""
    end = start + wait
    spans = sorted([LOST.get(outlet, MACHINE_OFF), MACHINE_OFF])
    for gone, back in spans:
        if start < back and end > gone:
            end = max(end, back + wait)
    return end


def look_of(event: Event) -> timedelta:
    """Return how long a second look may wait for its crawl: for the next one, or for the next night of the site."""
    return (2 * STEP if event.outlet in NIGHTS else STEP) + SLACK


def late(events: Sequence[tuple[Event, datetime, datetime | None]]) -> list[str]:
    """Return what happened after its bound, or never; bounds after the last crawl do not count."""
    last = list(moments())[-1]
    return [
        f"{event.outlet} {event.slug} {event.kind} {event.at:%m-%d %H:%M}: by {bound:%m-%d %H:%M}, was {was}"
        for event, bound, was in events
        if bound < last and (was is None or was > bound)
    ]


# ---------------------------------------------------------------------- nothing is missed


def test_every_article_is_captured_within_its_bound(lived: Lived) -> None:
    found = []
    for event in lived.events("appear"):
        captured = [hit.now for hit in lived.at(lived.url(event)) if hit.status == 200]
        bound = after_losses(event.outlet, event.at, LONGEST + STEP + SLACK)
        found.append((event, bound, min(captured, default=None)))

    assert len(found) > 80
    assert late(found) == []


def test_every_correction_is_captured_on_the_next_rung(lived: Lived) -> None:
    found = []
    for event in lived.events("correct", "edit"):
        before = lived.url(event, event.at - timedelta(seconds=1))
        first = min((hit.now for hit in lived.at(before) if hit.status == 200), default=event.at)
        rung = next((first + rung for rung in LADDER if first + rung > event.at), None)
        if rung is not None:
            seen = [hit.now for hit in lived.at(before) if hit.status == 200 and hit.now >= event.at]
            found.append((event, after_losses(event.outlet, rung, look_of(event)), min(seen, default=None)))

    assert len(found) > 8
    assert late(found) == []


def test_every_deletion_and_move_is_noticed_on_the_next_rung(lived: Lived) -> None:
    found = []
    for event in lived.events("delete", "home", "move"):
        before = lived.url(event, event.at - timedelta(seconds=1))
        first = min((hit.now for hit in lived.at(before) if hit.status == 200), default=event.at)
        rung = next((first + rung for rung in LADDER if first + rung > event.at), None)
        if rung is not None:
            seen = [hit.now for hit in lived.at(before) if hit.status in (301, 302, 404, 410) and hit.now >= event.at]
            found.append((event, after_losses(event.outlet, rung, look_of(event)), min(seen, default=None)))

    assert len(found) > 5
    assert late(found) == []


def test_each_text_that_was_captured_is_one_version_whatever_the_page_looked_like(lived: Lived) -> None:
    texts: defaultdict[str, set[tuple[str, ...]]] = defaultdict(set)
    looks: defaultdict[str, list[datetime]] = defaultdict(list)
    for hit in lived.hits:
        outlet = lived.outlet(hit.host)
        story = outlet.paths.get(hit.path)
        shown = outlet.edition(story, hit.now) if story and story.kind != "page" and hit.status == 200 else None
        if shown is not None and shown.body:  # none behind a consent page
            texts[shown.url].add((shown.title, *shown.body))
            looks[shown.url].append(hit.now)

    relaunch = lived.outlet(LEDGER).layouts[-1].since
    relaunched = [url for url, times in looks.items() if LEDGER in url and min(times) < relaunch < max(times)]
    assert len(relaunched) >= 5  # those that had been out for more than the two days within which each is captured
    assert sum(len(found) > 1 for found in texts.values()) > 5
    versions = lived.versions()
    assert versions.keys() == texts.keys()
    for url, found in texts.items():
        assert versions[url] == len(found), url


def test_what_is_gone_or_moved_is_known_to_be(lived: Lived) -> None:
    last = {f"http://{hit.host}{hit.path}": hit.status for hit in lived.hits}
    known = {404: "gone", 410: "gone", 301: "moved", 302: "moved"}

    states = lived.states()

    ended = {url: known[last[url]] for url in states if last[url] in known}
    assert set(ended.values()) == {"gone", "moved"}
    assert {url: states[url] for url in ended} == ended


# ---------------------------------------------------------------------- politeness


def test_no_host_is_asked_twice_within_its_delay(lived: Lived) -> None:
    for host, delay_s in DELAYS.items():
        pairs = [(earlier, later) for earlier, later in pairwise(lived.of(host)) if earlier.now == later.now]
        gaps = [later.at_s - earlier.ended_s for earlier, later in pairs]  # between two crawls lie hours
        assert len(gaps) > 60
        assert min(gaps) >= delay_s, host


def test_no_host_is_asked_while_it_still_answers(lived: Lived) -> None:
    for host in lived.newsroom.hosts:
        assert all(earlier.ended_s <= later.at_s for earlier, later in pairwise(lived.of(host)))


def test_nobody_is_asked_before_the_time_that_retry_after_named(lived: Lived) -> None:
    gazette = lived.of("www.gazette-morvane.test")

    refused = [hit for hit in gazette if hit.status == 429]

    assert refused
    for earlier, later in pairwise(gazette):
        if earlier.status == 429:
            assert later.now - earlier.now >= RETRY_AFTER


def test_a_server_that_is_away_is_asked_less_often(lived: Lived) -> None:
    ledger, length = lived.of(LEDGER), OUTAGE[1] - OUTAGE[0]
    before = [hit for hit in ledger if OUTAGE[0] - length <= hit.now < OUTAGE[0]]
    tried = [hit for hit in ledger if OUTAGE[0] <= hit.now < OUTAGE[1]]

    # A crawl that other sites keep at work for half a minute asks once more, whatever it asked for; then it waits.
    assert max(Counter((hit.now, hit.path) for hit in tried).values()) <= 2
    assert len(tried) < len(before)


def test_nothing_but_robots_is_asked_while_robots_cannot_be_had(lived: Lived) -> None:
    kirihama = lived.of("kirihama-shimpo.test")  # in order of arrival: what came before was let by rules a day old
    robots = [(n, hit) for n, hit in enumerate(kirihama) if hit.path == "/robots.txt"]
    failed, first = next((n, hit) for n, hit in robots if hit.status == 503)
    had_again = next(n for n, hit in robots if hit.status == 200 and n > failed)

    asked = {hit.path for hit in kirihama[failed:had_again]}

    assert first.now < NO_ROBOTS[0] + DAY + STEP
    assert asked == {"/robots.txt"}


def test_what_robots_forbid_is_not_asked_a_day_after_they_do(lived: Lived) -> None:
    port = [hit.now for hit in lived.of("www.harbour-courier.test") if hit.path == "/rss/port"]

    assert port
    assert max(port) < FORBIDDEN_SINCE + DAY


def test_robots_are_asked_for_daily_and_no_more(lived: Lived) -> None:
    asked = [hit.now for hit in lived.of("www.gazette-morvane.test") if hit.path == "/robots.txt"]

    gaps = [later - earlier for earlier, later in pairwise(asked)]
    assert min(gaps) >= DAY - STEP


@pytest.mark.parametrize("outlet", NIGHTS)
def test_second_looks_wait_for_the_night_of_the_site_whatever_its_clocks_do(lived: Lived, outlet: str) -> None:
    night = parse_night(NIGHTS[outlet])
    seen: defaultdict[str, list[datetime]] = defaultdict(list)
    for hit in lived.of(lived.newsroom.outlets[outlet].host):
        if hit.path in lived.newsroom.outlets[outlet].paths:
            seen[hit.path].append(hit.now)

    looks = [now for times in seen.values() for now in times[1:]]

    assert all(night.covers(now) for now in looks)
    assert len({(now.hour, now.astimezone(ZoneInfo(night.zone)).utcoffset()) for now in looks}) == 2  # both sides


# ---------------------------------------------------------------------- the books


def test_every_visit_ended_in_one_outcome_with_its_reason(lived: Lived) -> None:
    frontier = Frontier(lived.archive / "frontier.db", readonly=True)
    try:
        assert frontier.rows("SELECT url FROM urls WHERE state = 'leased'") == []
        assert frontier.rows("SELECT url FROM urls WHERE why = '' OR state = 'retired' AND outcome IS NULL") == []
        asked = frontier.rows(
            "SELECT count(*) FROM visits WHERE outcome NOT IN ('robots', 'budget', 'dropped', 'guard')"
        )
    finally:
        frontier.close()

    assert asked[0][0] == len(lived.hits)


def test_second_looks_take_no_more_than_their_share(lived: Lived) -> None:
    frontier = Frontier(lived.archive / "frontier.db", readonly=True)
    try:
        lanes = {row[0]: row[1] for row in frontier.rows("SELECT lane, sum(requests) FROM days GROUP BY lane")}
    finally:
        frontier.close()

    assert lanes["recheck"] <= 0.5 * sum(lanes.values())


def test_the_timer_left_no_file_of_a_run_that_had_nothing_to_do(lived: Lived) -> None:
    files = list((lived.archive / "warc").iterdir())

    assert all(path.name.endswith(".warc.gz") and path.stat().st_size > 0 for path in files)
    assert datetime.now(UTC) > max(moments())
