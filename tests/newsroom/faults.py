"""Faults by script: what a host does wrong, to which addresses, how often or between which times."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from threading import Event, Lock
from typing import Literal


@dataclass(frozen=True, slots=True)
class Fault:
    """A misbehaviour of `host` at addresses that match `path` (both shell patterns).

    It happens `times` times (0: always), and only while the newsroom's clock stands in [since, until). `status` answers
    with that and `headers`; `drop` closes the connection before a byte is sent, in the middle of the head, or in the
    middle of the body; `hold` waits for `newsroom.release(hold)` before it answers at all; `stall` sends half the body
    first and waits then.
    """

    host: str = "*"
    path: str = "*"
    times: int = 1
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    drop: Literal["", "before", "head", "body"] = ""
    hold: str = ""
    stall: bool = False
    since: datetime | None = None
    until: datetime | None = None

    def covers(self, host: str, path: str, now: datetime) -> bool:
        """True if a request for that address at that time meets this fault."""
        if (self.since and now < self.since) or (self.until and now >= self.until):
            return False
        return fnmatchcase(host, self.host) and fnmatchcase(path, self.path)


class Faults:
    """The script of one newsroom: faults in the order in which they were added, and the waiting rooms."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._left: list[tuple[Fault, int]] = []
        self._rooms: dict[str, Event] = {}
        self._arrivals: dict[str, Event] = {}
        self._closed = False

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._left.append((fault, fault.times))

    def clear(self) -> None:
        """Forget all faults, and let everyone who waits go on; a hold of the same name holds again afterwards."""
        with self._lock:
            self._left.clear()
            for room in self._rooms.values():
                room.set()
            self._rooms.clear()
            self._arrivals.clear()

    def close(self) -> None:
        """Clear, and hold nobody from now on."""
        self._closed = True
        self.clear()

    @contextmanager
    def during(self, *faults: Fault) -> Iterator[None]:
        """Add the faults for the length of a block."""
        for fault in faults:
            self.add(fault)
        try:
            yield
        finally:
            with self._lock:
                self._left = [(f, n) for f, n in self._left if f not in faults]

    def next(self, host: str, path: str, now: datetime) -> Fault | None:
        """Return the first fault that meets this request, and use it up by one."""
        with self._lock:
            for index, (fault, left) in enumerate(self._left):
                if fault.covers(host, path, now):
                    if left == 1:
                        del self._left[index]
                    elif left > 1:
                        self._left[index] = (fault, left - 1)
                    return fault
        return None

    def wait(self, name: str) -> None:
        """Wait until `release(name)`; how a slow answer is made without sleeping."""
        room = self._event(self._rooms, name)
        self._event(self._arrivals, name).set()
        if not self._closed:
            room.wait()

    def release(self, name: str) -> None:
        """Let everyone who waits under that name go on, now and later."""
        self._event(self._rooms, name).set()

    def arrived(self, name: str, timeout_s: float) -> bool:
        """Wait until a request is held under that name; False if none came in time."""
        return self._event(self._arrivals, name).wait(timeout_s)

    def _event(self, events: dict[str, Event], name: str) -> Event:
        with self._lock:
            return events.setdefault(name, Event())
