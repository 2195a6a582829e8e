"""How a visit ended, told from its capture alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from archive.model import Capture, Link, Outcome, Record
from crawler.answers import outcome_of, retry_after
from crawler.conclude import Rules, conclude
from crawler.entries import MAX_HOPS, entries_of
from crawler.frontier import Visit
from crawler.schedule import Retry
from crawler.sites import parse_site

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOME = "http://www.courier.test/"
SITE = parse_site(
    f'home = "{HOME}"\n[[source]]\nkind = "feed"\nurl = "/rss"\nevery = "20m..12h"\n[scope]\nignore = ["/print$"]\n',
    "courier.toml",
)
RULES = Rules(SITE, Retry())
RSS = b"""<?xml version="1.0"?><rss version="2.0"><channel>
<item><title>Ferries</title><link>http://www.courier.test/ferries</link></item>
<item><title>Elsewhere</title><link>http://other.test/x</link></item>
<item><title>Print</title><link>http://www.courier.test/ferries/print</link></item>
</channel></rss>"""


def capture(status: int | None, *, url: str = HOME + "rss", **more: object) -> Capture:
    record = Record("a.warc.gz", 0, 10, "urn:uuid:1")
    found = Capture(record, "response", url, NOW, status)
    return replace(found, **more)  # type: ignore[arg-type]  # fields by name, as each test needs them


def visit(role: str = "article", url: str = HOME + "ferries", hops: int = 0) -> Visit:
    link = Link(
        url, HOME, "feed:/rss", "source" if role == "source" else "article", "feed" if role == "source" else None
    )
    return Visit("lease-1", SITE.id, url, link.role, "feed:/rss", "courier.test", link, hops)


@pytest.mark.parametrize(
    ("status", "more", "outcome"),
    [
        (200, {}, "captured"),
        (200, {"truncated": "length"}, "truncated"),
        (304, {}, "not_modified"),
        (301, {"location": HOME}, "redirected"),
        (302, {}, "http_error"),
        (404, {}, "gone"),
        (410, {}, "gone"),
        (403, {}, "http_error"),
        (503, {}, "http_error"),
        (None, {"kind": "unparsable"}, "unparsable"),
    ],
)
def test_each_answer_has_one_outcome(status: int | None, more: dict[str, str], outcome: str) -> None:
    assert outcome_of(replace(capture(status), **more)) == outcome  # type: ignore[arg-type]


def test_a_feed_gives_its_links_and_says_which_are_not_ours() -> None:
    finish = conclude(visit("source", HOME + "rss"), capture(200), RSS, RULES, NOW)

    assert [(entry.url, entry.outcome) for entry in finish.entries] == [
        ("http://www.courier.test/ferries", None),
        ("http://other.test/x", Outcome.OFFSITE),
        ("http://www.courier.test/ferries/print", Outcome.DROPPED),
    ]
    assert finish.reason == "3 links"
    assert finish.poll is not None
    assert (finish.poll.shortest, finish.poll.longest) == (timedelta(minutes=20), timedelta(hours=12))


def test_a_feed_that_cannot_be_read_says_so() -> None:
    finish = conclude(visit("source", HOME + "rss"), capture(200), b"", RULES, NOW)

    assert finish.outcome is Outcome.CAPTURED
    assert finish.reason.startswith("0 links; ")


def test_a_redirect_is_followed_as_a_url_of_its_own() -> None:
    finish = conclude(visit(), capture(301, location=HOME + "new#top"), b"", RULES, NOW)

    (entry,) = finish.entries
    assert (entry.url, entry.hops, entry.via, entry.role) == (HOME + "new", 1, "urn:uuid:1", "article")
    assert finish.next.state == "retired"


def test_a_redirect_to_another_site_is_remembered_and_not_followed() -> None:
    (entry,) = conclude(visit(), capture(301, location="http://elsewhere.test/"), b"", RULES, NOW).entries

    assert entry.outcome is Outcome.OFFSITE


def test_redirects_end() -> None:
    (entry,) = conclude(visit(hops=MAX_HOPS), capture(302, location=HOME + "n"), b"", RULES, NOW).entries

    assert entry.outcome is Outcome.BUDGET


def test_a_location_that_is_no_url_is_an_outcome_too() -> None:
    (entry,) = conclude(visit(), capture(302, location="http://[::1/%zz"), b"", RULES, NOW).entries

    assert entry.outcome in (Outcome.DROPPED, Outcome.OFFSITE)


@pytest.mark.parametrize(
    ("value", "until"),
    [
        ("120", NOW + timedelta(seconds=120)),
        ("Sun, 01 Mar 2026 13:00:00 GMT", NOW + timedelta(hours=1)),
        ("99999999999", NOW + timedelta(days=1)),
        ("Sun, 01 Mar 2020 13:00:00 GMT", NOW),
        ("soon", None),
        ("-5", None),
    ],
)
def test_retry_after_is_obeyed_within_reason(value: str, until: datetime | None) -> None:
    assert retry_after(capture(429, headers=(("retry-after", value),)), NOW) == until


def test_only_a_busy_server_can_hold_its_group() -> None:
    assert retry_after(capture(200, headers=(("retry-after", "120"),)), NOW) is None


def test_what_a_whole_answer_said_of_itself_is_sent_back_next_time() -> None:
    headers = (("etag", '"v1"'), ("last-modified", "Sun, 01 Mar 2026 11:00:00 GMT"))

    finish = conclude(visit(), capture(200, headers=headers), b"", RULES, NOW)

    assert finish.validators is not None
    assert (finish.validators.etag, finish.validators.last_modified) == ('"v1"', "Sun, 01 Mar 2026 11:00:00 GMT")
    assert conclude(visit(), capture(404), b"", RULES, NOW).validators is None


def test_the_same_bytes_of_a_list_are_not_read_again() -> None:
    again = replace(visit("source", HOME + "rss"), digest="sha256:1")

    finish = conclude(again, capture(200, payload_digest="sha256:1"), RSS, RULES, NOW)

    assert (finish.entries, finish.reason) == ((), "the same bytes as last time")


def test_a_list_that_is_no_list_is_a_poll_that_failed() -> None:
    finish = conclude(visit("source", HOME + "rss"), capture(200), b"\x00\x01\x02" * 40, RULES, NOW)

    assert finish.poll is not None
    assert finish.poll.cause == "parse"


# ---------------------------------------------------------------------- the recheck ladder


def test_an_article_waits_for_its_next_rung() -> None:
    finish = conclude(visit(), capture(200), b"", RULES, NOW)

    assert (finish.next.state, finish.next.due_at) == ("waiting", NOW + timedelta(hours=1))
    assert finish.captured == NOW


@pytest.mark.parametrize(("status", "outcome"), [(304, "not_modified"), (404, "gone"), (403, "http_error")])
def test_the_ladder_goes_on_whatever_a_page_answers(status: int, outcome: str) -> None:
    known = replace(visit(), captured=NOW - timedelta(hours=2), digest="sha256:1", priority=4)

    finish = conclude(known, capture(status), b"", RULES, NOW)

    assert finish.outcome == outcome
    assert finish.next.due_at == NOW + timedelta(hours=4)


def test_a_page_that_was_never_captured_has_no_ladder() -> None:
    assert conclude(visit(), capture(404), b"", RULES, NOW).next.state == "retired"


def test_an_article_of_the_past_and_the_front_page_are_looked_at_once() -> None:
    past = replace(visit(), priority=6)

    assert conclude(past, capture(200), b"", RULES, NOW).next.state == "retired"
    assert conclude(visit(url=HOME), capture(200), b"", RULES, NOW).next.state == "retired"


# ---------------------------------------------------------------------- robots.txt


def robots_visit() -> Visit:
    return replace(visit(url=HOME + "robots.txt"), role="robots", source="robots")


def test_the_rules_of_a_host_hold_for_a_day() -> None:
    answer = conclude(robots_visit(), capture(200), b"User-agent: *\nDisallow: /x", RULES, NOW).robots

    assert answer is not None
    assert (answer.body, answer.unreachable, answer.expires) == (
        "User-agent: *\nDisallow: /x", None, NOW + timedelta(days=1),
    )  # fmt: skip


@pytest.mark.parametrize("status", [429, 500, 503])
def test_rules_that_cannot_be_had_allow_nothing_and_are_asked_for_again_soon(status: int) -> None:
    answer = conclude(robots_visit(), capture(status), b"", RULES, NOW).robots

    assert answer is not None
    assert (answer.unreachable, answer.expires) == (f"status {status}", NOW + timedelta(seconds=30))


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_host_without_rules_allows_everything(status: int) -> None:
    answer = conclude(robots_visit(), capture(status), b"<html>", RULES, NOW).robots

    assert answer is not None
    assert (answer.body, answer.unreachable) == ("", None)


def test_rules_are_followed_to_another_host() -> None:
    finish = conclude(robots_visit(), capture(301, location="https://cdn.test/r.txt"), b"", RULES, NOW)

    (entry,) = finish.entries
    assert (entry.role, entry.outcome, entry.url) == ("robots", None, "https://cdn.test/r.txt")
    assert finish.robots is not None
    assert finish.robots.location == "https://cdn.test/r.txt"


# ---------------------------------------------------------------------- the past

PAST = parse_site(
    f'home = "{HOME}"\n[[source]]\nkind = "sitemap"\nurl = "/s.xml"\nuse = "backfill"\n'
    "since = 2020-01-01\nuntil = 2025-12-31\n",
    "courier.toml",
)


def test_what_lies_outside_since_and_until_is_remembered_and_not_fetched() -> None:
    links = [
        Link(f"{HOME}{day}/news-of-the-day", HOME + "s.xml", "sitemap:/s.xml")
        for day in ("2019/12/31", "2020/01/01", "2025/12/31", "2026/01/01")
    ]

    entries = list(entries_of(links, PAST, NOW))

    assert [entry.outcome for entry in entries] == [Outcome.DROPPED, None, None, Outcome.DROPPED]


def test_the_past_comes_after_the_news_and_its_youngest_first() -> None:
    links = [Link(f"{HOME}2021/0{m}/01/news", HOME + "s.xml", "sitemap:/s.xml") for m in (1, 3, 2)]

    entries = sorted(entries_of(links, PAST, NOW), key=lambda entry: entry.due_at or NOW)

    assert [entry.url[-15:] for entry in entries] == ["2021/03/01/news", "2021/02/01/news", "2021/01/01/news"]
    assert {entry.priority for entry in entries} == {6}
