"""The silent zero: what numbers alone must give away, and what they must not."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crawler.history import Fetch, Poll, RunLine, SiteHistory
from crawler.sites import Site, parse_site
from crawler.watch import alarms_of, archive_alarms, quiet_limit, span

START = datetime(2026, 3, 2, 8, tzinfo=UTC)  # a Monday
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FEED = "https://www.courier.test/rss"
SITE = 'home = "https://www.courier.test/"\n[[source]]\nkind = "feed"\nurl = "/rss"\n'


def courier(expect: str = "") -> Site:
    return parse_site(SITE + (f"[expect]\n{expect}" if expect else ""), "courier.toml")


def poll(at: datetime, outcome: str = "captured", links: int = 20, reason: str = "") -> Poll:
    return Poll(at, FEED, outcome, links, reason or f"{links} links")


def article(at: datetime, number: int = 0, chars: int = 3_000, reading: str = "ok") -> Fetch:
    url = f"https://www.courier.test/{at:%Y/%m/%d}/{number}"
    return Fetch(at, "run", url, "captured", 200, "", f"urn:{url}", is_new=True, reading=reading, chars=chars)


def refused(at: datetime, status: int = 403) -> Fetch:
    return Fetch(at, "run", "https://www.courier.test/x", "http_error", status, "", "urn:x", is_new=False)


def history(polls: Iterable[Poll], fetches: Iterable[Fetch]) -> SiteHistory:
    return SiteHistory("courier", START, tuple(polls), tuple(fetches))


def hourly(days: float) -> list[datetime]:
    return [START + n * HOUR for n in range(int(days * 24))]


def weekdays(days: int) -> list[Fetch]:
    """A paper that brings five articles each working day, between eight and noon."""
    every = (START + n * DAY + hour * HOUR for n in range(days) for hour in range(5))
    return [article(at, number) for number, at in enumerate(every) if at.weekday() < 5]


def signs(site: Site, found: SiteHistory, now: datetime) -> list[str]:
    return [alarm.sign for alarm in alarms_of(site, found, now)]


def test_a_site_that_does_as_it_always_did_raises_no_alarm() -> None:
    month = history([poll(at) for at in hourly(26)], weekdays(26))

    assert signs(courier(), month, START + 26 * DAY) == []


def test_a_paper_that_rests_at_weekends_is_not_silent_on_sunday_evening() -> None:
    sunday = START + timedelta(days=27, hours=12)
    rested = history([poll(START + n * HOUR) for n in range(27 * 24 + 12)], weekdays(28))

    assert quiet_limit(courier(), rested, sunday) == 2 * timedelta(days=2, hours=20)
    assert signs(courier(), rested, sunday) == []


def test_a_site_that_stops_is_silent_once_twice_its_usual_rest_is_over() -> None:
    stopped = [fetch for fetch in weekdays(28) if fetch.at < START + 17 * DAY]
    asked = [poll(START + n * HOUR) for n in range(24 * 24)]

    (alarm,) = alarms_of(courier(), history(asked, stopped), START + 24 * DAY)

    assert (alarm.sign, alarm.site, alarm.since) == ("silent", "courier", stopped[-1].at)
    assert "nothing new for 8 days" in alarm.text
    assert "learned limit: 6 days" in alarm.text


def test_the_site_file_may_say_how_long_is_too_long() -> None:
    stopped = [fetch for fetch in weekdays(28) if fetch.at < START + 17 * DAY]
    asked = history([poll(START + n * HOUR) for n in range(19 * 24)], stopped)

    assert signs(courier('quiet_for = "36h"'), asked, START + 19 * DAY) == ["silent"]
    assert signs(courier(), asked, START + 19 * DAY) == []
    assert signs(courier('quiet_for = "36h"\nignore = ["silent"]'), asked, START + 19 * DAY) == []


def test_while_nobody_asked_nobody_was_silent() -> None:
    off_for_a_week = history([poll(at) for at in hourly(18)], [f for f in weekdays(28) if f.at < START + 17 * DAY])

    assert signs(courier(), off_for_a_week, START + 25 * DAY) == []


def test_one_outage_in_the_past_does_not_teach_patience() -> None:
    broken = [fetch for fetch in weekdays(28) if not START + 7 * DAY <= fetch.at < START + 14 * DAY]

    assert quiet_limit(courier(), history([poll(START)], broken), START + 28 * DAY) == 2 * timedelta(days=2, hours=20)


def test_a_site_that_never_brought_anything_is_told() -> None:
    asked = history([poll(at) for at in hourly(4)], [])

    (alarm,) = alarms_of(courier(), asked, START + 4 * DAY)

    assert (alarm.sign, alarm.since) == ("silent", START)
    assert "nothing at all" in alarm.text


def test_an_outage_is_told_after_a_day_with_its_cause() -> None:
    polls = [poll(at) for at in hourly(10)] + [
        poll(START + 10 * DAY + n * HOUR, "network", 0, "connection refused") for n in range(30)
    ]

    early = alarms_of(courier(), history(polls[:-10], weekdays(10)), START + 10 * DAY + 20 * HOUR)
    (late,) = alarms_of(courier(), history(polls, weekdays(10)), START + 10 * DAY + 30 * HOUR)

    assert early == ()
    assert (late.sign, late.since) == ("unreachable", START + 10 * DAY - HOUR)
    assert "network, connection refused" in late.text


def test_a_feed_that_turns_into_another_page_is_told_at_its_second_poll() -> None:
    good = [poll(at) for at in hourly(2)]
    page = [poll(START + 2 * DAY + n * HOUR, links=1, reason="html where a feed was expected") for n in range(2)]
    news = [article(START + n * HOUR) for n in range(0, 48, 3)]

    assert signs(courier(), history(good + page[:1], news), START + 50 * HOUR) == []
    (alarm,) = alarms_of(courier(), history(good + page, news), START + 51 * HOUR)
    assert (alarm.sign, alarm.since) == ("empty", page[0].at)
    assert "used to list 20 (html where a feed was expected)" in alarm.text


def test_a_list_that_never_had_much_may_be_empty() -> None:
    few = [poll(at, links=n % 2) for n, at in enumerate(hourly(2))]

    assert signs(courier(), history([*few, poll(START + 2 * DAY, links=0)], [article(START)]), START + 2 * DAY) == []


@pytest.mark.parametrize("bad", [refused(START + 9 * DAY), article(START + 9 * DAY, reading="blocked")])
def test_articles_that_are_refused_are_told(bad: Fetch) -> None:
    news = weekdays(9)
    wall = [replace(bad, at=bad.at + n * HOUR, url=f"{bad.url}{n}") for n in range(12)]

    (alarm,) = alarms_of(courier(), history([poll(at) for at in hourly(9)], news + wall), START + 10 * DAY)

    assert (alarm.sign, alarm.since) == ("refused", wall[0].at)
    assert "12 of the last 20 articles were refused" in alarm.text


def test_a_site_that_blocks_from_the_first_day_is_told() -> None:
    wall = [refused(START + n * HOUR) for n in range(12)]

    assert signs(courier(), history([poll(at) for at in hourly(1)], wall), START + DAY) == ["refused"]


def test_a_refusal_that_lasts_does_not_become_the_rule() -> None:
    wall = [refused(START + n * HOUR) for n in range(400)]

    assert signs(courier(), history([poll(at) for at in hourly(17)], wall), START + 17 * DAY)[-1:] == ["refused"]


def test_a_handful_of_refusals_is_no_alarm() -> None:
    some = [*weekdays(9), *(refused(START + 9 * DAY + n * HOUR) for n in range(5))]

    assert signs(courier(), history([poll(at) for at in hourly(9)], some), START + 10 * DAY) == []


def test_pages_on_which_no_article_is_found_any_more_are_told() -> None:
    news = weekdays(9)
    strange = [article(START + 9 * DAY + n * HOUR, reading="not_article") for n in range(12)]

    assert signs(courier(), history([poll(at) for at in hourly(9)], news + strange), START + 10 * DAY) == ["unread"]


def test_texts_that_collapse_are_told() -> None:
    stubs = [article(START + 14 * DAY + n * HOUR, chars=300) for n in range(20)]

    (alarm,) = alarms_of(courier(), history([poll(at) for at in hourly(15)], weekdays(14) + stubs), START + 15 * DAY)

    assert (alarm.sign, alarm.since) == ("short", stubs[0].at)
    assert "300 characters, used to have 3000" in alarm.text


def _lengths(rng: random.Random, number: int) -> Sequence[int]:
    return [int(rng.lognormvariate(8, 0.9)) + 1 for _ in range(number)]


def test_papers_of_uneven_length_raise_no_alarm_in_a_thousand_months() -> None:
    rng = random.Random(20261122)
    wrong = 0
    for _ in range(1_000):
        news = [article(START + n * HOUR, n, chars) for n, chars in enumerate(_lengths(rng, 150))]
        wrong += signs(courier(), history([poll(news[-1].at)], news), news[-1].at) != []

    assert wrong == 0


def test_a_fifth_of_pages_unread_is_no_alarm_in_a_thousand_months() -> None:
    rng = random.Random(20261123)
    wrong = 0
    for _ in range(1_000):
        readings = ["not_article" if rng.random() < 0.2 else "ok" for _ in range(150)]
        news = [article(START + n * HOUR, n, reading=reading) for n, reading in enumerate(readings)]
        wrong += signs(courier(), history([poll(news[-1].at)], news), news[-1].at) != []

    assert wrong <= 1


def test_a_crawl_that_has_not_begun_for_long_is_told() -> None:
    runs = [RunLine(str(n), START + n * HOUR, None, "finished") for n in range(50)]

    assert list(archive_alarms(runs, 10**12, 0, 0.0, START + 60 * HOUR)) == []
    (alarm,) = archive_alarms(runs, 10**12, 0, 0.0, START + 80 * HOUR)
    assert (alarm.sign, alarm.site, alarm.since) == ("idle", "", START + 49 * HOUR)


def test_a_weekly_crawl_is_not_idle_after_three_days() -> None:
    runs = [RunLine(str(n), START + n * 7 * DAY, None, "finished") for n in range(4)]

    assert list(archive_alarms(runs, 10**12, 0, 0.0, START + 24 * DAY)) == []


def test_a_disk_that_will_be_full_within_a_week_is_told() -> None:
    (alarm,) = archive_alarms((), 4_000_000_000, 1_000_000_000, 1_000_000_000.0, START)

    assert alarm.sign == "disk"
    assert "full in 3.0 days: 4.0 GB free, 1.00 GB a day" in alarm.text
    assert list(archive_alarms((), 10**11, 10**9, 1e9, START)) == []


def test_lengths_of_time_are_written_for_people() -> None:
    assert [span(timedelta(**length)) for length in ({"minutes": 90}, {"hours": 50}, {"days": 9})] == [
        "90 minutes",
        "50 hours",
        "9 days",
    ]
