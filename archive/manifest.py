"""Manifests: what a closed WARC file must be, provable years later with `sha256sum` and nothing of ours.

`manifests/NAME.sha256` holds one line that `sha256sum -c` reads, from the archive's folder, and comments with the size
and the number of records of each type.
"""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

from archive.errors import DamageError
from archive.layout import Layout
from archive.warc.check import check_file

SUFFIX = ".sha256"
_LINE = re.compile(r"(?P<sha256>[0-9a-f]{64})  warc/(?P<file>[^/]+)")
_VERSION = "# dateline-manifest: 1"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one closed file is: its stored name, SHA-256, size, and how many records of each type it holds."""

    file: str
    sha256: str
    size_bytes: int
    records: tuple[tuple[str, int], ...] = ()

    def text(self) -> str:
        """Return the manifest as it is written down."""
        counts = ", ".join(f"{name} {count}" for name, count in self.records)
        total = sum(count for _, count in self.records)
        return (
            f"{_VERSION}\n# size: {self.size_bytes}\n# records: {total} ({counts})\n{self.sha256}  warc/{self.file}\n"
        )


def folder_of(layout: Layout) -> Path:
    """Return where the manifests of an archive lie."""
    return layout.root / "manifests"


def write_manifests(layout: Layout, *, progress: Callable[[str], None] = lambda _: None) -> tuple[Manifest, ...]:
    """Write a manifest for every closed file that has none, and return those; an old one is never written anew.

    DamageError if such a file is not whole: a manifest must not vouch for damage.
    """
    folder = folder_of(layout)
    folder.mkdir(mode=0o750, exist_ok=True)
    written = []
    for path in layout.warc_files(with_open=False):
        target = folder / (path.name + SUFFIX)
        if not target.exists():
            progress(path.name)
            manifest = manifest_of(path)
            _write(target, manifest.text())
            written.append(manifest)
    return tuple(written)


def renew_manifest(layout: Layout, path: Path) -> None:
    """Write a mended file's manifest anew; the one of the file as it was is kept as NAME.sha256.harmed."""
    target = folder_of(layout) / (path.name + SUFFIX)
    if target.exists():
        target.replace(target.with_name(target.name + ".harmed"))
        _write(target, manifest_of(path).text())


def manifest_of(path: Path) -> Manifest:
    """Return the manifest of a closed file; DamageError if it is not whole."""
    check = check_file(path)
    if wrong := [*check.problems, *([check.tail] if check.tail else [])]:
        raise DamageError(path, *min(wrong))
    return Manifest(path.name, sha256_of(path), path.stat().st_size, tuple(sorted(Counter(check.types).items())))


def read_manifests(layout: Layout) -> tuple[dict[str, Manifest], tuple[str, ...]]:
    """Return the manifests of an archive by stored name, and the names of those that cannot be read."""
    read = [(path.name, _parse(path)) for path in sorted(folder_of(layout).glob("*" + SUFFIX))]
    unreadable = tuple(name for name, manifest in read if manifest is None)
    return {manifest.file: manifest for _, manifest in read if manifest}, unreadable


def differences(manifest: Manifest, path: Path) -> Iterator[str]:
    """Yield in which ways a file is not the one its manifest was written for."""
    size = path.stat().st_size
    if size != manifest.size_bytes:
        yield f"{size} bytes long; its manifest says {manifest.size_bytes}"
    elif sha256_of(path) != manifest.sha256:
        yield "its SHA-256 is not that of its manifest"


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in base 16."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _parse(path: Path) -> Manifest | None:
    *comments, line = path.read_text("utf-8", "replace").splitlines() or [""]
    said = dict(comment.removeprefix("# ").split(": ", 1) for comment in comments if ": " in comment)
    found = _LINE.fullmatch(line)
    if not found or found["file"] + SUFFIX != path.name or not said.get("size", "").isdecimal():
        return None
    return Manifest(found["file"], found["sha256"], int(said["size"]))


def _write(target: Path, text: str) -> None:
    fresh = target.with_name(target.name + ".new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(target)
