"""The golden pages: what a careful editor would take from each page in tests/pages, field by field.

`expected.json` names only what matters for its case; `body` is always there, complete and in order. A page that the
reader gets wrong stays, with its reason, in tests/pages/known_gaps.json: it fails here as soon as it is read right.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import ndiff
from functools import cache
from pathlib import Path
from typing import TypedDict

import lxml.html
import pytest
from _pytest.mark.structures import ParameterSet

from archive import read_article
from archive.model import Article, Passage

PAGES = Path(__file__).parent / "pages"
CASES = sorted(folder.name for folder in PAGES.iterdir() if folder.is_dir())
FETCHED_AT = datetime(2026, 12, 1, tzinfo=UTC)  # after every date on the pages
GAPS: dict[str, str] = json.loads((PAGES / "known_gaps.json").read_text("utf-8"))


class Appeal(TypedDict):
    kind: str
    texts: list[str]


class Note(TypedDict):
    kind: str
    text: str


class Expected(TypedDict, total=False):
    url: str
    title: str
    lead: str | None
    authors: list[str]
    published: str | None
    modified: str | None
    language: str
    agency: str | None
    access: str
    page_kind: str
    canonical: str
    body: list[str]
    appeals: list[Appeal]
    notes: list[Note]
    chrome_has: list[str]
    why: str


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    html: bytes
    expected: Expected


@cache
def load(name: str) -> Case:
    folder = PAGES / name
    expected: Expected = json.loads((folder / "expected.json").read_text("utf-8"))
    return Case(name, (folder / "page.html").read_bytes(), expected)


@cache
def read(name: str) -> Article:
    case = load(name)
    return read_article(case.html, case.expected["url"], fetched_at=FETCHED_AT)


def squash(text: str | None) -> str:
    return " ".join((text or "").split())


def squashed(texts: Iterator[str] | list[str]) -> list[str]:
    return [squash(text) for text in texts]


def shown(passages: Iterator[Passage] | tuple[Passage, ...]) -> str:
    return "\n".join(f"  {p.kind:<22} {p.rule:<18} {p.score:.2f}  {p.text[:110]}" for p in passages)


def assert_lines(wanted: list[str], got: list[str], article: Article) -> None:
    if wanted != got:
        diff = "\n".join(line for line in ndiff(wanted, got) if not line.startswith("?"))
        pytest.fail(f"- wanted, + read:\n{diff}\n\nas read:\n{shown(article.passages)}", pytrace=False)


def same_time(wanted: str, moment: datetime | None, text: str | None) -> bool:
    """A wanted time is compared as an instant, a wanted day (ten characters) as the day the page wrote."""
    if len(wanted) > 10:
        return moment is not None and moment == datetime.fromisoformat(wanted)
    return (moment.date().isoformat() if moment else squash(text)[:10]) == wanted


def assert_time(wanted: str | None, moment: datetime | None, text: str | None) -> None:
    if wanted is None:
        assert (moment, text) == (None, None)
    else:
        assert same_time(wanted, moment, text), f"wanted {wanted}, read {moment} from {text!r}"


def stands_in(wanted: str, passages: list[Passage]) -> bool:
    """True if a passage holds the text, or a few neighbours together do (a label and its button)."""
    return squash(wanted) in squash(" ".join(p.text for p in passages))


def missing(wanted: list[str], passages: list[Passage]) -> list[str]:
    return [text for text in wanted if not stands_in(text, passages)]


def check_body(case: Case, article: Article) -> None:
    assert_lines(squashed(case.expected["body"]), squashed(list(article.body)), article)


def check_kept(case: Case, article: Article) -> None:
    """Nothing is deleted: whatever its kind, each text of the page's article area stands in some passage."""
    asked = [text for appeal in case.expected.get("appeals", []) for text in appeal["texts"]]
    texts = [*case.expected["body"], *asked, *case.expected.get("chrome_has", [])]

    assert_lines([], missing(texts, list(article.passages)), article)


def check_title(case: Case, article: Article) -> None:
    assert squash(article.title) == squash(case.expected["title"])


def check_lead(case: Case, article: Article) -> None:
    assert squash(article.lead) == squash(case.expected["lead"])


def check_authors(case: Case, article: Article) -> None:
    assert squashed(list(article.authors)) == case.expected["authors"]


def check_published(case: Case, article: Article) -> None:
    assert_time(case.expected["published"], article.published, article.published_text)


def check_modified(case: Case, article: Article) -> None:
    assert_time(case.expected["modified"], article.modified, article.modified_text)


def check_language(case: Case, article: Article) -> None:
    assert (article.language or "").lower().partition("-")[0] == case.expected["language"]


