"""Searching: what is found, in what order, in which scripts, and that no text is an error."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from archive.catalogue import matching
from archive.catalogue.database import open_catalogue
from archive.catalogue.query import parse
from archive.catalogue.search import Hit, search
from tests.catalogue_world import Found, article, page, settled

HOME = "https://www.courier.test/2026/"
PAGES = (
    ("ferry", article("Ferries stop", "lead: Nobody sails today.", "The crews want more pay for the night boats.")),
    ("tram", article("Tram returns", "Line nine runs again while the ferries stand still, for the crews want pay.")),
    ("zurich", article("Neues aus Zürich", "Der kleine Hafen von Zürich wird größer.", language="de")),
    ("tokyo", article("東京都知事が発表", "AI技術が進む。横浜の港で船が止まった。", language="ja")),
    ("bangkok", article("ข่าวจากกรุงเทพ", "ตำรวจปิดท่าเรือเมื่อเช้านี้", language="th")),
    ("delhi", article("दिल्ली समाचार", "विद्यार्थी नाव की प्रतीक्षा कर रहे थे।", language="hi")),
    ("seoul", article("서울 소식", "서울에서 배가 멈췄다.", language="ko")),
    ("cairo", article("أخبار الميناء", "توقفت العبارات صباح اليوم.", language="ar")),
)


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Eight articles in eight languages, one a day from the first of March on."""
    path: Path = tmp_path_factory.mktemp("search") / "catalogue.db"
    with closing(open_catalogue(path)) as opened:
        found = [page(HOME + slug, 24 * day, made) for day, (slug, made) in enumerate(PAGES)]
        elsewhere = [Found(one.capture, one.reading, "gazette") for one in [page(HOME + "other", 900, PAGES[0][1])]]
        yield settled(opened, [*found, *elsewhere])


PAGE_OF_FOG = page(f"{HOME}fog", 50, article("Report", "Fog. " * 9))


def slugs(hits: list[Hit]) -> list[str]:
    return [hit.url.rpartition("/")[2] for hit in hits]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ferries crews", {"ferry", "tram", "other"}),
        ('"night boats"', {"ferry", "other"}),
        ("ferr*", {"ferry", "tram", "other"}),
        ("ferries -tram", {"ferry", "other"}),
        ("ferries NOT (tram OR sails)", set()),
        ("zurich OR tram", {"zurich", "tram"}),
        ("(zurich OR tram) runs", {"tram"}),
        ("NEAR(line runs, 2)", {"tram"}),
        ("NEAR(line still, 2)", set()),
        ("title:ferries", {"ferry", "other"}),
        ("lead:sails", {"ferry", "other"}),
        ("body:sails", set()),
        ("grosser", set()),
        ("ZÜRICH kleine", {"zurich"}),
        ("zurich", {"zurich"}),
    ],
)
def test_words_phrases_prefixes_and_operators(db: Database, query: str, expected: set[str]) -> None:
    assert set(slugs(search(db, query))) == expected


@pytest.mark.parametrize(
    ("query", "slug"),
    [
        ("知事", "tokyo"),
        ("横浜", "tokyo"),
        ("技術", "tokyo"),
        ("AI", "tokyo"),
        ("港", "tokyo"),
        ("กรุงเทพ", "bangkok"),
        ("ท่าเรือ", "bangkok"),
        ("विद्यार्थी", "delhi"),
        ("서울", "seoul"),
        ("العبارات", "cairo"),
    ],
)
def test_every_script_is_found_by_its_words(db: Database, query: str, slug: str) -> None:
    assert slugs(search(db, query)) == [slug]


def test_a_snippet_shows_the_words_as_the_page_wrote_them(db: Database) -> None:
    assert search(db, "横浜")[0].snippet == "AI技術が進む。[横浜]の港で船が止まった。"
    assert search(db, "sails")[0].snippet == "Nobody [sails] today."


def test_the_title_counts_for_more_than_the_body(db: Database) -> None:
    assert slugs(search(db, "ferries", site="courier")) == ["ferry", "tram"]


def test_newest_first_and_limits(db: Database) -> None:
    assert slugs(search(db, "ferries", newest=True)) == ["other", "tram", "ferry"]
    assert slugs(search(db, "ferries", newest=True, limit=1)) == ["other"]


def test_filters_of_site_time_and_language(db: Database) -> None:
    day = date(2026, 3, 2)

    assert slugs(search(db, "ferries", site="gazette")) == ["other"]
    assert slugs(search(db, "tram", since=date.min, until=date.max)) == ["tram"]
    assert slugs(search(db, "", since=day, until=day)) == ["tram"]
    assert slugs(search(db, "ferries", since=day)) == ["other", "tram"]
    assert slugs(search(db, "ferries", until=day, site="courier", since=date(2026, 1, 1))) == ["ferry", "tram"]
    assert slugs(search(db, "", language="de-CH")) == ["zurich"]
    assert search(db, "ferries", site="nowhere") == []


