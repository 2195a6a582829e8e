"""Decide when a URL is due again: pure functions of how its visit ended."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from archive.model import Outcome, Role

State = Literal["due", "leased", "waiting", "retired"]

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Retry:
    """How a URL that failed is tried again: `first` after the first failure, `factor` times longer each time.

    Five tries by default, the last some 11 hours after the first: a server that was down over night is found again.
    """

    first: timedelta = timedelta(seconds=30)
    factor: float = 6.0
    tries: int = 5
    longest: timedelta = DAY

    def delay(self, failures: int) -> timedelta:
        """Return how long to wait after that many failures in a row.

        >>> [Retry().delay(n).total_seconds() for n in (1, 2, 3, 9)]
        [30.0, 180.0, 1080.0, 86400.0]
        """
        return min(self.first * self.factor ** min(failures - 1, 12), self.longest)


@dataclass(frozen=True, slots=True)
class Next:
    """What becomes of a URL after a visit: `due_at` is when it may be fetched again, None when retired."""

    state: State
    due_at: datetime | None
    failures: int
    why: str


TRANSIENT = frozenset({Outcome.NETWORK, Outcome.TRUNCATED, Outcome.UNPARSABLE, Outcome.HTTP_ERROR})
GOOD = frozenset({Outcome.CAPTURED, Outcome.NOT_MODIFIED, Outcome.REDIRECTED})
SERVER_ERRORS = frozenset({408, 425, 429, *range(500, 600)})


def is_transient(outcome: Outcome, status: int | None) -> bool:
    """True if the same request may well succeed later: the fault is of the moment, not of the URL."""
    if outcome is Outcome.HTTP_ERROR:
        return status in SERVER_ERRORS
    return outcome in TRANSIENT


def after(
    outcome: Outcome,
    *,
    role: Role,
    status: int | None,
    failures: int,
    now: datetime,
    every: timedelta,
    retry: Retry,
) -> Next:
    """Return when a URL is due again.

    A source always is, after `every` or later the longer it fails; an article only after a fault of the moment. A page
    that robots.txt forbids is asked about again tomorrow, for the rules may change.
    """
    if outcome is Outcome.ROBOTS:
        return Next("waiting", now + DAY, failures, "robots.txt may change: asked again in a day")
    if outcome is Outcome.BUDGET:
        return Next("due", now, failures, "left for a later run")
    if role == "source":
        return _source_again(outcome, failures, now, every, retry)
    if is_transient(outcome, status):
        return _try_again(failures + 1, now, retry)
    return Next("retired", None, 0, f"done: {outcome}")


def _source_again(outcome: Outcome, failures: int, now: datetime, every: timedelta, retry: Retry) -> Next:
    if outcome in GOOD:
        return Next("waiting", now + every, 0, f"polled again in {every}")
    failures += 1
    wait = max(every, retry.delay(failures)) if failures >= retry.tries else retry.delay(failures)
    return Next("waiting", now + wait, failures, f"failed {failures} times in a row: tried again in {wait}")


def _try_again(failures: int, now: datetime, retry: Retry) -> Next:
    if failures >= retry.tries:
        return Next("retired", None, failures, f"given up after {failures} tries")
    wait = retry.delay(failures)
    return Next("waiting", now + wait, failures, f"try {failures + 1} of {retry.tries} in {wait}")
