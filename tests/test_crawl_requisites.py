"""The parts of pages, fetched by a real crawl after the pages themselves."""

from collections import Counter
from pathlib import Path

import pytest

from archive.model import Capture
from archive.warc.walk import captures
from tests.conftest import Workbench

COURIER = "www.harbour-courier.test"
LOOKS = {"/css/paper.css", "/css/type.css", "/img/masthead.png", "/img/watermark.png"}


def parts_in(workbench: Workbench) -> list[Capture]:
    found = [capture for path in workbench.layout.warc_files() for capture in captures(path)]
    return [c for c in found if c.provenance and c.provenance.role == "requisite"]


def test_every_outlet_comes_with_its_style_sheets_and_pictures(crawled: Workbench) -> None:
    for outlet in crawled.newsroom.outlets.values():
        asked = Counter(hit.path for hit in crawled.newsroom.hits(outlet.host))
        assert {path: asked[path] for path in LOOKS} == dict.fromkeys(LOOKS, 1), outlet.id


def test_a_part_says_which_document_named_it(crawled: Workbench) -> None:
    found = {
        c.url.partition(".test")[2]: c.provenance.link for c in parts_in(crawled) if c.provenance if COURIER in c.url
    }

    style, imported = found["/css/paper.css"], found["/css/type.css"]
    assert style is not None
    assert style.found_in in crawled.newsroom.urls("harbour-courier")
    assert imported is not None
    assert imported.found_in == f"http://{COURIER}/css/paper.css"


def test_parts_come_after_the_articles_of_their_site(crawled: Workbench) -> None:
    paths = [hit.path for hit in crawled.newsroom.hits(COURIER)]
    articles = {url.partition(".test")[2] for url in crawled.newsroom.urls("harbour-courier")}

    last_article = max(n for n, path in enumerate(paths) if path in articles)
    assert all(n > last_article for n, path in enumerate(paths) if path.startswith(("/css/", "/img/")))


def test_parts_are_no_articles(crawled: Workbench) -> None:
    rows = crawled.frontier_rows("SELECT DISTINCT state, outcome FROM urls WHERE role = 'requisite'")

    assert rows == [("retired", "captured")]


@pytest.mark.parametrize("named", ["none", "styles+images"])
def test_a_site_decides_which_parts_it_wants(named: str, workbench: Workbench) -> None:
    declare(workbench.layout.sites / "harbour-courier.toml", f'requisites = "{named}"')

    workbench.scrapy("crawl", "news", "-a", "site=harbour-courier", now=workbench.newsroom.now)

    asked = {hit.path for hit in workbench.newsroom.hits(COURIER)}
    assert (LOOKS & asked) == (LOOKS if named != "none" else set())


def test_what_robots_forbid_is_no_part_of_the_archive(workbench: Workbench) -> None:
    declare(workbench.layout.sites / "harbour-courier.toml", "")
    outlet = workbench.newsroom.outlets["harbour-courier"]
    object.__setattr__(outlet.robots[0], "text", "User-agent: *\nDisallow: /img/\n")

    workbench.scrapy("crawl", "news", "-a", "site=harbour-courier", now=workbench.newsroom.now)

    asked = {hit.path for hit in workbench.newsroom.hits(COURIER)}
    assert LOOKS & asked == {"/css/paper.css", "/css/type.css"}
    rows = workbench.frontier_rows("SELECT outcome FROM urls WHERE url LIKE '%/img/masthead.png'")
    assert rows == [("robots",)]


def declare(path: Path, line: str) -> None:
    """Put a line at the head of a site file, before its tables."""
    path.write_text(f"{line}\n{path.read_text('utf-8')}", "utf-8")
