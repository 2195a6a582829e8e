"""Store every paragraph once: passages and versions are numbers of `texts`, and views show them as text.

A site prints its navigation, its letters and its notices on every page, and a page is read again for one changed
line. Stored as they come, the passages of a page took 19 kB, and its versions the clean text once more; so they take
4 kB and the paragraphs that are new (tests/benchmarks/bench_catalogue.py).
"""

import json
from collections.abc import Iterable, Sequence

from sqlite_utils import Database

from archive.catalogue.columns import storable_text
from archive.catalogue.facets import segmented
from archive.model import Passage

APPEALS_FROM = 100  # in `kinds`: what is numbered so asks something of the reader
THOUSAND = 1_000

Paragraph = tuple[str, int | None]
"""A text and its key."""


def add_passages(db: Database, reading: int, passages: Sequence[Passage], keys: Iterable[int]) -> None:
    """Write the passages of a reading that has none yet."""
    kinds = _kinds(db)
    names = _names(db, {name for p in passages for name in (p.rule, p.xpath)})
    keyed = [(storable_text(p.text), key or None) for p, key in zip(passages, keys, strict=True)]
    texts = _texts(db, keyed)
    rows = [
        (reading, n, kinds[p.kind], None, names[p.rule], _score(p), texts[paragraph], names[p.xpath], p.start)
        for n, (p, paragraph) in enumerate(zip(passages, keyed, strict=True))
    ]
    db.conn.executemany("INSERT INTO passage_rows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    for row, (written, _) in zip(rows, keyed, strict=True):
        _index_appeal(db, row[2], row[6], written)


def relabel(db: Database, reading: int, n: int, passage: Passage) -> None:
    """Write what a passage is judged to be now; what it was as its page was read alone stays beside it."""
    kind = _kinds(db)[passage.kind]
    db.execute(
        """
        UPDATE passage_rows
        SET kind_alone = nullif(ifnull(kind_alone, kind), :kind), kind = :kind, rule = :rule, score = :score
        WHERE reading = :reading AND n = :n
        """,
        {"kind": kind, "rule": _name_id(db, passage.rule), "score": _score(passage), "reading": reading, "n": n},
    )
    (text,) = db.execute("SELECT text FROM passage_rows WHERE reading = ? AND n = ?", (reading, n)).fetchone()
    _index_appeal(db, kind, text, passage.text)


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


def _kinds(db: Database) -> dict[str, int]:
    return {row[0]: row[1] for row in db.execute("SELECT kind, id FROM kinds")}


def _texts(db: Database, paragraphs: Sequence[Paragraph]) -> dict[Paragraph, int]:
    """Return the numbers of paragraphs, those written now that are new; `key` is always the same for one text."""
    rows = db.execute(
        """
        SELECT t.text, t."key", t.id
        FROM json_each(?) AS j
        CROSS JOIN texts AS t ON t."key" = j.value
        """,
        (json.dumps([key for _, key in paragraphs if key is not None]),),
    )
    found: dict[Paragraph, int] = {(row[0], row[1]): row[2] for row in rows}
    for text, key in paragraphs:
        if (text, key) not in found:
            found[text, key] = (None if key is not None else _short_text(db, text)) or _new_text(db, text, key)
    return found


def _short_text(db: Database, text: str) -> int | None:
    row = db.execute('SELECT id FROM texts WHERE "key" IS NULL AND text = ?', (text,)).fetchone()
    return int(row[0]) if row else None


def _new_text(db: Database, text: str, key: int | None) -> int:
    return int(db.execute('INSERT INTO texts (text, "key") VALUES (?, ?)', (text, key)).lastrowid or 0)


def _names(db: Database, names: Iterable[str]) -> dict[str, int]:
    """Return the numbers of rules and places, those written now that are new."""
    wanted = sorted(names)
    rows = db.execute(
        "SELECT n.name, n.id FROM json_each(?) AS j CROSS JOIN names AS n ON n.name = j.value", (json.dumps(wanted),)
    )
    found: dict[str, int] = {row[0]: row[1] for row in rows}
    return {name: found[name] if name in found else _name_id(db, name) for name in wanted}


def _name_id(db: Database, name: str) -> int:
    """Return the number of a rule or a place, written now if it is new."""
    row = db.execute("SELECT id FROM names WHERE name = ?", (name,)).fetchone()
    if row is not None:
        return int(row[0])
    return int(db.execute("INSERT INTO names (name) VALUES (?)", (name,)).lastrowid or 0)


def _score(passage: Passage) -> int:
    return round(passage.score * THOUSAND)
