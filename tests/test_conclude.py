"""How a visit ended, told from its capture alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from archive.model import Capture, Link, Outcome, Record
from crawler.conclude import MAX_HOPS, Rules, conclude, outcome_of, retry_after
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
    assert finish.next.due_at == NOW + timedelta(minutes=20)


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
