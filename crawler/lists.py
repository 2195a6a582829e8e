"""Conclude a visit from its record; what lists links and is large is read in a process that can be killed.

A sitemap of 50 MB takes six seconds to read, a bomb two, and what a hostile document takes nobody knows. The reactor
does none of that: every host of the crawl would wait. A list that is not read in time is a visit that failed.
"""

import os
import resource
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from threading import Lock
from types import TracebackType
from typing import Self

from archive.errors import RecordError
from archive.layout import OPEN_SUFFIX
from archive.memory_limit import limit_memory
from archive.model import Capture, Record
from archive.plainlog import plain_logs
from archive.warc.walk import page_bytes
from crawler.conclude import Rules, conclude
from crawler.frontier import Finish, Original, Visit
from crawler.robots import MAX_ROBOTS_BYTES

SMALL_BYTES = 128 << 10  # nine of ten feeds; the worst document of that size took 0.1 s
MAX_LIST_BYTES = 50 << 20  # the sitemap protocol's limit, unpacked
CPU_S = 20.0  # an honest sitemap of 50 MB takes eight
DEADLINE_S = 120.0  # a machine that does other things must not turn an honest list into a failure
PART = 500  # entries in one message
MEMORY_BYTES = 280 << 20  # beyond the 60 MB it begins with; an honest sitemap of 50 MB takes 240
NICE = 5  # whoever waits for a page goes first
RECYCLE_BYTES = 200 << 20  # of a reader that has once held more, the system gets it back
BOOT = "import sys; sys.path[:] = {path!r}; from crawler.lists import main; main({fd})"
READERS = 2  # a hostile list occupies one for CPU_S at most


@dataclass(frozen=True, slots=True)
class Job:
    """A visit whose exchange is stored: `record`, in the file at `path`, holds its body, None if nobody reads it."""

    visit: Visit
    capture: Capture
    rules: Rules
    now: datetime
    path: Path | None = None
    record: Record | None = None
    original: Original | None = None

    @property
    def is_small(self) -> bool:
        """True if reading its body cannot take long: of a robots.txt, only so much is ever read."""
        if self.record is None or self.visit.role == "robots":
            return True
        if (self.capture.payload_length or 0) >= SMALL_BYTES:
            return False
        return len(self._body(SMALL_BYTES)) < SMALL_BYTES

    def conclude(self) -> Finish:
        """Return how the visit ended."""
        body = self._body(MAX_ROBOTS_BYTES if self.visit.role == "robots" else MAX_LIST_BYTES)
        return conclude(self.visit, self.capture, body, self.rules, self.now, original=self.original)

    def _body(self, limit: int) -> bytes:
        """Return the beginning of the decoded answer, `limit` bytes at most."""
        if self.record is None or self.path is None:
            return b""
        return page_bytes(_as_it_lies(self.path), self.capture, self.record, limit=limit).body[:limit]

    def given_up(self, why: str) -> Finish:
        """Return how the visit ended if its list could not be read."""
        finish = conclude(self.visit, self.capture, b"", self.rules, self.now, original=self.original)
        return replace(finish, reason=why)


class ListReader:
    """Reads lists in processes of its own; for any thread. Close it, or use it in a `with` block."""

    def __init__(
        self, *, cpu_s: float = CPU_S, deadline_s: float = DEADLINE_S, memory_bytes: int = MEMORY_BYTES
    ) -> None:
        self._limits = (cpu_s, memory_bytes)
        self._deadline_s = deadline_s
        self._idle: SimpleQueue[_Child | None] = SimpleQueue()
        for _ in range(READERS):
            self._idle.put(None)
        self._lock = Lock()
        self._children: set[_Child] = set()
        self.killed = 0

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
        """End its processes, whatever they are at."""
        for child in tuple(self._children):
            child.kill()
        for _ in range(READERS):
            self._end(self._idle.get())

    def conclude(self, job: Job) -> Finish:
        """Return how a visit ended; here if its list is small, in another process otherwise."""
        if job.is_small:
            return job.conclude()
        child = self._idle.get()
        try:
            if child is None:
                child = self._begin()
            finish, is_worn = child.ask(job, self._deadline_s)
            if is_worn:
                self._end(child)
                child = None
        except (EOFError, OSError) as error:
            self.killed += 1
            finish = job.given_up(f"its list could not be read: {_why(error, child)}")
            self._end(child)
            child = None
        finally:
            self._idle.put(child)
        return finish

    def _begin(self) -> "_Child":
        with self._lock:
            child = _Child(*self._limits)
            self._children.add(child)
            return child

    def _end(self, child: "_Child | None") -> None:
        if child is not None:
            self._children.discard(child)
            child.end()


