"""Say in which rows two catalogues differ: none, if both were made of the same records by the same reader."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sqlite_utils import Database

from archive.catalogue.schema import INTERNAL_COLUMNS, INTERNAL_TABLES, STORED


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that one of two catalogues lacks; `row` is what it says, a long value cut short."""

    table: str
    only_in: Literal["first", "second"]
    row: str


def compare(first: Database, second: Database) -> Iterator[Difference]:
    """Yield every row that is in one catalogue only, over all tables and what is indexed.

    Internal numbers are left out. Both are read side by side in one order: catalogues of any size can be compared.
    """
    for table in compared_tables(first):
        columns = [column for column in _columns(first, table) if column not in INTERNAL_COLUMNS.get(table, ())]
        yield from _merge(table, _rows(first, table, columns), _rows(second, table, columns))


def compared_tables(db: Database) -> list[str]:
    """Return the tables whose rows are a function of the records, and the views of what others only number."""
    outside = INTERNAL_TABLES | STORED.keys()
    names = [name for name in db.table_names() if name not in outside and not name.startswith("search")]
    return [*sorted({*names, *STORED.values()} - {""}), "search_source"]


def _columns(db: Database, table: str) -> list[str]:
    names = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    return [name for name in names if not (table == "search_source" and name == "docid")]


def _rows(db: Database, table: str, columns: list[str]) -> Iterator[tuple[str, ...]]:
    """Yield rows in the order of their columns, each value as SQL writes it: NULL, numbers and texts never mix."""
    quoted = [f'quote("{column}")' for column in columns]
    order = ", ".join(str(n + 1) for n in range(len(columns)))
    for row in db.execute(f"SELECT {', '.join(quoted)} FROM {table} ORDER BY {order}"):
        yield tuple(row)


def _merge(table: str, first: Iterator[tuple[str, ...]], second: Iterator[tuple[str, ...]]) -> Iterator[Difference]:
    a, b = next(first, None), next(second, None)
    while a is not None or b is not None:
        if a == b:
            a, b = next(first, None), next(second, None)
        elif b is None or (a is not None and a < b):
            yield Difference(table, "first", _told(a or ()))
            a = next(first, None)
        else:
            yield Difference(table, "second", _told(b))
            b = next(second, None)


def _told(row: tuple[str, ...]) -> str:
    return ", ".join(value if len(value) <= 80 else value[:77] + "..." for value in row)
