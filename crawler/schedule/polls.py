"""When a source is polled again: sooner the more it is expected to bring, within the bounds its site's file sets.

It is polled when so many articles are expected to be waiting there that letting them wait costs more than a request.
How many that is depends on what is ahead: PRICE at a rate of one article an hour, more where more is coming, fewer
before a lull. Where the rate `r` does not change, the frequency of polls comes to `r ** 0.75 / PRICE`.

The power is between two extremes. Of 0.5, the mean delay of all articles is smallest, and wires wait for the sake of
blogs; of 1.0, each poll brings as many articles, and a blog waits for a day. With 0.75, an article that waits eight
times as long counts as twice as late (docs/scheduling.md has what each came to).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from crawler.schedule.backoff import BACKOFFS, Cause, is_dead, wait_after
from crawler.schedule.following import Next, Retry
from crawler.schedule.rhythm import WEEK, Rhythm, hour_of_week

PRICE = 0.5  # articles worth a poll: a source of one an hour is asked twice in it, one of four every ten minutes
HASTE = 0.75  # how the polls grow with the rate
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
    """Return the hours until enough articles wait there, by what the hour then promises."""
    ahead = min(LOOK_AHEAD, int(longest.total_seconds() // 3600) + 2)
    length = 1.0 - (now.timestamp() / 3600.0) % 1.0  # of this hour's rest
    waiting = waited = 0.0
    pulse = rhythm.pulse
    for habit in rhythm.rates(hour_of_week(now), ahead):
        rate = pulse * habit
        enough: float = price * rate ** (1.0 - HASTE)
        if waiting >= enough:  # a lull begins: what has come until now need not wait for its end
            break
        if waiting + rate * length >= enough:
            return waited + (enough - waiting) / rate
        waiting, waited, length = waiting + rate * length, waited + length, 1.0
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
