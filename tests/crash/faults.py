"""Run a program that is killed at a chosen point of its work with files: between write, fsync, commit and rename.

    python -m tests.crash.faults POINT:COUNT MODULE [ARGUMENT...]

The points lie at the border of the operating system and of SQLite, so the program itself knows nothing of them: what
is killed here is what runs everywhere. SIGKILL at the COUNT-th time a point is passed; the process has no last word.
"""

import os
import runpy
import signal
import sqlite3
import sys
from collections.abc import Callable, Sequence
from functools import partial, wraps
from pathlib import Path
from typing import Literal, ParamSpec, TypeVar, get_args

P = ParamSpec("P")
R = TypeVar("R")

Point = Literal[
    "write-before",
    "write-half",
    "write-after",
    "sync-before",
    "sync-after",
    "commit-before",
    "commit-after",
    "rename-before",
    "rename-after",
    "manifest-before",
    "manifest-after",
    "cut-before",
]
"""Where a process may die: `write` and `sync` are a WARC file's, `commit` is a database's, `cut` a recovery's.

A `manifest` takes its name just before its file does.
"""

POINTS: tuple[Point, ...] = get_args(Point)


class _Fate:
    """Counts how often the chosen point is passed, and ends the process there."""

    def __init__(self, point: Point, count: int) -> None:
        self.point, self.left = point, count

    def passes(self, point: Point) -> bool:
        """True if the process is to die at this point, now."""
        if point == self.point:
            self.left -= 1
        return point == self.point and self.left == 0

    def at(self, point: Point) -> None:
        if self.passes(point):
            os.kill(os.getpid(), signal.SIGKILL)


def arm(point: Point, count: int) -> None:
    """Make this process die at the count-th passage of the point."""
    fate = _Fate(point, count)
    replaced: tuple[tuple[object, str, object], ...] = (
        (os, "write", _write(fate, os.write)),
        (os, "fdatasync", _around(fate, "sync-before", "sync-after", os.fdatasync)),
        (os, "ftruncate", _around(fate, "cut-before", None, os.ftruncate)),
        (Path, "rename", _around(fate, "rename-before", "rename-after", Path.rename)),
        (
            Path,
            "replace",
            _of_manifests(_around(fate, "manifest-before", "manifest-after", Path.replace), Path.replace),
        ),
        (sqlite3, "connect", partial(sqlite3.connect, factory=_connection(fate))),
    )
    for owner, name, killing in replaced:
        setattr(owner, name, killing)


def _write(fate: _Fate, write: Callable[[int, bytes], int]) -> Callable[[int, bytes], int]:
    def killing(descriptor: int, data: bytes) -> int:
        if not _is_warc(descriptor):
            return write(descriptor, data)
        fate.at("write-before")
        if fate.passes("write-half"):
            write(descriptor, data[: len(data) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        done = write(descriptor, data)
        fate.at("write-after")
        return done

    return killing


def _is_warc(descriptor: int) -> bool:
    return ".warc.gz" in Path(f"/proc/self/fd/{descriptor}").readlink().name


def _of_manifests(killing: Callable[[Path, Path], Path], plain: Callable[[Path, Path], Path]) -> object:
    return lambda path, target: (killing if path.name.endswith(".sha256.new") else plain)(path, target)


def _around(fate: _Fate, before: Point, after: Point | None, action: Callable[P, R]) -> Callable[P, R]:
    @wraps(action)
    def killing(*args: P.args, **kwargs: P.kwargs) -> R:
        fate.at(before)
        done = action(*args, **kwargs)
        if after:
            fate.at(after)
        return done

    return killing


def _connection(fate: _Fate) -> type[sqlite3.Connection]:
    class Killing(sqlite3.Connection):
        def execute(  # type: ignore[override]  # what sqlite3 can bind is not ours to list
            self, sql: str, values: Sequence[object] | dict[str, object] = (), /
        ) -> sqlite3.Cursor:
            if sql != "COMMIT":
                return super().execute(sql, values)
            fate.at("commit-before")
            cursor = super().execute(sql)
            fate.at("commit-after")
            return cursor

    return Killing


def main() -> None:
    fault, module, *arguments = sys.argv[1:]
    name, _, count = fault.partition(":")
    arm(next(point for point in POINTS if point == name), int(count))
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
