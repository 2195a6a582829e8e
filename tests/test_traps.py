"""Addresses that lead nowhere new are told from articles, whatever a site offers."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.model import Link, Outcome
from crawler.entries import entries_of
from crawler.sites import Site
from crawler.sites.declaration import parse_site
from crawler.traps import MAX_CHILD_DEPTH, MAX_PATTERN_PAGES, PatternBudget, pattern_of, trap_in

HOME = "https://courier.test"
NOW = datetime(2026, 3, 4, tzinfo=UTC)


def courier() -> Site:
    text = f'id = "courier"\nhome = "{HOME}/"\n[[source]]\nkind = "sitemap"\nurl = "/sitemap.xml"\n'
    return parse_site(text, Path("courier.toml"))


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/a" * 21, "over 20 parts"),
        ("/x/y/x/y/x/y/story-of-the-day", "repeats itself"),
        ("/" + "a" * 3_000, "over 2048 characters"),
        ("/a?" + "&".join(f"p{n}=1" for n in range(30)), "over 20 parameters"),
    ],
)
def test_an_address_without_end_is_a_trap(path: str, why: str) -> None:
    assert why in str(trap_in(HOME + path))


def test_an_address_with_a_password_is_not_followed() -> None:
    assert trap_in("https://me:secret@courier.test/a") == "an address with a user's name or password"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/2011/11/11/eleven-ferries",
        "/news/news/2026/ferry-strike",
        "/politik/deutschland/2026-03/haushalt-streit-koalition-haushalt?page=2",
        "/a/b/c/d/e/f/g/h/story-number-7.html",
    ],
)
def test_what_newspapers_print_is_none(path: str) -> None:
    assert trap_in(HOME + path) is None


@given(st.text(max_size=300))
def test_any_text_has_an_answer_and_a_pattern(text: str) -> None:
    assert trap_in(text) is None or isinstance(trap_in(text), str)
    assert isinstance(pattern_of("http://" + text), str)


def test_the_days_of_a_calendar_have_one_pattern() -> None:
    days = {
        pattern_of(f"{HOME}/calendar?year={year}&day={day}&sid={day:02d}f86d081884c7d65{year}")
        for year in range(2000, 2050)
        for day in range(1, 29)
    }

    assert len(days) == 1


def test_a_document_may_name_only_so_many_addresses_of_one_pattern() -> None:
    budget = PatternBudget(most=3)

    refusals = [budget.refusal(f"{HOME}/calendar/{n}") for n in range(5)]

    assert [bool(refusal) for refusal in refusals] == [False] * 3 + [True] * 2
    assert budget.refusal(f"{HOME}/archive/1") is None


def links(paths: list[str], role: str = "article") -> list[Link]:
    return [
        Link(HOME + path, f"{HOME}/sitemap.xml", "sitemap:/sitemap.xml", role="source", source_kind="sitemap")
        if role == "source"
        else Link(HOME + path, f"{HOME}/sitemap.xml", "sitemap:/sitemap.xml")
        for path in paths
    ]


def test_articles_of_one_pattern_are_all_followed_and_unclear_pages_are_not() -> None:
    many = MAX_PATTERN_PAGES + 10
    articles = links([f"/2026/03/04/story-of-the-day-{n}" for n in range(many)])
    unclear = links([f"/kalender/tag{n}" for n in range(many)])

    found = list(entries_of([*articles, *unclear], courier(), NOW))

    assert [entry.outcome for entry in found[:many]] == [None] * many
    assert [entry.outcome for entry in found[-10:]] == [Outcome.BUDGET] * 10


def test_lists_that_lists_list_end() -> None:
    child = links(["/sitemap-2.xml"], role="source")

    depths = [next(iter(entries_of(child, courier(), NOW, depth=depth))) for depth in range(MAX_CHILD_DEPTH + 1)]

    assert [entry.outcome for entry in depths] == [None] * MAX_CHILD_DEPTH + [Outcome.BUDGET]
    assert [entry.hops for entry in depths] == list(range(1, MAX_CHILD_DEPTH + 2))


def test_a_trap_is_remembered_with_its_reason() -> None:
    (entry,) = entries_of(links(["/x/y/x/y/x/y/story-of-the-day"]), courier(), NOW)

    assert (entry.outcome, entry.reason) == (Outcome.DROPPED, "a path that repeats itself: 'x'")
