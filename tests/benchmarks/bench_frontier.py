"""What it costs to claim and to finish a URL, at the start and the end of 10,000 and 200,000 rows, or as many as named.

    python -m tests.benchmarks.bench_frontier [ROWS ...]

Each size fills a frontier with that many due articles of 100 sites, claims and finishes the first BATCH of them, then
makes it so that all but the last are done, and claims and finishes those. One URL at a time from each of 16 groups, as
a crawl does; CPU time of this process, medians over rounds. Memory is the process's own high-water mark.
"""

import resource
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

from archive.model import Link, Outcome
from crawler.frontier import Entry, Finish, Frontier, Visit
from crawler.schedule import Ladder, Retry, after

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SITES = tuple(f"paper-{n:02}" for n in range(100))
BATCH = 2_000
LANES = 16
LADDER = (timedelta(hours=1), timedelta(days=1))


def main() -> None:
    """Measure each size."""
    print("rows       claim us        finish us       end/start      file B/URL  RSS MB")
    for rows in [int(a) for a in sys.argv[1:]] or [10_000, 200_000]:
        with TemporaryDirectory() as folder:
            measure(Path(folder) / "frontier.db", rows)


def measure(path: Path, rows: int) -> None:
    """Print one line for a frontier of that many rows."""
    frontier = Frontier(path)
    fill(frontier, rows)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = crawl(frontier, min(BATCH, rows // 4))
    finish_all_but(frontier, min(BATCH, rows // 4))
    end = crawl(frontier, min(BATCH, rows // 4))
    frontier.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    size = path.stat().st_size / rows
    after_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    ratio = [b / a for a, b in zip(start, end, strict=True)]
    print(
        f"{rows:>9,}  {start[0]:6.0f} {end[0]:6.0f}  {start[1]:6.0f} {end[1]:6.0f}   {ratio[0]:.2f} {ratio[1]:.2f}"
        f"      {size:6.0f}     {after_mb:.0f} (was {before / 1024:.0f})",
        flush=True,
    )
    frontier.close()


def fill(frontier: Frontier, rows: int) -> None:
    """Add that many articles, as lists would name them."""
    each = rows // len(SITES)
    for first in range(0, each, 500):
        for site in SITES:
            frontier.add(articles(site, range(first, min(first + 500, each))), NOW)


def articles(site: str, numbers: range) -> Iterator[Entry]:
    """Yield articles with all that a feed says of one."""
    for number in numbers:
        url = f"https://www.{site}.example/2026/03/{number % 28 + 1:02}/a-headline-of-usual-length-in-the-slug-{number}"
        found_in = f"https://www.{site}.example/rss/news.xml"
        title = f"A headline of usual length, {number}"
        link = Link(url, found_in, "feed:/rss/news.xml", title=title, published=NOW, authors=("A. Writer",))
        yield Entry(site, url, "article", link.source, f"{site}.example", link)


def crawl(frontier: Frontier, count: int) -> tuple[float, float]:
    """Claim and finish that many URLs, LANES at a time; return the median microseconds of each, for one URL."""
    claims, finishes = [], []
    for _ in range(count // LANES):
        begun = process_time()
        visits = frontier.lease(SITES, NOW, LANES)
        claimed = process_time()
        frontier.finish([_finish(visit) for visit in visits], "run")
        claims.append((claimed - begun) / len(visits) * 1e6)
        finishes.append((process_time() - claimed) / len(visits) * 1e6)
    return median(claims), median(finishes)


def _finish(visit: Visit) -> Finish:
    ladder = Ladder(LADDER, NOW)
    following = after(Outcome.CAPTURED, role="article", status=200, failures=0, now=NOW, retry=Retry(), ladder=ladder)
    return Finish(visit, Outcome.CAPTURED, "", following, NOW, 200, f"urn:uuid:{visit.lease}", captured=NOW)


def finish_all_but(frontier: Frontier, left: int) -> None:
    """Bring the frontier to where a crawl of all but the last URLs would have brought it, visits and all."""
    db = frontier._db  # five million visits one by one would take an hour
    db.execute("BEGIN")
    db.execute(
        """
        INSERT INTO visit_log (url_id, lease, run, lane, ended, outcome, status, reason, record)
        SELECT id, lower(hex(randomblob(16))), 'run', 'news', due_at, 'captured', 200, '',
               'urn:uuid:' || lower(hex(randomblob(18)))
        FROM urls
        WHERE state = 'due'
          AND id <= (SELECT max(id) FROM urls) - ?
        """,
        (left * 2,),
    )
    db.execute(
        """
        UPDATE urls
        SET state = iif(id % 2, 'retired', 'waiting'), due_at = due_at + 3600, visited = due_at, outcome = 'captured',
            priority = 4, status = 200, captured = due_at
        WHERE state = 'due'
          AND id <= (SELECT max(id) FROM urls) - ?
        """,
        (left * 2,),
    )
    db.execute("COMMIT")


if __name__ == "__main__":
    main()
