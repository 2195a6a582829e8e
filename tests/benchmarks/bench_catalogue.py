"""What the catalogue costs: room and time for each article, and each sort of search beside the same search as a join.

Run: python tests/benchmarks/bench_catalogue.py [ARTICLES...]. Of several sizes, each is a catalogue of its own, and
searches are compared with those of the first: ten times the articles are ten times the papers, over the same ten years.
Up to 100,000 articles are added and settled; more are those again in other papers (tests/benchmarks/reprints.py).
CPU time; searches are warm, median and p95 of 15 words, each of which was asked once before.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from shutil import copyfile
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

from sqlite_utils import Database

from archive.catalogue.database import batch, open_catalogue, open_for_reading
from archive.catalogue.indexing import reindex
from archive.catalogue.records import add_capture
from archive.catalogue.search import search
from archive.catalogue.settle import settle
from archive.catalogue.study import trend
from archive.intake import passage_keys
from archive.model import Capture, Reading
from tests.benchmarks.newspapers import ARTICLES_OF_A_SITE, SITES, Press
from tests.benchmarks.reprints import reprint

SMALL = 1_500
BATCH = 200
STEP = 5_000  # articles between two settles, as a day's crawl
ROUNDS, NAIVE_ROUNDS = 15, 3
CRAWLED = 100_000
SITE, YEAR = "paper-00.test", 2019

Page = tuple[str, Capture, Reading]
Rows = Sequence[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds of searches that were asked before, and the median of the first time, when pages come from disk."""

    median: float
    p95: float
    first: float


def main(*sizes: int) -> None:
    first: dict[str, Cost] = {}
    for articles in sizes or (SMALL,):
        with TemporaryDirectory(prefix="bench-catalogue-") as folder:
            found = measure(Path(folder), articles, first)
        first = first or found
    inserting, whole = (median(ratios) for ratios in zip(*(in_a_folder(insert_ratios) for _ in range(5)), strict=True))
    print("beside a bare insert of the same rows with their index, no keys checked, median of five:")
    print(f"  add and index {inserting:.2f} (the bar: 2); with all that settle works out {whole:.2f}")


