"""Title, authors and times are taken from what a page declares, and no page can make that slow."""

import json
import time
from datetime import UTC, datetime

import pytest

from archive import read_article
from archive.model import Article, Image
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


@pytest.mark.parametrize(
    ("line", "names", "source"),
    [
        ("<p><a rel=author href=/ada>View all posts by Ada Lind</a></p>", ("Ada Lind",), "markup"),
        ("<p>By Ada Lind</p>", ("Ada Lind",), "byline"),
        ("<p>By ferry to the islands</p>", (), None),
        ("<div><span>Ada Lind</span> <time datetime=2026-05-04>4 May 2026</time></div>", ("Ada Lind",), "time"),
        ("<div><span>last changed</span> <time datetime=2026-05-04>4 May 2026</time></div>", (), None),
        ("<div class=byline>Share this</div>", (), None),
    ],
)
def test_where_nothing_is_declared_a_line_that_can_only_name_somebody_does(
    line: str, names: tuple[str, ...], source: str | None
) -> None:
    article = read(body=f"<h1>Ferry resumes</h1>{line}{PROSE}")

    assert (article.authors, dict(article.evidence).get("authors")) == (names, source)


def test_a_role_after_a_name_is_not_another_name() -> None:
    assert clean_names(["Ada Lind, Shipping Correspondent; Jo Brown"]) == ("Ada Lind", "Jo Brown")


def test_readers_are_shown_the_headline_that_counts() -> None:
    shown = "<meta property='og:title' content='Ferry resumes at last'>"
    told = {"@type": "NewsArticle", "headline": "Ferry timetable 2026: all you need to know"}

    assert read(shown, f"<h1>Ferry resumes at last</h1>{PROSE}", ld=told).title == "Ferry resumes at last"
    assert read("", f"<h1>Ferry resumes at last</h1>{PROSE}", ld=told).title == told["headline"]


def test_the_outlet_is_cut_from_either_side_of_a_title_tag_that_a_line_of_the_page_proves() -> None:
    line = f"<p><b>Lighthouse gets new stairs</b></p>{PROSE}"

    assert read("<title>Island Post: Lighthouse gets new stairs</title>", line).title == "Lighthouse gets new stairs"
    assert read("<title>Lighthouse gets new stairs - Island Post</title>", line).title == "Lighthouse gets new stairs"
    assert read("<title>Courier: Lighthouse gets new stairs</title>").title == "Lighthouse gets new stairs"
    assert read("<title>Opinion: Lighthouse gets new stairs</title>").title == "Opinion: Lighthouse gets new stairs"


PAY = "<p>Subscribe now to continue reading this article. Log in if you are already a subscriber.</p>"


@pytest.mark.parametrize(
    ("head", "said", "body", "access", "source"),
    [
        ("", {"isAccessibleForFree": True}, PROSE, "free", "json-ld"),
        ("", {"isAccessibleForFree": "http://schema.org/False"}, PROSE, "paywalled", "json-ld"),
        ("", {"hasPart": {"@type": "WebPageElement", "isAccessibleForFree": False}}, PROSE, "paywalled", "json-ld"),
        (
            "<meta name='article:content_tier' content='metered'>",
            {"isAccessibleForFree": False},
            PROSE,
            "metered",
            "meta",
        ),
        ("<meta name='article:content_tier' content='locked'>", {}, PROSE, "paywalled", "meta"),
        ("<meta itemprop='isAccessibleForFree' content='true'>", {}, PROSE, "free", "microdata"),
        ("", {"isAccessibleForFree": False, "wordCount": 900}, PROSE + PAY, "truncated", "json-ld, text"),
        ("", {"isAccessibleForFree": False, "wordCount": 60}, PROSE + PAY, "paywalled", "json-ld"),
        ("", {}, PROSE + "<p>The harbour master, who was on the quay when…</p>" + PAY, "truncated", "text"),
        ("", {}, PROSE, None, None),
    ],
)
def test_who_may_read_is_what_the_page_declares_and_whether_its_text_breaks_off(
    head: str, said: dict[str, object], body: str, access: str | None, source: str | None
) -> None:
    article = read(head, body, ld={"@type": "NewsArticle", "headline": "Ferry resumes"} | said)

    assert (article.access, dict(article.evidence).get("access")) == (access, source)


