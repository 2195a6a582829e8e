"""The last weeks of each site in numbers: every poll, every article fetched, what reading it came to.

The cost follows what happened in those weeks, not the size of the archive: runs are few, and visits are found by run.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlite_utils import Database

from archive.catalogue.database import open_for_reading
from archive.layout import Layout
from crawler.frontier import Frontier

WINDOW = timedelta(weeks=4)  # four weekends: enough to learn that a paper rests on Sundays
LATEST, SAMPLED = 40, 160  # of each site's new articles, whose reading is looked up: the last, and some of those before
LOOKUP = 500  # record ids in one question: SQLite's oldest bound on parameters is 999


@dataclass(frozen=True, slots=True)
class Poll:
    """One visit to a source; `links` is what the document listed, fresh or not."""

    at: datetime
    url: str
    outcome: str
    links: int
    reason: str


@dataclass(frozen=True, slots=True)
class Fetch:
    """One visit to an article.

    `is_new` is true for the first that brought the page of an address first listed within the window; what a backfill
    brings is no news. `published` is what the list said. `reading` is the outcome of reading it and `chars` the length
    of its clean text, None if the catalogue does not (yet) know.
    """

    at: datetime
    run: str
    url: str
    outcome: str
    status: int | None
    reason: str
    record: str | None
    is_new: bool
    published: datetime | None = None
    reading: str | None = None
    chars: int | None = None


@dataclass(frozen=True, slots=True)
class SiteHistory:
    """One site since `since`, each list in order of time."""

    site: str
    since: datetime
    polls: tuple[Poll, ...] = ()
    fetches: tuple[Fetch, ...] = ()

    @property
    def news(self) -> tuple[Fetch, ...]:
        """The visits that brought an article never seen before."""
        return tuple(fetch for fetch in self.fetches if fetch.is_new)

    def news_since(self, moment: datetime) -> int:
        """Return how many new articles came since then."""
        return sum(fetch.at >= moment for fetch in self.news)


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run of the window."""

    run: str
    started: datetime
    ended: datetime | None
    finish: str | None


@dataclass(frozen=True, slots=True)
class History:
    """The last weeks of an archive: its runs in order of time, and each site that was visited."""

    since: datetime
    runs: tuple[RunLine, ...]
    sites: Mapping[str, SiteHistory]

    def of(self, site: str) -> SiteHistory:
        """Return a site's history, an empty one if nothing was asked of it."""
        return self.sites.get(site) or SiteHistory(site, self.since)


def history_of(layout: Layout, now: datetime, window: timedelta = WINDOW) -> History:
    """Return the last weeks of an archive."""
    since = now - window
    if not layout.frontier.exists():
        return History(since, (), {})
    with closing(Frontier(layout.frontier, readonly=True)) as frontier:
        runs = tuple(_runs(frontier, since))
        sites = dict(_sites(frontier, since))
    if layout.catalogue.exists():
        with closing(open_for_reading(layout.catalogue)) as db:
            sites = {name: replace(site, fetches=_read(db, site.fetches)) for name, site in sites.items()}
    return History(since, runs, sites)


_RUNS = """
SELECT run, started, ended, finish
FROM runs
WHERE started >= ?
ORDER BY started, run
"""

# The log itself, not the view `visits`: what is asked of each URL is looked up once.
_VISITS = """
SELECT u.site, u.url, u.role, v.lane, v.ended, v.run, v.outcome, v.status, v.reason, v.record, v.links, u.first_seen,
       CASE WHEN u.role = 'article' AND v.outcome = 'captured' THEN u.link ->> 'published' END AS published
FROM runs AS r
CROSS JOIN visit_log AS v ON v.run = r.run
CROSS JOIN urls AS u ON u.id = v.url_id
WHERE r.started >= ?
  AND u.role IN ('source', 'article')
"""

_READINGS = """
SELECT c.id, c.outcome, length(v.lead) + length(v.body) AS chars
FROM json_each(?) AS wanted
JOIN captures AS c ON c.id = wanted.value
LEFT JOIN versions AS v ON v.id = c.version
WHERE c.outcome IS NOT NULL
"""


def _runs(frontier: Frontier, since: datetime) -> Iterator[RunLine]:
    for row in frontier.rows(_RUNS, (since.timestamp(),)):
        ended = _time(row["ended"]) if row["ended"] is not None else None
        yield RunLine(row["run"], _time(row["started"]), ended, row["finish"])


def _sites(frontier: Frontier, since: datetime) -> Iterator[tuple[str, SiteHistory]]:
    polls: dict[str, list[Poll]] = defaultdict(list)
    fetches: dict[str, list[Fetch]] = defaultdict(list)
    known: set[tuple[str, str]] = set()
    first = since.timestamp()
    for row in sorted(frontier.rows(_VISITS, (first,)), key=lambda row: row["ended"]):
        site, url, outcome = row["site"], row["url"], row["outcome"]
        if row["role"] == "source":
            polls[site].append(Poll(_time(row["ended"]), url, outcome, row["links"], row["reason"]))
            continue
        is_new = outcome == "captured" and row["lane"] != "backfill" and row["first_seen"] >= first
        is_new = is_new and (site, url) not in known
        if is_new:
            known.add((site, url))
        fetches[site].append(_fetch(row, is_new=is_new))
    for name in sorted(polls.keys() | fetches.keys()):
        yield name, SiteHistory(name, since, tuple(polls[name]), tuple(fetches[name]))


def _fetch(row: sqlite3.Row, *, is_new: bool) -> Fetch:
    return Fetch(
        at=_time(row["ended"]),
        run=row["run"],
        url=row["url"],
        outcome=row["outcome"],
        status=row["status"],
        reason=row["reason"],
        record=row["record"],
        is_new=is_new,
        published=datetime.fromisoformat(row["published"]) if is_new and row["published"] else None,
    )


def _read(db: Database, fetches: Sequence[Fetch]) -> tuple[Fetch, ...]:
    """Return the fetches with what reading came to, of the latest new ones and of a sample of those before."""
    records = [fetch.record for fetch in fetches if fetch.is_new and fetch.record]
    earlier, latest = records[:-LATEST], records[-LATEST:]
    wanted = [*earlier[:: max(1, -(-len(earlier) // SAMPLED))], *latest]
    found = {row["id"]: row for part in _parts(wanted) for row in db.execute(_READINGS, (json.dumps(part),))}
    return tuple(
        replace(fetch, reading=found[fetch.record]["outcome"], chars=found[fetch.record]["chars"])
        if fetch.record in found
        else fetch
        for fetch in fetches
    )


def _parts(values: Sequence[str]) -> Iterable[Sequence[str]]:
    return (values[start : start + LOOKUP] for start in range(0, len(values), LOOKUP))


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
