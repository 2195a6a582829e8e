"""docs/catalogue.md and the schema say the same, and the queries it prints run."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from archive.catalogue.database import open_catalogue
from archive.catalogue.describe import describe, things

DOCS = Path(__file__).parents[1] / "docs" / "catalogue.md"
QUERIES = [
    query.strip()
    for block in re.findall(r"```sql\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    for query in block.split(";")
    if query.strip()
]


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with closing(open_catalogue(tmp_path_factory.mktemp("describe") / "catalogue.db")) as opened:
        yield opened


def test_the_docs_end_with_what_the_schema_says(db: Database) -> None:
    assert DOCS.read_text("utf-8").endswith(describe(db))


def test_every_table_view_and_column_is_explained(db: Database) -> None:
    nameless = [thing.name for thing in things(db) if not thing.promise and thing.name != "search"]
    silent = [
        f"{thing.name}.{column.name}"
        for thing in things(db)
        if thing.kind == "table"
        for column in thing.columns
        if not column.comment and not column.refers_to
    ]
    listed = {(t.name, c.name) for t in things(db) for c in t.columns}
    real = {(t.name, row[1]) for t in things(db) for row in db.execute(f"PRAGMA table_info({t.name})")}

    assert nameless == []
    assert silent == []
    assert {pair for pair in real if pair[0] != "search"} == listed


@pytest.mark.parametrize("query", QUERIES)
def test_the_queries_of_the_docs_run(db: Database, query: str) -> None:
    assert len(QUERIES) >= 10
    assert list(db.query(query)) == []
