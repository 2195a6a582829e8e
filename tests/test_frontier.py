"""The frontier: what is due, who has it, and how it ended."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.model import Link, Outcome
from crawler.frontier import Entry, Finish, Frontier, Original, Validators, Visit
from crawler.frontier.values import dump_link, load_link
from crawler.schedule import Next, Retry, after

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SITES = ("courier",)


@pytest.fixture
def frontier(tmp_path: Path) -> Iterator[Frontier]:
    frontier = Frontier(tmp_path / "frontier.db")
    yield frontier
    frontier.close()


def entry(path: str, *, group: str = "courier.test", priority: int = 2, outcome: Outcome | None = None) -> Entry:
    url = f"http://courier.test{path}"
    link = Link(url, "http://courier.test/rss")
    return Entry("courier", url, "article", "feed:/rss", group, link, priority, outcome=outcome)


def done(visit: Visit, *, entries: tuple[Entry, ...] = (), outcome: Outcome = Outcome.CAPTURED) -> Finish:
    following = after(
        outcome,
        role=visit.role,
        status=200,
        failures=0,
        now=NOW,
        retry=Retry(),
    )
    return Finish(visit, outcome, "", following, NOW, 200, "urn:uuid:1", entries)


def test_a_url_is_new_once(frontier: Frontier) -> None:
    assert frontier.add([entry("/a"), entry("/b")], NOW) == 2
    assert frontier.add([entry("/a"), entry("/c")], NOW) == 1


def test_one_politeness_group_has_one_visit_at_a_time(frontier: Frontier) -> None:
    frontier.add([entry("/a"), entry("/b"), entry("/c", group="other.test")], NOW)

    first = frontier.lease(SITES, NOW, 10)
    second = frontier.lease(SITES, NOW, 10, busy={visit.group for visit in first})

    assert sorted(visit.group for visit in first) == ["courier.test", "other.test"]
    assert second == []


def test_sources_are_leased_before_articles(frontier: Frontier) -> None:
    frontier.add([entry("/a"), entry("/rss", priority=0)], NOW)

    (visit,) = frontier.lease(SITES, NOW, 1)

    assert visit.url == "http://courier.test/rss"


def test_nothing_is_leased_before_its_time(frontier: Frontier) -> None:
    frontier.add([entry("/a")], NOW)
    (visit,) = frontier.lease(SITES, NOW, 1)
    later = Next("waiting", NOW + timedelta(hours=1), 1, "tried again")
    frontier.finish([Finish(visit, Outcome.NETWORK, "dns", later, NOW)], "run-1")

    assert frontier.lease(SITES, NOW + timedelta(minutes=59), 1) == []
    assert frontier.next_due(SITES) == NOW + timedelta(hours=1)
    assert len(frontier.lease(SITES, NOW + timedelta(hours=1), 1)) == 1


def test_a_clock_that_was_set_back_does_not_hold_up_what_is_due(frontier: Frontier) -> None:
    frontier.add([entry("/a")], NOW)

    assert len(frontier.lease(SITES, NOW - timedelta(days=3), 1)) == 1


def test_a_finished_visit_is_not_leased_again_and_its_links_are(frontier: Frontier) -> None:
    frontier.add([entry("/a")], NOW)
    (visit,) = frontier.lease(SITES, NOW, 1)

    frontier.finish([done(visit, entries=(entry("/b"),))], "run-1")

    assert [v.url for v in frontier.lease(SITES, NOW, 5)] == ["http://courier.test/b"]


def test_a_visit_is_finished_only_once(frontier: Frontier) -> None:
    frontier.add([entry("/a")], NOW)
    (visit,) = frontier.lease(SITES, NOW, 1)

    frontier.finish([done(visit), done(visit)], "run-1")
    frontier.finish([done(visit, outcome=Outcome.GONE)], "run-2")

    assert [row["outcome"] for row in frontier.rows("SELECT outcome FROM visits")] == ["captured"]


def test_a_lease_of_a_dead_process_is_found_and_released(tmp_path: Path) -> None:
    dead = Frontier(tmp_path / "frontier.db")
    dead.add([entry("/a")], NOW)
    (visit,) = dead.lease(SITES, NOW, 1)
    dead.close()

    alive = Frontier(tmp_path / "frontier.db")
    assert alive.leased() == {visit.lease: visit}
    alive.release([visit.lease])
    (again,) = alive.lease(SITES, NOW, 1)
    alive.close()

    assert (again.url, again.lease != visit.lease) == (visit.url, True)


def test_a_held_group_waits_and_the_longer_hold_stands(frontier: Frontier) -> None:
    frontier.add([entry("/a")], NOW)
    frontier.hold("courier.test", NOW + timedelta(hours=2), "429 with Retry-After")
    frontier.hold("courier.test", NOW + timedelta(hours=1), "429 with Retry-After")

    assert frontier.lease(SITES, NOW + timedelta(minutes=119), 1) == []
    assert frontier.next_due(SITES) == NOW + timedelta(hours=2)
    assert len(frontier.lease(SITES, NOW + timedelta(minutes=121), 1)) == 1


def test_a_link_that_is_out_of_scope_is_remembered_and_never_due(frontier: Frontier) -> None:
    frontier.add([entry("/a", outcome=Outcome.OFFSITE)], NOW)

    assert frontier.lease(SITES, NOW, 1) == []
    assert frontier.next_due(SITES) is None
    assert [row["outcome"] for row in frontier.rows("SELECT outcome FROM urls")] == ["offsite"]


def test_a_link_that_was_not_worth_a_visit_becomes_so_by_another_word(frontier: Frontier) -> None:
    frontier.add([entry("/a", outcome=Outcome.DROPPED)], NOW)

    assert frontier.add([entry("/a", outcome=Outcome.DROPPED)], NOW) == 0
    assert frontier.add([entry("/a")], NOW) == 1
    assert [visit.url for visit in frontier.lease(SITES, NOW, 1)] == ["http://courier.test/a"]


def test_validators_are_kept_until_the_next_whole_capture(frontier: Frontier) -> None:
    frontier.add([entry("/rss")], NOW)
    (visit,) = frontier.lease(SITES, NOW, 1)
    original = Original("urn:uuid:1", visit.url, "2026-03-01T12:00:00.000001Z")
    validators = Validators('"v1"', "Sun, 01 Mar 2026 11:00:00 GMT", original)
    again = Next("due", NOW, 0, "")

    frontier.finish(
        [Finish(visit, Outcome.CAPTURED, "", again, NOW, 200, "urn:uuid:1", validators=validators)],
        "run-1",
    )
    (second,) = frontier.lease(SITES, NOW, 1)
    frontier.finish([Finish(second, Outcome.NOT_MODIFIED, "", again, NOW, 304, "urn:uuid:2")], "run-1")
    (third,) = frontier.lease(SITES, NOW, 1)

    assert second.validators == third.validators == validators


def test_an_outcome_without_bytes_waits_for_the_ledger(frontier: Frontier) -> None:
    frontier.add([entry("/a")], NOW)
    (visit,) = frontier.lease(SITES, NOW, 1)
    finish = Finish(visit, Outcome.NETWORK, "dns: no such host", Next("retired", None, 5, ""), NOW)

    frontier.finish([finish], "run-1")
    (line,) = frontier.unwritten()
    frontier.written([line])

    assert (line.url, line.outcome, line.reason) == (visit.url, "network", "dns: no such host")
    assert frontier.unwritten() == []


def test_a_link_survives_being_written_down() -> None:
    link = Link(
        "http://courier.test/a",
        "http://courier.test/rss",
        "feed:/rss",
        title="Fähre ‒ 渡し船",
        published=NOW,
        language="de",
        authors=("A. Berg",),
        alternates=(("fr", "http://courier.test/fr/a"),),
    )

    assert load_link(dump_link(link)) == link


def test_a_failing_commit_leaves_nothing_behind(frontier: Frontier) -> None:
    frontier.add([entry("/a")], NOW)
    (visit,) = frontier.lease(SITES, NOW, 1)
    nowhere = Next("nowhere", None, 0, "")  # type: ignore[arg-type]  # what the table refuses
    bad = Finish(visit, Outcome.CAPTURED, "", nowhere, NOW, entries=(entry("/b"),))

    with pytest.raises(Exception, match="CHECK constraint"):
        frontier.finish([bad], "run-1")

    assert [row["url"] for row in frontier.rows("SELECT url FROM urls")] == [visit.url]
    assert visit.lease in frontier.leased()
