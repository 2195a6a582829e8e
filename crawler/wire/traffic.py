"""How much may be on its way at once, and how slowly: all responses in flight share one budget of bytes and one floor.

A page of ordinary size never waits. What grows beyond that asks for the room that its limit may need, and its
connection is paused until there is some: sixteen hosts that send without end at once cost what a few do.
"""

from collections import deque
from dataclasses import dataclass, field
from time import monotonic
from typing import Protocol

from crawler.wire.attempt import Attempt

FREE_BYTES = 512 << 10  # a news page has 0.3 MB; 64 of them at once take 32 MB
BUDGET_BYTES = 20 << 20  # two endless pages at once, or one list, which may take more than all of it alone
FLOOR_BYTES_S = 50.0  # a modem of 1990 brought twenty times as much
WINDOW_S = 20.0  # after the first byte; before it, the deadline of the whole fetch stands alone


class Connection(Protocol):
    """What traffic may do to the connection of a response."""

    def pause(self) -> None:
        """Read nothing from it for now."""

    def resume(self) -> None:
        """Read on."""

    def abort(self) -> None:
        """End it."""


@dataclass(slots=True, eq=False)
class Flow:
    """One response on its way: what has come of it, and the room it was given."""

    attempt: Attempt
    connection: Connection
    room_bytes: int = 0
    is_waiting: bool = False
    since_s: float = 0.0  # when the window began that is being looked at
    seen_bytes: int = 0  # what had come by then


@dataclass(slots=True)
class Traffic:
    """All responses of a process in flight. `budget_bytes` 0: no bound; `floor_bytes_s` 0: no floor."""

    budget_bytes: int = BUDGET_BYTES
    floor_bytes_s: float = FLOOR_BYTES_S
    window_s: float = WINDOW_S
    _flows: dict[Attempt, Flow] = field(default_factory=dict)
    _waiting: deque[Flow] = field(default_factory=deque)
    _taken_bytes: int = 0

    def begin(self, attempt: Attempt, connection: Connection) -> None:
        """Count a response from now on, until `end`."""
        self._flows[attempt] = Flow(attempt, connection)

    def received(self, attempt: Attempt, now_s: float | None = None) -> None:
        """Note that bytes have come; the connection is paused if there is no room for what may follow."""
        flow = self._flows.get(attempt)
        if flow is None:
            return
        if not flow.since_s:
            flow.since_s = monotonic() if now_s is None else now_s
        if attempt.size_bytes <= FREE_BYTES or flow.room_bytes or attempt.limit is None or not self.budget_bytes:
            return
        if not flow.is_waiting and not self._take(flow):
            flow.is_waiting = True
            self._waiting.append(flow)
        if flow.is_waiting:  # said again at each read: TLS hands on what it had decrypted before the pause
            flow.connection.pause()

    def end(self, attempt: Attempt) -> None:
        """Forget a response whose bytes nobody holds any more, and let the next ones read on."""
        flow = self._flows.pop(attempt, None)
        if flow is None:
            return
        self._taken_bytes -= flow.room_bytes
        if flow.is_waiting:
            self._waiting.remove(flow)
        while self._waiting and self._take(self._waiting[0]):
            following = self._waiting.popleft()
            following.is_waiting, following.since_s = False, 0.0
            following.connection.resume()

    def look(self, now_s: float | None = None) -> None:
        """End what has been slower than the floor for a whole window; waiting for room is not slowness."""
        now_s = monotonic() if now_s is None else now_s
        for flow in list(self._flows.values()):
            if not flow.since_s or flow.is_waiting or flow.attempt.ended_s is not None:
                continue
            if now_s - flow.since_s < self.window_s:
                continue
            if flow.attempt.size_bytes - flow.seen_bytes < self.floor_bytes_s * self.window_s:
                flow.attempt.is_slow = True
                flow.connection.abort()
            flow.since_s, flow.seen_bytes = now_s, flow.attempt.size_bytes

    def _take(self, flow: Flow) -> bool:
        """Give a response the room it may need at most, if there is as much; all of it to one that is alone."""
        wanted = flow.attempt.limit or 0
        if self._taken_bytes and self._taken_bytes + wanted > self.budget_bytes:
            return False
        flow.room_bytes = wanted
        self._taken_bytes += wanted
        return True