@pytest.mark.parametrize(
    ("caption", "image"),
    [
        ("The ferry in May. Photo: Ada Lind/Reuters", ("The ferry in May.", "Ada Lind/Reuters")),
        ("The ferry in May (AFP)", ("The ferry in May", "AFP")),
        ("The ferry in May</figcaption><figcaption>© Ada Lind", ("The ferry in May", "Ada Lind")),
        ("The ferry in May", ("The ferry in May", None)),
    ],
)
def test_the_lead_picture_has_the_caption_and_credit_that_stand_under_it(
    caption: str, image: tuple[str, str | None]
) -> None:
    other = "<figure><img src=/map.png><figcaption>The islands on a map</figcaption></figure>"
    figure = f"<figure><img src=/i/ferry-640x360.jpg><figcaption>{caption}</figcaption></figure>"
    article = read(
        "<meta property='og:image' content='https://www.courier.test/i/ferry-1200x675.jpg'>",
        f"<h1>Ferry resumes</h1>{other}{PROSE}{figure}{PROSE}",
    )

    assert article.image is not None
    assert (article.image.caption, article.image.credit) == image
    assert dict(article.evidence)["caption"] == "page"


def test_a_caption_that_only_json_ld_gives_says_so() -> None:
    picture = {"@type": "ImageObject", "url": "https://c.test/a.jpg", "caption": "The ferry", "creditText": "Ada Lind"}
    article = read(ld={"@type": "NewsArticle", "headline": "Ferry resumes", "image": [picture]})

    assert article.image == Image("https://c.test/a.jpg", "The ferry", "Ada Lind")
    assert {k: v for k, v in article.evidence if k in ("image", "caption", "credit")} == {
        "image": "json-ld",
        "caption": "json-ld",
        "credit": "json-ld",
    }


def test_every_value_says_where_it_came_from() -> None:
    article = read(
        "<meta property='article:section' content='Shipping'><meta name=keywords content='ferry, port'>"
        "<meta property='og:type' content=article>",
        f"<h1>Ferry resumes</h1><p>HARBOUR (Reuters) - The ferry to the islands resumes, the port said.</p>{PROSE}",
    )

    told = dict(article.evidence)
    assert (article.section, article.tags, article.agency) == ("Shipping", ("ferry", "port"), "Reuters")
    assert {k: told[k] for k in ("title", "section", "tags", "agency", "language", "page_kind")} == {
        "title": "h1",
        "section": "meta",
        "tags": "meta",
        "agency": "credit",
        "language": "text",
        "page_kind": "meta",
    }


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
        json.dumps({"@type": "NewsArticle", "author": {"name": "a" * 60_000}}),
    ],
    ids=["unterminated string", "20,000 authors", "50,000 brackets", "2,000 articles", "60,000 letters of a name"],
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


@pytest.mark.parametrize(
    ("head", "headers", "asked"),
    [
        ("<meta name=robots content='index, NOARCHIVE'>", (), True),
        ("<meta name=dateline content=noarchive>", (), True),
        ("<meta name=googlebot content=noarchive>", (), False),
        ("<meta name=robots content=index>", (("X-Robots-Tag", "noindex, noarchive"),), True),
        ("", (("x-robots-tag", "noindex"), ("x-robots-tag", "Dateline: noarchive")), True),
        ("", (("X-Robots-Tag", "max-snippet: 20, noarchive"),), True),
        ("", (("X-Robots-Tag", "googlebot: noarchive"),), False),
        ("", (("X-Robots-Tag", "unavailable_after: 25 Jun 2026 15:00:00 GMT"),), False),
    ],
)
def test_a_page_may_ask_not_to_be_archived(head: str, headers: tuple[tuple[str, str], ...], asked: bool) -> None:
    html = f"<html><head>{head}</head><body><article>{PROSE}</article></body></html>"

    assert read_article(html.encode(), "https://www.courier.test/2026/05/ferry", headers=headers).noarchive is asked


def test_the_name_of_an_outlet_is_no_title_though_its_host_leaves_its_articles_out() -> None:
    page = """<title>La Gazette de Morvane - Un lynx au col</title><a href="/">La Gazette de Morvane</a>
    <h2>Un lynx au col</h2><p>Il passe de gauche à droite, s'arrête, regarde l'objectif et s'en va.</p>"""

    assert read_article(page.encode(), "http://www.gazette-morvane.test/1").title == "Un lynx au col"
