"""Whatever the order in which captures arrive, and however often the catalogue is settled, the rows are the same."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from archive.catalogue.compare import compare
from archive.catalogue.database import open_catalogue
from archive.catalogue.settle import settle
from archive.model import Kind, Passage
from archive.reading.memory import passage_key
from tests.catalogue_world import Found, add, article, capture, page, site_file

HOME = "https://www.courier.test/"
FERRY = HOME + "2026/ferry-strike"
FERRY_AMP = HOME + "2026/ferry-strike-mobile-page"
MOVED = HOME + "2026/ferry-strike-ends"
LETTER = (
    "Dear readers, the Harbour Courier has no owner but you, and every week we ask ourselves how long the presses can "
    "be paid for. Please give what you can."
)
BODY = "The crews of the three harbour ferries stayed on land this morning and said that they would wait for an offer."


def judged(passages: Sequence[Passage], features: bytes, memory: Mapping[int, tuple[int, int]]) -> tuple[Passage, ...]:
    """Judge as the reader does, in its simplest form: what the site repeats is an appeal, all else as it was read."""
    kinds = features.decode().split()
    return tuple(
        replace(p, kind=Kind.APPEAL_DONATION, rule="repeated", score=round(memory[key][0] / memory[key][1], 3))
        if (key := passage_key(p.text)) in memory
        else replace(p, kind=Kind(kind), rule="vote", score=0.5)
        for p, kind in zip(passages, kinds, strict=True)
    )


def story(number: int, url: str = "", hours: float = 0) -> Found:
    """Return a report of its own words that ends with the letter, which no markup sets apart."""
    words = " ".join(f"word{number}x{n}" for n in range(20))
    made = article(f"Report {number}", f"{words}, the harbour master said on the pier to those who had come.", LETTER)
    return page(url or f"{HOME}2026/report-{number}", hours or number, made)


def world() -> tuple[Found, ...]:
    """Return captures of every sort: versions, revisits, redirects, tombstones, merges, kin, and a repeated letter."""
    ferry = page(FERRY, 1, article("Ferries stop", "lead: Nobody sails.", BODY, LETTER))
    longer = article("Ferries stop", BODY, "The union agreed to talks.", canonical=FERRY)
    gone = capture(FERRY, 40, status=404)
    return (
        site_file(),
        ferry,
        page(FERRY, 2, article("Ferries stand still", BODY, LETTER)),
        page(FERRY, 3, article("Ferries stop", "lead: Nobody sails.", BODY, LETTER), name="again"),
        page(FERRY_AMP, 4, longer),
        Found(capture(FERRY, 5, kind="revisit", of=ferry.capture)),
        Found(replace(capture(FERRY, 6, kind="revisit", status=304), profile="not-modified")),
        Found(gone),
        Found(capture("http://courier.test/f/1", 7, status=301, location=HOME + "f/2")),
        Found(capture(HOME + "f/2", 7.1, status=302, location=FERRY)),
        Found(capture(HOME + "2026/report-2", 41, status=302, location=HOME)),
        Found(capture(HOME + "2026/report-3", 41, status=301, location=MOVED)),
        story(30, MOVED, 42),
        page(HOME + "harbour", 8, None, outcome="not_article"),
        Found(capture(HOME + "2026/report-4", 43, status=301, location=HOME + "harbour")),
        story(5, HOME + "2026/report-5-again", 44),
        *(story(number) for number in range(1, 9)),
    )


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Callable[[], Database]]:
    """Return new, empty catalogues."""
    made: list[Database] = []

    def new() -> Database:
        made.append(open_catalogue(tmp_path / f"catalogue-{len(made)}.db"))
        return made[-1]

    yield new
    for db in made:
        db.close()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_rows_do_not_depend_on_the_order_of_arrival_nor_on_when_it_was_settled(
    fresh: Callable[[], Database], data: st.DataObject
) -> None:
    whole, parts = fresh(), fresh()
    add(whole, *world())
    settle(whole, judged)

    order = data.draw(st.permutations(world()))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(order)), max_size=4)))
    for start, end in zip([0, *cuts], [*cuts, len(order)], strict=True):
        add(parts, *order[start:end])
        settle(parts, judged)

    assert list(compare(whole, parts)) == []
    parts.execute("INSERT INTO search (search, rank) VALUES ('integrity-check', 1)")
    assert parts.execute("PRAGMA foreign_key_check").fetchall() == []
