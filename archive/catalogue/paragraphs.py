"""Store every paragraph once: passages and versions are numbers of `texts`, and views show them as text.

A site prints its navigation, its letters and its notices on every page, and a page is read again for one changed
line. Stored as they come, the passages of a page took 19 kB, and its versions the clean text once more; so they take
4 kB and the paragraphs that are new (tests/benchmarks/bench_catalogue.py).
"""

import json
from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence

from sqlite_utils import Database

from archive.catalogue.columns import storable_text
from archive.catalogue.database import forget, known
from archive.catalogue.facets import segmented
from archive.catalogue.schema import KINDS
from archive.model import Passage

APPEALS_FROM = 100  # in `kinds`: what is numbered so asks something of the reader
NUMBERS = {kind: number for number, kind in KINDS.items()}
THOUSAND = 1_000

Paragraph = tuple[str, int | None]
"""A text and its key."""


def add_passages(db: Database, reading: int, passages: Sequence[Passage], keys: Iterable[int]) -> None:
    """Write the passages of a reading that has none yet."""
    names = _names(db, (name for p in passages for name in (p.rule, p.xpath)))
    keyed = [(storable_text(p.text), key or None) for p, key in zip(passages, keys, strict=True)]
    texts = _texts(db, keyed)
    rows = [
        (reading, n, NUMBERS[p.kind], None, names[p.rule], _score(p), texts[paragraph], names[p.xpath], p.start)
        for n, (p, paragraph) in enumerate(zip(passages, keyed, strict=True))
    ]
    db.conn.executemany("INSERT INTO passage_rows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    for row in rows:
        if row[2] >= APPEALS_FROM:
            _index_appeal(db, row[6], keyed[row[1]][0])


def relabel(db: Database, reading: int, n: int, passage: Passage) -> None:
    """Write what a passage is judged to be now; what it was as its page was read alone stays beside it."""
    kind = NUMBERS[passage.kind]
    db.execute(
        """
        UPDATE passage_rows
        SET kind_alone = nullif(ifnull(kind_alone, kind), :kind), kind = :kind, rule = :rule, score = :score
        WHERE reading = :reading AND n = :n
        """,
        {
            "kind": kind,
            "rule": _names(db, [passage.rule])[passage.rule],
            "score": _score(passage),
            "reading": reading,
            "n": n,
        },
    )
    if kind >= APPEALS_FROM:
        (text,) = db.execute("SELECT text FROM passage_rows WHERE reading = ? AND n = ?", (reading, n)).fetchone()
        _index_appeal(db, text, passage.text)


def drop_unused(db: Database) -> None:
    """Take out the paragraphs that no passage holds any more."""
    forget(db)
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


def _index_appeal(db: Database, text: int, written: str) -> None:
    """Index a text that was called an appeal; once there it stays, and a search asks what it is called now."""
    if db.execute("INSERT OR IGNORE INTO asked VALUES (?)", (text,)).rowcount:
        db.execute("INSERT INTO search_appeals (rowid, text) VALUES (?, ?)", (text, segmented(written)))


def _texts(db: Database, paragraphs: Sequence[Paragraph]) -> Mapping[Paragraph, int]:
    """Return the numbers of paragraphs, those written now that are new; `key` is always the same for one text."""
    met = known(db)
    strange = [paragraph for paragraph in paragraphs if paragraph not in met.texts]
    rows = db.execute(
        """
        SELECT t.text, t."key", t.id
        FROM json_each(?) AS j
        CROSS JOIN texts AS t ON t."key" = j.value
        """,
        (json.dumps([key for _, key in strange if key is not None]),),
    )
    found: dict[Paragraph, int] = {(row[0], row[1]): row[2] for row in rows}
    found.update(((text, None), short) for text, key in strange if key is None and (short := _short_text(db, text)))
    (last,) = db.execute("SELECT ifnull(max(id), 0) FROM texts").fetchone()
    new = dict.fromkeys(paragraph for paragraph in strange if paragraph not in found)
    numbered = {paragraph: number for number, paragraph in enumerate(new, last + 1)}
    db.conn.executemany(
        'INSERT INTO texts (id, text, "key") VALUES (?, ?, ?)', [(number, *new) for new, number in numbered.items()]
    )
    met.keep({}, found)
    return ChainMap(numbered, found, met.texts)


def _short_text(db: Database, text: str) -> int | None:
    row = db.execute('SELECT id FROM texts WHERE "key" IS NULL AND text = ?', (text,)).fetchone()
    return int(row[0]) if row else None


def _names(db: Database, names: Iterable[str]) -> Mapping[str, int]:
    """Return the numbers of rules and places (and of others, met before), those written now that are new."""
    met = known(db)
    wanted = sorted({name for name in names if name not in met.names})
    if not wanted:
        return met.names
    db.conn.executemany("INSERT OR IGNORE INTO names (name) VALUES (?)", [(name,) for name in wanted])
    rows = db.execute(
        "SELECT n.name, n.id FROM json_each(?) AS j CROSS JOIN names AS n ON n.name = j.value", (json.dumps(wanted),)
    )
    found = {row[0]: row[1] for row in rows}
    met.keep(found, {})
    return ChainMap(found, met.names)


def _score(passage: Passage) -> int:
    return round(passage.score * THOUSAND)
