"""How complete the archive is, month by month, against what the sources of a site have listed."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from archive.model import Outcome
from crawler.backfill import day_of
from crawler.frontier import Frontier
from crawler.frontier.values import load_link

UNDATED = "undated"

_COUNTS = """
SELECT substr(coalesce(link ->> 'published', link ->> 'modified'), 1, 7) AS month,
       captured IS NOT NULL AS held, state, outcome, count(*) AS count
FROM urls
WHERE site = ?
  AND role = 'article'
GROUP BY 1, 2, 3, 4
"""

_UNDATED = """
SELECT link, captured IS NOT NULL AS held, state, outcome
FROM urls
WHERE site = ?
  AND role = 'article'
  AND coalesce(link ->> 'published', link ->> 'modified') IS NULL
"""

_LISTS = """
SELECT count(*)
FROM urls
WHERE site = ?
  AND role = 'source'
  AND visited IS NULL
  AND outcome IS NULL
"""

_UNWANTED = frozenset({Outcome.DROPPED, Outcome.OFFSITE})
_MOVED = frozenset({Outcome.REDIRECTED})


@dataclass(frozen=True, slots=True)
class Month:
    """The articles of one month that any source has listed, by what became of them.

    `captured` were held whole at least once; `moved` led to another address, which is counted there; `gone` and
    `failed` never were; `left` are still to be fetched. What is not wanted of the site is not among them.
    """

    month: str
    listed: int
    captured: int
    moved: int
    gone: int
    failed: int
    left: int

    @property
    def part(self) -> float:
        """Return how much of what can still be had is held, 1.0 for all."""
        there = self.captured + self.failed + self.left
        return self.captured / there if there else 1.0


@dataclass(frozen=True, slots=True)
class Completeness:
    """The months of a site, newest first, and how many lists are still unread: they may name more."""

    site: str
    months: tuple[Month, ...]
    lists_unread: int

    def to_dict(self) -> dict[str, object]:
        """Return it as plain values; the keys are a contract."""
        return asdict(self)


def completeness_of(frontier: Frontier, site: str) -> Completeness:
    """Return how complete the archive is of a site."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for month, fate, count in _fates(frontier, site):
        found[month][fate] += count
    months = tuple(_month(month, found[month]) for month in sorted(found, reverse=True) if found[month].total())
    return Completeness(site, months, frontier.rows(_LISTS, (site,))[0][0])


def _month(month: str, fates: Counter[str]) -> Month:
    return Month(month, fates.total(), fates["captured"], fates["moved"], fates["gone"], fates["failed"], fates["left"])


def _fates(frontier: Frontier, site: str) -> Iterator[tuple[str, str, int]]:
    for row in frontier.rows(_COUNTS, (site,)):
        fate = _fate(row["held"], row["state"], row["outcome"])
        if row["month"] is not None and fate:
            yield row["month"], fate, row["count"]
    for row in frontier.rows(_UNDATED, (site,)):
        fate = _fate(row["held"], row["state"], row["outcome"])
        if fate:
            day = day_of(load_link(row["link"]))
            yield f"{day:%Y-%m}" if day else UNDATED, fate, 1


def _fate(held: int, state: str, outcome: str | None) -> str:
    """Return what became of an article; "" if it was never wanted."""
    if held:
        return "captured"
    if outcome in _UNWANTED:
        return ""
    if outcome in _MOVED:
        return "moved"
    if outcome == Outcome.GONE:
        return "gone"
    return "failed" if state == "retired" else "left"
