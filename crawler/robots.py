"""What a robots.txt says (RFC 9309), and what an attempt to get it means."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from protego import Protego

from archive.model import Outcome
from crawler.frontier import RobotsAnswer, RobotsFile
from crawler.schedule import Retry

HOLDS = timedelta(days=1)  # RFC 9309, 2.4: not to be used for longer
MAX_ROBOTS_BYTES = 512 << 10  # RFC 9309, 2.5: at least 500 KiB must be read
MAX_CRAWL_DELAY_S = 120.0  # the cap news-crawl uses; longer ones are mistakes as a rule


@dataclass(frozen=True, slots=True)
class Rules:
    """What one host's robots.txt says: nothing without a `parser`; `unreachable` is why it could not be had."""

    parser: Protego | None = None
    unreachable: str | None = None

    def refusal(self, url: str, agent: str) -> str | None:
        """Return why the URL must not be fetched, or None if it may be."""
        if self.unreachable is not None:
            return f"robots.txt unreachable ({self.unreachable}): disallowed (RFC 9309, 2.3.1.4)"
        if self.parser is not None and not self.parser.can_fetch(url, agent):
            return "disallowed by robots.txt"
        return None

    def crawl_delay(self, agent: str) -> float:
        """Return the seconds its Crawl-delay asks for, at most two minutes; 0 without one."""
        asked = self.parser.crawl_delay(agent) if self.parser else None
        return min(float(asked), MAX_CRAWL_DELAY_S) if asked else 0.0


def rules_in(known: RobotsFile) -> Rules:
    """Return the rules of a robots.txt that the frontier keeps."""
    return Rules(_parsed(known.body), known.unreachable)


@lru_cache(maxsize=256)
def _parsed(body: str) -> Protego | None:
    return Protego.parse(body) if body else None


def answer_of(
    outcome: Outcome, status: int | None, body: bytes, reason: str, *, now: datetime, failures: int, retry: Retry
) -> RobotsAnswer:
    """Return what asking for a robots.txt came to.

    A whole answer is its rules, for a day. A status of 400-499 allows everything (RFC 9309, 2.3.1.3), but 429 says that
    the server is busy. Everything else is "unreachable": nothing is allowed until it was asked again.
    """
    if outcome in (Outcome.CAPTURED, Outcome.TRUNCATED) and status is not None and 200 <= status < 300:
        return RobotsAnswer(body[:MAX_ROBOTS_BYTES].decode("utf-8", "replace"), expires=now + HOLDS)
    if status is not None and 400 <= status < 500 and status != 429:
        return RobotsAnswer(expires=now + HOLDS)
    why = f"status {status}" if status is not None else reason
    return RobotsAnswer(unreachable=why, expires=now + retry.delay(failures + 1))
