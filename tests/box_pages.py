"""A loader for the tests of the box: a page is a slice of a file, and some files misbehave as loaders can."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

_KEPT: list[bytearray] = []  # what a page leaves behind in its worker


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
    if name.startswith(("take-", "keep-")):  # so many MiB, for as long as it takes to read the page, or for good
        taken = bytearray(int(name[5:]) << 20)
        if name.startswith("keep-"):
            _KEPT.append(taken)
        return Slice(b"<html><body><h1>Fog</h1><p>The ferry resumes on Tuesday, the port authority said.</p>")
    with Path(path).open("rb") as handle:
        handle.seek(offset)
        return Slice(handle.read(length))