def measure(folder: Path, articles: int, first: Mapping[str, Cost]) -> dict[str, Cost]:
    """Fill a catalogue, print what it costs, and return what each sort of search does."""
    crawled, path = min(articles, CRAWLED), folder / "catalogue.db"
    press = Press(sites=max(SITES, crawled // ARTICLES_OF_A_SITE))
    with closing(open_catalogue(path)) as db:
        adding, settling = fill(db, press.pages(crawled), crawled)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        print(f"{articles:,} articles: add {adding:.2f} ms, settle {settling:.2f} ms of CPU for each of {crawled:,}")
        if articles > crawled:
            copyfile(path, folder / "first.db")
            reprint(db, folder / "first.db", articles // crawled - 1)
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        print(f"{path.stat().st_size / articles / 1000:.1f} kB each (the bar: 16)")
    return compare(path, press, first)


def compare(path: Path, press: Press, first: Mapping[str, Cost]) -> dict[str, Cost]:
    """Print what each sort of search costs, beside what it did in the first catalogue, and in its naive form."""
    with closing(open_for_reading(path)) as db:
        found = searches(db, press)
        for name, cost in found.items():
            grown = f"  x{cost.median / first[name].median:.2f}" if first else ""
            print(f"{name:<28} {cost.median:8.2f} ms  p95 {cost.p95:8.2f} ms  at first {cost.first:8.2f} ms{grown}")
        for words in ("common", "mid"):
            ours = found[f"{words} + site + year"].median
            for how, join in (("as SQLite plans it", "JOIN"), ("matches first", "CROSS JOIN")):
                joined = naive(db, word_of(press, words), join)
                print(
                    f"{words} + site + year: {ours / joined:.3f} of the naive join, {how}: {joined:.1f} ms (bar 0.05)"
                )
    return found


def fill(db: Database, pages: Iterator[Page], count: int) -> tuple[float, float]:
    """Add and settle that many articles, and return the milliseconds of each for one."""
    adding = settling = 0.0
    left = count
    while left > 0:
        step = list(islice(pages, min(STEP, left)))
        left -= len(step)
        adding += seconds(lambda step=step: add(db, step))  # type: ignore[misc]  # the step of this round
        settling += seconds(lambda: settle(db, lambda passages, _features, _memory: tuple(passages)))
    return adding / count * 1000, settling / count * 1000


def add(db: Database, pages: list[Page]) -> None:
    for at in range(0, len(pages), BATCH):
        with batch(db):
            for site, capture, reading in pages[at : at + BATCH]:
                add_capture(db, capture, site, reading, passage_keys)


def searches(db: Database, press: Press) -> dict[str, Cost]:
    """Return what each sort of search costs."""
    year = {"since": date(YEAR, 1, 1), "until": date(YEAR, 12, 31)}
    sorts: dict[str, Callable[[int], object]] = {
        "rare": lambda n: search(db, press.words[30_000 + n]),
        "mid": lambda n: search(db, press.words[2_000 + n]),
        "phrase": lambda n: search(db, f'"{press.words[3]} {press.words[5 + n]}"'),
        "prefix": lambda n: search(db, press.words[4_000 + n][:5] + "*"),
        "common": lambda n: search(db, press.words[20 + n]),
        "mid and common": lambda n: search(db, f"{press.words[2_000 + n]} {press.words[20 + n]}"),
        "common + site + year": lambda n: search(
            db, press.words[20 + n], site=SITE, since=year["since"], until=year["until"]
        ),
        "mid + site + year": lambda n: search(
            db, press.words[2_000 + n], site=SITE, since=year["since"], until=year["until"]
        ),
        "newest first, site": lambda n: search(
            db, "", site=SITE, since=year["since"], until=year["until"], newest=True
        ),
        "counts by month": lambda n: trend(db, press.words[2_000 + n]),
    }
    return {name: cost_of(ask) for name, ask in sorts.items()}


def cost_of(ask: Callable[[int], object], rounds: int = ROUNDS) -> Cost:
    first, again = (
        sorted(seconds(lambda n=n: ask(n)) * 1000 for n in range(rounds))  # type: ignore[misc]  # this round's word
        for _ in range(2)
    )
    return Cost(median(again), again[int(len(again) * 0.95)], median(first))


def word_of(press: Press, sort: str) -> str:
    return press.words[20] if sort == "common" else press.words[2_000]


def naive(db: Database, word: str, join: str) -> float:
    """Return the milliseconds of the same search by a join: all that matches, then filtered and ranked; no snippets.

    Left to itself, SQLite takes every article of the site and year and looks it up in the index.
    """
    sql = f"""
        SELECT a.id, a.url, a.day, bm25(search, 10.0, 4.0, 1.0, 0.0) AS score
        FROM search
        {join} articles AS a ON a.docid = search.rowid
        WHERE search MATCH ? AND a.site = ? AND a.day BETWEEN ? AND ?
        ORDER BY score
        LIMIT 20
    """
    ask = lambda _: db.execute(sql, (f'"{word}"', SITE, f"{YEAR}-01-01", f"{YEAR}-12-31")).fetchall()  # noqa: E731
    return cost_of(ask, NAIVE_ROUNDS).median


def in_a_folder(work: Callable[[Path], tuple[float, float]]) -> tuple[float, float]:
    with TemporaryDirectory(prefix="bench-catalogue-") as folder:
        return work(Path(folder))


def insert_ratios(folder: Path) -> tuple[float, float]:
    """Return what inserting costs, and inserting and settling, beside a bare insert of the very rows that come of it.

    What `settle` works out besides (addresses, versions, the site's memory, judgements, copies) has its rows too: they
    are in the second.
    """
    pages = list(Press(seed=11).pages(SMALL))
    with closing(open_catalogue(folder / "ours.db")) as db:
        adding = seconds(lambda: add(db, pages))
        added = rows_of(db)
        settling = seconds(lambda: settle(db, lambda passages, _features, _memory: tuple(passages)))
        settled = rows_of(db)
        rows = [tuple(row) for row in db.execute("SELECT docid, title, lead, body, facets FROM search_source")]
        db.execute("INSERT INTO search (search) VALUES ('delete-all')")
        indexing = seconds(lambda: index(db, [row[0] for row in rows]))
    inserting = (adding + indexing) / bare_insert(folder / "added.db", added, rows)
    return inserting, (adding + settling) / bare_insert(folder / "settled.db", settled, rows)


def index(db: Database, docids: Sequence[int]) -> None:
    for at in range(0, len(docids), BATCH):
        with batch(db):
            reindex(db, dict.fromkeys(docids[at : at + BATCH]))


def rows_of(db: Database) -> dict[str, Rows]:
    """Return the rows of all tables that hold some of their own."""
    found = {name: [tuple(row) for row in db.execute(f"SELECT * FROM {name}")] for name in stored_tables(db)}
    return {name: rows for name, rows in found.items() if rows}


def stored_tables(db: Database) -> list[str]:
    """Return the tables that hold rows of their own, except those that a new catalogue is born with."""
    return [t for t in db.table_names() if not t.startswith(("search", "sqlite_", "_")) and t != "kinds"]


def bare_insert(path: Path, tables: Mapping[str, Rows], indexed: Rows) -> float:
    """Return the seconds of a plain insert of rows into the tables and the index of a new catalogue."""
    with closing(open_catalogue(path)) as db:
        db.execute("PRAGMA foreign_keys = off")
        for (trigger,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {trigger}")
        return seconds(lambda: insert_barely(db, tables, indexed))


def insert_barely(db: Database, tables: Mapping[str, Rows], indexed: Rows) -> None:
    for name, rows in tables.items():
        marks = ", ".join("?" * len(rows[0]))
        insert_in_batches(db, f"INSERT INTO {name} VALUES ({marks})", rows)
    insert_in_batches(db, "INSERT INTO search (rowid, title, lead, body, facets) VALUES (?, ?, ?, ?, ?)", indexed)


def insert_in_batches(db: Database, sql: str, rows: Rows) -> None:
    for at in range(0, len(rows), BATCH):
        with batch(db):
            db.conn.executemany(sql, rows[at : at + BATCH])


def seconds(work: Callable[[], object]) -> float:
    began = process_time()
    work()
    return process_time() - began


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
