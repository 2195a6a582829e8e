"""The whole story of one URL, as the frontier tells it: where it was found, every visit, and what comes next."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from archive.model import Link
from archive.urls import normalise
from crawler.frontier import Frontier
from crawler.frontier.values import load_link
from crawler.schedule.rhythm import WEEK, load_rhythm

_OF_URL = "SELECT * FROM urls WHERE url IN (?, ?) ORDER BY site, url"

# The documents that the site's file declares, not those that they lead to.
_OF_SOURCE = """
SELECT *
FROM urls INDEXED BY urls_lists
WHERE role = 'source'
  AND source = ?
  AND link ->> 'found_in' IS NULL
ORDER BY site, url
"""

BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class VisitLine:
    """One visit."""

    at: datetime
    run: str
    outcome: str
    status: int | None
    reason: str
    record: str | None


@dataclass(frozen=True, slots=True)
class Habits:
    """What a source's own history says: `by_hour` and `by_day` are articles an hour to expect, in UTC."""

    polls: int
    articles: int
    last_news: datetime | None
    pulse: float
    by_hour: tuple[float, ...]
    by_day: tuple[float, ...]

    def lines(self) -> Iterator[str]:
        """Yield them as a person would draw them."""
        last = f", the last on {self.last_news:%Y-%m-%d %H:%M}Z" if self.last_news else ""
        yield f"  {self.articles} articles in {self.polls} polls{last}; lately {self.pulse:.1f} of its habit"
        yield f"  articles by hour of the day (UTC)  00 {_bars(self.by_hour)} 23, by day  Mo {_bars(self.by_day)} Su"


@dataclass(frozen=True, slots=True)
class Story:
    """What the frontier knows of a URL of one site."""

    site: str
    url: str
    role: str
    source: str
    state: str
    why: str
    due_at: datetime
    first_seen: datetime
    last_seen: datetime
    link: Link
    visits: tuple[VisitLine, ...]
    habits: Habits | None = None  # of a source that was polled

    def to_dict(self) -> dict[str, object]:
        """Return the story as plain values."""
        return asdict(self)

    def lines(self) -> Iterator[str]:
        """Yield the story as a person would tell it."""
        said = f", titled {self.link.title!r}" if self.link.title else ""
        where = f"found in {self.link.found_in}" if self.link.found_in else "declared by the site's file"
        yield f"{self.url}"
        yield f"  {self.role} of {self.site} (source {self.source}), {where}{said}"
        yield f"  first seen {self.first_seen:%Y-%m-%d %H:%M:%S}Z, last listed {self.last_seen:%Y-%m-%d %H:%M:%S}Z"
        for visit in self.visits:
            status = f" {visit.status}" if visit.status else ""
            record = f"  {visit.record}" if visit.record else "  no bytes"
            yield f"  {visit.at:%Y-%m-%d %H:%M:%S}Z  {visit.outcome}{status}  {visit.reason}{record}"
        if self.habits is not None:
            yield from self.habits.lines()
        until = f" until {self.due_at:%Y-%m-%d %H:%M:%S}Z" if self.state == "waiting" else ""
        yield f"  now {self.state}{until}: {self.why}"


def stories_of(frontier: Frontier, url: str) -> tuple[Story, ...]:
    """Return what the frontier knows of a URL, one story for each site that lists it; or of a source, by its key."""
    rows = frontier.rows(_OF_URL, (url, _normalised(url))) or frontier.rows(_OF_SOURCE, (url,))
    return tuple(
        Story(
            site=row["site"],
            url=row["url"],
            role=row["role"],
            source=row["source"],
            state=row["state"],
            why=row["why"],
            due_at=_time(row["due_at"]),
            first_seen=_time(row["first_seen"]),
            last_seen=_time(row["last_seen"]),
            link=load_link(row["link"]),
            visits=_visits(frontier, row["site"], row["url"]),
            habits=_habits(frontier, row["id"]),
        )
        for row in rows
    )


def _visits(frontier: Frontier, site: str, url: str) -> tuple[VisitLine, ...]:
    rows = frontier.rows("SELECT * FROM visits WHERE site = ? AND url = ? ORDER BY ended", (site, url))
    return tuple(
        VisitLine(_time(row["ended"]), row["run"], row["outcome"], row["status"], row["reason"], row["record"])
        for row in rows
    )


def _habits(frontier: Frontier, url_id: int) -> Habits | None:
    rows = frontier.rows("SELECT rhythm FROM habits WHERE url_id = ?", (url_id,))
    if not rows:
        return None
    rhythm = load_rhythm(rows[0][0])
    rates = tuple(rhythm.rates(0, WEEK))
    by_hour = tuple(sum(rates[hour::24]) / 7 for hour in range(24))
    by_day = tuple(sum(rates[day * 24 : day * 24 + 24]) / 24 for day in range(7))
    return Habits(rhythm.polls, rhythm.news, rhythm.last_news, round(rhythm.pulse, 2), by_hour, by_day)


def _bars(values: Sequence[float]) -> str:
    """Return one bar for each value.

    >>> _bars((0.0, 1.0, 4.0))
    '▁▃█'
    """
    highest = max(values) or 1.0
    return "".join(BARS[round(value / highest * (len(BARS) - 1))] for value in values)


def _normalised(url: str) -> str:
    try:
        return normalise(url)
    except ValueError:
        return url


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
