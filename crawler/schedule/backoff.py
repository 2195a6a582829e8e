"""How long a source that fails is left alone, by the cause, and when it is given up for dead."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from archive.model import Outcome
from crawler.schedule.following import Retry

Cause = Literal["dns", "connect", "busy", "5xx", "4xx", "gone", "parse", "other"]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Backoff:
    """From the second failure on: `first`, then twice as long each time up to `longest`; `dead` after that long."""

    first: timedelta
    longest: timedelta
    dead: timedelta
    quick: bool = True  # the first failure may be a hiccup: one retry at once


# A name that does not resolve or a page that is gone seldom comes back within the hour; a server that answers 500 does.
# Media Cloud's fetcher weighs failures 1 (hard), 0.5 (soft), 0.25 (DNS); news-crawl leaves failed feeds for 3 days, 404
# ones for 60 (notes: field 5). Ours come back sooner and are asked at most some 100 times before they count as dead.
BACKOFFS: dict[Cause, Backoff] = {
    "dns": Backoff(HOUR / 2, DAY, timedelta(days=45)),
    "connect": Backoff(HOUR / 4, DAY / 2, timedelta(days=60)),
    "busy": Backoff(HOUR, DAY, timedelta(days=60), quick=False),
    "5xx": Backoff(HOUR / 4, DAY / 4, timedelta(days=60)),
    "4xx": Backoff(6 * HOUR, 2 * DAY, timedelta(days=60), quick=False),
    "gone": Backoff(6 * HOUR, 2 * DAY, timedelta(days=30), quick=False),
    "parse": Backoff(HOUR, DAY, timedelta(days=60), quick=False),
    "other": Backoff(HOUR, DAY, timedelta(days=60)),
}
FAILURES_OF_THE_DEAD = 8  # so that a machine that was off for months does not bury everything on its return


def cause_of(outcome: Outcome, status: int | None, reason: str) -> Cause | None:
    """Return why a poll brought nothing to read, None if it did.

    >>> cause_of(Outcome.NETWORK, None, "dns: no such host"), cause_of(Outcome.HTTP_ERROR, 502, "")
    ('dns', '5xx')
    """
    if outcome in (Outcome.CAPTURED, Outcome.NOT_MODIFIED, Outcome.REDIRECTED):
        return None
    if outcome is Outcome.NETWORK:
        return "dns" if reason.startswith("dns") else "connect"
    if outcome is Outcome.GONE:
        return "gone"
    if outcome is Outcome.HTTP_ERROR and status is not None:
        return "busy" if status == 429 else "5xx" if status >= 500 else "4xx"
    return "other"


def wait_after(cause: Cause, failures: int, retry: Retry) -> timedelta:
    """Return how long to leave a source alone after that many failures in a row.

    >>> [str(wait_after("5xx", n, Retry())) for n in (1, 2, 3, 9)]
    ['0:00:30', '0:15:00', '0:30:00', '6:00:00']
    """
    rule = BACKOFFS[cause]
    if failures == 1 and rule.quick:
        return retry.first
    return min(rule.first * 2.0 ** min(failures - 1 - rule.quick, 20), rule.longest)


def is_dead(cause: Cause, failures: int, failing_for: timedelta) -> bool:
    """True if a source has failed for so long that asking on makes no sense."""
    return failures >= FAILURES_OF_THE_DEAD and failing_for >= BACKOFFS[cause].dead
