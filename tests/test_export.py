"""Answers for programs, and citations that hold."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlite_utils import Database

from archive.catalogue.answers import find
from archive.catalogue.database import open_catalogue
from archive.catalogue.search import search
from archive.cite import cite
from archive.errors import NotFoundError
from archive.export import write_csv, write_jsonl
from tests.catalogue_world import article, page, settled

URL = "https://www.courier.test/2026/ferry-strike"


@dataclass(frozen=True)
class Answer:
    values: Mapping[str, object]

    def to_dict(self) -> Mapping[str, object]:
        return self.values


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with closing(open_catalogue(tmp_path / "catalogue.db")) as opened:
        first, second = article("Ferries stop", "Nobody sails."), article("Ferries sail", "All sail, 東京 as well.")
        yield settled(opened, [page(URL, 0, first), page(URL, 5, second)])


def test_hits_are_lines_of_json_and_of_csv(db: Database) -> None:
    hits = search(db, "sail")
    jsonl, table = io.StringIO(), io.StringIO()

    assert write_jsonl(hits, jsonl) == write_csv(hits, table) == 1

    told = json.loads(jsonl.getvalue())
    rows = list(csv.DictReader(io.StringIO(table.getvalue())))
    assert told["snippet"] == rows[0]["snippet"] == "All [sail], 東京 as well."
    assert list(told) == list(rows[0])


def test_no_answer_is_no_line() -> None:
    out = io.StringIO()

    assert write_csv([], out) == write_jsonl([], out) == 0
    assert out.getvalue() == ""


def test_a_cell_is_never_a_formula() -> None:
    out = io.StringIO()

    write_csv([Answer({"title": "=HYPERLINK(1)", "offset": -5, "nothing": None})], out)

    assert out.getvalue() == "title,offset,nothing\n'=HYPERLINK(1),-5,\n"


def test_a_citation_names_the_text_and_the_bytes(db: Database) -> None:
    found = find(db, URL)
    assert found is not None

    latest, first = cite(found), cite(found, found.versions[0].id)

    assert (latest.title, first.title) == ("Ferries sail", "Ferries stop")
    assert first.text_hash in first.line()
    assert f"{first.file} at {first.offset}" in first.line()
    with pytest.raises(NotFoundError):
        cite(found, "nothing")
