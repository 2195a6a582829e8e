"""Mend what a crash left: cut every abandoned file to its last whole exchange, and give it its final name."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from archive.errors import DamageError, NoSpaceError
from archive.layout import OPEN_SUFFIX, keep_private, stored_name
from archive.model import Capture
from archive.warc.fixity import manifest_of, sync_directory, write_manifest
from archive.warc.openfile import is_same_file, take_lock
from archive.warc.walk import captures


@dataclass(frozen=True, slots=True)
class Recovered:
    """One file that is whole again: its stored name, the captures that were asked for, and how many bytes were cut."""

    file: str
    captures: tuple[Capture, ...]
    cut_bytes: int
    exchanges: int = 0  # whole ones in the file, asked for or not


def recover(
    directory: Path,
    *,
    keep: Callable[[Capture], bool] = lambda _: True,
    adopt: Callable[[Recovered], None] = lambda _: None,
    manifests: Path | None = None,
) -> tuple[Recovered, ...]:
    """Mend the files that no living process writes, and return what each of them holds.

    What is cut off is kept beside the file as NAME.torn-OFFSET; a file in which nothing is whole leaves only that.
    All captures of a file of 1 GB take some 200 MB of memory: `keep` chooses those that are returned. `adopt` is called
    with each file while it is still `.open`: if that fails, or the machine does, the next recovery brings it again. Its
    manifest goes to the folder of `manifests`, if one is given, before it gets its name.
    """
    found = (_recover(path, keep, adopt, manifests) for path in sorted(directory.glob(f"*.warc.gz{OPEN_SUFFIX}")))
    return tuple(file for file in found if file)


def _recover(
    path: Path,
    keep: Callable[[Capture], bool],
    adopt: Callable[[Recovered], None],
    manifests: Path | None,
) -> Recovered | None:
    final = path.with_name(stored_name(path))
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None  # its writer closed it just now
    try:
        if not take_lock(descriptor) or not is_same_file(path, descriptor):
            return None
        if final.exists():
            raise DamageError(path, 0, f"{final.name} exists as well; keep both, and move one of them away")
        found, types = _mend(path, descriptor, keep)
        adopt(found)
        if types:
            if manifests:
                write_manifest(manifests, manifest_of(path, final.name, types))
            path.rename(final)
        else:
            path.unlink()
        sync_directory(path.parent)
        return found
    finally:
        os.close(descriptor)


def _mend(path: Path, descriptor: int, keep: Callable[[Capture], bool]) -> tuple[Recovered, list[str]]:
    """Cut the file, and return what it holds, and the types of its records: none if nothing is left of it."""
    seen: list[tuple[int, str]] = []
    walk, kept, count = captures(path, look=lambda member: seen.append((member.end, member.type))), [], 0
    for capture in walk:
        count += 1
        if keep(capture):
            kept.append(capture)
    good, size = walk.tail.good_end, path.stat().st_size
    if good < size:
        _keep_aside(path, good)
        os.ftruncate(descriptor, good)
    os.fsync(descriptor)
    types = [name for end, name in seen if end <= good]
    return Recovered(stored_name(path), tuple(kept), size - good, count), types


def _keep_aside(path: Path, offset: int) -> None:
    """Copy the tail away durably before anything is cut: it may hold what someone can still read."""
    aside = path.with_name(f"{stored_name(path)}.torn-{offset}")
    try:
        keep_private(aside)
        with path.open("rb") as source, aside.open("wb") as target:
            source.seek(offset)
            shutil.copyfileobj(source, target)
            target.flush()
            os.fsync(target.fileno())
        sync_directory(path.parent)
    except OSError as error:
        raise NoSpaceError(aside, error.strerror or str(error)) from error
