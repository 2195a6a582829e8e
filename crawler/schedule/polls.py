"""When a source is polled again: sooner the more it is expected to bring, within the bounds its site's file sets.

An article waits half an interval on average, and a poll costs a request. Where articles come at the rate `r`, the
interval that makes the sum of both smallest is sqrt(2 * PRICE / r): a source with four times the news is asked twice as
often. As the rate differs from hour to hour, the next poll comes when the polls due by that rule add up to one.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import sqrt

from crawler.schedule.backoff import BACKOFFS, Cause, is_dead, wait_after
from crawler.schedule.following import Next, Retry
from crawler.schedule.rhythm import WEEK, Rhythm, hour_of_week

PRICE = 0.125  # article-hours of waiting that one poll is worth: a source of one article an hour is asked twice in it
LOOK_AHEAD = WEEK  # hours


@dataclass(frozen=True, slots=True)
class Poll:
    """One poll of a source, as the decision needs it: `cause` is why it failed, None if it did not.

    `tells` is False where the answer says nothing about the source's habits: a redirect, the same bytes elsewhere.
    """

    at: datetime
    shortest: timedelta
    longest: timedelta
    retry: Retry
    cause: Cause | None = None
    tells: bool = True


def polled(rhythm: Rhythm, poll: Poll, published: tuple[datetime | None, ...], failures: int) -> tuple[Rhythm, Next]:
    """Return what is known of a source after a poll, and when it is polled again.

    `published` are the times of the articles never seen before, None where the source does not say.
    """
    if poll.cause is not None:
        return _failed(rhythm, poll, poll.cause, failures + 1)
    if poll.tells:
        rhythm = rhythm.learned(poll.at, published)
    return rhythm, next_poll(rhythm, poll.at, poll.shortest, poll.longest)


def next_poll(rhythm: Rhythm, now: datetime, shortest: timedelta, longest: timedelta, *, price: float = PRICE) -> Next:
    """Return when a source that answered is polled again, and why then."""
    wait = min(max(timedelta(hours=_hours_to_wait(rhythm, now, longest, price)), shortest), longest)
    return Next("waiting", now + wait, 0, _why(rhythm, now, wait, shortest, longest))


def _hours_to_wait(rhythm: Rhythm, now: datetime, longest: timedelta, price: float) -> float:
    """Return the hours until the polls that the rule asks for add up to one."""
    ahead = min(LOOK_AHEAD, int(longest.total_seconds() // 3600) + 2)
    into = (now.timestamp() / 3600.0) % 1.0
    due = waited = 0.0
    pulse = rhythm.pulse
    for rate in rhythm.rates(hour_of_week(now), ahead):
        length = 1.0 - into
        frequency = sqrt(pulse * rate / (2.0 * price))
        if due + frequency * length >= 1.0:
            return waited + (1.0 - due) / frequency
        due, waited, into = due + frequency * length, waited + length, 0.0
    return waited


def _failed(rhythm: Rhythm, poll: Poll, cause: Cause, failures: int) -> tuple[Rhythm, Next]:
    since = rhythm.failing_since or poll.at
    rhythm = replace(rhythm, failing_since=since)
    if is_dead(cause, failures, poll.at - since):
        why = (
            f"dead, failed {failures} times ({cause}) since {since:%Y-%m-%d}: asked again when the site's file changes"
        )
        return rhythm, Next("retired", None, failures, why)
    wait = wait_after(cause, failures, poll.retry)
    end = since + BACKOFFS[cause].dead
    why = (
        f"failed {failures} times in a row ({cause}): tried again in {span_text(wait)}, for dead from {end:%Y-%m-%d} on"
    )
    return rhythm, Next("waiting", poll.at + wait, failures, why)


def _why(rhythm: Rhythm, now: datetime, wait: timedelta, shortest: timedelta, longest: timedelta) -> str:
    rate = rhythm.pulse * rhythm.rate(hour_of_week(now))
    bound = " (its shortest)" if wait == shortest else " (its longest)" if wait == longest else ""
    if rhythm.polls < 2:
        return f"polled again in {span_text(wait)}{bound}: too new to know its habits"
    mood = f", {rhythm.pulse:.1f} of its habit" if not 0.8 <= rhythm.pulse <= 1.25 else ""
    return (
        f"polled again in {span_text(wait)}{bound}: {_rate_text(rate)} expected on {now:%a} at {now:%H} h{mood}; "
        f"{rhythm.news} in {rhythm.polls} polls so far"
    )


def _rate_text(rate: float) -> str:
    """Return a rate as people say it: the unit in which the number is not tiny."""
    for unit, hours in (("an hour", 1.0), ("a day", 24.0)):
        if rate * hours >= 0.5:
            return f"{rate * hours:.1f} articles {unit}"
    return f"{rate * WEEK:.1f} articles a week"


def span_text(span: timedelta) -> str:
    """Return a length of time as people say it.

    >>> span_text(timedelta(minutes=42)), span_text(timedelta(hours=30)), span_text(timedelta(seconds=30))
    ('42 min', '30 h', '30 s')
    """
    seconds = span.total_seconds()
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7_200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 3 * 86_400 else f"{seconds / 86_400:.0f} days"
