"""A first look at a site: what is proposed, that it works, and that the look itself is polite."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fcntl import LOCK_EX, flock
from itertools import pairwise
from pathlib import Path

import pytest

from archive.model import Article, Kind, Link, Passage
from archive.warc.walk import captures
from crawler.probe.declare import declaration, shortest_poll
from crawler.probe.pattern import guess
from crawler.probe.seen import Listing, Robots, Survey
from crawler.sites import parse_site
from crawler.sites.sources import KINDS
from tests.conftest import Ended, Workbench
from tests.newsroom.faults import Fault

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
COURIER = "www.harbour-courier.test"


def look(workbench: Workbench, url: str, *options: str, delay: str = "0s") -> Ended:
    return workbench.dateline("sites", "probe", url, "--delay", delay, "--resolve", workbench.resolve, *options)


@pytest.fixture
def bare(workbench: Workbench) -> Workbench:
    """An archive that declares no site yet."""
    for path in workbench.layout.sites.glob("*.toml"):
        path.unlink()
    return workbench


# ---------------------------------------------------------------------- a whole look


def test_what_is_written_brings_every_article_of_the_site(bare: Workbench) -> None:
    ended = look(bare, bare.newsroom.outlets["harbour-courier"].home, "--write")
    with (bare.layout.sites / "harbour-courier.toml").open("a") as written:  # all but the pause between two pages
        written.write('[polite]\ndelay = "0s"\n')
    bare.scrapy("crawl", "news", "-a", "site=harbour-courier", now=bare.newsroom.now)

    assert ended.code == 0, ended.err
    brought = {row[0] for row in bare.frontier_rows("SELECT url FROM urls WHERE outcome = 'captured'")}
    assert set(bare.newsroom.urls("harbour-courier")) <= brought


@pytest.mark.parametrize("outlet", ["northern-ledger", "faro-almenara", "kirihama-shimpo"])
def test_the_proposal_knows_the_articles_of_any_site(bare: Workbench, outlet: str) -> None:
    ended = look(bare, bare.newsroom.outlets[outlet].home, "--json")

    told = json.loads(ended.out)
    site = parse_site(told["toml"], f"{told['id']}.toml")
    assert [url for url in bare.newsroom.urls(outlet) if not site.is_article(url)] == []
    assert {each["kind"] for each in told["sources"]} & {"feed", "news-sitemap", "sitemap", "section"}
    written = {edition.url: len(edition.body) for edition in bare.newsroom.editions(outlet)}
    assert all(each["paragraphs"] >= written[each["url"]] for each in told["articles"] if each["url"] in written)
    assert told["articles"]
    assert site.languages == (bare.newsroom.outlets[outlet].language,)


def test_a_look_is_archived_like_every_request(bare: Workbench) -> None:
    look(bare, bare.newsroom.outlets["harbour-courier"].home)

    stored = [c for path in bare.layout.warc_files() for c in captures(path)]
    asked = [f"http://{hit.host}{hit.path}" for hit in bare.newsroom.hits()]
    assert [c.url for c in stored] == asked
    assert {c.provenance.site for c in stored if c.provenance} == {"harbour-courier"}
    assert not [path for path in bare.layout.warc.iterdir() if path.name.endswith(".open")]
    assert not list(bare.layout.sites.glob("*.toml"))


def test_a_look_asks_robots_first_and_one_thing_at_a_time(bare: Workbench) -> None:
    look(bare, bare.newsroom.outlets["harbour-courier"].home, delay="200ms")

    hits = bare.newsroom.hits(COURIER)
    assert [hit.path for hit in hits[:2]] == ["/robots.txt", "/"]
    assert len(hits) == len({hit.path for hit in hits}) <= 30
    assert all(later.at_s - earlier.ended_s >= 0.2 for earlier, later in pairwise(hits))


def test_without_an_archive_nothing_is_left_behind(bare: Workbench) -> None:
    root = bare.layout.root
    home = bare.newsroom.outlets["harbour-courier"].home

    ended = look(bare, home, "--no-archive")

    assert ended.code == 0, ended.err
    assert list(bare.layout.warc.iterdir()) == []
    assert not (root / "frontier.db").exists()


# ---------------------------------------------------------------------- what stands in the way


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (Fault(COURIER, "/robots.txt", times=0, status=503), "robots.txt unreachable (status 503)"),
        (
            Fault(COURIER, "/robots.txt", times=0, status=200, body="\nUser-agent: *\nDisallow: /\n"),
            "disallowed by robots",
        ),
        (Fault(COURIER, "/robots.txt", times=0, drop="before"), "robots.txt unreachable"),
    ],
    ids=["unreachable", "disallowed", "dropped"],
)
def test_a_site_that_does_not_want_it_is_not_looked_at(bare: Workbench, fault: Fault, why: str) -> None:
    bare.newsroom.add_fault(fault)

    ended = look(bare, bare.newsroom.outlets["harbour-courier"].home, "--write")

    assert {hit.path for hit in bare.newsroom.hits()} <= {"/robots.txt"}
    assert ended.code == 1
    assert why in ended.err
    assert not list(bare.layout.sites.glob("*.toml"))


def test_a_server_that_asks_to_be_left_alone_is_left_alone_in_the_next_look_too(bare: Workbench) -> None:
    bare.newsroom.add_fault(Fault(COURIER, "/rss/*", times=0, status=429, headers=(("Retry-After", "3600"),)))
    home = bare.newsroom.outlets["harbour-courier"].home

    first = look(bare, home)
    asked = bare.newsroom.count(COURIER)
    second = look(bare, home)

    assert bare.newsroom.hits(COURIER)[-1].status == 429
    assert "# The look ended early: the server asked to be left alone until" in first.out
    assert (second.code, bare.newsroom.count(COURIER)) == (75, asked)


def test_while_a_crawl_is_at_work_the_archive_is_not_touched(bare: Workbench) -> None:
    with (bare.layout.root / "frontier.db.lock").open("a") as handle:
        flock(handle, LOCK_EX)
        ended = look(bare, bare.newsroom.outlets["harbour-courier"].home)

    assert ended.code == 75
    assert "--no-archive" in ended.err
    assert bare.newsroom.count() == 0


def test_a_site_that_is_declared_is_not_written_over(workbench: Workbench) -> None:
    ended = look(workbench, workbench.newsroom.outlets["harbour-courier"].home, "--write")

    assert ended.code == 4
    assert "declared already" in ended.err
    assert workbench.newsroom.count() == 0


def test_an_inner_address_is_refused(bare: Workbench) -> None:
    ended = look(bare, "http://127.0.0.1/", "--contact", "desk@archive.test")

    assert ended.code == 1
    assert "robots.txt unreachable" in ended.err


def test_the_open_web_wants_to_know_who_asks(bare: Workbench) -> None:
    ended = look(bare, "www.example.com")

    assert ended.code == 4
    assert "dateline init --contact" in ended.err


# ---------------------------------------------------------------------- patterns


def urls(*paths: str) -> list[str]:
    return [f"https://www.courier.test{path}" for path in paths]


LISTINGS = urls("/", "/politics", "/sport", "/tag/ferries", "/author/ann-lee", "/about-us", "/2026/03")


@pytest.mark.parametrize(
    ("articles", "pattern"),
    [
        (urls(*(f"/2026/03/0{n}/ferry-{n}" for n in range(1, 9))), r"^/\d{4}/\d{2}/\d{2}/"),
        (urls(*(f"/news/2026/03/0{n}/ferry" for n in range(1, 9))), r"^/news/\d{4}/\d{2}/\d{2}/"),
        (urls(*(f"/{s}/2026-03-0{n}/x" for n, s in enumerate("abcdefg", 1))), r"^/[^/]+/\d{4}-\d{2}-\d{2}/"),
        (urls(*(f"/sport/some-story-9{n}234.html" for n in range(8))), r"[-_.]\d{5,}(\.\w{3,5})?/?$"),
        (urls(*(f"/story?id=10{n}" for n in range(8))), r"[?&](id|p|story|article|newsid)=\d+"),
        (urls(*(f"/actu/4821{n}-le-bac" for n in range(8))), r"^/actu/\d+-"),
        (urls(*(f"/новости/2026/03/0{n}/паром" for n in range(1, 9))), r"^/новости/\d{4}/\d{2}/\d{2}/"),
    ],
)
def test_a_pattern_is_guessed_from_the_addresses(articles: Sequence[str], pattern: str) -> None:
    found = guess(articles, LISTINGS)

    assert found is not None
    assert (found.pattern, found.matched, found.wrong) == (pattern, len(articles), 0)
    assert all(re.search(found.pattern, url.split(".test", 1)[1]) for url in articles)


def test_sections_tell_slugs_apart_where_there_are_no_numbers() -> None:
    articles = urls(*(f"/{s}/the-ferry-is-late-{w}" for s in ("sport", "politics") for w in ("again", "still", "now")))

    found = guess(articles, LISTINGS)

    assert found is not None
    assert (found.matched, found.wrong) == (6, 0)
    assert "politics|sport" in found.pattern


@pytest.mark.parametrize(
    "articles",
    [urls("/a", "/b"), urls("/a", "/bee", "/sea", "/dee", "/ee", "/eff"), []],
    ids=["few", "shapeless", "none"],
)
def test_where_nothing_tells_them_apart_no_pattern_is_guessed(articles: Sequence[str]) -> None:
    assert guess(articles, LISTINGS) is None


def test_an_odd_one_among_the_articles_does_no_harm() -> None:
    articles = urls(*(f"/2026/03/{n:02}/ferry" for n in range(1, 20)), "/live/now")

    found = guess(articles, LISTINGS)

    assert found is not None
    assert (found.matched, found.articles) == (19, 20)


# ---------------------------------------------------------------------- the text of a proposal


def listing(count: int, every: timedelta, how: str = "announced") -> Listing:
    links = tuple(
        Link(f"https://a.test/{n}", "https://a.test/rss", published=NOW - n * every, title="t") for n in range(count)
    )
    return Listing("https://a.test/rss", "feed", how, "rss", links)


@pytest.mark.parametrize(
    ("count", "every", "shortest"),
    [
        (20, timedelta(minutes=3), timedelta(minutes=10)),
        (20, timedelta(minutes=10), timedelta(minutes=30)),
        (50, timedelta(hours=6), timedelta(hours=2)),
        (1, timedelta(hours=6), timedelta(minutes=10)),
    ],
)
def test_a_list_is_polled_several_times_while_it_turns_over(count: int, every: timedelta, shortest: timedelta) -> None:
    assert shortest_poll(listing(count, every)) == shortest


def test_whatever_a_site_says_the_proposal_is_a_site_file() -> None:
    evil = 'x"""\n[polite]\ndelay = "0s"\x00\x1b]0;owned\x07 \u202e\x85\u2028'
    links = (Link("https://a.test/x", evil, title=evil),)
    lists = {kind: (Listing(f"https://a.test/{kind}", kind, evil, evil, links, (), (evil,)),) for kind in KINDS}
    article = Article(evil, "article", evil, (Passage(evil, Kind.BODY, "", 1.0, "", 0, 1),), authors=(evil,))
    survey = Survey(
        "https://a.test/", evil, ("en",), Robots(evil, 200, "", (evil,)), lists["section"][0], lists["feed"],
        lists["news-sitemap"], lists["sitemap"], lists["section"], ((evil, evil),), articles=(article,), stopped=evil,
    )  # fmt: skip

    site = parse_site(declaration(survey, "a"), "a.toml")

    assert site.polite.delay_s == 3.0
    assert site.name == evil
    assert all(c.isprintable() or c == "\n" for c in declaration(survey, "a"))


def test_doubled_feeds_are_named_and_left_out() -> None:
    long, short = listing(20, timedelta(hours=1)), listing(5, timedelta(hours=1))
    other = Listing("https://a.test/top.xml", "feed", "announced", "atom", short.articles)

    text = declaration(Survey("https://a.test/", feeds=(other, long)), "a")

    assert [source.urls for source in parse_site(text, "a.toml").sources] == [("https://a.test/rss",)]
    assert "# Also a feed, left out because others list the same: https://a.test/top.xml" in text


def test_the_temporary_folder_is_gone(tmp_path: Path, bare: Workbench) -> None:
    bare.environment["TMPDIR"] = str(tmp_path)

    look(bare, bare.newsroom.outlets["harbour-courier"].home, "--no-archive")

    assert list(tmp_path.glob("dateline-probe-*")) == []
