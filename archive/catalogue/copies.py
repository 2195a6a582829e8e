"""Which articles are copies: their text, or much of it, stands in an earlier article of this site or another.

Agencies send one report to many papers, and papers print their own again. Every article is compared with those before
it that share most of its sketch, at most COMPARED of them, so the cost of one more article does not grow with the
archive. It is a copy of the one that shares the most of its runs; what copies are copies of is followed to the origin.
Appeals, related headlines and all other chrome are no part of the text, so they never make two articles alike.

The rows are a function of the set of articles: for each print the LOOKED_BACK holders before an article, in order of
time, are its candidates, so an article that comes or goes changes no other than the LOOKED_BACK behind it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlite_utils import Database

from archive.catalogue.sketch import SHORTEST, Resemblance, packed, prints_of, resemblance, runs_of, unpacked

LOOKED_BACK = 6  # holders of one print: more of the same agency's closing line tell nothing
COMPARED = 6
HINT = 0.08  # of the prints of the shorter: a third of what ALIKE asks for, for sketches are samples
ALIKE = 0.30  # of the runs of the shorter text (tests/benchmarks/bench_copies.py)
SMALL, NEARLY_WHOLE = 0.20, 0.70  # a part of the longer that small is background, unless it is all the shorter says
ORDER_BITS = 16
REMEMBERED = 1_000  # texts, for as long as one settle takes

Runs = Callable[[str], frozenset[int]]


@dataclass(frozen=True, slots=True)
class Edition:
    """A version and its clean text."""

    version: str
    text: str


@dataclass(frozen=True, slots=True)
class _Sketch:
    docid: int
    at: int
    first: str
    latest: str
    prints: frozenset[int]

    @property
    def versions(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.first, self.latest)))


@dataclass(frozen=True, slots=True)
class _Match:
    """An earlier article, and the two versions that are most alike."""

    earlier: _Sketch
    of_version: str
    version: str
    shared: Resemblance


def sketch(db: Database, article: str, docid: int, seen: str, first: Edition, latest: Edition) -> None:
    """Write the sketch of an article; if it is another than before, all whom that concerns are due to be compared."""
    before = _sketch(db, docid)
    at = _order(seen, article)
    if before and (before.at, before.first, before.latest) == (at, first.version, latest.version):
        return
    forget_sketch(db, docid)
    prints = frozenset().union(*(prints_of(runs_of(e.text)) for e in {first, latest}))
    db.execute(
        "INSERT INTO sketches VALUES (?, ?, ?, ?, ?)", (docid, at, first.version, latest.version, packed(prints))
    )
    db.conn.executemany("INSERT INTO prints VALUES (?, ?, ?)", [(run, at, docid) for run in prints])
    _due(db, {docid, *_after(db, prints, at, docid)})


def forget_sketch(db: Database, docid: int) -> None:
    """Take out the sketch of an article; those behind it are due to be compared again."""
    old = _sketch(db, docid)
    if old is None:
        return
    _due(db, _after(db, old.prints, old.at, docid))
    db.conn.executemany(
        "DELETE FROM prints WHERE print = ? AND at = ? AND docid = ?", [(run, old.at, docid) for run in old.prints]
    )
    db.execute("DELETE FROM sketches WHERE docid = ?", (docid,))


def forget_sketches(db: Database, site: str) -> None:
    """Take out all sketches of a site."""
    for (docid,) in db.execute("SELECT docid FROM articles WHERE site = ? ORDER BY docid", (site,)).fetchall():
        forget_sketch(db, docid)


def comparing(db: Database) -> Callable[[str], None]:
    """Return the work on one article: find what it is a copy of, and tell its own copies of their origin."""

    @lru_cache(maxsize=REMEMBERED)
    def runs(version: str) -> frozenset[int]:
        row = db.execute("SELECT lead, body FROM versions WHERE id = ?", (version,)).fetchone()
        return frozenset(runs_of(_joined(row[0], row[1])))

    def work(article: str) -> None:
        (docid,) = db.execute("SELECT docid FROM articles WHERE id = ?", (article,)).fetchone() or (None,)
        own = _sketch(db, docid) if docid is not None else None
        found = _best(own, _candidates(db, own), runs) if own else None
        db.execute("DELETE FROM copies WHERE article = ?", (article,))
        if own and found:
            _write(db, article, found)
        _tell_copies(db, article)

    return work


def _joined(lead: str, body: str) -> str:
    return "\n\n".join(part for part in (lead, body) if part)


def edition(version: str, lead: str, body: str) -> Edition:
    """Return a version with its clean text, as it is compared."""
    return Edition(version, _joined(lead, body))


# ---------------------------------------------------------------------------------------------------- who is compared


def _candidates(db: Database, own: _Sketch) -> list[_Sketch]:
    """Return the earlier articles that share most of the sketch of this one."""
    near: Counter[int] = Counter()
    for run in own.prints:
        near.update(_neighbours(db, run, own.at, own.docid, "<", "DESC"))
    found = [other for docid in near if (other := _sketch(db, docid))]
    told = [(_hint(own, other), other) for other in found]
    told = [(hint, other) for hint, other in told if hint >= HINT]
    return [other for _, other in sorted(told, key=lambda pair: (-pair[0], pair[1].at))[:COMPARED]]


def _hint(one: _Sketch, other: _Sketch) -> float:
    return len(one.prints & other.prints) / min(len(one.prints), len(other.prints))


def _after(db: Database, prints: Iterable[int], at: int, docid: int) -> set[int]:
    """Return the articles that may have this one among their candidates."""
    return {found for run in prints for found in _neighbours(db, run, at, docid, ">", "ASC")}


def _neighbours(db: Database, run: int, at: int, docid: int, side: str, order: str) -> list[int]:
    rows = db.execute(
        f"""
        SELECT docid FROM prints
        WHERE print = ? AND (at, docid) {side} (?, ?)
        ORDER BY at {order}, docid {order}
        LIMIT {LOOKED_BACK}
        """,
        (run, at, docid),
    )
    return [row[0] for row in rows]


def _sketch(db: Database, docid: int) -> _Sketch | None:
    row = db.execute("SELECT docid, at, first, latest, prints FROM sketches WHERE docid = ?", (docid,)).fetchone()
    return _Sketch(row[0], row[1], row[2], row[3], frozenset(unpacked(row[4]))) if row else None


def _order(seen: str, article: str) -> int:
    """Return a number in whose order articles stand: by the second they were first seen, then by their id."""
    return int(datetime.fromisoformat(seen).timestamp()) << ORDER_BITS | int(article[:4], 16)


def _due(db: Database, docids: Iterable[int]) -> None:
    db.conn.executemany(
        "INSERT OR IGNORE INTO pending (site, what, id) SELECT site, 'copy', id FROM articles WHERE docid = ?",
        [(docid,) for docid in docids],
    )


# ---------------------------------------------------------------------------------------------------- what is found


def _best(own: _Sketch, candidates: Sequence[_Sketch], runs: Runs) -> _Match | None:
    """Return the earlier article that shares the most, if that is enough; of equals the earliest."""
    matches = [
        _Match(other, theirs, ours, resemblance(runs(theirs), runs(ours)))
        for other in candidates
        for theirs in other.versions
        for ours in own.versions
    ]
    alike = [m for m in matches if _is_copy(m.shared)]
    return min(alike, key=lambda m: (-m.shared.runs, m.earlier.at), default=None)


def _is_copy(shared: Resemblance) -> bool:
    bar = ALIKE if shared.of_longer >= SMALL else NEARLY_WHOLE
    return shared.runs >= SHORTEST and shared.of_shorter >= bar


def _write(db: Database, article: str, found: _Match) -> None:
    db.execute(
        """
        INSERT INTO copies (article, copy_of, origin, version, of_version, shared, kept)
        SELECT :article, a.id, ifnull(c.origin, a.id), :version, :of_version, :shared, :kept
        FROM articles AS a
        LEFT JOIN copies AS c ON c.article = a.id
        WHERE a.docid = :docid
        """,
        {
            "article": article,
            "docid": found.earlier.docid,
            "version": found.version,
            "of_version": found.of_version,
            "shared": round(found.shared.of_shorter, 3),
            "kept": round(found.shared.of_earlier, 3),
        },
    )


def _tell_copies(db: Database, article: str) -> None:
    """Bring up to date the origin of all that are copies of an article, over any number of steps."""
    db.execute(
        """
        WITH RECURSIVE below (article) AS (
          SELECT article FROM copies WHERE copy_of = :article
          UNION
          SELECT c.article FROM below CROSS JOIN copies AS c ON c.copy_of = below.article
        )
        UPDATE copies
        SET origin = ifnull((SELECT origin FROM copies WHERE article = :article), :article)
        WHERE article IN (SELECT article FROM below)
        """,
        {"article": article},
    )
