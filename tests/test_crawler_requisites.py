"""Which parts of a page are worth a visit."""

from dataclasses import replace

import pytest

from archive.model import Capture, Link, Outcome, Record, Role
from crawler.frontier import Entry, Visit
from crawler.requisites import MAX_DEPTH, names_parts, requisites_of
from crawler.schedule import priority_of
from crawler.sites import Site, parse_site
from tests.exchanges import AT

PAGE = "https://www.courier.test/2026/03/fog"
BODY = b"""<html><head><link rel=stylesheet href="/css/a.css?v=1&amp;utm_source=x"><script src="/b.js"></script></head>
<body><img src="https://images.example.org/c.jpg"><img src="/ads/d.gif"></body></html>"""


def site(line: str = "") -> Site:
    return parse_site(f'{line}\nhome = "https://www.courier.test/"\n[scope]\nignore = ["^/ads/"]', "courier.toml")


def visit(url: str = PAGE, role: Role = "article", hops: int = 0) -> Visit:
    link = Link(url=url, found_in="https://www.courier.test/feed", source="feed:/feed", role=role)
    return Visit("lease", "courier", url, role, "feed:/feed", "courier.test", link, hops, priority=priority_of(role))


def capture(url: str = PAGE, content_type: str = "text/html") -> Capture:
    record = Record("a.warc.gz", 0, 9, "urn:uuid:1")
    return Capture(record, "response", url, AT, 200, (("content-type", content_type),), content_type)


def entries(line: str = "") -> dict[str, Entry]:
    return {entry.url: entry for entry in requisites_of(visit(), capture(), BODY, site(line))}


def test_addresses_stay_as_the_page_writes_them() -> None:
    assert "https://www.courier.test/css/a.css?v=1&utm_source=x" in entries()


def test_parts_lie_on_any_host_in_its_own_politeness_group() -> None:
    entry = entries()["https://images.example.org/c.jpg"]

    assert (entry.group, entry.site, entry.outcome) == ("example.org", "courier", None)
    assert entry.link == Link(entry.url, found_in=PAGE, source="feed:/feed", role="requisite")


def test_what_the_scope_ignores_is_no_part() -> None:
    assert entries()["https://www.courier.test/ads/d.gif"].outcome is Outcome.DROPPED


def test_scripts_are_parts_only_of_sites_that_want_all() -> None:
    script = "https://www.courier.test/b.js"

    assert script not in entries()
    assert script in entries('requisites = "all"')


def test_parts_come_after_articles() -> None:
    assert {entry.priority for entry in entries().values()} == {priority_of("requisite")}
    assert priority_of("article") < priority_of("requisite")


def test_the_parts_of_what_is_fetched_for_the_past_can_wait_as_it_can() -> None:
    past = replace(visit(), priority=priority_of("article", "backfill"))

    found = list(requisites_of(past, capture(), BODY, site()))

    assert {entry.priority for entry in found} == {priority_of("requisite", "backfill")}


def test_a_style_sheet_leads_on_but_not_for_ever() -> None:
    style = capture("https://www.courier.test/css/a.css", "text/css")
    first, last = visit(style.url, "requisite"), visit(style.url, "requisite", MAX_DEPTH)

    (found,) = requisites_of(first, style, b'@import "b.css";', site())

    assert (found.url, found.hops) == ("https://www.courier.test/css/b.css", 1)
    assert names_parts(first, style, site())
    assert not names_parts(last, style, site())


@pytest.mark.parametrize(
    ("changed", "role", "line"),
    [
        ({"content_type": "application/pdf"}, "article", ""),
        ({"kind": "revisit"}, "article", ""),
        ({"truncated": "time"}, "article", ""),
        ({}, "source", ""),
        ({}, "requisite", ""),
        ({}, "article", 'requisites = "none"'),
    ],
)
def test_other_answers_name_no_parts(changed: dict[str, str], role: Role, line: str) -> None:
    assert not names_parts(visit(role=role), replace(capture(), **changed), site(line))  # type: ignore[arg-type]
