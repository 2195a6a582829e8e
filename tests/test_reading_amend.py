"""What the vote gets wrong about single lines, put right by what they stand among."""

import pytest

from archive.reading import amend
from archive.reading.facts import FLAG, Facts

PROSE, AWAY = 0.9, 0.3  # body scores of a paragraph of the article, and of a line that the vote leaves out


def line(*flags: str, group: int = 1, shape: int = 1, words: int = 9, links: float = 0.0) -> Facts:
    """Return the facts of a line of one box and one markup, as the reader would measure it."""
    bits = sum(FLAG[name] for name in flags)
    return Facts(0, 0.0, 0.0, 0.0, -4.0, 0, 0, bits, group, shape, links, words)


def kept(facts: list[Facts], body: list[float], asks: frozenset[int] = frozenset()) -> list[bool]:
    """Return what is the article's after all, where the vote took what has the score of prose and does not ask."""
    inside = [score >= PROSE and i not in asks for i, score in enumerate(body)]
    amend.keep(facts, ["A line."] * len(facts), body, asks, inside, ["vote"] * len(facts))
    return inside


CELL = ("item", "candidate")


def test_the_cells_of_a_row_stay_together() -> None:
    row = [line(*CELL, "number", words=1), *(line(*CELL, words=2) for _ in range(3))]

    assert kept(row, [AWAY, PROSE, PROSE, PROSE]) == [True] * 4


@pytest.mark.parametrize(
    ("row", "body"),
    [
        ([line(*CELL), line(*CELL), line(*CELL)], [AWAY, AWAY, PROSE]),  # most of it is not the article's
        ([line(*CELL), line(*CELL)], [AWAY, PROSE]),  # two are no list
        ([line(*CELL), *[line(*CELL)] * 3], [0.1, PROSE, PROSE, PROSE]),  # it is doubted too much
        ([line(*CELL, links=1.0), *[line(*CELL)] * 3], [AWAY, PROSE, PROSE, PROSE]),  # it leads elsewhere
        ([line("candidate", group=9), *[line(*CELL)] * 3], [AWAY, PROSE, PROSE, PROSE]),  # it is no item
    ],
)
def test_what_is_not_like_its_row_is_not_kept_for_it(row: list[Facts], body: list[float]) -> None:
    assert kept(row, body) == [score >= PROSE for score in body]


@pytest.mark.parametrize("facts", [[line(*CELL)] * 4, [line()] * 4, [line("candidate", "terminal")] * 7])
def test_what_asks_is_not_kept_for_what_it_stands_among(facts: list[Facts]) -> None:
    assert kept(facts, [PROSE] * len(facts), frozenset({1})) == [i != 1 for i in range(len(facts))]


def test_what_goes_on_in_the_markup_above_is_the_articles() -> None:
    assert kept([line(), line(words=3), line(words=2)], [PROSE, AWAY, AWAY]) == [True, True, True]


@pytest.mark.parametrize(
    "other",
    [
        line(group=2),
        line(shape=2),
        line("mail"),
        line("outlet"),
        line("caption"),
        line("related"),
        line(links=0.6),
    ],
)
def test_what_only_stands_below_it_is_not(other: Facts) -> None:
    assert kept([line(), other], [PROSE, AWAY]) == [True, False]


def test_what_a_site_repeats_or_a_letter_holds_does_not_go_on() -> None:
    for rule in ("repeated", "letter"):
        inside = [True, False]
        amend.keep([line(), line()], ["A line."] * 2, [PROSE, AWAY], set(), inside, ["vote", rule])
        assert inside == [True, False]


def post(number: int, *flags: str, shape: int = 1) -> Facts:
    """Return a post of a live blog: each has a box of its own."""
    return line("candidate", "terminal", *flags, group=number, shape=shape)


POSTS = [post(n) for n in range(6)]


def test_a_sentence_is_the_articles_like_nearly_all_in_its_markup() -> None:
    assert kept([*POSTS, post(7)], [PROSE] * 6 + [AWAY]) == [True] * 7


@pytest.mark.parametrize(
    ("facts", "body"),
    [
        ([*POSTS[:4], post(7)], [PROSE] * 4 + [AWAY]),  # too few to tell
        ([*POSTS, post(7), post(8)], [PROSE] * 6 + [AWAY] * 2),  # the article has not nearly all of that markup
        ([*POSTS, post(7, shape=2)], [PROSE] * 6 + [AWAY]),  # other markup
        ([*POSTS, line("candidate", group=7)], [PROSE] * 6 + [AWAY]),  # no sentence
        ([*POSTS, line("terminal", group=7)], [PROSE] * 6 + [AWAY]),  # not of the candidate
        ([*POSTS, post(7, "mail")], [PROSE] * 6 + [AWAY]),  # it gives an address
    ],
)
def test_what_is_less_like_the_article_is_not(facts: list[Facts], body: list[float]) -> None:
    assert kept(facts, body) == [score >= PROSE for score in body]
