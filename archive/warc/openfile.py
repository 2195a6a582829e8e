"""One WARC file between its first byte and its final name: created, locked, appended to, made durable, renamed."""

import os
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from fcntl import LOCK_EX, LOCK_NB, flock
from itertools import islice
from pathlib import Path
from typing import Self

from archive.errors import NoSpaceError
from archive.layout import OPEN_SUFFIX
from archive.model import Record
from archive.warc.fixity import Tally, sync_directory, write_manifest
from archive.warc.pack import Piece
from archive.warc.record import Written

_AT_ONCE = 1_000  # pieces in one call of writev: the kernel takes 1,024
_MODE = 0o640  # captures may hold what only the crawl was meant to see


class OpenFile:
    """One WARC file between its first byte and its final name."""

    def __init__(self, final: Path, descriptor: int, begun_at: datetime) -> None:
        self.final, self.begun_at = final, begun_at
        self.path = final.with_name(final.name + OPEN_SUFFIX)
        self.size = 0
        self.warcinfo_id = ""
        self._descriptor = descriptor
        self._is_sound = True
        self._tally = Tally()

    @classmethod
    def create(cls, final: Path, begun_at: datetime) -> Self | None:
        """Return a new, locked, empty file; None if the name is taken."""
        path = final.with_name(final.name + OPEN_SUFFIX)
        if final.exists():
            return None
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)
        except FileExistsError:
            return None
        except OSError as error:
            raise NoSpaceError(path, error.strerror or str(error)) from error
        # A recovery that looks at this moment may take the lock, or the file, of a name just made.
        if not take_lock(descriptor) or not is_same_file(path, descriptor):
            os.close(descriptor)
            return None
        return cls(final, descriptor, begun_at)

    def begin(self, warcinfo: Written) -> None:
        """Write the opening record, and make the name itself durable."""
        self.warcinfo_id = warcinfo.id
        try:
            self.append((warcinfo,))
            sync_directory(self.path.parent)
        except (OSError, NoSpaceError) as error:
            self.path.unlink()
            os.close(self._descriptor)
            if isinstance(error, NoSpaceError):
                raise
            raise NoSpaceError(self.path, error.strerror or str(error)) from error

    def append(self, written: Sequence[Written]) -> tuple[Record, ...]:
        """Write the records as one piece and return where each lies."""
        start, name = self.size, self.final.name
        self._write_all([piece for record in written for piece in record.pieces])
        for record in written:
            self._tally.add(record.pieces, record.type)
        positions = []
        for record in written:
            positions.append(Record(name, start, record.size_bytes, record.id))
            start += record.size_bytes
        return tuple(positions)

    def _write_all(self, pieces: Sequence[Piece]) -> None:
        if not self._is_sound:
            raise NoSpaceError(self.path, "an earlier write failed")
        try:
            left = deque(memoryview(piece) for piece in pieces if piece)
            while left:
                # One call for an exchange that is not large. A full disk shows first as a short write, no error yet.
                done = os.writev(self._descriptor, list(islice(left, _AT_ONCE)))
                while left and done >= len(left[0]):
                    done -= len(left.popleft())
                if left:
                    left[0] = left[0][done:]
        except OSError as error:
            self._take_back()
            raise NoSpaceError(self.path, error.strerror or str(error)) from error
        self.size += sum(map(len, pieces))

    def _take_back(self) -> None:
        try:
            os.ftruncate(self._descriptor, self.size)
            os.lseek(self._descriptor, self.size, os.SEEK_SET)
        except OSError:
            self._is_sound = False  # left `.open`: recovery cuts it

    def sync(self) -> None:
        try:
            os.fdatasync(self._descriptor)
        except OSError as error:
            # After a failed fsync the kernel may have dropped the pages: asking again would lie.
            self._is_sound = False
            raise NoSpaceError(self.path, error.strerror or str(error)) from error

    def close(self, manifests: Path | None) -> None:
        """Make the file durable and give it its name, once its manifest is in that folder.

        A disk that has no room even for that leaves it `.open`: the next recovery writes both.
        """
        try:
            if self._is_sound:
                self.sync()
                with suppress(NoSpaceError):
                    self._settle(manifests)
        finally:
            os.close(self._descriptor)  # which also gives up the lock

    def _settle(self, manifests: Path | None) -> None:
        if manifests:
            write_manifest(manifests, self._tally.manifest(self.final.name))
        self.path.rename(self.final)
        sync_directory(self.path.parent)

    def abandon(self) -> None:
        """Let go of the file without giving it its name."""
        os.close(self._descriptor)


def take_lock(descriptor: int) -> bool:
    """Hold the file from now on; False if a living process does."""
    try:
        flock(descriptor, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_same_file(path: Path, descriptor: int) -> bool:
    """True if the name still leads to the open file."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
