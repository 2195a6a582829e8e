"""Close a crawl: work out, from the set of captures of each site, what no capture says alone.

What has still to be done is in the database (captures without an address, and `pending`), so a settle that was killed
goes on where it stopped, and the cost is that of what changed. The rows are those that a settle of everything at once
would write: tests/test_catalogue_settle.py shows it over orders of arrival.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from archive.catalogue.addresses import articles_at, file_captures, place, unfiled
from archive.catalogue.copies import comparing
from archive.catalogue.database import batch
from archive.catalogue.levels import memory_of, refresh_levels
from archive.catalogue.memory import Recount
from archive.catalogue.paragraphs import relabel
from archive.catalogue.rules import SiteRules, rules_of
from archive.catalogue.versions import refresh_articles
from archive.catalogue.withdraw import forget_settled
from archive.model import Kind, Passage

Rejudge = Callable[[Sequence[Passage], bytes, Mapping[int, tuple[int, int]]], tuple[Passage, ...]]
"""Returns passages as they are judged in the light of a site's memory: `archive.reading.memory.rejudge`."""

STEP = 500  # captures, readings or articles in one transaction: some 100 ms, and a WAL of a few MB


@dataclass(frozen=True, slots=True)
class Settled:
    """What a settle found to do."""

    captures: int = 0
    readings: int = 0
    articles: int = 0

    def __add__(self, other: "Settled") -> "Settled":
        return Settled(self.captures + other.captures, self.readings + other.readings, self.articles + other.articles)


def settle(db: Database, rejudge: Rejudge, sites: Iterable[str] | None = None) -> Settled:
    """Work out what follows from the captures of these sites, of all sites if none are named."""
    named = (
        sorted(sites) if sites is not None else [row[0] for row in db.execute("SELECT name FROM sites ORDER BY name")]
    )
    done = sum((_settle_site(db, rejudge, site) for site in named), Settled())
    for (site,) in db.execute("SELECT DISTINCT site FROM pending WHERE what = 'copy' ORDER BY site").fetchall():
        _drain(db, site, "copy", _each(comparing(db)))  # of any site: a report is copied from paper to paper
    return done


def _settle_site(db: Database, rejudge: Rejudge, site: str) -> Settled:
    rules = _rules(db, site)
    captures = 0
    while filed := _file_some(db, rules):
        captures += filed
    with batch(db):
        refresh_levels(db, site)
        db.execute(
            """
            DELETE FROM pending
            WHERE site = :site AND what = 'reading'
              AND id IN (SELECT id FROM pending WHERE site = :site AND what = 'fresh')
            """,
            {"site": site},
        )
    readings = _drain(db, site, "fresh", _each(_judging(db, rejudge, is_fresh=True)))
    readings += _drain(db, site, "reading", _each(_judging(db, rejudge)))
    articles = _drain(db, site, "article", lambda articles: refresh_articles(db, articles))
    with batch(db):
        db.execute("UPDATE sites SET settled = ? WHERE name = ?", (rules.digest, site))
    return Settled(captures, readings, articles)


def _rules(db: Database, site: str) -> SiteRules:
    """Return the rules of a site; if it was settled by others, all of it is due again."""
    toml, settled = db.execute("SELECT toml, settled FROM sites WHERE name = ?", (site,)).fetchone()
    rules = rules_of(site, toml)
    if settled is not None and settled != rules.digest:
        with batch(db):
            forget_settled(db, site)
    return rules


def _file_some(db: Database, rules: SiteRules) -> int:
    """File some new captures, and count what their passages change in the site's memory."""
    captures = unfiled(db, rules.site, STEP)
    if not captures:
        return 0
    with batch(db):
        addresses = place(db, rules, captures)
        before = articles_at(db, rules.site, addresses)
        recount = Recount(db, rules.site, before)
        file_captures(db, rules, addresses)
        after = articles_at(db, rules.site, addresses)
        recount.finish(after)
        db.conn.executemany(
            "INSERT OR IGNORE INTO pending (site, what, id) VALUES (?, 'article', ?)",
            [(rules.site, article) for article in before | after],
        )
    return len(captures)


def _drain(db: Database, site: str, what: str, work: Callable[[Sequence[str]], None]) -> int:
    """Do what is pending of one sort for one site, and return how much it was."""
    count = 0
    while True:
        rows = db.execute(
            "SELECT id FROM pending WHERE site = ? AND what = ? ORDER BY id LIMIT ?", (site, what, STEP)
        ).fetchall()
        if not rows:
            return count
        names = [row[0] for row in rows]
        with batch(db):
            work(names)
            db.conn.executemany(
                "DELETE FROM pending WHERE site = ? AND what = ? AND id = ?", [(site, what, name) for name in names]
            )
        count += len(names)


def _each(work: Callable[[str], None]) -> Callable[[Sequence[str]], None]:
    def on_all(names: Sequence[str]) -> None:
        for name in names:
            work(name)

    return on_all


def _judging(db: Database, rejudge: Rejudge, *, is_fresh: bool = False) -> Callable[[str], None]:
    """Return the work on one reading: judge its passages by what the site repeats.

    A fresh one is as it was read alone, and stays so if the site repeats nothing of it.
    """

    def work(reading: str) -> None:
        memory = memory_of(db, reading)
        if is_fresh and not memory:
            return
        number, features = db.execute('SELECT "no", features FROM readings WHERE id = ?', (reading,)).fetchone()
        if not features:  # nothing to judge by: the passages stay as they were read
            return
        rows = db.execute(
            'SELECT text, kind, rule, score, xpath, start, "end" FROM passages WHERE reading = ? ORDER BY n', (reading,)
        )
        old = [Passage(row[0], Kind(row[1]), *row[2:]) for row in rows]
        new = rejudge(old, features, memory)
        changed = [(n, p) for n, p in enumerate(new) if p != old[n]]
        for n, p in changed:
            relabel(db, number, n, p)
        if changed:
            db.execute(
                """
                INSERT OR IGNORE INTO pending (site, what, id)
                SELECT DISTINCT site, 'article', article FROM captures WHERE reading = ? AND article IS NOT NULL
                """,
                (reading,),
            )

    return work
