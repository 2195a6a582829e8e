"""A site's own rules: what they decide on a page, for which captures, and that a reread decides the same."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import lxml.html
import pytest
from lxml.html import HtmlElement

from archive import read_article
from archive.catalogue.answers import find
from archive.catalogue.database import open_for_reading
from archive.deep import deep_problems
from archive.ingest import catalogue_archive
from archive.layout import Layout
from archive.loader import LOADER
from archive.model import Article, Passage
from archive.reading.box import Box
from archive.reading.memory import passage_key, rejudge
from archive.reading.selector import LONGEST, Matcher, selector
from archive.reading.siterules import rules_in
from archive.reread import compare_files, reread
from tests.desk import HOME, PARAGRAPHS, SITE_FILE, Desk
from tests.exchanges import reply

VERSE = "Low the tide, and low the lamp"
COIN = "All who love the sea are welcome to leave a coin in the box at the pier."
PAGE = f"""
<html lang=en><head><title>Ferries stop</title></head><body>
<div class="song"><p>{VERSE}</p></div>
<main><h1>Ferries stop</h1>
<div class="story">{"".join(f"<p>{text}</p>" for text in PARAGRAPHS)}
<p>A word from the pier:</p><p>{COIN}</p>
<pier-box><p>The pier sells lamps, ropes and oars on every day on which it is open.</p></pier-box>
</div>
<div class="side"><p>The harbour of the island was built by the monks of the old abbey, who sold salt inland.</p>
<p>In the spring the monks mended the wall of the harbour with the stones of the chapel, which had fallen in.</p></div>
</main></body></html>
"""
LETTER = "appeal.donation = [\"p:contains('A word from the pier') ~ p\", \"p:contains('A word from the pier')\"]"
APRIL = datetime(2026, 4, 1, tzinfo=UTC)


def read(rules: str = "", page: str = PAGE, at: datetime | None = APRIL) -> Article:
    return read_article(page.encode(), HOME + "a", fetched_at=at, rules=rules_in(rules))


def passage(article: Article, begins: str) -> Passage:
    return next(p for p in article.passages if p.text.startswith(begins))


def test_an_appeal_that_nothing_gives_away_is_one_if_the_site_file_says_so() -> None:
    alone, ruled = read(), read(f"[[rules]]\n{LETTER}")

    assert COIN in alone.body
    assert COIN not in ruled.body
    assert passage(ruled, "A word").kind == "appeal:donation"
    assert passage(ruled, "All who").rule == "site:p:contains('A word from the pier') ~ p"
    assert ruled.body == tuple(text for text in alone.body if text not in (COIN, "A word from the pier:"))


def test_text_that_the_reader_takes_for_furniture_is_text_if_the_site_file_says_so() -> None:
    alone, ruled = read(), read("[[rules]]\ntext = ['.song']")

    assert VERSE not in alone.body
    assert ruled.body[0] == VERSE
    assert passage(ruled, VERSE).rule == "site:.song"


def test_the_article_stands_in_the_selected_body_and_nowhere_else() -> None:
    ruled = read("[[rules]]\nbody = ['.side']")

    assert len(ruled.body) == 2
    assert all("monks" in text for text in ruled.body)
    assert dict(ruled.evidence)["body"] == "site:.side"


def test_a_body_that_is_not_on_the_page_leaves_the_reader_to_itself() -> None:
    assert read("[[rules]]\nbody = ['.story-2031']") == read()


def test_the_nearest_selected_element_decides() -> None:
    ruled = read("[[rules]]\nchrome.promo = ['main']\ntext = ['.story > p']\nignore = ['pier-box']")

    assert ruled.body == (*PARAGRAPHS, "A word from the pier:", COIN)
    assert passage(ruled, "The pier sells").kind == "chrome:furniture"
    assert passage(ruled, "The pier sells").rule == "site:pier-box"


@pytest.mark.parametrize(
    ("dates", "at", "holds"),
    [
        ("from = 2026-04-01", datetime(2026, 3, 31, 23, 59, tzinfo=UTC), False),
        ("from = 2026-04-01", APRIL, True),
        ("until = 2026-04-01", datetime(2026, 4, 1, 23, 59, tzinfo=UTC), True),
        ("until = 2026-04-01", datetime(2026, 4, 2, tzinfo=UTC), False),
        ("from = 2026-04-01", None, True),
        ("until = 2026-04-01", None, False),
    ],
)
def test_a_rule_holds_for_the_captures_of_its_days(dates: str, at: datetime | None, holds: bool) -> None:
    ruled = read(f"[[rules]]\n{dates}\ntext = ['.song']", at=at)

    assert (VERSE in ruled.body) is holds


def test_what_a_rule_decides_outlives_the_judgement_by_the_sites_memory() -> None:
    ruled = read(f"[[rules]]\nbody = ['.story']\n{LETTER}\n[[rules]]\ntext = ['.song']")
    memory = {passage_key(p.text): (90, 100) for p in ruled.passages}

    again = rejudge(ruled.passages, ruled.features, memory)

    assert rejudge(ruled.passages, ruled.features, {}) == ruled.passages
    assert [p.kind for p in again if p.rule.startswith("site:")] == [
        p.kind for p in ruled.passages if p.rule.startswith("site:")
    ]
    assert not any(p.kind.in_body for p in again if "monks" in p.text)
    assert read_article(
        PAGE.encode(),
        HOME + "a",
        fetched_at=APRIL,
        memory=memory,
        rules=rules_in(f"[[rules]]\nbody = ['.story']\n{LETTER}\n[[rules]]\ntext = ['.song']"),
    ).passages == tuple(again)


def test_rules_that_no_crawl_would_have_archived_are_passed_over() -> None:
    assert rules_in("[[rules]\nbody = 3") == ()
    assert rules_in("rules = 3") == ()
    assert rules_in("[[rules]]\nbody = 3\nfrom = 'x'\nappeal = 3")[0].selectors == ()


# ---------------------------------------------------------------------------------------------------- selectors


def node(html: str, name: str) -> HtmlElement:
    (found,) = lxml.html.fromstring(f"<div id=top>{html}</div>").xpath(f"//*[@id='{name}']")
    assert isinstance(found, HtmlElement)
    return found


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("p", True),
        ("P.ask", True),
        ("*", True),
        ("div", False),
        (".box p", True),
        ("#top p", True),
        ("#top > p", False),
        (".box > p", True),
        ("h2 + p", False),
        ("h2 ~ p", True),
        ("h2:contains('Dear readers') ~ .ask", True),
        ("h2:contains('Dear friends') ~ .ask", False),
        ("p:contains('a coin')", True),
        ("div:contains('Dear readers') > p", True),
        ("p:last-child", True),
        ("p:first-child", False),
        ("[data-kind]", True),
        ("[data-kind=give]", True),
        ("[data-kind^=gi][data-kind$=ve][data-kind*=iv]", True),
        ("[data-kind^='']", False),
        ("[class~=small]", True),
        ("[lang|=en]", True),
        ("[lang=en]", False),
        (".ask:not(.small)", False),
        (":is(h2, .ask)", True),
        ("section, .ask", True),
    ],
)
def test_a_selector_selects_what_css_says(text: str, holds: bool) -> None:
    ask = "<p id=it class='ask small' data-kind=give lang=en-GB>a coin"
    html = f"<div class=box><h2>Dear  readers</h2><p>x{ask}</div>"

    assert Matcher([text]).first(node(html, "it")) == (0 if holds else None)


def test_of_many_selectors_the_first_in_the_file_is_found() -> None:
    it = node("<p id=it class='a b'>x", "it")

    assert Matcher([".c", "p", ".b", "#it", "*"]).first(it) == 1
    assert Matcher([".c", "section .b", "#it", ".a"]).first(it) == 2


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("//p[1]", "is no CSS selector"),
        ("p[", "is no CSS selector"),
        ("", "is no CSS selector"),
        ("p::before", "no element of the page"),
        ("p:nth-child(2n)", "served are"),
        ("div:has(p)", "served are"),
        ("[a!=b]", "served are"),
        ("p:contains(a b)", "served are"),
        ("p" * (LONGEST + 1), f"over {LONGEST}"),
        (".a .b .c .d .e .f", "11 parts, over 10"),
    ],
)
def test_a_selector_that_is_none_or_could_be_slow_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        selector(text)


# ---------------------------------------------------------------------------------------------------- the archive


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    with Box(LOADER, workers=1) as made:
        yield made


def pier_page(desk: Desk, slug: str) -> None:
    desk.fetch(f"{HOME}2026/03/14/{slug}", reply(PAGE.encode(), "Content-Type: text/html; charset=utf-8"))


def body_of(layout: Layout, slug: str) -> str:
    with closing(open_for_reading(layout.catalogue)) as db:
        article = find(db, f"{HOME}2026/03/14/{slug}")
    assert article is not None
    return article.version.text


def test_each_capture_is_read_by_the_rules_archived_with_its_run_live_and_again(box: Box, tmp_path: Path) -> None:
    layout = Layout(tmp_path / "archive")
    first = Desk(layout, "run-1")
    first.declare()
    pier_page(first, "before-the-rule-1")
    catalogue_archive(layout, box=box)
    first.store.close()
    second = Desk(layout, "run-2", first.at)
    second.declare(f"{SITE_FILE}[[rules]]\n{LETTER}\n")
    catalogue_archive(layout, box=box)  # the rules are in the catalogue before the pages they are for
    pier_page(second, "under-the-rule-2")
    second.store.close()
    third = Desk(layout, "run-3", second.at)
    third.declare(f"{SITE_FILE}[[rules]]\nfrom = 2027-01-01\n{LETTER}\n")
    pier_page(third, "rule-of-next-year-3")
    third.store.close()
    catalogue_archive(layout, box=box)
    live = layout.catalogue.rename(tmp_path / "live.db")

    reread(layout, box=box)

    assert list(compare_files(live, layout.catalogue)) == []
    bodies = [body_of(layout, slug) for slug in ("before-the-rule-1", "under-the-rule-2", "rule-of-next-year-3")]
    assert [COIN in body for body in bodies] == [True, False, True]
    with closing(open_for_reading(layout.catalogue)) as db:
        assert list(deep_problems(db, layout, box=box)) == []
