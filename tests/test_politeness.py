"""How gently hosts are asked: pace, budgets, nights, and the rules of robots.txt as the frontier keeps them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from archive.model import Link, Outcome
from crawler.budget import RECHECKS_AT_LEAST, Budget
from crawler.frontier import Entry, Finish, Frontier, Pace, RobotsAnswer, RobotsFile, Visit
from crawler.pace import STRAIN_LONGEST_S, Pacer
from crawler.robots import rules_in
from crawler.schedule import Lane, Next
from crawler.sites import Site, parse_site
from tests.conftest import Workbench

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOST = "http://www.courier.test"
NOTHING = frozenset[Lane]()


# ---------------------------------------------------------------------- judged by the server that was crawled


@pytest.mark.parametrize(("host", "delay_s"), [("www.wesselauer-bote.test", 0.1), ("www.al-marfa.test", 0.2)])
def test_no_two_requests_are_closer_than_the_crawl_delay(crawled: Workbench, host: str, delay_s: float) -> None:
    hits = crawled.newsroom.hits(host)

    assert len(hits) > 5
    assert min(later.at_s - earlier.ended_s for earlier, later in pairwise(hits)) >= delay_s


def test_a_robots_txt_that_names_the_sitemaps_is_asked_for_once(crawled: Workbench) -> None:
    assert crawled.newsroom.count("www.northern-ledger.test", "/robots.txt") == 1
    assert crawled.newsroom.count("www.northern-ledger.test", "/sitemaps/index.xml") == 1


def test_robots_are_known_for_a_day(workbench: Workbench) -> None:
    start = workbench.newsroom.now
    for hours in (0, 23, 25):
        workbench.newsroom.now = start + timedelta(hours=hours)
        workbench.scrapy("crawl", "news", "-a", "site=gazette-morvane", now=workbench.newsroom.now)

    asked = workbench.newsroom.hits("www.gazette-morvane.test", "/robots.txt")

    assert [hit.now - start for hit in asked] == [timedelta(0), timedelta(hours=25)]


# ---------------------------------------------------------------------- pace


class Clock:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.at_s = 1000.0

    def __call__(self) -> float:
        return self.at_s


def pacer(floor_s: float = 3.0) -> tuple[Pacer, Clock]:
    clock = Clock()
    return Pacer(lambda _: floor_s, clock), clock


def ended(pacer: Pacer, *, took_s: float = 0.2, strained: bool = False, at: datetime = NOW) -> float:
    pacer.end("courier.test", at, took_s=took_s, strained=strained)
    return pacer.delay_of("courier.test")


def test_a_group_rests_from_the_end_of_an_exchange() -> None:
    pace, clock = pacer()

    ended(pace)

    assert pace.resting() == {"courier.test": 3.0}
    clock.at_s += 2.9
    assert pace.resting()["courier.test"] == pytest.approx(0.1)
    clock.at_s += 0.1
    assert pace.resting() == {}


def test_a_slow_server_is_left_alone_for_longer_and_no_longer_than_it_is_slow() -> None:
    pace, _ = pacer()

    assert ended(pace, took_s=2.0) == 10.0
    assert ended(pace, took_s=60.0) == 30.0
    delays = [ended(pace, took_s=0.1) for _ in range(40)]
    assert delays == sorted(delays, reverse=True)
    assert delays[-1] == 3.0


def test_a_server_that_is_strained_gets_twice_the_rest_each_time() -> None:
    pace, _ = pacer()

    assert [ended(pace, strained=True) for _ in range(7)] == [6.0, 12.0, 24.0, 48.0, 96.0, STRAIN_LONGEST_S, 120.0]


def test_a_delay_of_nothing_is_a_wish_too() -> None:
    pace, _ = pacer(0.0)

    assert ended(pace, took_s=5.0) == 0.0
    assert ended(pace, strained=True) == 1.0


def test_a_rest_goes_on_in_the_next_run() -> None:
    before, _ = pacer()
    ended(before, strained=True)
    after, _ = pacer()

    after.remember(before.changed(), NOW + timedelta(seconds=2))

    assert after.resting() == {"courier.test": 4.0}
    assert after.delay_of("courier.test") == 6.0


def test_only_what_has_changed_is_remembered() -> None:
    pace, _ = pacer()
    ended(pace)

    assert pace.changed() == [Pace("courier.test", 0.0, NOW)]
    assert pace.changed() == []


# ---------------------------------------------------------------------- budgets and nights


def site(text: str = "") -> Site:
    return parse_site(f'home = "{HOST}/"\n{text}', "courier.toml")


def spent(site: Site, lane: Lane, count: int, at: datetime = NOW) -> Budget:
    budget = Budget(site, at.date())
    for _ in range(count):
        budget.spend(lane, at)
    return budget


def test_a_run_ends_at_its_budget_and_the_past_has_one_of_its_own() -> None:
    limits = site("[polite]\nper_run = 10\n[backfill]\nper_run = 3\n")

    assert spent(limits, "news", 9).closed(NOW) == NOTHING
    assert spent(limits, "news", 10).closed(NOW) == {"news", "recheck"}
    assert spent(limits, "backfill", 3).closed(NOW) == {"backfill"}


def test_a_day_ends_at_its_budget_whatever_it_was_spent_on_and_the_next_begins_anew() -> None:
    budget = spent(site("[polite]\nper_day = 10\n"), "backfill", 10)

    assert budget.closed(NOW) == {"news", "recheck", "backfill"}
    budget.spend("news", NOW + DAY)
    assert budget.closed(NOW + DAY) == NOTHING


def test_second_looks_take_a_share_and_a_small_paper_gets_a_few_in_any_case() -> None:
    few = spent(site(), "recheck", RECHECKS_AT_LEAST)
    many = spent(site(), "recheck", 2 * RECHECKS_AT_LEAST)
    busy = replace(many, today=many.today + spent(site(), "news", 100).today)

    assert few.closed(NOW) == NOTHING
    assert many.closed(NOW) == {"recheck"}
    assert busy.closed(NOW) == NOTHING


def test_by_day_only_news_is_asked_for_and_the_night_follows_the_clocks_of_the_place() -> None:
    budget = Budget(site('[polite]\nnight = "22:00..06:00 Europe/Berlin"\n'), NOW.date())

    assert budget.closed(NOW) == {"recheck", "backfill"}
    assert budget.closed(datetime(2026, 3, 1, 4, 59, tzinfo=UTC)) == NOTHING
    assert budget.closed(datetime(2026, 7, 1, 4, 59, tzinfo=UTC)) == {"recheck", "backfill"}


# ---------------------------------------------------------------------- robots.txt in the frontier


@pytest.fixture
def frontier(tmp_path: Path) -> Iterator[Frontier]:
    frontier = Frontier(tmp_path / "frontier.db")
    yield frontier
    frontier.close()


def entry(path: str, *, host: str = HOST, priority: int = 2) -> Entry:
    url = host + path
    return Entry("courier", url, "article", "feed:/rss", "courier.test", Link(url, HOST + "/rss"), priority)


def judge(known: RobotsFile, url: str) -> str | None:
    return rules_in(known).refusal(url, "Dateline")


def lease(frontier: Frontier, now: datetime = NOW) -> list[Visit]:
    return frontier.lease(["courier"], now, 5, judge=judge)


def answer(frontier: Frontier, visit: Visit, said: RobotsAnswer, entries: tuple[Entry, ...] = ()) -> None:
    done = Next("retired", None, 0, "had")
    finish = Finish(visit, Outcome.CAPTURED, "", done, NOW, 200, "urn:uuid:1", entries, robots=said)
    frontier.finish([finish], "run")


def test_a_host_is_asked_for_its_rules_before_anything_else(frontier: Frontier) -> None:
    frontier.add([entry("/a"), entry("/b")], NOW)

    (first,) = lease(frontier)
    assert (first.url, first.role) == (HOST + "/robots.txt", "robots")
    assert lease(frontier) == []  # somebody is at it
    answer(frontier, first, RobotsAnswer("User-agent: *\nDisallow: /a", expires=NOW + DAY))

    refused, allowed = lease(frontier)
    assert (refused.url, refused.refusal, refused.refused_until) == (
        HOST + "/a", "disallowed by robots.txt", NOW + DAY,
    )  # fmt: skip
    assert (allowed.url, allowed.refusal) == (HOST + "/b", None)


def test_rules_hold_for_a_day_and_are_asked_for_again_when_they_are_needed(frontier: Frontier) -> None:
    frontier.add([entry("/a")], NOW)
    answer(frontier, lease(frontier)[0], RobotsAnswer(expires=NOW + DAY))

    (visit,) = lease(frontier, NOW + DAY - timedelta(seconds=1))
    frontier.release([visit.lease])

    assert visit.url == HOST + "/a"
    assert lease(frontier, NOW + DAY)[0].url == HOST + "/robots.txt"


def test_rules_that_cannot_be_had_forbid_the_host_until_they_were_asked_for_again(frontier: Frontier) -> None:
    frontier.add([entry("/a"), entry("/b")], NOW)
    said = RobotsAnswer(unreachable="status 503", expires=NOW + timedelta(minutes=3))

    answer(frontier, lease(frontier)[0], said)

    assert all("unreachable (status 503)" in (visit.refusal or "") for visit in lease(frontier))
    assert len(lease(frontier)) == 0


def test_rules_are_followed_where_they_were_moved_and_speak_for_the_first_host(frontier: Frontier) -> None:
    frontier.add([entry("/a")], NOW)
    moved = "http://static.test/robots.txt"
    target = Entry("courier", moved, "robots", "robots", "static.test", Link(moved, HOST, "robots", "robots"), 1, 1)

    answer(frontier, lease(frontier)[0], RobotsAnswer(location=moved, expires=NOW + DAY), (target,))
    (second,) = lease(frontier)
    answer(frontier, second, RobotsAnswer("User-agent: *\nDisallow: /", expires=NOW + DAY))

    assert second.url == moved
    assert [visit.refusal for visit in lease(frontier)] == ["disallowed by robots.txt"]


def test_rules_that_send_us_in_a_circle_forbid_the_host(frontier: Frontier) -> None:
    frontier.add([entry("/a")], NOW)
    here, there = HOST + "/robots.txt", HOST + "/r/robots.txt"
    asked: list[str] = []
    (visit,) = lease(frontier)
    while not visit.refusal and len(asked) < 20:
        asked.append(visit.url)
        target = there if visit.url == here else here
        found = Entry("courier", target, "robots", "robots", "courier.test", Link(target, HOST, "robots", "robots"), 1)
        answer(frontier, visit, RobotsAnswer(location=target, expires=NOW + DAY), (found,))
        (visit,) = lease(frontier)

    assert len(asked) == 6
    assert "more than 5 redirects" in (visit.refusal or "")


def test_a_lane_that_is_closed_is_left_out(frontier: Frontier) -> None:
    frontier.add([entry("/news"), entry("/again", priority=4), entry("/old", priority=6)], NOW)

    leased = frontier.lease(["courier"], NOW, 1, closed={"courier": frozenset({"news", "recheck"})})

    assert [visit.url for visit in leased] == [HOST + "/old"]


def test_a_site_with_much_to_do_keeps_no_other_waiting(frontier: Frontier) -> None:
    many = [entry(f"/{n}") for n in range(50)]
    other = Entry(
        "ledger", "http://ledger.test/a", "article", "feed:/rss", "ledger.test", Link("http://ledger.test/a", "")
    )
    frontier.add([*many, other], NOW)

    served = []
    for _ in range(4):
        (visit,) = frontier.lease(["courier", "ledger"], NOW, 1)
        served.append(visit.site)

    assert served == ["courier", "ledger", "courier", "courier"]


def test_a_list_is_read_anew_when_its_site_file_changes(frontier: Frontier) -> None:
    url = HOST + "/rss"
    frontier.add([Entry("courier", url, "source", "feed:/rss", "courier.test", Link(url, ""), 0)], NOW)
    frontier.revive("courier", "sha256:1", NOW)
    (visit,) = frontier.lease(["courier"], NOW, 1)
    dead = Next("retired", None, 9, "dead")
    frontier.finish([Finish(visit, Outcome.NETWORK, "dns: no such host", dead, NOW)], "run")

    assert not frontier.revive("courier", "sha256:1", NOW)
    assert frontier.lease(["courier"], NOW, 1) == []
    assert frontier.revive("courier", "sha256:2", NOW)
    assert [again.failures for again in frontier.lease(["courier"], NOW, 1)] == [0]
