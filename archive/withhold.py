"""Keep what is restricted from whoever asks a catalogue: hidden on a connection, or taken out of a copy.

Hidden, because a restriction ends and the catalogue must then show again what it holds: the tables of a connection are
covered by views of the same names, so that every question ever written asks the covered ones. Taken out of the copy
that others open, because there a view protects nothing.
"""

import sqlite3
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from archive.catalogue.coverage import COUNTED
from archive.catalogue.database import open_for_reading
from archive.catalogue.paragraphs import drop_unused
from archive.errors import NotFoundError
from archive.layout import OLDER, Layout
from archive.restrictions import Withheld, withheld

_OWN = ("articles", "version_rows", "captures", "readings")


def open_permitted(layout: Layout, now: datetime | None, reader: str | None = None) -> Database:
    """Return the catalogue for reading, without what is restricted at that time; with all restrictions, without one.

    With the digest of an older reader, the catalogue that `reread` has kept of it; NotFoundError if there is none.
    """
    db = open_for_reading(layout.catalogue if reader is None else _kept(layout, reader))
    try:
        hide(db.conn, withheld(db.conn, layout, now))
    except BaseException:
        db.close()
        raise
    return db


def hide(db: sqlite3.Connection, what: Withheld) -> None:
    """Let every later question on this connection find nothing of what is withheld, in tables and views.

    What a search matches is joined to `articles`, and hidden there.
    """
    if not what:
        return
    (query_only,) = db.execute("PRAGMA query_only").fetchone()
    db.execute("PRAGMA query_only = off")  # it refuses views of this connection as well
    _name(db, what)
    for table in _tables(db):
        named = [("id", table)] if table in _OWN else _references(db, table)
        terms = [
            f'("{column}" IS NULL OR "{column}" NOT IN (SELECT id FROM temp.withheld_{name}))' for column, name in named
        ]
        if terms:
            db.execute(f'CREATE TEMP VIEW "{table}" AS SELECT * FROM main."{table}" WHERE {" AND ".join(terms)}')
    db.execute(f"CREATE TEMP VIEW coverage_by_month AS {COUNTED}")
    for name, sql in db.execute("SELECT name, sql FROM main.sqlite_master WHERE type = 'view'").fetchall():
        db.execute(_as_temporary(name, sql))
    db.execute(f"PRAGMA query_only = {int(query_only)}")


def _kept(layout: Layout, reader: str) -> Path:
    kept = {path.stem: path for path in (layout.root / OLDER).glob("*.db")}
    if reader not in kept:
        there = ", ".join(sorted(kept)) or "none"
        raise NotFoundError(reader, f"no readings of that reader are kept; there are: {there}")
    return kept[reader]


def take_out(path: Path, choose: Callable[[sqlite3.Connection], Withheld]) -> Withheld:
    """Take out of a catalogue that nobody has open what `choose` finds in it, and every trace of its text.

    Return what that was. The rest stays as it is: how a site's memory judged a passage is not worked out again.
    """
    db = sqlite3.connect(path, isolation_level=None)
    try:
        what = choose(db)
        if what:
            db.execute("PRAGMA foreign_keys = on")
            db.execute("PRAGMA secure_delete = on")
            _delete(db, what)
            # A deleted row of the index leaves its words in older segments until these are merged.
            for index in ("search", "search_appeals"):
                db.execute(f"INSERT INTO {index} ({index}) VALUES ('optimize')")
            db.execute("VACUUM")
    finally:
        db.close()
    return what


def _delete(db: sqlite3.Connection, what: Withheld) -> None:
    """Delete the rows, those that refer to them first, and the texts that nothing else holds."""
    _name(db, what)
    db.execute("BEGIN IMMEDIATE")
    try:
        db.execute("PRAGMA defer_foreign_keys = on")
        _unindex(db, what.articles)
        for table in _OWN:
            _delete_from(db, table, f"id IN (SELECT id FROM temp.withheld_{table})")
        drop_unused(Database(db))
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise


def _delete_from(db: sqlite3.Connection, table: str, where: str) -> None:
    for child in _tables(db):
        for parent, column, to, on_delete in _foreign_keys(db, child):
            # What hangs on a text that goes, goes; captures and articles go by name, or lose what they refer to.
            if parent == table and child not in _OWN and on_delete != "SET NULL":
                _delete_from(db, child, f'"{column}" IN (SELECT "{to}" FROM "{table}" WHERE {where})')
    db.execute(f'DELETE FROM "{table}" WHERE {where}')


def _unindex(db: sqlite3.Connection, articles: Iterable[str]) -> None:
    for article in articles:
        db.execute(
            """
            INSERT INTO search (search, rowid, title, lead, body, facets)
            SELECT 'delete', docid, title, lead, body, facets
            FROM search_source
            WHERE article = ?
            """,
            (article,),
        )


def _name(db: sqlite3.Connection, what: Withheld) -> None:
    """Keep the ids of what is withheld where statements on this connection find them."""
    for table, ids in zip(_OWN, (what.articles, what.versions, what.captures, what.readings), strict=True):
        db.execute(f"CREATE TEMP TABLE withheld_{table} (id TEXT PRIMARY KEY) WITHOUT ROWID")
        db.executemany(f"INSERT INTO withheld_{table} VALUES (?)", [(one,) for one in ids])


def _tables(db: sqlite3.Connection) -> list[str]:
    rows = db.execute(
        """
        SELECT name
        FROM main.sqlite_master
        WHERE type = 'table' AND name <> 'search' AND name NOT LIKE 'search\\_%' ESCAPE '\\'
          AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
        ORDER BY name
        """
    )
    return [str(row[0]) for row in rows]


def _references(db: sqlite3.Connection, table: str) -> list[tuple[str, str]]:
    """Return the columns of a table that name an article, a version, a capture or a reading, and which."""
    return [(column, parent) for parent, column, to, _ in _foreign_keys(db, table) if parent in _OWN and to == "id"]


def _foreign_keys(db: sqlite3.Connection, table: str) -> list[tuple[str, str, str, str]]:
    """Return the table each foreign key of a table leads to, from which column to which, and what a deletion does."""
    rows = db.execute('SELECT "table", "from", "to", on_delete FROM pragma_foreign_key_list(?, \'main\')', (table,))
    return [(str(row[0]), str(row[1]), str(row[2]), str(row[3])) for row in rows]


def _as_temporary(name: str, sql: str) -> str:
    head, _, rest = sql.partition(name)
    return f"{head.replace('CREATE VIEW', 'CREATE TEMP VIEW', 1)}{name}{rest}"
