"""What a site repeats, and what does not count as repetition."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from archive.catalogue.database import open_catalogue
from archive.catalogue.levels import level_of, memory_of, told
from archive.catalogue.memory import COMMON
from archive.catalogue.settle import settle
from archive.model import Passage
from archive.reading.memory import passage_key
from tests.catalogue_world import Found, add, article, page, settled

LETTER = [
    " ".join((*sentences, "This stands under everything we print."))
    for sentences in (
        (
            "Dear readers, the Courier has no owner but you.",
            "Every week we ask how long the presses can still be paid for.",
        ),
        (
            "Fifty crowns a month keep one of us at the pier and in court.",
            "The spring issue accounts for every crown of it.",
        ),
        (
            "Whoever gives a hundred is invited to the press room.",
            "The coffee is bad, and the stories are good: come and see.",
        ),
    )
]


def story(number: int, *more: str, hours: float = 0, url: str = "") -> Found:
    body = [f"{number} paragraph {n} " + " ".join(f"w{number}x{n}x{k}" for k in range(20)) for n in range(5)]
    made = article(f"Report {number}", *body, *more)
    return page(url or f"https://www.courier.test/2026/report-{number}", hours or number, made)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with closing(open_catalogue(tmp_path / "catalogue.db")) as opened:
        yield opened


def stories(db: Database) -> int:
    return int(db.execute("SELECT stories FROM sites").fetchone()[0])


def counted(db: Database, text: str) -> tuple[int, int] | None:
    row = db.execute('SELECT stories, level FROM memory WHERE "key" = ?', (passage_key(text),)).fetchone()
    return tuple(row) if row else None


def test_a_letter_under_every_article_is_counted_once_a_story(db: Database) -> None:
    settled(db, [story(n, *LETTER) for n in range(1, 9)])

    assert stories(db) == 8
    assert counted(db, LETTER[0]) == (8, 9)
    assert db.execute("SELECT min(since) = (SELECT min(fetched_at) FROM captures) FROM memory").fetchone()[0]


def test_captures_of_one_article_are_one_story(db: Database) -> None:
    settled(db, [story(1, *LETTER, f"Update {n}, and nothing else is new.", hours=n) for n in range(1, 7)])

    assert (stories(db), counted(db, LETTER[0])) == (1, None)


def test_a_report_printed_again_is_the_same_story(db: Database) -> None:
    settled(db, [story(1), story(1, url="https://www.courier.test/2026/printed-again"), story(2)])

    assert stories(db) == 2
    assert len({row[0] for row in db.execute("SELECT story FROM articles")}) == 2


def test_few_articles_with_a_letter_are_kin_until_it_is_known_as_the_sites_own(db: Database) -> None:
    short = [
        page(f"https://www.courier.test/2026/short-{n}", n, article(f"Short {n}", f"Only {n}.", *LETTER))
        for n in range(9)
    ]

    settled(db, short[: COMMON - 1])
    assert stories(db) == 1

    settled(db, short[COMMON - 1 :])
    assert stories(db) == 9
    assert counted(db, LETTER[1]) == (9, 9)


def test_readings_hear_of_a_letter_when_enough_stories_hold_it(db: Database) -> None:
    heard: list[Mapping[int, tuple[int, int]]] = []

    def listen(passages: Sequence[Passage], _: bytes, memory: Mapping[int, tuple[int, int]]) -> tuple[Passage, ...]:
        heard.append(memory)
        return tuple(passages)

    add(db, *(story(n, *LETTER) for n in range(1, 6)))
    settle(db, listen)
    assert heard == []

    add(db, story(6, *LETTER))
    settle(db, listen)
    both = {passage_key(text): told(9) for text in LETTER}
    assert heard == [both] * 6
    assert memory_of(db, db.execute("SELECT min(id) FROM readings").fetchone()[0]) == both

    add(db, story(7, *LETTER))
    settle(db, listen)
    assert len(heard) == 7


def test_levels_rise_with_the_share_and_need_five_others() -> None:
    assert [level_of(stories, 101) for stories in (1, 3, 4, 8, 14, 26, 101)] == [0, 0, 1, 3, 5, 9, 9]
    assert level_of(5, 5) == 0
    assert level_of(6, 6) == 9
