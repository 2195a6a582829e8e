"""A loader for the tests of the box: a page is a slice of a file, and some files misbehave as loaders can."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Slice:
    body: bytes
    headers: tuple[tuple[str, str], ...] = (("content-type", "text/html; charset=utf-8"),)


def slice_of(path: str, offset: int, length: int) -> Slice:
    """Return the bytes there; files named after a fault have it."""
    name = Path(path).name
    if name == "spin":
        while True:
            pass
    if name == "sleep":
        time.sleep(600)
    if name == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if name == "eat":
        return Slice(bytes(4 << 30))
    with Path(path).open("rb") as handle:
        handle.seek(offset)
        return Slice(handle.read(length))
