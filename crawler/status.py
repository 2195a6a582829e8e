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
from crawler.history import Fetch, History, Poll, SiteHistory, history_of
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
    """One site as the frontier knows it; `last_new` is when a source last listed something never seen before.

    `news_*` count articles brought for the first time, `visits_day` all requests by outcome. `quiet_limit` is how long
    the site may bring nothing before it is called silent, None for a site that no file declares.
    """

    site: str
    known: int
    due: int
    waiting: int
    next_due: datetime | None
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


SITES = """
SELECT site,
       count(*) AS known,
       sum(state = 'due' OR state = 'waiting' AND due_at <= :now) AS due,
       sum(state = 'waiting' AND due_at > :now) AS waiting,
       min(CASE WHEN state IN ('due', 'waiting') THEN due_at END) AS next_due,
       max(visited) AS last_visit,
       max(CASE WHEN role = 'article' THEN first_seen END) AS last_new
FROM urls
GROUP BY site
ORDER BY site
"""

FAILING = """
SELECT url, outcome, why
FROM urls
WHERE site = ?
  AND role = 'source'
  AND failures > 0
ORDER BY url
"""


def status_of(layout: Layout, now: datetime) -> Status:
    """Return how the archive fares, its alarms included; it writes nothing and may be asked during a crawl."""
    files = layout.warc_files()
    sizes = {path.name: path.stat().st_size for path in files}
    history = history_of(layout, now)
    sites, problems = declared_sites(layout)
    last = history.runs[-1] if history.runs else None
    free, per_day = shutil.disk_usage(layout.root).free, bytes_a_day(sizes, now)
    return Status(
        at=now,
        sites=tuple(_site_statuses(layout, history, {site.id: site for site in sites}, now)),
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


def _site_statuses(layout: Layout, history: History, declared: dict[str, Site], now: datetime) -> Iterable[SiteStatus]:
    if not layout.frontier.exists():
        return
    with closing(Frontier(layout.frontier, readonly=True)) as frontier:
        for row in frontier.rows(SITES, {"now": now.timestamp()}):
            name = row["site"]
            past = history.of(name)
            yield SiteStatus(
                site=name,
                known=row["known"],
                due=row["due"],
                waiting=row["waiting"],
                next_due=_time(row["next_due"]),
                last_visit=_time(row["last_visit"]),
                last_new=_time(row["last_new"]),
                failing=tuple(f"{f['url']}: {f['outcome']}, {f['why']}" for f in frontier.rows(FAILING, (name,))),
                last_poll=max((poll.at for poll in past.polls if poll.outcome in _GOOD), default=None),
                news_day=past.news_since(now - DAY),
                news_week=past.news_since(now - WEEK),
                visits_day=tuple(_outcomes(past, now - DAY)),
                quiet_limit=quiet_limit(declared[name], past, now) if name in declared and past.polls else None,
            )


def _outcomes(past: SiteHistory, since: datetime) -> Sequence[tuple[str, int]]:
    visits: Sequence[Poll | Fetch] = (*past.polls, *past.fetches)
    return Counter(visit.outcome for visit in visits if visit.at >= since).most_common()


def _size(layout: Layout, name: str) -> int:
    path = layout.root / name
    return path.stat().st_size if path.exists() else 0


def _written(name: str) -> datetime | None:
    match = _WRITTEN.search(name)
    return datetime.strptime(match[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC) if match else None


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
