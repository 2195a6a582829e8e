"""Copies are found whoever prints them and in whatever order they arrive, and nothing else is a copy."""

import random
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from archive.catalogue.compare import compare
from archive.catalogue.database import batch, open_catalogue
from archive.catalogue.press import copies_of
from archive.catalogue.sketch import packed, prints_of, resemblance, runs_of, unpacked
from archive.catalogue.withdraw import forget_settled
from tests.benchmarks.newspapers import Press
from tests.catalogue_world import Found, article, page, settled

PRESS = Press(seed=3)
REPORT = [PRESS.text(320) for _ in range(8)]
OWN = [PRESS.text(300) for _ in range(2)]
OTHER = [PRESS.text(320) for _ in range(8)]
LETTER = "Dear readers, please support us with a gift. " + PRESS.text(600)


def printed(name: str, hours: float, *body: str, title: str = "", appeal: str | None = None) -> Found:
    return page(f"https://www.courier.test/2026/{name}", hours, article(title or name, *body, appeal=appeal))


def world() -> list[Found]:
    return [
        printed("first", 1, *REPORT),
        printed("cut", 2, *REPORT[:3]),
        printed("own-words", 3, OWN[0], *REPORT[:4], OWN[1]),
        printed("of-the-cut", 4, *REPORT[:3], title="Another headline"),
        printed("other", 5, *OTHER, appeal=LETTER),
        printed("same-letter", 6, *(text[::-1] for text in OTHER), appeal=LETTER),
    ]


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


def test_what_shares_its_text_with_an_earlier_article_is_a_copy_of_the_first(fresh: Callable[[], Database]) -> None:
    db = settled(fresh(), world())

    [report] = copies_of(db)

    assert report.origin.title == "first"
    assert [copy.title for copy in report.copies] == ["cut", "own-words", "Another headline"]
    assert report.copies[0].shared == 1.0


def test_the_same_appeal_makes_no_copy(fresh: Callable[[], Database]) -> None:
    db = settled(fresh(), world()[4:])

    assert copies_of(db) == ()


@pytest.mark.parametrize("seed", range(4))
def test_copies_do_not_depend_on_the_order_of_arrival(fresh: Callable[[], Database], seed: int) -> None:
    whole, parts = settled(fresh(), world()), fresh()
    order = world()
    random.Random(seed).shuffle(order)

    for found in order:
        settled(parts, [found])

    assert list(compare(whole, parts)) == []
    assert parts.execute("SELECT count(*) FROM pending").fetchone()[0] == 0


def test_an_article_before_many_copies_leaves_the_cost_of_one_more_bounded(fresh: Callable[[], Database]) -> None:
    db = settled(fresh(), [printed(f"copy-{n}", n, *REPORT, title=f"Copy {n}") for n in range(40)])

    [report] = copies_of(db)

    assert len(report.copies) == 39


def test_prints_are_kept_as_they_are() -> None:
    prints = prints_of(runs_of(" ".join(REPORT)))

    assert frozenset(unpacked(packed(prints))) == prints
    assert len(prints) > 10


def test_case_accents_and_punctuation_do_not_part_texts() -> None:
    one = frozenset(runs_of("Zürich, 3 May: the Council met — and left at once again today."))
    other = frozenset(runs_of("ZURICH 3 MAY THE COUNCIL MET AND LEFT AT ONCE AGAIN TODAY"))

    assert resemblance(one, other).of_earlier == 1.0


def test_a_script_without_spaces_is_compared_by_its_signs() -> None:
    text = "霧浜市議会は十二日、駅前の再開発計画を一票差で否決した。市長は計画を練り直すと述べた。"

    shared = resemblance(frozenset(runs_of(text)), frozenset(runs_of("記者団に対し、" + text)))

    assert shared.of_earlier == 1.0
    assert shared.of_later > 0.7


def test_withdrawn_articles_take_their_copies_along(tmp_path: Path) -> None:
    with closing(open_catalogue(tmp_path / "catalogue.db")) as db:
        settled(db, world())
        with batch(db):
            forget_settled(db, "courier")

        assert db.execute("SELECT count(*) FROM prints").fetchone()[0] == 0
        assert copies_of(settled(db)) != ()
