"""What a site repeats on many stories is not what one of them says; no page is parsed again to learn that."""

import subprocess
import sys
from pathlib import Path

import pytest

from archive import read_article
from archive.model import Article, Kind
from archive.reading.memory import passage_key, rejudge

PAGES = sorted((Path(__file__).parent / "pages").glob("*/*.html"))
STORY = (
    "The ferry to the outer islands resumes on Tuesday, the port authority said on Sunday after talks.",
    "Crews had stopped work over rosters that left some on duty for fourteen hours, a union said.",
    "The operator will hire twelve more sailors by the end of the summer, it said in a statement.",
)
APPEAL = "Maji ya bahari ni yetu sote na gazeti la Courier hulinda ukweli kwa mchango wako wa $2."
LINE = "Habari zaidi za pwani hupatikana kila siku katika ukurasa wa kwanza wa gazeti letu."


@pytest.fixture
def article() -> Article:
    paragraphs = "".join(f"<p>{text}</p>" for text in (*STORY, LINE, APPEAL))
    html = f"<html><head><meta property='og:site_name' content='Courier'></head><body><article>{paragraphs}</article>"
    return read_article(html.encode(), "https://courier.test/a")


def test_without_memory_a_reading_is_judged_as_it_was(article: Article) -> None:
    assert rejudge(article.passages, article.features, {}) == article.passages


def test_a_key_forgets_spacing_case_and_punctuation_and_fits_sqlite() -> None:
    assert passage_key("Dear  Readers, thank you!") == passage_key("DEAR READERS — thank you")
    assert 0 < passage_key("Dear readers, thank you!") < 2**63
    assert passage_key("Share") == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_a_page_is_judged_later_as_if_its_site_had_been_known(page: Path) -> None:
    alone = read_article(page.read_bytes(), "https://courier.test/a")
    memory = {passage_key(p.text): (8, 10) for p in alone.passages}

    known = read_article(page.read_bytes(), "https://courier.test/a", memory=memory)

    assert rejudge(alone.passages, alone.features, memory) == known.passages


def test_what_stands_on_most_other_stories_leaves_the_body(article: Article) -> None:
    assert LINE in article.body

    again = rejudge(article.passages, article.features, {passage_key(LINE): (8, 10)})

    [line] = [p for p in again if p.text == LINE]
    assert not line.kind.in_body
    assert line.rule == "repeated"
    assert [p.text for p in again if p.kind.in_body] == [t for t in article.body if t != LINE]


def test_a_repeated_text_about_money_and_the_outlet_is_an_appeal_in_any_language(
    article: Article,
) -> None:
    memory = {passage_key(text): (8, 10) for text in (LINE, APPEAL)}

    again = rejudge(article.passages, article.features, memory)

    assert {p.kind for p in again if p.text in (LINE, APPEAL)} == {Kind.APPEAL_DONATION}


@pytest.mark.parametrize("seen", [(2, 100), (3, 4), (3, 300)])
def test_too_little_repetition_says_nothing(article: Article, seen: tuple[int, int]) -> None:
    again = rejudge(article.passages, article.features, {passage_key(LINE): seen})

    assert tuple(p.text for p in again if p.kind.in_body) == article.body


def test_reading_with_memory_equals_reading_first_and_judging_later(article: Article) -> None:
    memory = {passage_key(text): (8, 10) for text in (LINE, APPEAL)}
    paragraphs = "".join(f"<p>{text}</p>" for text in (*STORY, LINE, APPEAL))
    html = f"<html><head><meta property='og:site_name' content='Courier'></head><body><article>{paragraphs}</article>"

    at_once = read_article(html.encode(), "https://courier.test/a", memory=memory)

    assert at_once.passages == rejudge(article.passages, article.features, memory)


def test_the_memory_is_imported_without_the_parsers() -> None:
    code = "import sys, archive.reading.memory; print({'lxml', 'trafilatura', 'htmldate'} & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"
