"""How an archive fares: what each site has brought lately, what is wrong, what is still to do, what room is left."""

import re
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from archive.errors import ConfigError
from archive.layout import Layout
from crawler.frontier import Frontier
from crawler.history import Fetch, History, Poll, history_of
from crawler.schedule import GOOD
from crawler.settings import DATELINE_MIN_FREE
from crawler.sites import Site, load_site
from crawler.watch import Alarm, alarms_of, archive_alarms, quiet_limit

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
DATABASES = ("catalogue.db", "catalogue.db-wal", "frontier.db", "frontier.db-wal")

_WRITTEN = re.compile(
    r"-(\d{14})\d{0,3}-"
)  # the time in the name of a WARC file: of the crawl's clock, unlike its mtime
_GOOD = frozenset(str(outcome) for outcome in GOOD)


@dataclass(frozen=True, slots=True)
class SiteStatus:
    """One site as the frontier knows it; what is None did not happen in the last four weeks, or was not asked.

    `last_new` is when an article never seen before was brought last, `known` counts all URLs. `news_*` count articles
    brought for the first time, `visits_day` all requests by outcome. `quiet_limit` is how long the site may
    bring nothing before it is called silent, None for a site that no file declares.
    """

    site: str
    known: int | None
    due: int
    next_poll: datetime | None
    last_visit: datetime | None
    last_new: datetime | None
    failing: tuple[str, ...]  # its sources whose last poll failed, with the reason
    last_poll: datetime | None = None  # that was answered
    news_day: int = 0
    news_week: int = 0
    visits_day: tuple[tuple[str, int], ...] = ()
    quiet_limit: timedelta | None = None

    @property
    def errors_day(self) -> int:
        """Return how many requests of the last day failed."""
        return sum(count for outcome, count in self.visits_day if outcome not in _GOOD)


@dataclass(frozen=True, slots=True)
class Status:
    """The state of an archive at one moment; `problems` are site files that cannot be used."""

    at: datetime
    sites: tuple[SiteStatus, ...]
    warc_files: int
    warc_bytes: int
    open_files: tuple[str, ...]
    last_run: str | None
    last_finish: str | None
    last_started: datetime | None = None
    last_ended: datetime | None = None
    runs_day: int = 0
    warc_bytes_day: float = 0.0  # over the last week
    disk_free: int = 0
    databases: tuple[tuple[str, int], ...] = ()
    alarms: tuple[Alarm, ...] = ()
    problems: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return the status as plain values; the keys are a contract."""
        sites = [
            {
                **asdict(site),
                "visits_day": dict(site.visits_day),
                "errors_day": site.errors_day,
                "quiet_limit": site.quiet_limit.total_seconds() if site.quiet_limit else None,
            }
            for site in self.sites
        ]
        return {**asdict(self), "at": self.at.isoformat(), "sites": sites, "databases": dict(self.databases)}


SITES = "SELECT DISTINCT site FROM urls WHERE role = 'source' ORDER BY site"

# Each of these is answered by an index that holds only what it counts: the crawl asks after every run.
DUE = "SELECT site, count(*) FROM urls WHERE state = 'due' GROUP BY site"
OVERDUE = "SELECT site, count(*) FROM urls WHERE state = 'waiting' AND due_at <= ? GROUP BY site"
NEXT = "SELECT site, min(due_at) FROM urls WHERE role = 'source' AND state = 'waiting' GROUP BY site"
KNOWN = "SELECT site, count(*) FROM urls GROUP BY site"  # reads an index of all URLs: for `dateline status` alone

FAILING = """
SELECT site, url, outcome, why
FROM urls
WHERE role = 'source'
  AND failures > 0
