"""Manifests: what a closed WARC file must be, provable years later with `sha256sum` and nothing of ours.

`manifests/NAME.sha256` holds one line that `sha256sum -c` reads, from the archive's folder, and comments with the size
and the number of records of each type. A file of ours is hashed while it is written, and gets its final name only when
its manifest is on the disk.
"""

import os
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path

from archive.errors import NoSpaceError

SUFFIX = ".sha256"
_LINE = re.compile(r"(?P<sha256>[0-9a-f]{64})  warc/(?P<file>[^/]+)")
_COUNT = re.compile(r"([^\s,()]+) ([0-9]{1,18})(?=[,)])")
_VERSION = "# dateline-manifest: 1"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one closed file is: its stored name, SHA-256, size, and how many records of each type it holds."""

    file: str
    sha256: str
    size_bytes: int
    records: tuple[tuple[str, int], ...] = ()

    def counts(self, types: Iterable[str]) -> bool:
        """True if it was written for so many records of these types."""
        return dict(self.records) == Counter(types)

    def text(self) -> str:
        """Return the manifest as it is written down."""
        counts = ", ".join(f"{name} {count}" for name, count in self.records)
        total = sum(count for _, count in self.records)
        return (
            f"{_VERSION}\n# size: {self.size_bytes}\n# records: {total} ({counts})\n{self.sha256}  warc/{self.file}\n"
        )


class Tally:
    """What a file that grows is so far."""

    def __init__(self) -> None:
        self._sha256 = sha256()
        self._size = 0
        self._types = Counter[str]()

    def add(self, pieces: Iterable[bytes | memoryview], record_type: str) -> None:
        """Note a record that was appended."""
        for piece in pieces:
            self._sha256.update(piece)
            self._size += len(piece)
        self._types[record_type] += 1

    def manifest(self, file: str) -> Manifest:
        """Return the manifest of the file under that name, if it is to grow no more."""
        return Manifest(file, self._sha256.hexdigest(), self._size, tuple(sorted(self._types.items())))


def manifest_of(path: Path, file: str, types: Iterable[str]) -> Manifest:
    """Return the manifest of a file as it is, which is to be named so and holds records of those types."""
    return Manifest(file, sha256_of(path), path.stat().st_size, tuple(sorted(Counter(types).items())))


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in base 16."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write a manifest durably, in the place of an earlier one of that file; NoSpaceError if there is no room."""
    target = folder / (manifest.file + SUFFIX)
    fresh = target.with_name(target.name + ".new")
    try:
        folder.mkdir(mode=0o750, exist_ok=True)
        with fresh.open("w", encoding="utf-8") as file:
            file.write(manifest.text())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(target)
        sync_directory(folder)
    except OSError as error:
        raise NoSpaceError(target, error.strerror or str(error)) from error


def sync_directory(directory: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_manifest(path: Path) -> Manifest | None:
    """Return what a manifest says; None if it says nothing that can be read."""
    *comments, line = path.read_text("utf-8", "replace").splitlines() or [""]
    said = dict(comment.removeprefix("# ").split(": ", 1) for comment in comments if ": " in comment)
    found = _LINE.fullmatch(line)
    if not found or found["file"] + SUFFIX != path.name or not said.get("size", "").isdecimal():
        return None
    counts = _COUNT.findall(said.get("records", "").partition("(")[2])
    return Manifest(found["file"], found["sha256"], int(said["size"]), tuple((name, int(n)) for name, n in counts))
