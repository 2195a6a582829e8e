"""Tell from numbers alone that something is wrong although every command succeeds: the silent zero.

Pure functions of a site's history. Each sign has a bound that the site's own past sets, and says its figures, so that
whoever is woken can judge it. docs/operations.md describes every sign for people on call.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Literal

from archive.urls import normalise
from crawler.chance import at_least, smaller_by
from crawler.history import Fetch, Poll, RunLine, SiteHistory
from crawler.schedule import GOOD
from crawler.sites import Site
from crawler.sites.site import Sign

ArchiveSign = Literal["idle", "disk"]

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)

YOUNG = timedelta(weeks=2)  # before two weekends, a site's rhythm is not known
RHYTHM = 8  # times it brought something, before its rhythm is
RECENT = 20  # articles that are compared with those before them
ENOUGH = 8  # of them, before anything is said
BY_CHANCE = 1e-4  # an alarm by mistake in ten thousand looks: with 50 sites and hourly crawls, one in eight days
FEWEST = 3  # entries of a list that is worth missing
ALMOST_NONE = 0.1  # of what a list usually has: a page that came in place of a feed announces a feed or two
COLLAPSED = 0.5  # of the usual length of a text
BY_ERRORS = 3.5  # standard errors: 0.0002 of a normal distribution, and the length must have halved as well
WEEK_LEFT = 7.0  # days until the disk is full

REFUSALS = frozenset({401, 403, 407, 429, 451, 503})
UNREAD = frozenset({"not_article", "unreadable", "timeout"})
_GOOD = frozenset(str(outcome) for outcome in GOOD)


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something is wrong with a site (with the archive, if `site` is ""), since about `since`."""

    sign: Sign | ArchiveSign
    site: str
    since: datetime
    text: str

    @property
    def key(self) -> str:
        """What makes it the same alarm in the next look."""
        return f"{self.sign}:{self.site}"


def alarms_of(site: Site, history: SiteHistory, now: datetime) -> tuple[Alarm, ...]:
    """Return what is wrong with a site, save the signs that its file wants overlooked."""
    if not history.polls:
        return ()
    found = (
        *_unreachable(site, history, now),
        *_silent(site, history, now),
        *_empty(site, history.polls),
        *_refused(site, history),
        *_unread(site, history.news),
        *_short(site, history.news),
    )
    return tuple(alarm for alarm in found if alarm.sign not in site.expect.ignore)


def archive_alarms(
    runs: Sequence[RunLine], free_bytes: int, floor_bytes: int, per_day: float, now: datetime
) -> Iterator[Alarm]:
    """Yield what is wrong with the archive as a whole: no crawl for long, or a disk that will be full within a week."""
    started = [run.started for run in runs]
    steps = [(b - a).total_seconds() for a, b in pairwise(started)]
    usual = timedelta(seconds=median(steps)) if len(steps) > 1 else DAY
    if started and now - started[-1] > max(DAY, 3 * usual):
        yield Alarm("idle", "", started[-1], f"no crawl has begun for {span(now - started[-1])}: is its timer alive?")
    left = (free_bytes - floor_bytes) / per_day if per_day else float("inf")
    if left < WEEK_LEFT:
        text = (
            f"the disk is full in {max(left, 0):.1f} days: {free_bytes / 1e9:.1f} GB free, {per_day / 1e9:.2f} GB a day"
        )
        yield Alarm("disk", "", now, text)


def quiet_limit(site: Site, history: SiteHistory, now: datetime) -> timedelta:
    """Return how long a site may bring nothing new: what its file says, else twice its second longest silence.

    The second longest: its longest may have been an outage. A site too young to have a rhythm gets three days, or
    three times its longest silence.
    """
    if site.expect.quiet_for_s is not None:
        return timedelta(seconds=site.expect.quiet_for_s)
    gaps = sorted((b - a for a, b in pairwise(fetch.at for fetch in history.news)), reverse=True)
    rhythm = [gap for gap in gaps if gap >= HOUR / 6]  # within one run, articles follow one another by seconds
    if len(rhythm) < RHYTHM or now - history.polls[0].at < YOUNG:
        return max(3 * DAY, 3 * (rhythm[0] if rhythm else DAY))
    return max(12 * HOUR, 2 * rhythm[1])


def span(length: timedelta) -> str:
    """Return a length of time for people.

    >>> span(timedelta(hours=30)), span(timedelta(days=12)), span(timedelta(minutes=5))
    ('30 hours', '12 days', '5 minutes')
    """
    seconds = length.total_seconds()
    for unit, size, most in (("minutes", 60, 120), ("hours", 3_600, 72)):
        if seconds < size * most:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 86_400:.0f} days"


# ---------------------------------------------------------------------- signs


def _unreachable(site: Site, history: SiteHistory, now: datetime) -> Iterator[Alarm]:
    good = [poll.at for poll in history.polls if poll.outcome in _GOOD]
    since = good[-1] if good else history.polls[0].at
    failed = [poll for poll in history.polls if poll.at >= since and poll.outcome not in _GOOD]
    if len(failed) > 1 and now - since >= DAY:
        last = failed[-1]
        why = f"{last.outcome}, {last.reason}" if last.reason else last.outcome
        text = f"no source has answered for {span(now - since)} ({len(failed)} polls; last: {last.url}: {why})"
        yield Alarm("unreachable", site.id, since, text)