def check_agency(case: Case, article: Article) -> None:
    assert article.agency == case.expected["agency"]


def check_access(case: Case, article: Article) -> None:
    assert article.access == case.expected["access"]


def check_page_kind(case: Case, article: Article) -> None:
    assert article.page_kind == case.expected["page_kind"]


def check_canonical(case: Case, article: Article) -> None:
    assert article.canonical == case.expected["canonical"]


def check_appeals(case: Case, article: Article) -> None:
    """Every line asked of the reader is set apart as an appeal, of whatever kind."""
    wanted = [text for appeal in case.expected["appeals"] for text in appeal["texts"]]

    left_out = missing(wanted, list(article.appeals))
    assert_lines([], left_out, article)


def check_kinds(case: Case, article: Article) -> None:
    """Every appeal is of the kind an editor would name; `appeal` alone where two editors would differ."""
    left_out = [
        f"{appeal['kind']}: {text}"
        for appeal in case.expected["appeals"]
        for text in missing(appeal["texts"], [p for p in article.appeals if appeal["kind"] in (p.kind, p.kind.family)])
    ]
    assert_lines([], left_out, article)


def check_nothing_else(case: Case, article: Article) -> None:
    """No line is said to ask for money that does not."""
    asked = squash(" ".join(text for appeal in case.expected.get("appeals", []) for text in appeal["texts"]))

    wrong = [squash(p.text) for p in article.appeals if p.kind == "appeal:donation" and squash(p.text) not in asked]
    assert_lines([], wrong, article)


def check_notes(case: Case, article: Article) -> None:
    wanted = [f"{note['kind']}: {squash(note['text'])}" for note in case.expected["notes"]]
    notes = [p for p in article.passages if p.kind in ("note", "correction")]
    assert_lines(wanted, [f"{p.kind}: {squash(p.text)}" for p in notes], article)


def check_chrome_has(case: Case, article: Article) -> None:
    chrome = [p for p in article.passages if p.kind.family == "chrome"]
    assert_lines([], missing(case.expected["chrome_has"], chrome), article)


CHECKS: dict[str, tuple[str, Callable[[Case, Article], None]]] = {
    "body": ("body", check_body),
    "kept": ("body", check_kept),
    "title": ("title", check_title),
    "lead": ("lead", check_lead),
    "authors": ("authors", check_authors),
    "published": ("published", check_published),
    "modified": ("modified", check_modified),
    "language": ("language", check_language),
    "agency": ("agency", check_agency),
    "access": ("access", check_access),
    "page_kind": ("page_kind", check_page_kind),
    "canonical": ("canonical", check_canonical),
    "appeals": ("appeals", check_appeals),
    "kinds": ("appeals", check_kinds),
    "nothing_else": ("body", check_nothing_else),
    "notes": ("notes", check_notes),
    "chrome_has": ("chrome_has", check_chrome_has),
}


def params() -> Iterator[ParameterSet]:
    for name in CASES:
        for field, (key, _) in CHECKS.items():
            if key not in load(name).expected:
                continue
            id_ = f"{name}::{field}"
            marks = [pytest.mark.xfail(reason=GAPS[id_])] if id_ in GAPS else []
            yield pytest.param(name, field, id=id_, marks=marks)


@pytest.mark.parametrize(("name", "field"), list(params()))
def test_a_golden_page_is_read_as_its_editor_would(name: str, field: str) -> None:
    CHECKS[field][1](load(name), read(name))


@pytest.mark.parametrize("name", CASES)
def test_every_expected_text_stands_in_its_page(name: str) -> None:
    case = load(name)
    expected = case.expected

    tree = lxml.html.fromstring(case.html, parser=lxml.html.HTMLParser(encoding="utf-8"))
    page = squash(" ".join(str(text) for text in tree.itertext()))
    wanted = [
        *expected["body"],
        *(text for appeal in expected.get("appeals", []) for text in appeal["texts"]),
        *expected.get("chrome_has", []),
    ]

    loose = page.replace(" ", "")
    assert [text for text in wanted if squash(text).replace(" ", "") not in loose] == []


@pytest.mark.parametrize("name", CASES)
def test_no_text_is_expected_in_two_places(name: str) -> None:
    expected = load(name).expected
    asked = {text for appeal in expected.get("appeals", []) for text in appeal["texts"]}

    assert not asked & set(expected["body"])
    assert not asked & set(expected.get("chrome_has", []))
    assert not set(expected["body"]) & set(expected.get("chrome_has", []))


def test_every_known_gap_names_a_check_that_exists() -> None:
    checks = {f"{n}::{f}" for n in CASES for f, (key, _) in CHECKS.items() if key in load(n).expected}

    assert set(GAPS) <= checks
