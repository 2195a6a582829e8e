"""What becomes of a URL after a visit, that of a source apart."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from archive.model import Outcome, Role
from crawler.schedule.lanes import priority_of

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
    """What becomes of a URL after a visit: `due_at` is when it may be fetched again, None when retired.

    `priority` is its new rank, None if it keeps the one it has.
    """

    state: State
    due_at: datetime | None
    failures: int
    why: str
    priority: int | None = None


@dataclass(frozen=True, slots=True)
class Ladder:
    """When an article is looked at again: the rungs count from `captured`, its first whole capture."""

    after: tuple[timedelta, ...] = ()
    captured: datetime | None = None

    def rung_after(self, now: datetime) -> tuple[int, datetime] | None:
        """Return the number and time of the next rung, None after the last.

        A visit that comes late counts for every rung it has passed: a machine that was off for a week has no backlog.
        """
        if self.captured is not None:
            for number, span in enumerate(self.after, start=1):
                if self.captured + span > now:
                    return number, self.captured + span
        return None


TRANSIENT = frozenset({Outcome.NETWORK, Outcome.TRUNCATED, Outcome.UNPARSABLE, Outcome.HTTP_ERROR})
GOOD = frozenset({Outcome.CAPTURED, Outcome.NOT_MODIFIED, Outcome.REDIRECTED})
SERVER_ERRORS = frozenset({408, 425, 429, *range(500, 600)})
LOOKED_AT = frozenset({Outcome.CAPTURED, Outcome.NOT_MODIFIED, Outcome.GONE, Outcome.HTTP_ERROR})


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
    retry: Retry,
    ladder: Ladder = Ladder(),
    until: datetime | None = None,
) -> Next:
    """Return when a URL is due again that is no source.

    An article is tried again after a fault of the moment, and looked at again on the rungs of its ladder, whatever it
    answered there: a page that is gone may come back. What robots.txt forbids is asked about again at `until`, tomorrow
    by default, for the rules may change; robots.txt itself whenever it is needed and old.
    """
    if outcome is Outcome.ROBOTS:
        again = until or now + DAY
        return Next("waiting", again, failures, f"robots.txt may change: asked again {_when(again)}")
    if outcome is Outcome.BUDGET:
        return Next("due", now, failures, "left for a later run")
    if role == "robots":
        return Next("retired", None, 0 if outcome in GOOD else failures + 1, "asked again when it is needed and old")
    if is_transient(outcome, status) and failures + 1 < retry.tries:
        wait = retry.delay(failures + 1)
        return Next("waiting", now + wait, failures + 1, f"try {failures + 2} of {retry.tries} in {wait}")
    return _rung(outcome, status, failures, now, retry, ladder)


def _rung(outcome: Outcome, status: int | None, failures: int, now: datetime, retry: Retry, ladder: Ladder) -> Next:
    gave_up = is_transient(outcome, status)
    rung = ladder.rung_after(now) if gave_up or outcome in LOOKED_AT else None
    if rung is not None:
        number, due_at = rung
        why = f"look {number} of {len(ladder.after)} at what became of it, {_when(due_at)}"
        return Next("waiting", due_at, 0, why, priority_of("article", "recheck"))
    if gave_up:
        return Next("retired", None, failures + 1, f"given up after {retry.tries} tries")
    looked = ladder.captured is not None and ladder.captured < now and outcome in LOOKED_AT
    return Next("retired", None, 0, f"done: {outcome}" + (", and looked at again to the end" if looked else ""))


def _when(moment: datetime) -> str:
    return f"at {moment:%Y-%m-%d %H:%M}Z"
