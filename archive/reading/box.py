"""The box: pages are read in processes that can be killed, and a page that has to be killed has an outcome.

A page gets a limit of CPU time, so that the same page ends the same way on a busy machine; the wall deadline is only
a backstop. What a worker dies of costs one page; the rest of its batch is read by the next worker.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Self

from archive.errors import ReadingError
from archive.model import Reading
from archive.reading.job import Batch, Job, Limits
from archive.reading.reader import READER
from archive.reading.zygote import ASK_FORK, ASK_STATUS, PID

BATCH = 8  # jobs sent at once: the parent spends .01-.04 ms a page
AHEAD = 2  # batches a worker holds, so that it never waits for the next
WARM_UP_S = 60.0  # importing the reader on a cold disk
BOOT = "import sys; sys.path[:] = {path!r}; from archive.reading.zygote import main; main({fd}, {loader!r})"


@dataclass(slots=True, eq=False)
class _Worker:
    pid: int
    link: Connection
    batches: deque[Batch] = field(default_factory=deque)
    done: int = 0  # jobs of the first batch that are answered
    since: float = 0.0  # when it last answered, or was given work


class Box:
    """A few reading processes behind one iterator; close it, or use it in a `with` block.

    `loader` names the function that finds a page's bytes, as `module:function` (archive.reading.job.Loader): the
    worker fetches them itself, so that the parent neither reads nor decompresses. `memory_bytes` is what a worker may
    take beyond what it begins with, some 130 MB.
    """

    def __init__(
        self,
        loader: str,
        *,
        workers: int = 2,
        cpu_s: float = 3.0,
        deadline_s: float = 30.0,
        memory_bytes: int = 220 << 20,
        recycle_rss: int = 250 << 20,
    ) -> None:
        self.limits = Limits(cpu_s, memory_bytes, recycle_rss)
        self.deadline_s = deadline_s
        self.restarts = 0
        self._control, far = socket.socketpair()
        self._control.settimeout(WARM_UP_S)
        boot = BOOT.format(path=sys.path, fd=far.fileno(), loader=loader)
        self._zygote = subprocess.Popen([sys.executable, "-c", boot], pass_fds=[far.fileno()])
        far.close()
        if self._control.recv(1) != b"!":
            self.close()
            raise ReadingError(loader, "the reading process could not start; its error is above")
        self._workers = [self._start() for _ in range(workers)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every process of the box; what was not read stays unread."""
        for worker in getattr(self, "_workers", []):
            worker.link.close()
            self._kill(worker.pid)
        self._control.close()
        self._zygote.wait()

    def read_many(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Reading]]:
        """Yield every job with its reading, in the order asked for; a bounded number is read ahead.

        One call at a time. What was read ahead is dropped when the caller stops early.
        """
        waiting: deque[Batch] = deque()
        try:
            yield from self._read(jobs, waiting)
        finally:
            for worker in [w for w in self._workers if w.batches]:
                self._kill(worker.pid)
                self._replace(worker, waiting)

    def _read(self, jobs: Iterable[Job], waiting: deque[Batch]) -> Iterator[tuple[Job, Reading]]:
        batches = self._batches(jobs)
        asked: dict[int, Job] = {}
        answered: dict[int, Reading] = {}
        following, exhausted = 0, False
        while True:
            limit = following + BATCH * AHEAD * len(self._workers) * 4
            exhausted = self._hand_out(batches, waiting, asked, limit) or exhausted
            while following in answered:
                yield asked.pop(following), answered.pop(following)
                following += 1
            if not asked:
                if exhausted and not waiting:
                    return
                continue
            self._collect(answered, waiting)

    def _batches(self, jobs: Iterable[Job]) -> Iterator[Batch]:
        """Group neighbours in one file: whoever opened it for one page has it at hand for the next."""
        first, group = 0, list[Job]()
        for job in jobs:
            if group and (len(group) == BATCH or job.path != group[0].path):
                yield Batch(first, tuple(group), self.limits)
                first, group = first + len(group), []
            group.append(job)
        if group:
            yield Batch(first, tuple(group), self.limits)

    def _hand_out(self, batches: Iterator[Batch], waiting: deque[Batch], asked: dict[int, Job], limit: int) -> bool:
        """Give every worker work up to AHEAD batches; True if there is no more to give."""
        for worker in sorted(self._workers, key=lambda w: len(w.batches)):
            while len(worker.batches) < AHEAD:
                batch = waiting.popleft() if waiting else None
                if batch is None:
                    if asked and max(asked) >= limit:
                        return False
                    batch = next(batches, None)
                if batch is None:
                    return True
                asked.update(enumerate(batch.jobs, batch.first))
                self._send(worker, batch)
        return False

    def _send(self, worker: _Worker, batch: Batch) -> None:
        if not worker.batches:
            worker.since = time.monotonic()
        worker.batches.append(batch)
        # A worker that has died is seen, and its batches handed on, when its link is read.
        with suppress(BrokenPipeError, ConnectionResetError):
            worker.link.send(batch)

    def _collect(self, answered: dict[int, Reading], waiting: deque[Batch]) -> None:
        """Take what the workers have to say, waiting no longer than the nearest deadline."""
        busy = {w.link: w for w in self._workers if w.batches}
        nearest = min(w.since for w in busy.values()) + self.deadline_s - time.monotonic()
        for link in wait(list(busy), timeout=max(0.0, nearest)):
            self._hear(busy[link], answered, waiting)  # type: ignore[index]  # wait() returns what it was given
        for worker in list(self._workers):
            if worker.batches and time.monotonic() - worker.since > self.deadline_s:
                self._kill(worker.pid)
                self._bury(worker, answered, waiting, "wall deadline")

    def _hear(self, worker: _Worker, answered: dict[int, Reading], waiting: deque[Batch]) -> None:
        try:
            said: tuple[int, Reading] | None = worker.link.recv()
        except (EOFError, ConnectionResetError):
            self._bury(worker, answered, waiting, "")
            return
        if said is None:
            self._replace(worker, waiting)
            return
        number, answered[number] = said
        worker.since = time.monotonic()
        worker.done += 1
        if worker.done == len(worker.batches[0].jobs):
            worker.batches.popleft()
            worker.done = 0

    def _bury(self, worker: _Worker, answered: dict[int, Reading], waiting: deque[Batch], why: str) -> None:
        """Give the page a worker died of its outcome, and the rest of its work to a new one."""
        code = self._replace(worker, waiting, spare=1)
        cpu = code == -signal.SIGPROF
        reason = why or ("CPU limit" if cpu else f"the reading process ended with {code}")
        outcome = Reading("timeout" if cpu or why else "unreadable", READER, reason=reason)
        answered[worker.batches[0].first + worker.done] = outcome

    def _replace(self, worker: _Worker, waiting: deque[Batch], spare: int = 0) -> int:
        """Start a successor; unread jobs go back to the front, less the `spare` one that did it."""
        worker.link.close()
        code = self._status(worker.pid)
        skip = worker.done + spare
        left = list(worker.batches)
        if left:
            head = left[0]
            left[0] = Batch(head.first + skip, head.jobs[skip:], head.limits)
        waiting.extendleft(b for b in reversed(left) if b.jobs)
        self._workers[self._workers.index(worker)] = self._start()
        self.restarts += 1
        return code

    def _start(self) -> _Worker:
        near, far = socket.socketpair()
        socket.send_fds(self._control, [ASK_FORK], [far.fileno()])
        pid = int.from_bytes(self._control.recv(PID))
        far.close()
        return _Worker(pid, Connection(near.detach()))

    def _status(self, pid: int) -> int:
        self._control.sendall(ASK_STATUS + pid.to_bytes(PID))
        return int.from_bytes(self._control.recv(PID), signed=True)

    @staticmethod
    def _kill(pid: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
