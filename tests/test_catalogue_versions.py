"""What captures become: versions, transitions, tombstones, aliases; each exactly the rows docs/catalogue.md says."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlite_utils import Database

from archive.catalogue.answers import ArticleDetail, find
from archive.catalogue.database import open_catalogue
from tests.catalogue_world import SITE_FILE, Found, article, capture, page, settled, site_file

HOME = "https://www.courier.test/"
URL = HOME + "2026/ferry-strike"
OTHER = HOME + "2026/ferry-strike-in-full"
BODY = "The crews of the harbour ferries want more pay."
STRIKE = article("Ferries stop", BODY)
LONGER = article("Ferries stop", BODY, "The union agreed to talks.")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with closing(open_catalogue(tmp_path / "catalogue.db")) as opened:
        yield settled(opened, [site_file()])


def found_in(db: Database, name: str = URL) -> ArticleDetail:
    found = find(db, name)
    assert found is not None
    return found


def count(db: Database, table: str) -> int:
    return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_the_same_text_again_is_a_capture_of_the_same_version(db: Database) -> None:
    settled(db, [page(URL, 0, STRIKE), page(URL, 9, STRIKE)])

    (version,) = found_in(db).versions
    assert version.captures == 2
    assert (version.last_seen - version.first_seen).total_seconds() == 9 * 3600
    assert count(db, "readings") == 1


def test_a_text_that_returns_is_two_versions_and_two_transitions(db: Database) -> None:
    settled(db, [page(URL, 0, STRIKE), page(URL, 1, LONGER), page(URL, 2, STRIKE)])

    assert [v.captures for v in found_in(db).versions] == [2, 1]
    assert found_in(db).version == found_in(db).versions[0]
    assert count(db, "transitions") == 2


@pytest.mark.parametrize(
    "changed",
    [
        article("Ferries stand still", BODY),
        article("Ferries stop", "lead: Nobody sails.", BODY),
        article("Ferries stop", BODY + " Much more."),
    ],
    ids=["title", "lead", "body"],
)
def test_title_lead_and_body_each_make_a_version(db: Database, changed: object) -> None:
    settled(db, [page(URL, 0, STRIKE), page(URL, 1, changed)])  # type: ignore[arg-type]

    assert len(found_in(db).versions) == 2


def test_a_swapped_appeal_is_a_reading_and_no_version(db: Database) -> None:
    spring = article("Ferries stop", BODY, appeal="Give before Easter.")
    autumn = article("Ferries stop", BODY, appeal="Give before winter.")

    settled(db, [page(URL, 0, spring), page(URL, 1, autumn)])

    assert len(found_in(db).versions) == 1
    assert count(db, "readings") == 2
    assert [row["text"] for row in db.query("SELECT text FROM appeals ORDER BY first_seen")] == [
        "Give before Easter.",
        "Give before winter.",
    ]


def test_a_revisit_shows_what_its_original_showed(db: Database) -> None:
    original = page(URL, 0, STRIKE)
    not_modified = replace(capture(URL, 2, kind="revisit", status=304), profile="not-modified")

    settled(db, [Found(capture(URL, 1, kind="revisit", of=original.capture)), Found(not_modified), original])

    (version,) = found_in(db).versions
    assert version.captures == 3
    assert [c.evidence for c in found_in(db).captures] == ["shown"] * 3


def test_a_revisit_without_its_original_is_a_capture_of_nothing(db: Database) -> None:
    settled(db, [Found(capture(URL, 1, kind="revisit", of=capture(URL, 0)))])

    assert count(db, "captures") == 2
    assert count(db, "articles") == 0


def test_a_truncated_capture_counts_only_while_there_is_no_whole_one(db: Database) -> None:
    cut = page(URL, 0, STRIKE)
    cut = Found(replace(cut.capture, truncated="length"), cut.reading)

    settled(db, [cut])
    assert found_in(db).version.text == BODY

    settled(db, [page(URL, 1, LONGER)])
    (version,) = found_in(db).versions
    assert version.first_capture != cut.capture.record.id


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_gone_leaves_a_tombstone_and_no_version(db: Database, status: int) -> None:
    settled(db, [page(URL, 0, STRIKE), Found(capture(URL, 5, status=status))])

    assert (found_in(db).state, len(found_in(db).versions)) == ("gone", 1)
    assert [row["status"] for row in db.query("SELECT status FROM tombstones")] == [status]


@pytest.mark.parametrize(
    "target", [HOME, HOME + "harbour", HOME + "2026", HOME + "tag/ferries", "http://old-courier.test/"]
)
def test_a_redirect_to_a_home_or_section_page_is_a_tombstone(db: Database, target: str) -> None:
    settled(db, [page(URL, 0, STRIKE), Found(capture(URL, 5, status=302, location=target))])

    assert (found_in(db).state, count(db, "tombstones")) == ("gone", 1)


def test_a_redirect_to_a_page_that_was_read_as_no_article_is_a_tombstone(db: Database) -> None:
    target = HOME + "2026/not-here-any-more"
    hop = Found(capture(URL, 5, status=302, location=target))

    settled(db, [page(URL, 0, STRIKE), hop, page(target, 5.1, None, outcome="not_article")])

    assert found_in(db).state == "gone"


def test_an_article_that_comes_back_is_live_again(db: Database) -> None:
    settled(db, [page(URL, 0, STRIKE), Found(capture(URL, 5, status=404)), page(URL, 6, STRIKE)])

    assert (found_in(db).state, found_in(db).gone_since) == ("live", None)
    assert count(db, "tombstones") == 1


def test_a_moved_page_keeps_its_article_and_names_the_new_one(db: Database) -> None:
    settled(db, [page(URL, 0, STRIKE), Found(capture(URL, 5, status=301, location=OTHER)), page(OTHER, 5.1, LONGER)])

    assert (found_in(db).state, found_in(db).moved_to) == ("moved", found_in(db, OTHER).id)


def test_an_address_that_only_ever_redirects_is_another_name(db: Database) -> None:
    hops = [
        capture(HOME + "f/1", 0, status=301, location=HOME + "f/2"),
        capture(HOME + "f/2", 0, status=302, location=URL),
    ]

    settled(db, [*(Found(hop) for hop in hops), page(URL, 0.1, STRIKE)])

    assert found_in(db, HOME + "f/1") == found_in(db)
    assert {url for how, url in found_in(db).urls if how == "redirect"} == {HOME + "f/1", HOME + "f/2"}


def test_redirects_in_a_circle_end(db: Database) -> None:
    a, b = HOME + "2026/round-1", HOME + "2026/round-2"

    settled(db, [Found(capture(a, 0, status=302, location=b)), Found(capture(b, 0, status=302, location=a))])

    assert count(db, "articles") == 0


def test_a_declared_address_merges_if_og_url_agrees(db: Database) -> None:
    mobile = HOME + "2026/ferry-strike-small"
    declared = article("Ferries stop", BODY, canonical=URL)

    settled(db, [page(mobile, 0, declared), page(URL, 1, STRIKE)])

    assert found_in(db, mobile) == found_in(db)
    assert count(db, "transitions") == 0
    assert [m["address"] for m in db.query("SELECT address FROM merges")] == [
        "https://courier.test/2026/ferry-strike-small"
    ]


@pytest.mark.parametrize("declared", [HOME, "https://elsewhere.test/2026/ferry-strike", "not a URL"])
def test_a_declared_address_that_is_no_article_of_the_site_does_not_merge(db: Database, declared: str) -> None:
    settled(db, [page(URL, 0, article("Ferries stop", BODY, canonical=declared))])

    assert found_in(db).urls == (("captured", URL),)
    assert db.execute("SELECT declared_canonical FROM readings").fetchone()[0] == declared


def test_pages_that_declare_each_other_are_one_article(db: Database) -> None:
    there, back = article("Ferries stop", BODY, canonical=OTHER), article("Ferries stop", BODY, canonical=URL)

    settled(db, [page(URL, 0, there), page(OTHER, 1, back)])

    assert found_in(db, URL) == found_in(db, OTHER)


def test_new_rules_of_a_site_file_its_captures_anew(db: Database) -> None:
    settled(db, [page(URL + "?edition=2", 0, STRIKE), page(URL, 1, STRIKE)])
    assert count(db, "articles") == 2

    settled(db, [site_file(SITE_FILE.replace("from_*", "edition"), 50, run="run-2")])

    assert count(db, "articles") == 1
    assert count(db, "pending") == 0


def test_an_older_site_file_that_comes_late_changes_nothing(db: Database) -> None:
    settled(db, [site_file('home = "https://else.test/"', -99, run="run-0")])

    assert db.execute("SELECT title FROM sites").fetchone()[0] == "The Harbour Courier"
