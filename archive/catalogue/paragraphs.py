"""Store every paragraph once: passages and versions are numbers of `texts`, and views show them as text.

A site prints its navigation, its letters and its notices on every page, and a page is read again for one changed
line. Stored as they come, the passages of a page took 19 kB, and its versions the clean text once more; so they take
4 kB and the paragraphs that are new (tests/benchmarks/bench_catalogue.py).
"""

from collections.abc import Iterable, Sequence

from sqlite_utils import Database

from archive.catalogue.columns import storable_text
from archive.catalogue.facets import segmented
from archive.model import Kind, Passage

APPEALS_FROM = 100  # in `kinds`: what is numbered so asks something of the reader
THOUSAND = 1_000


def add_passages(db: Database, reading: int, passages: Sequence[Passage], keys: Iterable[int]) -> None:
    """Write the passages of a reading that has none yet."""
    rows = []
    for n, (p, key) in enumerate(zip(passages, keys, strict=True)):
        written = storable_text(p.text)
        kind, text = _kind(db, p.kind), text_id(db, written, key or None)
        rows.append(
            (reading, n, kind, None, name_id(db, p.rule), _score(p), text, name_id(db, p.xpath), p.start),
        )
        _index_appeal(db, kind, text, written)
    db.conn.executemany("INSERT INTO passage_rows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def relabel(db: Database, reading: int, n: int, passage: Passage) -> None:
    """Write what a passage is judged to be now; what it was as its page was read alone stays beside it."""
    kind = _kind(db, passage.kind)
    db.execute(
        """
        UPDATE passage_rows
        SET kind_alone = nullif(ifnull(kind_alone, kind), :kind), kind = :kind, rule = :rule, score = :score
        WHERE reading = :reading AND n = :n
        """,
        {"kind": kind, "rule": name_id(db, passage.rule), "score": _score(passage), "reading": reading, "n": n},
    )
    (text,) = db.execute("SELECT text FROM passage_rows WHERE reading = ? AND n = ?", (reading, n)).fetchone()
    _index_appeal(db, kind, text, passage.text)


def text_id(db: Database, text: str, key: int | None) -> int:
    """Return the number of a paragraph, written now if it is new; `key` is always the same for one text."""
    where = '"key" = :key' if key is not None else '"key" IS NULL'
    values = {"text": text, "key": key}
    row = db.execute(f"SELECT id FROM texts WHERE {where} AND text = :text", values).fetchone()
    if row is not None:
        return int(row[0])
    return int(db.execute('INSERT INTO texts (text, "key") VALUES (:text, :key)', values).lastrowid or 0)


def name_id(db: Database, name: str) -> int:
    """Return the number of a rule or a place, written now if it is new."""
    row = db.execute("SELECT id FROM names WHERE name = ?", (name,)).fetchone()
    if row is not None:
        return int(row[0])
    return int(db.execute("INSERT INTO names (name) VALUES (?)", (name,)).lastrowid or 0)


def drop_unused(db: Database) -> None:
    """Take out the paragraphs that no passage holds any more."""
    unused = "SELECT id FROM texts WHERE id NOT IN (SELECT text FROM passage_rows)"
    rows = db.execute(
        f"SELECT id, text FROM texts WHERE id IN (SELECT text FROM asked) AND id IN ({unused})"
    ).fetchall()
    db.conn.executemany(
        "INSERT INTO search_appeals (search_appeals, rowid, text) VALUES ('delete', ?, ?)",
        [(row[0], segmented(row[1])) for row in rows],
    )
    db.conn.executemany("DELETE FROM asked WHERE text = ?", [(row[0],) for row in rows])
    db.execute(f"DELETE FROM texts WHERE id IN ({unused})")


def _index_appeal(db: Database, kind: int, text: int, written: str) -> None:
    """Index a text that was called an appeal; once there it stays, and a search asks what it is called now."""
    if kind < APPEALS_FROM:
        return
    if db.execute("INSERT OR IGNORE INTO asked VALUES (?)", (text,)).rowcount:
        db.execute("INSERT INTO search_appeals (rowid, text) VALUES (?, ?)", (text, segmented(written)))


def _kind(db: Database, kind: Kind) -> int:
    return int(db.execute("SELECT id FROM kinds WHERE kind = ?", (str(kind),)).fetchone()[0])


def _score(passage: Passage) -> int:
    return round(passage.score * THOUSAND)