ORDER BY site, url
"""


def status_of(layout: Layout, now: datetime, *, with_known: bool = False) -> Status:
    """Return how the archive fares, its alarms included; it writes nothing and may be asked during a crawl.

    Its cost follows the last four weeks, not the size of the archive, unless all known URLs are to be counted.
    """
    files = layout.warc_files()
    sizes = {path.name: path.stat().st_size for path in files}
    history = history_of(layout, now)
    sites, problems = declared_sites(layout)
    last = history.runs[-1] if history.runs else None
    free, per_day = shutil.disk_usage(layout.root).free, bytes_a_day(sizes, now)
    return Status(
        at=now,
        sites=tuple(_site_statuses(layout, history, {site.id: site for site in sites}, now, with_known)),
        warc_files=len(files),
        warc_bytes=sum(sizes.values()),
        open_files=tuple(name for name in sizes if name.endswith(".open")),
        last_run=last.run if last else None,
        last_finish=last.finish if last else None,
        last_started=last.started if last else None,
        last_ended=last.ended if last else None,
        runs_day=sum(run.started >= now - DAY for run in history.runs),
        warc_bytes_day=per_day,
        disk_free=free,
        databases=tuple((name, _size(layout, name)) for name in DATABASES),
        alarms=(
            *archive_alarms(history.runs, free, DATELINE_MIN_FREE, per_day, now),
            *(alarm for site in sites for alarm in alarms_of(site, history.of(site.id), now)),
        ),
        problems=problems,
    )


def declared_sites(layout: Layout) -> tuple[tuple[Site, ...], tuple[str, ...]]:
    """Return the sites whose files can be used, and what is wrong with the others: one slip must not hide the rest."""
    sites: list[Site] = []
    problems: list[str] = []
    for path in sorted(layout.sites.glob("[!.]*.toml")):
        try:
            sites.append(load_site(path))
        except ConfigError as error:
            problems.append(str(error))
    return tuple(sites), tuple(problems)


def bytes_a_day(sizes: dict[str, int], now: datetime) -> float:
    """Return the bytes of WARC files written a day, over the last week (less, in an archive younger than that)."""
    written = [(at, size) for name, size in sizes.items() if (at := _written(name)) is not None]
    recent = [(at, size) for at, size in written if now - at <= WEEK]
    if not recent:
        return 0.0
    age = min(now - min(at for at, _ in written), WEEK)
    return sum(size for _, size in recent) / max(age / DAY, 1.0)


def _site_statuses(
    layout: Layout, history: History, declared: dict[str, Site], now: datetime, with_known: bool
) -> Iterable[SiteStatus]:
    if not layout.frontier.exists():
        return
    with closing(Frontier(layout.frontier, readonly=True)) as frontier:
        due, waiting = _by_site(frontier, DUE), _by_site(frontier, OVERDUE, now.timestamp())
        following = _by_site(frontier, NEXT)
        known = _by_site(frontier, KNOWN) if with_known else {}
        failing: dict[str, list[str]] = {}
        for row in frontier.rows(FAILING):
            failing.setdefault(row["site"], []).append(f"{row['url']}: {row['outcome']}, {row['why']}")
        names = [row["site"] for row in frontier.rows(SITES)]
    for name in names:
        past = history.of(name)
        visits: Sequence[Poll | Fetch] = (*past.polls, *past.fetches)
        yield SiteStatus(
            site=name,
            known=int(known[name]) if name in known else None,
            due=int(due.get(name, 0) + waiting.get(name, 0)),
            next_poll=_time(following.get(name)),
            last_visit=max((visit.at for visit in visits), default=None),
            last_new=past.news[-1].at if past.news else None,
            failing=tuple(failing.get(name, ())),
            last_poll=max((poll.at for poll in past.polls if poll.outcome in _GOOD), default=None),
            news_day=past.news_since(now - DAY),
            news_week=past.news_since(now - WEEK),
            visits_day=tuple(Counter(visit.outcome for visit in visits if visit.at >= now - DAY).most_common()),
            quiet_limit=quiet_limit(declared[name], past, now) if name in declared and past.polls else None,
        )


def _by_site(frontier: Frontier, question: str, *values: float) -> dict[str, float]:
    return {row[0]: row[1] for row in frontier.rows(question, values)}


def _size(layout: Layout, name: str) -> int:
    path = layout.root / name
    return path.stat().st_size if path.exists() else 0


def _written(name: str) -> datetime | None:
    match = _WRITTEN.search(name)
    return datetime.strptime(match[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC) if match else None


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
