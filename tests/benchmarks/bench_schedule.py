"""Compare the schedule of sources with fixed intervals and with two published policies, on 200 timetables of 60 days.

    python -m tests.benchmarks.bench_schedule [--docs]

Each policy polls each source from the first minutes on, knowing nothing; what it costs (polls) and what it brings
(delay from publication to discovery) is counted over all 60 days. Our price of a poll is varied, which gives a curve;
on it lie the two answers for each rival: our delay at as many polls, and our polls at the same delay. `--docs` writes
the table and the plot into docs/scheduling.md and docs/scheduling.svg.
"""

import sys
from bisect import bisect_right
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from math import exp, log
from pathlib import Path
from statistics import fmean, median, quantiles
from typing import Literal

from crawler.schedule.polls import PRICE, next_poll
from crawler.schedule.rhythm import Rhythm
from tests.benchmarks.timetables import END_S, HOUR, Timetable, moment, timetables

MINUTE, DAY = 60.0, 24 * HOUR
LISTED = 30  # articles that a source lists at once: what falls off between two polls is missed
REPORTED = 2026  # the seed of the timetables; the constants of crawler.schedule were found on those of seed 1
PRICES = (0.15, 0.3, 0.6, 1.2, 2.4, 4.5, 9.0)
Measure = Literal["median", "mean", "p90", "typical"]
MEASURES: tuple[Measure, ...] = ("median", "mean", "p90", "typical")
HEADS = (
    "policy",
    "polls",
    "missed: theirs, ours",
    *(f"{m}: theirs, ours, ratio" for m in MEASURES),
    "our polls at their median",
    "at their mean",
)
SHORTEST = timedelta(minutes=2)  # for the comparison: wide enough that bounds decide nothing
LONGEST = timedelta(days=1)
DOCS = Path(__file__).parents[2] / "docs"

Step = Callable[[float, float, Sequence[float]], float]
"""From the time of a poll, that of the poll before, and what was fresh, to the interval until the next."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a policy cost and brought."""

    name: str
    polls: int
    delays: tuple[float, ...]  # of each article discovered, in seconds
    by_source: tuple[float, ...]  # median of each source that had any
    missed: int

    @property
    def median(self) -> float:
        return median(self.delays)

    @property
    def mean(self) -> float:
        return fmean(self.delays)

    @property
    def p90(self) -> float:
        return quantiles(self.delays, n=10)[8]

    @property
    def typical(self) -> float:
        """The median over sources of their medians: every source counts the same."""
        return median(self.by_source)

    def delay(self, measure: Measure) -> float:
        """Return one of the measures, in seconds."""
        return {"median": self.median, "mean": self.mean, "p90": self.p90, "typical": self.typical}[measure]


def run_one(table: Timetable, make: Callable[[Timetable], Step]) -> tuple[int, list[float], int]:
    """Return the polls, delays and missed articles of one source."""
    step = make(table)
    at = before = phase_of(table.name) * 10 * MINUTE
    seen = bisect_right(table.times, at)  # what stood there at the first poll has no delay
    polls, missed, delays = 0, 0, list[float]()
    while at < END_S:
        polls += 1
        now = bisect_right(table.times, at)
        fresh = table.times[max(seen, now - LISTED) : now]
        missed += max(0, now - LISTED - seen)
        delays += [at - t for t in fresh]
        seen = now
        wait = step(at, before, fresh)
        before, at = at, at + wait
    return polls, delays, missed


def phase_of(name: str) -> float:
    """Return a number in [0, 1) that is the same on every run, unlike `hash`."""
    return int.from_bytes(name.encode()) % 997 / 997


def run(name: str, make: Callable[[Timetable], Step], tables: Sequence[Timetable]) -> Result:
    """Return what a policy does on all timetables."""
    with ProcessPoolExecutor(2) as pool:
        found = list(pool.map(partial(run_one, make=make), tables, chunksize=4))
    delays = tuple(d for _, each, _ in found for d in each)
    medians = tuple(median(each) for _, each, _ in found if each)
    return Result(name, sum(p for p, _, _ in found), delays, medians, sum(m for _, _, m in found))


# ---------------------------------------------------------------------- policies


def fixed(_: Timetable, interval_s: float) -> Step:
    return lambda _at, _before, _fresh: interval_s


