"""Bags: an archive as libraries hand collections on (BagIt 1.0, RFC 8493), with every file's SHA-256."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from archive.errors import ConfigError, NoSpaceError
from archive.layout import Layout
from archive.warc.fixity import sha256_of

_DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


@dataclass(frozen=True, slots=True)
class Bag:
    """What was put into a bag."""

    files: int
    size_bytes: int


def make_bag(layout: Layout, folder: Path, *, progress: Callable[[str], None] = lambda _: None) -> Bag:
    """Copy what an archive is into a new folder, and return how much it was.

    In it: the closed WARC files and their manifests, the site files, the published catalogue. Files of one disk are
    linked, not copied. ConfigError if the folder is there already.
    """
    if folder.exists():
        raise ConfigError(folder, "", "there is something already; name a folder that is not there")
    digests: list[tuple[str, str]] = []
    size = 0
    try:
        for source, name in _payload(layout):
            progress(name)
            target = folder / "data" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            _link_or_copy(source, target)
            digests.append((sha256_of(target), f"data/{name}"))
            size += target.stat().st_size
        _write_tags(folder, digests, size)
    except OSError as error:
        raise NoSpaceError(folder, error.strerror or str(error)) from error
    return Bag(len(digests), size)


def _payload(layout: Layout) -> Iterator[tuple[Path, str]]:
    for path in layout.warc_files(with_open=False):
        yield path, f"warc/{path.name}"
    for folder in (layout.manifests, layout.sites, layout.public):
        for path in sorted(folder.glob("*")):
            if path.is_file() and path.suffix in (".sha256", ".toml", ".db"):
                yield path, f"{folder.name}/{path.name}"


def _link_or_copy(source: Path, target: Path) -> None:
    if source.suffix == ".gz":  # never written to again; the others are replaced, and a link would follow none of it
        try:
            target.hardlink_to(source)
        except OSError:
            shutil.copyfile(source, target)
        return
    shutil.copyfile(source, target)


def _write_tags(folder: Path, digests: list[tuple[str, str]], size_bytes: int) -> None:
    tags = {
        "bagit.txt": _DECLARATION,
        "bag-info.txt": f"Payload-Oxum: {size_bytes}.{len(digests)}\nBag-Software-Agent: Dateline\n",
        "manifest-sha256.txt": "".join(f"{sha256}  {name}\n" for sha256, name in digests),
    }
    for name, text in tags.items():
        (folder / name).write_text(text, "utf-8")
    listed = "".join(f"{sha256_of(folder / name)}  {name}\n" for name in tags)
    (folder / "tagmanifest-sha256.txt").write_text(listed, "utf-8")
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
