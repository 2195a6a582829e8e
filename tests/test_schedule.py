"""When a URL is due again."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from archive.model import Outcome
from crawler.schedule import Cause, Ladder, Next, Poll, Retry, Rhythm, after, next_poll, polled
from crawler.schedule.backoff import BACKOFFS
from crawler.schedule.rhythm import dump_rhythm, load_rhythm

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
NO_LADDER = Ladder()


def article(outcome: Outcome, *, status: int | None = None, failures: int = 0, ladder: Ladder = NO_LADDER) -> Next:
    return after(outcome, role="article", status=status, failures=failures, now=NOW, retry=Retry(), ladder=ladder)


def poll(cause: Cause | None = None, at: datetime = NOW) -> Poll:
    return Poll(at, timedelta(minutes=10), DAY, Retry(), cause)


def lived(days: int, published: Callable[[datetime], bool]) -> tuple[Rhythm, Next]:
    """Return what a source is known for after that many days before NOW, polled as often as its schedule says."""
    rhythm, following, at = Rhythm(), Next("waiting", NOW, 0, ""), NOW - timedelta(days=days)
    hour = at
    while at < NOW:
        fresh = []
        while hour <= at:
            fresh += [hour] if published(hour) else []
            hour += timedelta(hours=1)
        rhythm, following = polled(rhythm, poll(at=at), tuple(fresh), 0)
        assert following.due_at is not None
        at = following.due_at
    return rhythm, following


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


# ---------------------------------------------------------------------- articles on their ladder

LADDER = tuple(timedelta(hours=h) for h in (1, 6, 24))


def test_the_rungs_count_from_the_first_capture() -> None:
    assert article(Outcome.CAPTURED, ladder=Ladder(LADDER, NOW)).due_at == NOW + timedelta(hours=1)
    assert article(Outcome.NOT_MODIFIED, ladder=Ladder(LADDER, NOW - timedelta(hours=5))).due_at == NOW + timedelta(
        hours=1
    )


def test_a_visit_that_comes_late_counts_for_every_rung_it_has_passed() -> None:
    week_off = Ladder((*LADDER, timedelta(days=30)), NOW - timedelta(days=7))

    assert article(Outcome.NOT_MODIFIED, ladder=week_off).due_at == NOW + timedelta(days=23)


def test_the_ladder_ends() -> None:
    following = article(Outcome.NOT_MODIFIED, ladder=Ladder(LADDER, NOW - timedelta(days=2)))

    assert (following.state, following.why) == ("retired", "done: not_modified, and looked at again to the end")


def test_an_article_that_moved_is_done_at_its_old_address() -> None:
    assert article(Outcome.REDIRECTED, ladder=Ladder(LADDER, NOW - timedelta(hours=2))).state == "retired"


def test_a_look_that_fails_to_the_end_is_taken_again_on_the_next_rung() -> None:
    following = article(Outcome.NETWORK, failures=4, ladder=Ladder(LADDER, NOW - timedelta(hours=2)))

    assert (following.due_at, following.failures) == (NOW + timedelta(hours=4), 0)


# ---------------------------------------------------------------------- sources and their habits


def test_a_source_nobody_knows_is_polled_within_the_hour() -> None:
    _, following = polled(Rhythm(), poll(), (), 0)

    assert following.due_at is not None
    assert timedelta(minutes=10) <= following.due_at - NOW <= timedelta(hours=1)
    assert "too new" in following.why


def test_the_more_a_source_brings_the_sooner_it_is_polled() -> None:
    def polls(every_hours: int) -> int:
        rhythm, _ = lived(14, lambda hour: int(hour.timestamp() // 3600) % every_hours == 0)
        return rhythm.polls

    assert polls(1) > 2 * polls(6) > 4 * polls(48)


def test_what_came_before_a_lull_does_not_wait_for_its_end() -> None:
    rhythm, _ = lived(42, lambda hour: hour.hour in (9, 10, 11))
    late = NOW.replace(hour=11, minute=40)

    following = next_poll(rhythm, late, timedelta(minutes=10), DAY)

    assert following.due_at is not None
    assert following.due_at <= NOW.replace(hour=12, minute=30)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
def test_a_site_whose_clocks_change_is_polled_at_its_new_hour_within_weeks(zone: str) -> None:
    def at_six(moment: datetime) -> bool:
        return moment.astimezone(ZoneInfo(zone)).hour == 6

    changed = datetime(2025, 11, 9, tzinfo=UTC)  # both went back to winter time in the two weeks before
    begun, waits = changed - 60 * DAY, dict[str, list[timedelta]](summer=[], after=[], learned=[])
    rhythm, at, hour = Rhythm(), begun, begun
    while at < changed + 35 * DAY:
        fresh = []
        while hour <= at:
            fresh += [hour] if at_six(hour) else []
            hour += timedelta(hours=1)
        since = at - changed
        span = "summer" if since < -16 * DAY else "after" if since < 14 * DAY else "learned"
        waits[span] += [at - moment for moment in fresh]
        rhythm, following = polled(rhythm, poll(at=at), tuple(fresh), 0)
        assert following.due_at is not None
        at = following.due_at

    assert max(waits["after"]) < timedelta(hours=6)  # a day of the change costs hours, never the edition
    assert sum(waits["learned"], timedelta()) / len(waits["learned"]) < timedelta(hours=1)


def test_a_source_is_polled_in_the_hour_in_which_it_publishes() -> None:
    rhythm, _ = lived(42, lambda hour: hour.hour == 6)
    midnight = NOW.replace(hour=0)

    following = next_poll(rhythm, midnight, timedelta(minutes=10), DAY)

    assert following.due_at is not None
    assert 5 <= (following.due_at - midnight) / timedelta(hours=1) <= 7.5


def test_a_source_that_rests_on_sundays_is_left_alone_on_sundays() -> None:
    rhythm, _ = lived(56, lambda hour: hour.weekday() != 6 and 8 <= hour.hour < 18)
    sunday = NOW.replace(day=1, hour=9)
    monday = sunday + DAY

    def wait(now: datetime) -> timedelta:
        return (next_poll(rhythm, now, timedelta(minutes=10), DAY).due_at or now) - now

    assert sunday.weekday() == 6
    assert wait(sunday) > 2 * wait(monday)


def test_the_bounds_of_the_site_file_hold() -> None:
    busy, _ = lived(7, lambda _: True)
    quiet, _ = lived(30, lambda _: False)

    assert next_poll(busy, NOW, timedelta(hours=4), DAY).due_at == NOW + timedelta(hours=4)
    assert next_poll(quiet, NOW, timedelta(minutes=10), timedelta(hours=2)).due_at == NOW + timedelta(hours=2)


def test_the_reason_names_what_was_learned() -> None:
    rhythm, following = lived(14, lambda _: True)

    assert f"{rhythm.news} in {rhythm.polls} polls so far" in following.why
    assert "an hour expected on Sun at" in following.why


def test_a_rhythm_survives_being_written_down() -> None:
    rhythm, _ = lived(10, lambda hour: hour.hour in (6, 18))
    again = load_rhythm(dump_rhythm(rhythm))

    assert (again.polls, again.news, again.last_poll) == (rhythm.polls, rhythm.news, rhythm.last_poll)
    assert (
        next_poll(again, NOW, timedelta(minutes=10), DAY).why == next_poll(rhythm, NOW, timedelta(minutes=10), DAY).why
    )


# ---------------------------------------------------------------------- sources that fail


@pytest.mark.parametrize("cause", BACKOFFS)
def test_a_source_that_fails_is_polled_ever_less_often(cause: Cause) -> None:
    waits = [(polled(Rhythm(), poll(cause), (), n)[1].due_at or NOW) - NOW for n in range(12)]

    assert waits == sorted(waits)
    assert waits[-1] == BACKOFFS[cause].longest


def test_a_server_that_stumbles_is_asked_again_sooner_than_a_page_that_is_gone() -> None:
    stumbled, gone = (polled(Rhythm(), poll(cause), (), 2)[1].due_at for cause in ("5xx", "gone"))

    assert stumbled is not None
    assert gone is not None
    assert stumbled < gone


@pytest.mark.parametrize("cause", BACKOFFS)
def test_a_source_that_never_comes_back_is_given_up_with_its_reason(cause: Cause) -> None:
    rhythm, failures, at, polls = Rhythm(), 0, NOW, 0
    following = Next("waiting", NOW, 0, "")
    while following.state == "waiting" and polls < 1000:
        rhythm, following = polled(rhythm, poll(cause, at), (), failures)
        failures, at, polls = following.failures, following.due_at or at, polls + 1

    assert following.state == "retired"
    assert following.why.startswith("dead, failed")
    assert polls < 300


def test_one_good_answer_makes_a_source_well_again() -> None:
    rhythm, _ = polled(Rhythm(), poll("dns"), (), 5)

    well, following = polled(rhythm, poll(), (), 6)

    assert (well.failing_since, following.failures) == (None, 0)


def test_a_page_that_robots_forbid_is_asked_about_tomorrow() -> None:
    assert article(Outcome.ROBOTS).due_at == NOW + timedelta(days=1)


def test_a_url_left_for_lack_of_budget_stays_due() -> None:
    assert article(Outcome.BUDGET).state == "due"
