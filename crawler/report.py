"""What a run did, in numbers that a person on call can act on."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from crawler.frontier import Frontier
from crawler.schedule import GOOD

EXIT_DONE, EXIT_FAILED, EXIT_PARTIAL, EXIT_DISK, EXIT_CONFIG, EXIT_BUSY = 0, 1, 2, 3, 4, 75


@dataclass(frozen=True, slots=True)
class SiteReport:
    """How one site fared in a run."""

    site: str
    polls: int  # visits to its sources
    fresh: int  # links never seen before
    outcomes: tuple[tuple[str, int], ...]  # of all its visits, most frequent first
    due: int  # URLs left that are due now
    faults: tuple[str, ...]  # what went wrong with its sources, in words

    @property
    def has_failed(self) -> bool:
        """True if no source of the site could be read although some were asked."""
        return bool(self.faults) and len(self.faults) >= self.polls > 0


@dataclass(frozen=True, slots=True)
class RunReport:
    """How a run fared."""

    run: str
    started: datetime
    ended: datetime | None
    finish: str
    sites: tuple[SiteReport, ...]

    @property
    def seconds(self) -> float:
        """Return how long it took."""
        return ((self.ended or self.started) - self.started).total_seconds()

    @property
    def outcomes(self) -> Counter[str]:
        """Return the outcomes of all visits."""
        total: Counter[str] = Counter()
        for site in self.sites:
            total.update(dict(site.outcomes))
        return total

    @property
    def exit_code(self) -> int:
        """Return what `dateline crawl` ends with."""
        if self.finish == "disk":
            return EXIT_DISK
        if self.finish.startswith("exit-"):
            return int(self.finish.removeprefix("exit-"))
        has_failed = self.ended is None or any(site.has_failed for site in self.sites)
        return EXIT_PARTIAL if has_failed else EXIT_DONE

    def to_dict(self) -> dict[str, object]:
        """Return the report as plain values; the keys are a contract."""
        return {
            "run": self.run,
            "started": self.started.isoformat(),
            "seconds": round(self.seconds, 3),
            "finish": self.finish,
            "outcomes": dict(self.outcomes),
            "sites": [
                {
                    "site": site.site,
                    "polls": site.polls,
                    "new_links": site.fresh,
                    "outcomes": dict(site.outcomes),
                    "due": site.due,
                    "faults": list(site.faults),
                }
                for site in self.sites
            ],
        }


def report_of(frontier: Frontier, run: str, now: datetime) -> RunReport | None:
    """Return the report of a run, None if the frontier knows of none by that name."""
    rows = frontier.rows("SELECT * FROM runs WHERE run = ?", (run,))
    if not rows:
        return None
    names = [row[0] for row in frontier.rows("SELECT value FROM json_each(?) ORDER BY value", (rows[0]["sites"],))]
    return RunReport(
        run=run,
        started=datetime.fromtimestamp(rows[0]["started"], UTC),
        ended=datetime.fromtimestamp(rows[0]["ended"], UTC) if rows[0]["ended"] else None,
        finish=rows[0]["finish"] or "killed",
        sites=tuple(_site_report(frontier, run, name, now) for name in names),
    )


def runs_of(frontier: Frontier) -> frozenset[str]:
    """Return the names of all runs: which of two started last, their times do not say where a clock was set back."""
    return frozenset(row[0] for row in frontier.rows("SELECT run FROM runs"))


def _site_report(frontier: Frontier, run: str, site: str, now: datetime) -> SiteReport:
    visits = frontier.rows("SELECT * FROM visits WHERE run = ? AND site = ?", (run, site))
    sources = [row for row in visits if row["role"] == "source"]
    good = {str(outcome) for outcome in GOOD}
    (due,) = frontier.rows(
        "SELECT count(*) FROM urls WHERE site = ? AND (state = 'due' OR state = 'waiting' AND due_at <= ?)",
        (site, now.timestamp()),
    )
    return SiteReport(
        site=site,
        polls=len(sources),
        fresh=sum(row["fresh"] for row in visits),
        outcomes=tuple(Counter(row["outcome"] for row in visits).most_common()),
        due=due[0],
        faults=tuple(
            f"{row['url']}: {row['outcome']}, {row['reason']}" for row in sources if row["outcome"] not in good
        ),
    )