def media_cloud(_: Timetable) -> Step:
    """rss-fetcher: from 6 h, within 10 min and 24 h; an hour shorter where under a third of the list is known, 10 min
    longer where over two thirds are (an hour, if nothing came for 31 days)."""
    interval, last_news = 6 * HOUR, 0.0

    def step(at: float, _before: float, fresh: Sequence[float]) -> float:
        nonlocal interval, last_news
        known = 1 - len(fresh) / LISTED
        last_news = at if fresh else last_news
        if known < 1 / 3:
            interval -= HOUR
        elif known >= 2 / 3:
            interval += 10 * MINUTE if at - last_news < 31 * DAY else HOUR
        interval = min(max(interval, 10 * MINUTE), DAY)
        return interval

    return step


def news_crawl(_: Timetable) -> Step:
    """news-crawl (StormCrawler): from 12 h, within 90 min and 90 d; x0.8 where the list has changed, x1.5 where not."""
    interval = 12 * HOUR

    def step(_at: float, _before: float, fresh: Sequence[float]) -> float:
        nonlocal interval
        interval = min(max(interval * (0.8 if fresh else 1.5), 90 * MINUTE), 90 * DAY)
        return interval

    return step


def ours(table: Timetable, price: float, shortest: timedelta = SHORTEST, longest: timedelta = LONGEST) -> Step:
    """crawler.schedule as the crawl uses it, at another price of a poll."""
    rhythm = Rhythm()

    def step(at: float, _before: float, fresh: Sequence[float]) -> float:
        nonlocal rhythm
        now = moment(at)
        rhythm = rhythm.learned(now, tuple(moment(t) if table.dated else None for t in fresh))
        following = next_poll(rhythm, now, shortest, longest, price=price)
        assert following.due_at is not None
        return (following.due_at - now).total_seconds()

    return step


# ---------------------------------------------------------------------- comparison


@dataclass(frozen=True, slots=True)
class Curve:
    """Our results by price, as lines in log-log space between what was run."""

    results: tuple[Result, ...]

    def delay_at(self, polls: float, measure: Measure) -> float:
        """Return the delay at a number of polls."""
        points = [(log(r.polls), log(r.delay(measure))) for r in self.results]
        return exp(_line(sorted(points), log(polls)))

    def missed_at(self, polls: float) -> int:
        """Return how many articles had left the lists before they were seen, of the next result with fewer polls."""
        fewer = [r for r in self.results if r.polls <= polls]
        return max(fewer, key=lambda r: r.polls).missed if fewer else self.results[-1].missed

    def polls_at(self, delay: float, measure: Measure) -> float:
        """Return the polls that a delay costs."""
        points = [(log(r.delay(measure)), log(r.polls)) for r in self.results]
        return exp(_line(sorted(points), log(delay)))


def _line(points: Sequence[tuple[float, float]], x: float) -> float:
    at = min(max(bisect_right(points, (x, float("inf"))), 1), len(points) - 1)
    (x0, y0), (x1, y1) = points[at - 1], points[at]
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0)


def main() -> None:
    """Run all policies, and print what they cost and bring."""
    tables = timetables(REPORTED)
    print(f"{len(tables)} sources, {sum(len(t.times) for t in tables):,} articles in 60 days", flush=True)
    rivals = [
        run("fixed 15 min", partial(fixed, interval_s=15 * MINUTE), tables),
        run("fixed 1 h", partial(fixed, interval_s=HOUR), tables),
        run("Media Cloud", media_cloud, tables),
        run("news-crawl", news_crawl, tables),
    ]
    for rival in rivals:
        show(rival)
    curve = []
    for price in PRICES:
        curve.append(run(f"ours, price {price:g}", partial(ours, price=price), tables))
        show(curve[-1])
    default = run("ours as shipped (10m..24h)", partial(ours, price=PRICE, shortest=timedelta(minutes=10)), tables)
    show(default)
    lines = table_lines(rivals, Curve(tuple(curve)), default)
    print("\n".join(lines))
    if "--docs" in sys.argv:
        write_docs(lines, rivals, curve, default)


