"""Cut records out of a WARC file for good: the file is written anew without them, all of it or nothing."""

import gzip
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import IO

from archive.errors import DamageError
from archive.layout import keep_private, stored_name
from archive.warc.exchanges import PRIMARY, Exchanges
from archive.warc.fixity import sync_directory
from archive.warc.members import Member, bare, members
from archive.warc.shape import Shape, open_unpacked, shape_of

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Removed:
    """An exchange that was cut out: its main record, the ids of all its records, and where it lay."""

    id: str
    url: str
    date: str
    type: str
    payload_digest: str | None
    file: str
    offset: int
    length: int
    records: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """Return it as plain values with stable keys."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Cut:
    """What is to be cut out of one file, in file order."""

    path: Path
    removed: tuple[Removed, ...]

    @property
    def ranges(self) -> tuple[tuple[int, int], ...]:
        """The byte ranges that go."""
        return tuple((one.offset, one.offset + one.length) for one in self.removed)


def find_cuts(paths: Sequence[Path], doomed: frozenset[str], progress: Callable[[str], None]) -> tuple[Cut, ...]:
    """Return what must be cut out of these files for records of those ids to be gone.

    An exchange goes as a whole. A record is looked for in every file, as a copy may lie in a second one; a revisit of a
    record that goes, goes with it, for the bytes it stands for are no longer there.
    """
    while True:
        found = tuple(_cut_of(path, doomed, progress) for path in paths)
        wider = doomed | {one.id for cut in found for one in cut.removed}
        if wider == doomed:
            return tuple(cut for cut in found if cut.removed)
        doomed = wider


def excise(cut: Cut) -> None:
    """Write the file anew without what is cut out; DamageError, and the file as it was, if that did not work.

    What lies between records, damage above all, is kept as it is.
    """
    part = cut.path.with_name(cut.path.name + ".part")
    try:
        with _reading(cut.path) as source, _writing(part, cut.path) as out:
            _copy_around(source, out, cut.ranges)
        _prove(cut, part)
        shutil.copymode(cut.path, part)
        part.replace(cut.path)
    finally:
        part.unlink(missing_ok=True)
    sync_directory(cut.path.parent)


def _cut_of(path: Path, doomed: frozenset[str], progress: Callable[[str], None]) -> Cut:
    progress(stored_name(path))
    found = (_removed(path, exchange) for exchange in Exchanges(path) if _is_doomed(exchange, doomed))
    return Cut(path, tuple(found))


def _is_doomed(exchange: tuple[Member, ...], doomed: frozenset[str]) -> bool:
    return any(
        member.id in doomed or (member.type == "revisit" and bare(member.get("warc-refers-to") or "") in doomed)
        for member in exchange
    )


def _removed(path: Path, exchange: tuple[Member, ...]) -> Removed:
    main = next((member for member in exchange if member.type in PRIMARY), exchange[0])
    return Removed(
        id=main.id,
        url=main.url,
        date=main.get("warc-date") or "",
        type=main.type,
        payload_digest=main.get("warc-payload-digest"),
        file=stored_name(path),
        offset=exchange[0].offset,
        length=exchange[-1].end - exchange[0].offset,
        records=tuple(member.id for member in exchange),
    )


@contextmanager
def _reading(path: Path) -> Iterator[IO[bytes]]:
    """Open a file so that offsets of records count its bytes."""
    with open_unpacked(path, shape_of(path)) as source:
        yield source  # type: ignore[misc]  # TornGzip reads like any file


@contextmanager
def _writing(part: Path, like: Path) -> Iterator[IO[bytes]]:
    """Open a file to be written, packed as the other one; what was written is durable at the end."""
    keep_private(part)
    with part.open("wb") as out:
        if shape_of(like) is Shape.ONE_PIECE:
            with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as packed:
                yield packed  # type: ignore[misc]  # GzipFile writes like any file
        else:
            yield out
        out.flush()
        os.fsync(out.fileno())


def _copy_around(source: IO[bytes], out: IO[bytes], ranges: Sequence[tuple[int, int]]) -> None:
    """Copy all but the ranges."""
    kept = pairwise((0, *(place for pair in ranges for place in pair)))
    at = 0
    for n, (start, end) in enumerate(kept):
        if n % 2 == 0:
            source.seek(start)
            left = end - start
            while left and (piece := source.read(min(_CHUNK, left))):
                out.write(piece)
                left -= len(piece)
        at = end
    source.seek(at)
    while piece := source.read(_CHUNK):
        out.write(piece)


def _prove(cut: Cut, part: Path) -> None:
    """Raise DamageError unless the new file holds every record of the old one but those, in the same order."""
    gone = {record for one in cut.removed for record in one.records}
    wanted = (member.id for member in members(cut.path, past_damage=True) if member.id not in gone)
    have = (member.id for member in members(part, past_damage=True))
    for n, (old, new) in enumerate(zip_longest(wanted, have)):
        if old != new:
            raise DamageError(cut.path, 0, f"rewriting it would have changed record {n + 1}; nothing was removed")
