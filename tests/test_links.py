"""Which links are worth a visit: the site's pattern first, then what the source said, then the address."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from archive.model import Link, Outcome, SourceKind
from crawler.discovery import discover
from crawler.links import classify, declared_links, worth_fetching
from crawler.sites import Site, parse_site

HOME = "https://courier.test"
PATTERN = "[scope]\narticle = ['^/\\d{4}/']\n"


def site(text: str = "") -> Site:
    return parse_site(f'home = "{HOME}/"\n{text}', "courier.toml")


def sources(*kinds: SourceKind) -> str:
    return "".join(f'[[source]]\nkind = "{kind}"\nurl = "/{kind}"\n' for kind in kinds)


def link(url: str, source: str = "feed:/feed", title: str | None = None) -> Link:
    return Link(url=HOME + url if url.startswith("/") else url, found_in=HOME + "/doc", source=source, title=title)


def test_a_site_file_declares_documents_to_read_and_articles_to_fetch() -> None:
    courier = site(sources("feed", "list") + '[[source]]\nkind = "sitemap"\nfrom = "robots"\n')

    declared = list(declared_links(courier))

    assert [(d.url, d.role, d.source_kind, d.source) for d in declared] == [
        (HOME + "/feed", "source", "feed", "feed:/feed"),
        (HOME + "/list", "article", None, "list:/list"),
        (HOME + "/robots.txt", "source", "sitemap", "sitemap:robots"),
    ]
    assert all(worth_fetching(courier, d).fetch for d in declared)


def test_a_declared_source_on_another_host_is_fetched() -> None:
    courier = site('[[source]]\nkind = "feed"\nurl = "https://feeds.wire.test/courier"\n')

    assert all(worth_fetching(courier, d).fetch for d in declared_links(courier))


@pytest.mark.parametrize("kind", ["feed", "news-sitemap"])
def test_what_a_feed_lists_is_an_article_whatever_its_address(kind: SourceKind) -> None:
    courier = site(sources(kind))

    assert worth_fetching(courier, link("/x", f"{kind}:/{kind}")).fetch
    assert worth_fetching(courier, link("/ferry-strike", f"{kind}:/{kind}")).page == "article"


def test_what_is_no_page_is_not_fetched_even_from_a_feed() -> None:
    courier = site(sources("feed"))

    verdicts = [worth_fetching(courier, link(url)) for url in ("/audio/ferry.mp3", "/login", "/", "mailto:a@b.test")]

    assert [(v.fetch, v.outcome) for v in verdicts] == [(False, Outcome.DROPPED)] * 4
    assert all(v.reason for v in verdicts)


def test_the_sites_pattern_decides_alone() -> None:
    courier = site(sources("feed", "section") + PATTERN)

    assert worth_fetching(courier, link("/2026/x")).fetch
    assert not worth_fetching(courier, link("/ferries-resume-on-tuesday-at-noon")).fetch
    assert worth_fetching(courier, link("/2026/x", "section:/section")).fetch
    assert worth_fetching(courier, link("/about")).reason == "does not match the site's article patterns"


def test_other_hosts_and_unwanted_paths_are_told_apart() -> None:
    courier = site(sources("feed") + "[scope]\nignore = ['/print$']\n")

    theirs = worth_fetching(courier, link("https://wire.test/2026/03/04/ferry-strike"))
    printed = worth_fetching(courier, link("/2026/03/04/ferry-strike/print"))

    assert (theirs.outcome, theirs.reason) == (Outcome.OFFSITE, "not a host of the site")
    assert (printed.outcome, printed.reason) == (Outcome.DROPPED, "ignored by the site's scope")


def test_a_sitemap_offers_what_may_be_an_article() -> None:
    courier = site(sources("sitemap"))
    verdicts = {
        path: worth_fetching(courier, link(path, "sitemap:/sitemap"))
        for path in ("/2026/03/04/ferry-strike", "/news/harbour/ferry", "/politics", "/tag/ferries", "/contact")
    }

    assert [v.fetch for v in verdicts.values()] == [True, True, False, False, False]
    assert verdicts["/news/harbour/ferry"].reason == "may be an article"
    assert worth_fetching(courier, link("/ferry", "sitemap:/sitemap", "Ferries resume")).fetch  # with news facts


def test_a_section_page_is_told_by_addresses_and_headlines() -> None:
    courier = site()
    section = "section:/"

    assert worth_fetching(courier, link("/2026/03/04/ferry-strike", section, "Ferry")).fetch
    assert worth_fetching(courier, link("/news/harbour/ferry", section, "Ferries resume on Tuesday")).fetch
    assert worth_fetching(courier, link("/news/harbour/feri", section, "渡輪恢復航行乘客歡迎新班次")).fetch
    assert not worth_fetching(courier, link("/news/harbour/ferry", section, "Ferry")).fetch
    assert not worth_fetching(courier, link("/news/harbour/ferry", section)).fetch
    assert not worth_fetching(courier, link("/politics", section, "All the news about our politics")).fetch


def test_the_kind_of_the_listing_document_counts_for_feeds_that_a_page_announced() -> None:
    courier = site()

    assert worth_fetching(courier, link("/ferry-strike", "section:/"), listed_by="feed").fetch
    assert not worth_fetching(courier, link("/ferry-strike", "section:/")).fetch


def test_a_link_with_a_date_or_an_author_is_an_article() -> None:
    bare = link("/ferry-strike", "section:/")

    assert worth_fetching(site(), replace(bare, published=datetime(2026, 3, 4, tzinfo=UTC))).fetch
    assert worth_fetching(site(), replace(bare, authors=("Ann Lee",))).fetch


def test_a_feed_that_a_page_announces_is_followed_only_if_none_is_declared() -> None:
    announced = Link(
        url=HOME + "/rss", found_in=HOME + "/", source="section:/section", role="source", source_kind="feed"
    )

    assert worth_fetching(site(sources("section")), announced).fetch
    assert not worth_fetching(site(sources("section", "feed")), announced).fetch


def test_child_sitemaps_of_the_site_are_followed() -> None:
    child = Link(
        url=HOME + "/s1.xml", found_in=HOME + "/s.xml", source="sitemap:/s", role="source", source_kind="sitemap"
    )

    assert worth_fetching(site(sources("sitemap")), child).fetch


def test_a_home_page_alone_is_enough_to_find_articles() -> None:
    courier = site()
    page = b"""<html><head><link rel="alternate" type="application/rss+xml" href="/rss"></head><body>
        <nav><a href="/">Home</a><a href="/politics">Politics</a><a href="/about">About us</a></nav>
        <h2><a href="/2026/03/04/ferry-strike">Ferry strike ends</a></h2>
        <h2><a href="/harbour/tides">The tides of March are the highest yet</a></h2>
        <footer><a href="/privacy">Privacy</a><a href="https://wire.test/x">Partner</a></footer></body></html>"""

    found = discover(page, HOME + "/", kind="section", source="section:/")

    wanted = [x.url.removeprefix(HOME) for x in found.links if worth_fetching(courier, x, "section").fetch]
    assert wanted == ["/rss", "/2026/03/04/ferry-strike", "/harbour/tides"]


def test_a_class_is_told_without_a_verdict() -> None:
    assert classify(site(), link("/tag/ferries", "section:/")) == "listing"
    assert classify(site(PATTERN), link("/2026/x", "section:/")) == "article"
    assert classify(site(PATTERN), link("/ferries-resume-on-tuesday", "section:/")) == "other"
