"""When a URL is due again."""

from datetime import UTC, datetime, timedelta

import pytest

from archive.model import Outcome
from crawler.schedule import Next, Retry, after

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVERY = timedelta(minutes=10)


def article(outcome: Outcome, *, status: int | None = None, failures: int = 0) -> Next:
    return after(
        outcome,
        role="article",
        status=status,
        failures=failures,
        now=NOW,
        every=EVERY,
        retry=Retry(),
    )


def source(outcome: Outcome, *, failures: int = 0) -> Next:
    return after(outcome, role="source", status=None, failures=failures, now=NOW, every=EVERY, retry=Retry())


@pytest.mark.parametrize(
    "outcome", [Outcome.CAPTURED, Outcome.REDIRECTED, Outcome.GONE, Outcome.OFFSITE, Outcome.GUARD]
)
def test_an_article_that_answered_is_done(outcome: str) -> None:
    assert article(Outcome(outcome), status=200).state == "retired"


@pytest.mark.parametrize("outcome", [Outcome.NETWORK, Outcome.TRUNCATED, Outcome.UNPARSABLE])
def test_a_fault_of_the_moment_is_tried_again(outcome: Outcome) -> None:
    following = article(outcome)

    assert (following.state, following.due_at) == ("waiting", NOW + timedelta(seconds=30))


@pytest.mark.parametrize(("status", "state"), [(503, "waiting"), (429, "waiting"), (403, "retired"), (451, "retired")])
def test_a_server_that_is_busy_is_asked_again_and_one_that_refuses_is_not(status: int, state: str) -> None:
    assert article(Outcome.HTTP_ERROR, status=status).state == state


def test_tries_end() -> None:
    assert article(Outcome.NETWORK, failures=4).state == "retired"


def test_a_source_is_polled_again_and_never_retired() -> None:
    assert source(Outcome.CAPTURED, failures=3) == Next("waiting", NOW + EVERY, 0, "polled again in 0:10:00")
    assert source(Outcome.GONE, failures=99).state == "waiting"


def test_a_source_that_fails_is_polled_ever_less_often() -> None:
    waits = [(source(Outcome.NETWORK, failures=n).due_at or NOW) - NOW for n in range(8)]

    assert waits == sorted(waits)
    assert waits[-1] == timedelta(days=1)


def test_a_page_that_robots_forbid_is_asked_about_tomorrow() -> None:
    assert article(Outcome.ROBOTS).due_at == NOW + timedelta(days=1)


def test_a_url_left_for_lack_of_budget_stays_due() -> None:
    assert article(Outcome.BUDGET).state == "due"
