"""Title, authors and times are taken from what a page declares, and no page can make that slow."""

import json
import time
from datetime import UTC, datetime

import pytest

from archive import read_article
from archive.model import Article
from archive.reading.authors import clean_names
from archive.reading.dates import moment

PROSE = "<p>The ferry to the outer islands resumes on Tuesday, the port authority said on Sunday.</p>" * 4


def read(head: str = "", body: str = PROSE, *, ld: object = None) -> Article:
    script = f'<script type="application/ld+json">{json.dumps(ld)}</script>' if ld else ""
    html = f"<html lang='en'><head>{head}{script}</head><body><article>{body}</article></body></html>"
    return read_article(html.encode(), "https://www.courier.test/2026/05/ferry")


def test_json_ld_gives_title_authors_and_an_instant_with_its_zone() -> None:
    article = read(
        ld={
            "@context": "https://schema.org",
            "@graph": [
                {"@type": "Organization", "name": "Courier"},
                {
                    "@type": "NewsArticle",
                    "headline": "Ferry &amp; port at peace",
                    "author": [{"@type": "Person", "name": "By Ada Lind"}, {"name": "Jo Brown"}],
                    "datePublished": "2026-05-04T08:30:00+02:00",
                    "isAccessibleForFree": "False",
                },
            ],
        }
    )

    assert article.title == "Ferry & port at peace"
    assert article.authors == ("Ada Lind", "Jo Brown")
    assert article.published == datetime(2026, 5, 4, 6, 30, tzinfo=UTC)
    assert article.access == "paywalled"
    assert dict(article.evidence)["published"] == "json-ld"


def test_a_name_of_the_outlet_is_cut_off_a_title_only_where_it_is_proven() -> None:
    named = "<meta property='og:site_name' content='The Courier'>"

    assert read(f"{named}<title>Ferry resumes - The Courier</title>").title == "Ferry resumes"
    assert read(f"{named}<title>Ferry resumes - at last</title>").title == "Ferry resumes - at last"


def test_a_name_given_in_two_parts_is_one_name() -> None:
    person = {"@type": "Person", "familyName": "Lind", "givenName": "Ada Maria"}

    assert read(ld={"@type": "NewsArticle", "author": [person]}).authors == ("Ada Maria Lind",)


def test_a_time_that_is_marked_as_the_day_of_publication_is_a_declaration() -> None:
    others = "<time datetime='2019-02-05T09:00Z'>5 Feb</time>"
    marked = "<time itemprop='datePublished' datetime='2026-05-04T16:45+0100'>4 May</time>"

    article = read(body=f"{others}{marked}{PROSE}")

    assert article.published == datetime(2026, 5, 4, 15, 45, tzinfo=UTC)
    assert dict(article.evidence)["published"] == "meta"


@pytest.mark.parametrize(
    ("lines", "ld", "names"),
    [
        ("<p class=byline>Ada Lind</p>", None, ("Ada Lind",)),
        ("<h4 class=byline>Von Ada Lind, Hafenstadt</h4>", None, ("Ada Lind",)),
        ("<div class=byline><p>Home > News</p><p>Shipping</p><p>By Ada Lind</p></div>", None, ("Ada Lind",)),
        ("<p class=byline>Report a mistake</p>", "The Courier", ("The Courier",)),
        ("<p class=byline>By Ada Lind</p>", "The Courier", ("Ada Lind",)),
        ("<figcaption class=byline>Lamps by Lund, and others</figcaption>", None, ()),
    ],
)
def test_a_line_marked_as_a_byline_is_believed_when_it_can_be_one(
    lines: str, ld: str | None, names: tuple[str, ...]
) -> None:
    story = {"@type": "NewsArticle", "author": {"name": ld}, "publisher": {"name": ld}} if ld else None

    assert read(body=f"<h1>Ferry resumes</h1>{lines}{PROSE}", ld=story).authors == names


def test_where_nobody_is_named_no_source_is_claimed() -> None:
    assert "authors" not in dict(read().evidence)


def test_a_day_without_a_zone_is_no_instant() -> None:
    article = read("<meta property='article:published_time' content='2026-05-04'>")

    assert (article.published, article.published_text) == (None, "2026-05-04")


