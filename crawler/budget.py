"""How many requests each site's lanes may still make, in this run and today."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from crawler.schedule import LANES, Lane
from crawler.sites import Site

RECHECKS_AT_LEAST = 20  # in two days, whatever their share: a small paper's corrections are not lost to rounding

EVERYTHING: frozenset[Lane] = frozenset(LANES)


@dataclass(slots=True)
class Budget:
    """What one site has spent: in this run, today, and yesterday with today."""

    site: Site
    day: date
    run: Counter[Lane] = field(default_factory=Counter)
    today: Counter[Lane] = field(default_factory=Counter)
    yesterday: Counter[Lane] = field(default_factory=Counter)

    def spend(self, lane: Lane, now: datetime) -> None:
        """Count one request."""
        day = now.astimezone(UTC).date()
        if day != self.day:
            self.yesterday = self.today if day - self.day == timedelta(days=1) else Counter()
            self.day, self.today = day, Counter()
        self.run[lane] += 1
        self.today[lane] += 1

    def give_back(self, lane: Lane) -> None:
        """Take one request back that was not made."""
        self.run[lane] -= 1
        self.today[lane] -= 1

    def closed(self, now: datetime) -> frozenset[Lane]:
        """Return the lanes in which nothing may be asked for now."""
        polite, past = self.site.polite, self.site.backfill
        if self.today.total() >= polite.per_day:
            return EVERYTHING
        closed: set[Lane] = set()
        if self.run["news"] + self.run["recheck"] >= polite.per_run:
            closed |= {"news", "recheck"}
        if self._rechecks_spent():
            closed.add("recheck")
        if self.run["backfill"] >= past.per_run or self.today["backfill"] >= past.per_day:
            closed.add("backfill")
        if polite.night is not None and not polite.night.covers(now):
            closed |= {"recheck", "backfill"}
        return frozenset(closed)

    def _rechecks_spent(self) -> bool:
        both = self.today + self.yesterday
        allowed = RECHECKS_AT_LEAST + self.site.recheck.share * (both["news"] + both["recheck"])
        return both["recheck"] >= allowed
