"""A catalogue many times as large as one that was crawled: the same articles again, in papers of other names.

A million articles added and settled one by one take two hours. Here the rows of a catalogue are copied in SQL, with
ids, sites, addresses and keys of their own, and every copy is indexed; what a search has to walk is as long as in a
catalogue that grew by itself, and a row takes as much room.
"""

from pathlib import Path

from sqlite_utils import Database

from archive.catalogue.database import batch
from archive.catalogue.facets import site_token

# ruff: noqa: SIM905 (lists of words read better as text)
NAMES = frozenset("site url address found_in source leads_to into_address".split())
IDS = frozenset(
    "id article version reading first_capture capture last_capture record request metadata lease first latest"
    " copy_of origin of_version story old new via refers_to moved_to a b".split()
)
NUMBERS = frozenset({"no", "docid", "id", "reading", "version", "text", "key", "print"})
SHARED = frozenset({"kinds", "names", "readers", "runs", "files", "pending", "coverage_by_month"})


def reprint(db: Database, first: Path, times: int) -> None:
    """Add the articles of the catalogue at `first`, of which `db` is a copy, so many times again."""
    db.execute("PRAGMA foreign_keys = off")
    db.execute("ATTACH ? AS first", (str(first),))
    step = int(db.execute("SELECT max(id) FROM first.texts").fetchone()[0])
    articles = int(db.execute("SELECT max(docid) FROM first.articles").fetchone()[0])
    db.conn.create_function("facets_of", 2, _facets, deterministic=True)
    for n in range(1, times + 1):
        with batch(db):
            for table in _tables(db):
                columns = [(row[1], row[2]) for row in db.execute(f"PRAGMA table_info({table})")]
                values = ", ".join(_value(table, name, kind, n, step, articles) for name, kind in columns)
                db.execute(f"INSERT INTO main.{table} SELECT {values} FROM first.{table} AS t")
            _index(db, n * articles, n * step)
    db.execute("DETACH first")


def _tables(db: Database) -> list[str]:
    born = ("search", "sqlite_", "_")
    return [name for name in db.table_names() if not name.startswith(born) and name not in SHARED]


def _value(table: str, name: str, kind: str, n: int, step: int, articles: int) -> str:
    """Return the expression for a column of the n-th reprint."""
    column = f't."{name}"'
    if (table, name) == ("sites", "facet") or name == "facets":
        site = "t.name" if table == "sites" else "t.site"
        return f"facets_of({column}, {_renamed(site, n)})"
    if name in NAMES or (table, name) == ("sites", "name"):
        return _renamed(column, n)
    if kind == "TEXT" and name in IDS:
        return f"substr({column}, 1, length({column}) - 1) || char({ord('g') + n})"
    if kind == "INTEGER" and name in NUMBERS:
        return f"{column} + {n * (articles if name in ('docid', 'no', 'reading', 'version') else step)}"
    return column


def _renamed(column: str, n: int) -> str:
    return f"replace({column}, 'paper-', 'paper-{n}-')"


def _facets(facets: str, site: str) -> str:
    """Return facet tokens with the token of another site."""
    own = next(token for token in facets.split() if token.startswith("xs"))
    return facets.replace(own, site_token(site))


def _index(db: Database, after: int, texts_after: int) -> None:
    db.execute(
        """
        INSERT INTO search (rowid, title, lead, body, facets)
        SELECT docid, title, lead, body, facets FROM search_source WHERE docid > ?
        """,
        (after,),
    )
    db.execute(
        """
        INSERT INTO search_appeals (rowid, text)
        SELECT id, text FROM texts WHERE id > ? AND id IN (SELECT text FROM asked)
        """,
        (texts_after,),
    )
