"""How an archive fares: what each site has brought lately, and what is still to do."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from archive.layout import Layout
from crawler.frontier import Frontier


@dataclass(frozen=True, slots=True)
class SiteStatus:
    """One site as the frontier knows it; `last_new` is when a source last listed something never seen before."""

    site: str
    known: int
    due: int
    waiting: int
    next_due: datetime | None
    last_visit: datetime | None
    last_new: datetime | None
    failing: tuple[str, ...]  # its sources whose last poll failed, with the reason


@dataclass(frozen=True, slots=True)
class Status:
    """The state of an archive at one moment."""

    at: datetime
    sites: tuple[SiteStatus, ...]
    warc_files: int
    warc_bytes: int
    open_files: tuple[str, ...]
    last_run: str | None
    last_finish: str | None

    def to_dict(self) -> dict[str, object]:
        """Return the status as plain values; the keys are a contract."""
        return {**asdict(self), "at": self.at.isoformat()}


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
    """Return how the archive fares."""
    files = layout.warc_files()
    frontier = Frontier(layout.frontier, readonly=True) if layout.frontier.exists() else None
    try:
        runs = frontier.rows("SELECT run, finish FROM runs ORDER BY started DESC LIMIT 1") if frontier else []
        return Status(
            at=now,
            sites=tuple(_site_statuses(frontier, now)) if frontier else (),
            warc_files=len(files),
            warc_bytes=sum(path.stat().st_size for path in files),
            open_files=tuple(path.name for path in files if path.name.endswith(".open")),
            last_run=runs[0]["run"] if runs else None,
            last_finish=runs[0]["finish"] if runs else None,
        )
    finally:
        if frontier:
            frontier.close()


def _site_statuses(frontier: Frontier, now: datetime) -> Iterable[SiteStatus]:
    for row in frontier.rows(SITES, {"now": now.timestamp()}):
        failing = frontier.rows(FAILING, (row["site"],))
        yield SiteStatus(
            site=row["site"],
            known=row["known"],
            due=row["due"],
            waiting=row["waiting"],
            next_due=_time(row["next_due"]),
            last_visit=_time(row["last_visit"]),
            last_new=_time(row["last_new"]),
            failing=tuple(f"{f['url']}: {f['outcome']}, {f['why']}" for f in failing),
        )


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