class _Child:
    """One reading process, and the line to it."""

    def __init__(self, cpu_s: float, memory_bytes: int) -> None:
        near, far = socket.socketpair()
        boot = BOOT.format(path=sys.path, fd=far.fileno())
        environment = {**os.environ, "MALLOC_ARENA_MAX": "1"}
        self._process = subprocess.Popen([sys.executable, "-c", boot], pass_fds=[far.fileno()], env=environment)
        far.close()
        self._line = Connection(near.detach())
        self._line.send((cpu_s, memory_bytes))

    def ask(self, job: Job, deadline_s: float) -> tuple[Finish, bool]:
        """Return what the process concluded, and whether it is better replaced; OSError or EOFError if it did not."""
        self._line.send(job)
        if not self._line.poll(deadline_s):
            raise TimeoutError(f"no answer in {deadline_s:.0f} s")
        finish, parts, is_worn = self._line.recv()
        # In parts: whoever takes one apart keeps the reactor waiting for as long as that takes.
        entries = tuple(chain.from_iterable(self._line.recv() for _ in range(parts)))
        return replace(finish, entries=entries), is_worn

    def kill(self) -> None:
        """End it from another thread: whoever waits for its answer learns of it."""
        self._process.kill()

    def end(self) -> None:
        """End it."""
        self._line.close()
        self._process.kill()
        self._process.wait()

    @property
    def status(self) -> int | None:
        """How it ended, None if it has not."""
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(1.0)
        return None


def _why(error: BaseException, child: _Child | None) -> str:
    if isinstance(error, TimeoutError) or child is None:
        return str(error)
    return "it took too much CPU time" if child.status == -signal.SIGPROF else f"its reader ended with {child.status}"


def _as_it_lies(path: Path) -> Path:
    """Return where the file lies now: it loses its `.open` when the crawl closes it."""
    return path if path.exists() else path.with_name(path.name.removesuffix(OPEN_SUFFIX))


# ---------------------------------------------------------------------- the other side


def main(descriptor: int) -> None:
    """Conclude jobs until the line is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the crawl, which ends us when it is done
    with Connection(descriptor) as line:
        cpu_s, memory_bytes = line.recv()
        os.nice(NICE)
        plain_logs()
        limit_memory(memory_bytes)
        with suppress(EOFError, ConnectionResetError):
            while True:
                job: Job = line.recv()
                # SIGPROF is left to its default, which ends the process wherever it is: in C code as well.
                signal.setitimer(signal.ITIMER_PROF, cpu_s)
                finish = _concluded(job)
                signal.setitimer(signal.ITIMER_PROF, 0)
                parts = [finish.entries[start : start + PART] for start in range(0, len(finish.entries), PART)]
                line.send((replace(finish, entries=()), len(parts), _is_worn()))
                for part in parts:
                    line.send(part)


def _is_worn() -> bool:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 > RECYCLE_BYTES


def _concluded(job: Job) -> Finish:
    try:
        return job.conclude()
    except (MemoryError, RecordError, RecursionError) as error:
        return job.given_up(f"its list could not be read: {type(error).__name__} {error}".strip())