def test_an_empty_query_lists_the_newest_and_signs_alone_find_nothing(db: Database) -> None:
    assert slugs(search(db, " ", limit=2)) == ["other", "cairo"]
    assert search(db, "!?") == []
    assert "tram" not in slugs(search(db, "-tram", limit=99))


QUERIES = (
    "ferries",
    "the",
    "ferries crews",
    '"night boats"',
    "ferr*",
    "zurich OR tram",
    "the -tram",
    "港",
    "nowhere",
    "",
)


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("site", [None, "courier"])
def test_looking_among_the_newest_first_finds_what_looking_at_all_finds(
    db: Database, monkeypatch: pytest.MonkeyPatch, query: str, site: str | None
) -> None:
    within = partial(search, db, query, site=site, since=date(2026, 3, 2), until=date(2026, 12, 31), newest=True)
    whole, part = search(db, query, newest=True), within()

    monkeypatch.setattr(matching, "DEPTHS", (1, 3))

    assert search(db, query, newest=True) == whole
    assert search(db, query, newest=True, limit=2) == whole[:2]
    assert within() == part


@pytest.mark.parametrize("query", QUERIES)
def test_common_words_find_the_same_articles_in_another_order(
    db: Database, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    ranked = {hit.article for hit in search(db, query)}

    monkeypatch.setattr(matching, "DEPTHS", (1, 3))
    monkeypatch.setattr(matching, "COMMON", 0)

    assert {hit.article for hit in search(db, query)} == ranked


def test_words_too_common_to_rank_by_are_ordered_by_place_and_then_by_time(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "COMMON", 2)

    assert slugs(search(db, "ferries")) == ["other", "ferry", "tram"]
    assert slugs(search(db, "ferries tram")) == ["tram"]
    assert slugs(search(db, "ferries OR zurich")) == ["zurich", "other", "ferry", "tram"]


SCRAPS = (
    *(
        "ferry",
        "(",
        ")",
        '"',
        "*",
        "-",
        "OR",
        "AND",
        "NOT",
        "NEAR(",
        "NEAR",
        ",",
        "title:",
        "body :",
        "{",
        "}",
        "^",
        "'",
    ),
    *(";", "--", "facets:xall", "\x00", "\ud800", "%", "東", "a" * 300, "“", "”", ":", "+", "\\", "9"),
)
HOSTILE = st.lists(st.sampled_from(SCRAPS), max_size=30).map(" ".join)


@settings(max_examples=400, deadline=None)
@given(query=st.one_of(st.text(max_size=60), HOSTILE, HOSTILE.map(lambda q: q.replace(" ", ""))))
def test_every_text_is_a_query(db: Database, query: str) -> None:
    before = db.conn.total_changes

    hits = search(db, query, limit=3)

    assert len(hits) <= 3
    assert db.conn.total_changes == before


@pytest.mark.parametrize(
    "query",
    [
        "facets:xall",
        "xall",
        "XALL",
        "xa*",
        "_xall",
        "-tram xall",
        "ẋall",
        "\u0301xall",
        "Ⓜxall",
        "e\u1ab0xall",
        "𞤀xal*",
    ],
)
def test_facets_cannot_be_asked_for_by_words(db: Database, query: str) -> None:
    assert search(db, query) == []


def test_a_word_that_others_hold_is_ranked_where_it_is_rare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    others = [page(f"{HOME}other-{n}", 100 + n, article(f"Fog {n}", "The fog is thick.")) for n in range(9)]
    found = [Found(one.capture, one.reading, "gazette") for one in others]
    found += [page(f"{HOME}{n}", n, article(f"Report {n}", f"Ships came in {n} times.")) for n in range(60)]
    found += [page(f"{HOME}newer", 300, article("Ships", "No fog here. " + "Ships. " * 40)), PAGE_OF_FOG]
    monkeypatch.setattr(matching, "COMMON", 4)

    with closing(open_catalogue(tmp_path / "catalogue.db")) as db:
        hits = search(settled(db, found), "fog", site="courier")

    assert [(hit.url.rpartition("/")[2], hit.rank < 0) for hit in hits] == [("fog", True), ("newer", True)]


@pytest.mark.parametrize("depth", [5, 100, 2_000])
def test_brackets_without_end_are_no_trouble(db: Database, depth: int) -> None:
    assert slugs(search(db, "(" * depth + "zurich")) == (["zurich"] if depth < 2_000 else [])
    assert parse("ferry OR " * depth).wanted is not None