def _silent(site: Site, history: SiteHistory, now: datetime) -> Iterator[Alarm]:
    """Count the silence up to the last poll that answered: while nobody asked, nobody was silent."""
    good = [poll.at for poll in history.polls if poll.outcome in _GOOD]
    if not good:
        return
    since = history.news[-1].at if history.news else history.polls[0].at
    limit = quiet_limit(site, history, now)
    if good[-1] - since > limit:
        what = "nothing new" if history.news else "nothing at all"
        whose = "declared" if site.expect.quiet_for_s is not None else "learned"
        text = f"{what} for {span(good[-1] - since)}, though its sources answer ({whose} limit: {span(limit)})"
        yield Alarm("silent", site.id, since, text)


def _empty(site: Site, polls: Iterable[Poll]) -> Iterator[Alarm]:
    """Find sources that used to list something. Only declared ones: the fifth page of a section may well be empty."""
    declared = {normalise(url) for source in site.sources for url in source.urls}
    by_url: dict[str, list[Poll]] = {}
    for poll in polls:
        if poll.url in declared and poll.outcome == "captured":
            by_url.setdefault(poll.url, []).append(poll)
    for url, captured in by_url.items():
        before, last = captured[:-2], captured[-2:]
        usual = median(poll.links for poll in before) if len(before) > 1 else 0
        if usual >= FEWEST and all(poll.links <= usual * ALMOST_NONE for poll in last):
            text = f"{url} lists {last[-1].links} links, used to list {usual:.0f} ({last[-1].reason})"
            yield Alarm("empty", site.id, last[0].at, text)


def _refused(site: Site, history: SiteHistory) -> Iterator[Alarm]:
    known = [fetch for fetch in history.fetches if fetch.outcome != "captured" or fetch.reading is not None]
    if since := _rise(known, _is_refused, 0.2):
        recent = known[_recent_from(known) :]
        count = sum(map(_is_refused, recent))
        last = next(fetch for fetch in reversed(recent) if _is_refused(fetch))
        what = "a consent or block page" if last.reading == "blocked" else f"status {last.status}"
        text = f"{count} of the last {len(recent)} articles were refused (last: {last.url}: {what})"
        yield Alarm("refused", site.id, since, text)


def _unread(site: Site, news: Sequence[Fetch]) -> Iterator[Alarm]:
    read = [fetch for fetch in news if fetch.reading not in (None, "blocked")]
    if since := _rise(read, _is_unread, 0.5):
        recent = read[_recent_from(read) :]
        last = next(fetch for fetch in reversed(recent) if _is_unread(fetch))
        text = (
            f"no article was found on {sum(map(_is_unread, recent))} of the last {len(recent)} pages (last: {last.url})"
        )
        yield Alarm("unread", site.id, since, text)


def _short(site: Site, news: Sequence[Fetch]) -> Iterator[Alarm]:
    read = [fetch for fetch in news if fetch.chars]
    start = _recent_from(read)
    recent, usual = ([fetch.chars or 0 for fetch in part] for part in (read[start:], read[:start]))
    if len(recent) < ENOUGH or len(usual) < ENOUGH:
        return
    now_, before = median(recent), median(usual)
    if now_ < before * COLLAPSED and smaller_by(recent, usual) > BY_ERRORS:
        text = f"articles have {now_:.0f} characters, used to have {before:.0f}: has the layout changed?"
        yield Alarm("short", site.id, read[start].at, text)


def _is_refused(fetch: Fetch) -> bool:
    return fetch.reading == "blocked" or (fetch.outcome == "http_error" and fetch.status in REFUSALS)


def _is_unread(fetch: Fetch) -> bool:
    return fetch.reading in UNREAD


def _rise(fetches: Sequence[Fetch], is_bad: Callable[[Fetch], bool], at_most: float) -> datetime | None:
    """Return since when at least half of the recent fetches are bad, more than those before let one expect.

    `at_most` bounds what may be expected: however long a fault has lasted, it is no rule.
    """
    start = _recent_from(fetches)
    recent, before = fetches[start:], fetches[:start]
    bad = [fetch for fetch in recent if is_bad(fetch)]
    if len(recent) < ENOUGH or 2 * len(bad) < len(recent):
        return None
    # As if ten fetches more had been seen before, two of them bad: a site without a past is no stranger to trouble.
    usual = min(at_most, (sum(map(is_bad, before)) + 2) / (len(before) + 10))
    return bad[0].at if at_least(len(bad), len(recent), usual) < BY_CHANCE else None


def _recent_from(fetches: Sequence[Fetch]) -> int:
    """Return where the recent ones begin: the last twenty; of few, half, but enough of them."""
    return max(0, len(fetches) - RECENT, min(len(fetches) // 2, len(fetches) - ENOUGH))