def show(result: Result) -> None:
    """Print one line about a result."""
    print(
        f"{result.name:28} {result.polls:>9,} polls  median {minutes(result.median)}  p90 {minutes(result.p90)}"
        f"  typical source {minutes(result.typical)}  missed {result.missed}",
        flush=True,
    )


def minutes(seconds: float) -> str:
    """Return a delay as people read it."""
    return f"{seconds / 60:.1f} min" if seconds < 2 * HOUR else f"{seconds / HOUR:.1f} h"


def table_lines(rivals: Sequence[Result], curve: Curve, default: Result) -> list[str]:
    """Return the table of the docs."""
    lines = [
        "| " + " | ".join(HEADS) + " |",
        "|-|" + "-:|" * (len(HEADS) - 1),
    ]
    for rival in rivals:
        cells = [rival.name, f"{rival.polls:,}", f"{rival.missed:,}, {curve.missed_at(rival.polls):,}"]
        for measure in MEASURES:
            delay = curve.delay_at(rival.polls, measure)
            cells.append(f"{minutes(rival.delay(measure))}, {minutes(delay)}, **{delay / rival.delay(measure):.2f}**")
        for measure in MEASURES[:2]:
            polls = curve.polls_at(rival.delay(measure), measure)
            cells.append(f"{polls:,.0f} (**{polls / rival.polls:.2f}**)")
        lines.append("| " + " | ".join(cells) + " |")
    shipped = [f"{default.missed:,}", *(minutes(default.delay(measure)) for measure in MEASURES)]
    lines.append("| " + " | ".join([default.name, f"{default.polls:,}", *shipped, "", ""]) + " |")
    return lines


def write_docs(lines: Sequence[str], rivals: Sequence[Result], curve: Sequence[Result], default: Result) -> None:
    """Put the table into docs/scheduling.md, between its marks, and draw the plot."""
    page = DOCS / "scheduling.md"
    before, _, rest = page.read_text("utf-8").partition("<!-- bench-schedule -->\n")
    _, _, after = rest.partition("<!-- /bench-schedule -->")
    table = "\n".join(lines)
    page.write_text(f"{before}<!-- bench-schedule -->\n{table}\n<!-- /bench-schedule -->{after}", "utf-8")
    (DOCS / "scheduling.svg").write_text(plot(rivals, curve, default), "utf-8")


def plot(rivals: Sequence[Result], curve: Sequence[Result], default: Result) -> str:
    """Return polls against median delay, both logarithmic, as SVG."""
    everything = [*rivals, *curve, default]
    left, right = log(min(r.polls for r in everything) * 0.8), log(max(r.polls for r in everything) * 1.25)
    low, high = log(min(r.median for r in everything) * 0.8), log(max(r.median for r in everything) * 1.25)

    def x(result: Result) -> float:
        return 70 + 600 * (log(result.polls) - left) / (right - left)

    def y(result: Result) -> float:
        return 30 + 340 * (high - log(result.median)) / (high - low)

    line = " ".join(f"{x(r):.1f},{y(r):.1f}" for r in sorted(curve, key=lambda r: r.polls))
    marks = [
        f'<circle cx="{x(r):.1f}" cy="{y(r):.1f}" r="5" fill="{color}"/>'
        f'<text x="{x(r) + 9:.1f}" y="{y(r) - 7:.1f}">{r.name}: {r.polls:,} polls, {minutes(r.median)}</text>'
        for color, results in (("#b22", rivals), ("#246", [default]))
        for r in results
    ]
    return "\n".join(
        [
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 430" font-family="sans-serif" font-size="12">',
            "<title>Polls of 200 sources in 60 days, and the median delay from publication to discovery</title>",
            '<rect width="900" height="430" fill="white"/>',
            '<path d="M70 30 V370 H670" fill="none" stroke="#666"/>',
            '<text x="300" y="405">polls in 60 days (logarithmic)</text>',
            '<text x="20" y="250" transform="rotate(-90 20 250)">median delay (logarithmic)</text>',
            f'<polyline points="{line}" fill="none" stroke="#246" stroke-width="2"/>',
            f'<text x="{x(curve[0]) - 60:.1f}" y="{y(curve[0]) + 18:.1f}">our schedule, by the price of a poll</text>',
            *marks,
            "</svg>\n",
        ]
    )


if __name__ == "__main__":
    main()
