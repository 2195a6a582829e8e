"""Responses in flight share a budget of bytes and a floor of speed."""

from dataclasses import dataclass, field

import pytest

from crawler.wire.attempt import MAX_LINES, Attempt
from crawler.wire.traffic import FREE_BYTES, Traffic

LIMIT = 9 << 20


@dataclass(slots=True)
class Line:
    """A connection that remembers what was asked of it."""

    asked: list[str] = field(default_factory=list)

    def pause(self) -> None:
        self.asked.append("pause")

    def resume(self) -> None:
        self.asked.append("resume")

    def abort(self) -> None:
        self.asked.append("abort")


def begun(traffic: Traffic, limit: int | None = LIMIT) -> tuple[Attempt, Line]:
    attempt, line = Attempt(limit, secured=True), Line()
    traffic.begin(attempt, line)
    return attempt, line


def come(traffic: Traffic, attempt: Attempt, size_bytes: int, now_s: float = 1.0) -> None:
    attempt.receive(bytes(size_bytes))
    traffic.received(attempt, now_s)


def test_a_page_of_ordinary_size_never_waits() -> None:
    traffic = Traffic(budget_bytes=1)
    pages = [begun(traffic) for _ in range(64)]

    for attempt, _ in pages:
        come(traffic, attempt, FREE_BYTES)

    assert [line.asked for _, line in pages] == [[]] * 64


def test_large_responses_wait_for_room_and_go_on_in_turn() -> None:
    traffic = Traffic(budget_bytes=2 * LIMIT)
    flows = [begun(traffic) for _ in range(4)]
    for attempt, _ in flows:
        come(traffic, attempt, FREE_BYTES + 1)
    assert [line.asked for _, line in flows] == [[], [], ["pause"], ["pause"]]

    traffic.end(flows[0][0])
    traffic.end(flows[1][0])

    assert [line.asked for _, line in flows] == [[], [], ["pause", "resume"], ["pause", "resume"]]


def test_what_needs_more_than_all_the_room_gets_it_when_it_is_alone() -> None:
    traffic = Traffic(budget_bytes=LIMIT)
    small, _ = begun(traffic)
    large, line = begun(traffic, limit=6 * LIMIT)
    come(traffic, small, FREE_BYTES + 1)
    come(traffic, large, FREE_BYTES + 1)
    assert line.asked == ["pause"]

    traffic.end(small)

    assert line.asked == ["pause", "resume"]


def test_one_that_ends_while_it_waits_takes_no_room() -> None:
    traffic = Traffic(budget_bytes=LIMIT)
    (first, _), (second, _), (third, line) = (begun(traffic) for _ in range(3))
    for attempt in (first, second, third):
        come(traffic, attempt, FREE_BYTES + 1)

    traffic.end(second)
    traffic.end(first)
    traffic.end(first)

    assert line.asked == ["pause", "resume"]


def test_a_response_below_the_floor_is_ended_and_one_above_it_is_not() -> None:
    traffic = Traffic(floor_bytes_s=50, window_s=20)
    (slow, slow_line), (steady, steady_line), (_silent, silent_line) = (begun(traffic) for _ in range(3))
    come(traffic, slow, 10, now_s=100.0)
    come(traffic, steady, 10, now_s=100.0)
    come(traffic, slow, 900, now_s=110.0)
    come(traffic, steady, 1_000, now_s=110.0)

    traffic.look(119.0)
    traffic.look(121.0)

    assert (slow_line.asked, slow.is_slow, slow.truncation(None)) == (["abort"], True, "time")
    assert (steady_line.asked, silent_line.asked) == (
        [],
        [],
    )  # before its first byte, a response has its deadline alone


def test_waiting_for_room_is_not_slowness() -> None:
    traffic = Traffic(budget_bytes=1, floor_bytes_s=50, window_s=20)
    (first, _), (second, line) = begun(traffic), begun(traffic)
    come(traffic, first, FREE_BYTES + 1, now_s=100.0)
    come(traffic, second, FREE_BYTES + 1, now_s=100.0)

    traffic.look(200.0)
    traffic.end(first)
    traffic.look(300.0)

    assert line.asked == ["pause", "resume"]


@pytest.mark.parametrize(("lines", "is_cut"), [(MAX_LINES - 2, False), (MAX_LINES + 2, True)])
def test_a_head_has_a_bounded_number_of_lines_whatever_its_body_holds(lines: int, is_cut: bool) -> None:
    attempt = Attempt(None, secured=True)
    data = b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * lines + b"\r\n" + b"\n" * 5_000

    attempt.receive(data)

    assert attempt.is_too_long(data, in_head=True) is is_cut