def test_times_the_page_does_not_declare_are_searched_only_up_to_its_capture() -> None:
    html = f"<html><body><p class='date'>4 May 2026</p>{PROSE}</body></html>".encode()

    found = read_article(html, "https://courier.test/a", fetched_at=datetime(2026, 6, 1, tzinfo=UTC))
    alone = read_article(html, "https://courier.test/a")

    assert (found.published_text, alone.published_text) == ("2026-05-04", None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-05-04T08:30:00Z", datetime(2026, 5, 4, 8, 30, tzinfo=UTC)),
        ("2026-05-04T08:30:00.123+0200", datetime(2026, 5, 4, 6, 30, 0, 123000, tzinfo=UTC)),
        ("2026-05-04 08:30:00 +02:00", datetime(2026, 5, 4, 6, 30, tzinfo=UTC)),
        ("Mon, 04 May 2026 08:30:00 GMT", datetime(2026, 5, 4, 8, 30, tzinfo=UTC)),
        ("1777883400", datetime(2026, 5, 4, 8, 30, tzinfo=UTC)),
        ("2026-05-04T08:30:00", None),
        ("0001-01-01T00:00:00Z", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_moments_as_pages_write_them(text: str, expected: datetime | None) -> None:
    assert moment(text)[0] == expected


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        (["By Ada Lind and Jo Brown"], ("Ada Lind", "Jo Brown")),
        (["Von Ada Lind, Berlin"], ("Ada Lind",)),
        (["Ada Lind; Jo Brown"], ("Ada Lind", "Jo Brown")),
        (["Lind, Ada"], ("Lind, Ada",)),
        (["ada@courier.test", "https://courier.test/ada"], ()),
        (["Ada Lind (political editor)"], ("Ada Lind",)),
        (["Updated 4 May 2026"], ()),
        (["The Courier", "Ada Lind"], ("Ada Lind",)),
        (["By Ada Lind 4 May 2026 • 4:45pm"], ("Ada Lind",)),
        (["신현아 기자"], ("신현아",)),
    ],
)
def test_names_are_names(raw: list[str], names: tuple[str, ...]) -> None:
    assert clean_names(raw, "The Courier") == names


@pytest.mark.parametrize(
    "hostile",
    [
        '{"@type":"Person","name":"' + 'a\\"' * 60_000,
        json.dumps({"@type": "NewsArticle", "author": [{"name": f"Name {i}"} for i in range(20_000)]}),
        "[" * 50_000 + "]" * 50_000,
        json.dumps([{"@type": "NewsArticle", "headline": "x" * 300}] * 2_000),
    ],
    ids=["unterminated string", "20,000 authors", "50,000 brackets", "2,000 articles"],
)
def test_hostile_json_ld_costs_no_time(hostile: str) -> None:
    html = f'<html><head><script type="application/ld+json">{hostile}</script></head><body>{PROSE}</body></html>'
    start = time.process_time()

    article = read_article(html.encode(), "https://courier.test/a")

    assert time.process_time() - start < 1.0
    assert len(article.authors) <= 50


def test_a_broken_json_ld_with_a_trailing_comma_is_read() -> None:
    script = '<script type="application/ld+json">{"@type":"NewsArticle","headline":"Ferry resumes",}</script>'

    assert read(script).title == "Ferry resumes"


@pytest.mark.parametrize(
    ("first", "agency"),
    [
        ("HARBOUR TOWN (Reuters) - The ferry to the islands resumes on Tuesday, officials said.", "Reuters"),
        ("Hafenstadt (dpa) - Die Fähre zu den Inseln fährt am Dienstag wieder, sagte der Hafen.", "dpa"),
        ("HARBOUR TOWN, May 4 (Coastwire) — The ferry to the islands resumes on Tuesday.", "Coastwire"),
        ("HARBOUR TOWN (Sea Press) - The ferry to the islands resumes on Tuesday.", "Sea Press"),
        ("Ada Lind (Labour), who leads the council, said that the ferry resumes on Tuesday.", None),
        ("The ferry (built in 1970) to the islands resumes on Tuesday, port officials said.", None),
    ],
)
def test_the_agency_is_read_from_the_dateline(first: str, agency: str | None) -> None:
    assert read(body=f"<p>{first}</p>{PROSE}").agency == agency


def test_language_is_heard_in_the_text_not_believed_from_the_label() -> None:
    german = "<p>Die Fähre zu den Inseln fährt am Dienstag wieder, sagte der Hafenmeister am Sonntag.</p>" * 4

    assert read(body=german).language == "de"
