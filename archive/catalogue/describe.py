"""Tell what is in `catalogue.db`: docs/catalogue.md is made of the comments in the schema, and a test compares them."""

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import dropwhile, takewhile
from pathlib import Path

from sqlite_utils import Database

from archive.catalogue.schema import INTERNAL_TABLES, migrations

_COMMENT = re.compile(r"--\s*(.*)$")
_COLUMN = re.compile(r'^\s*(?:"(?P<quoted>[^"]+)"|(?P<bare>[a-z_]+))\s+(?P<type>TEXT|INTEGER|REAL|BLOB)\b')
_REFERENCE = re.compile(r'REFERENCES (\w+) \("?(\w+)"?\)')


@dataclass(frozen=True, slots=True)
class Column:
    """A column: what it holds is in `comment`; `refers_to` is `table.column` of a foreign key."""

    name: str
    type: str
    comment: str
    refers_to: str | None


@dataclass(frozen=True, slots=True)
class Thing:
    """A table or view, as its own SQL describes it."""

    name: str
    kind: str
    promise: str
    columns: tuple[Column, ...]


def things(db: Database) -> tuple[Thing, ...]:
    """Return the tables and views of a catalogue in the order in which they were made."""
    rows = db.execute("SELECT name, type, sql FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY rowid")
    return tuple(
        _thing(db, name, kind, sql)
        for name, kind, sql in rows
        if name not in INTERNAL_TABLES and not re.match(r"search_(?!source)", name)
    )


def describe(db: Database) -> str:
    """Return the schema of a catalogue as Markdown."""
    found = things(db)
    tables = [thing for thing in found if thing.kind == "table" and thing.name != "search"]
    views = [thing for thing in found if thing.kind == "view"]
    parts = ["## Tables", picture(tables), *(_section(thing) for thing in tables)]
    parts += ["## Views", *(_section(thing) for thing in views)]
    return "\n\n".join(parts) + "\n"


def picture(tables: Sequence[Thing]) -> str:
    """Return which table refers to which, as a Mermaid diagram."""
    pairs = {
        (column.refers_to.partition(".")[0], table.name)
        for table in tables
        for column in table.columns
        if column.refers_to
    }
    lines = [f'  {parent} ||--o{{ {child} : ""' for parent, child in sorted(pairs)]
    return "\n".join(["```mermaid", "erDiagram", *lines, "```"])


def _thing(db: Database, name: str, kind: str, sql: str) -> Thing:
    lines = sql.splitlines()
    comments = dropwhile(lambda line: not line.lstrip().startswith("--"), lines)
    promise = " ".join(line.lstrip()[3:] for line in takewhile(lambda line: line.lstrip().startswith("--"), comments))
    if kind == "view":
        names = [row[1] for row in db.execute(f"PRAGMA table_info({name})")]
        return Thing(name, kind, promise, tuple(Column(n, "", "", None) for n in names))
    return Thing(name, kind, promise, tuple(_columns(lines)))


def _columns(lines: list[str]) -> Iterator[Column]:
    """Yield the columns of a CREATE TABLE; several on one line share its comment."""
    for line in lines:
        code, _, _ = line.partition("--")
        comment = _COMMENT.search(line)
        for piece in re.split(r",\s+(?=[a-z_]+ [A-Z])", code):
            match = _COLUMN.match(piece)
            if match:
                target = _REFERENCE.search(piece)
                refers_to = f"{target[1]}.{target[2]}" if target else None
                yield Column(match["quoted"] or match["bare"], match["type"], comment[1] if comment else "", refers_to)


def _section(thing: Thing) -> str:
    head = f"### {thing.name}\n\n{thing.promise}"
    if thing.kind == "view":
        return f"{head}\n\n" + ", ".join(f"`{column.name}`" for column in thing.columns)
    rows = [f"| `{c.name}` | {c.type.lower()} | {_told(c)} |" for c in thing.columns]
    return "\n".join([head, "", "| column | type | whose word, and what it says |", "|---|---|---|", *rows])


def _told(column: Column) -> str:
    target = f"→ `{column.refers_to}`" if column.refers_to else ""
    return "; ".join(part for part in (column.comment, target) if part)


def main() -> None:
    """Write the generated part of the document that is named, or print it."""
    db = Database(memory=True)
    migrations.apply(db)
    if len(sys.argv) < 2:
        sys.stdout.write(describe(db))
        return
    path = Path(sys.argv[1])
    told, _, _ = path.read_text("utf-8").partition("## Tables\n")
    path.write_text(told + describe(db), "utf-8")


if __name__ == "__main__":
    main()
