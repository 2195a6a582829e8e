"""Take other archives' files in: as they are, each once, under a name that is free.

A WARC or ARC file is kept byte for byte, with two exceptions that nobody could replay: one gzip member around many
records is unpacked, and a WACZ package gives its WARC files. What was removed from the archive stays out of it: records
that a tombstone names are cut out of the file on its way in. What is wrong with a file is listed, and costs no more
than the records it hits. `dateline catalogue` then reads the captures as it reads our own, filed under the domain they
came from: what a file says of itself (its warcinfo) stays in it.
"""

import os
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from archive.errors import ArchiveError, ConfigError, NoSpaceError
from archive.excise import excise, find_cuts
from archive.layout import Layout, lock
from archive.tombstones import removed_ids
from archive.warc.check import check_file
from archive.warc.fixity import Manifest, sha256_of, sync_directory, write_manifest
from archive.warc.shape import GZIP, Shape, is_arc, open_unpacked, shape_of

Progress = Callable[[str], None]


class Source(Protocol):
    """Anything that gives bytes: a file, a member of a ZIP, what a gzip file inflates to."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, none at the end."""


_ZSTD = b"\x28\xb5\x2f\xfd"
_ZIP = b"PK\x03\x04"
_UNSAFE = re.compile(r"[^A-Za-z0-9._+~-]+")
_ENDINGS = re.compile(r"(?:\.(?:w?arc|gz|open|wacz))+\Z", re.IGNORECASE)
_NAME_CHARS = 180  # of 255 that file systems take: ours gain a digest, `.open` and `.cdxj`
_PIECE = 1 << 20
_MAX_DEFECTS = 1_000  # listed of one file


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one file: the name it has in the archive now, how much it holds, and what is wrong with it.

    `withheld` counts the captures that were left out because they had once been removed from this archive.
    """

    source: str
    name: str
    is_new: bool
    records: int = 0
    captures: int = 0
    withheld: int = 0
    defects: tuple[tuple[int, str], ...] = field(default=())  # offset, what

    def to_dict(self) -> dict[str, object]:
        """Return the file as plain values with stable keys."""
        return {
            "source": self.source,
            "file": self.name,
            "new": self.is_new,
            "records": self.records,
            "captures": self.captures,
            "withheld": self.withheld,
            "defects": [{"offset": offset, "what": what} for offset, what in self.defects],
        }

    def summary(self) -> str:
        """Return the file as lines for people."""
        head = f"{self.source}: {self.records:,} records, {self.captures:,} captures, as {self.name}."
        if not self.is_new:
            head = f"{self.source}: is here already, as {self.name}."
        kept_out = [f"  {self.withheld:,} captures left out: they were removed from this archive, and stay removed"]
        return "\n".join(
            [head, *kept_out[: self.withheld], *(f"  at {offset}: {what}" for offset, what in self.defects)]
        )


def import_files(
    layout: Layout, sources: Iterable[Path], *, link: bool = False, progress: Progress = lambda _: None
) -> tuple[Imported, ...]:
    """Bring files into the archive; what is there already, under whatever name, is left alone.

    With `link` a file on the same disk is not copied: nobody may change it then. ConfigError for a file that is none of
    WARC, ARC and WACZ, before anything is taken in; BusyError if another import is at work.
    """
    sources = tuple(sources)
    for source in sources:
        _require_known(source)
    with lock(layout.root / "import", "another import is at work"):
        for part in layout.warc.glob(".*.importing*"):
            part.unlink()  # of an import that was killed
        into = _Archive(layout, removed_ids(layout))
        return tuple(each for source in sources for each in _import(into, source, link=link, progress=progress))


@dataclass(frozen=True, slots=True)
class _Archive:
    """Where files go, and the ids of the records that must not."""

    layout: Layout
    removed: frozenset[str]


def _require_known(source: Path) -> None:
    with source.open("rb") as file:
        start = file.read(16)
    if start.startswith(_ZSTD):
        problem = "is compressed with zstd, which no replay tool can read in place; unpack it first: `zstd -d`"
        raise ConfigError(source, "", problem)
    is_package = start.startswith(_ZIP)
    if not start.startswith((b"WARC/", b"filedesc://", GZIP, _ZIP)) or (is_package and not _entries(source)):
        raise ConfigError(source, "", "is no WARC, ARC or WACZ file")


def _import(into: _Archive, source: Path, *, link: bool, progress: Progress) -> Iterator[Imported]:
    progress(f"import: {source.name}")
    if zipfile.is_zipfile(source):
        yield from _import_package(into, source)
        return
    shape = shape_of(source)
    if shape is Shape.ONE_PIECE:
        with open_unpacked(source, shape) as file:
            yield _keep(into, str(source), _name(source.name, ".warc"), file)
        return
    with source.open("rb") as file:
        ending = (".arc" if is_arc(source, shape) else ".warc") + (".gz" if file.read(2) == GZIP else "")
        file.seek(0)
        yield _keep(into, str(source), _name(source.name, ending), file, link=source if link else None)


def _import_package(into: _Archive, source: Path) -> Iterator[Imported]:
    """Take the WARC files of a WACZ package; its pages and index are what we make ourselves."""
    with zipfile.ZipFile(source) as package:
        for info in _entries(source):
            ending = ".warc.gz" if info.filename.endswith(".gz") else ".warc"
            stem = f"{_stem(source.name)}-{_stem(info.filename.rpartition('/')[2])}"
            with package.open(info) as file:
                yield _keep(into, f"{source}:{info.filename}", _name(stem, ending), file)


def _entries(source: Path) -> list[zipfile.ZipInfo]:
    """Return the WARC files in a WACZ package, none if the file is no such package."""
    try:
        with zipfile.ZipFile(source) as package:
            return [info for info in package.infolist() if fnmatchcase(info.filename, "archive/*.warc*")]
    except zipfile.BadZipFile:
        return []


def _keep(into: _Archive, source: str, name: str, file: Source, *, link: Path | None = None) -> Imported:
    layout = into.layout
    part = layout.warc / f".{name}.importing"
    try:
        digest = _copied(file, part, link)
        withheld = _withhold(part, into.removed)
        digest = sha256_of(part) if withheld else digest
        known = _same(layout, part, digest)
        if known is not None:
            return Imported(source, known, is_new=False, withheld=withheld)
        name = _settle(layout, part, name, digest)
    except OSError as error:
        raise NoSpaceError(part, error.strerror or str(error)) from error
    finally:
        part.unlink(missing_ok=True)
    return _looked_into(layout, layout.warc / name, source, digest, withheld)


def _copied(file: Source, part: Path, link: Path | None) -> str:
    """Make the part, and return the digest of its content; a link where asked for and possible."""
    if link is not None:
        with suppress(OSError):  # on another disk: a copy then
            part.hardlink_to(link)
            return sha256_of(part)
    taken = sha256()
    with part.open("xb") as out:
        while piece := file.read(_PIECE):
            taken.update(piece)
            out.write(piece)
        out.flush()
        os.fsync(out.fileno())
    part.chmod(0o640)
    return taken.hexdigest()


def _same(layout: Layout, part: Path, digest: str) -> str | None:
    """Return the file of the archive that holds the same bytes, if one does."""
    size = part.stat().st_size
    for path in layout.warc_files(with_open=False):
        if path.stat().st_size == size and sha256_of(path) == digest:
            return path.name
    return None


def _settle(layout: Layout, part: Path, name: str, digest: str) -> str:
    """Give the part its name, one more with a piece of its digest if that is taken, and make it durable."""
    stem = _stem(name)
    for candidate in (name, f"{stem}-{digest[:12]}{name[len(stem) :]}"):
        with suppress(FileExistsError):
            (layout.warc / candidate).hardlink_to(part)  # unlike a rename, this never takes another file's place
            sync_directory(layout.warc)
            return candidate
    raise ArchiveError(f"{name}: the name is taken by another file")


def _withhold(part: Path, removed: frozenset[str]) -> int:
    """Cut out of the part what was removed from the archive, and return how many captures that was.

    The part gets bytes of its own then: a file that was only linked is not changed.
    """
    cuts = find_cuts([part], removed, lambda _: None) if removed else ()
    for cut in cuts:
        excise(cut)
    return sum(len(cut.removed) for cut in cuts)


def _looked_into(layout: Layout, path: Path, source: str, digest: str, withheld: int) -> Imported:
    check = check_file(path)
    # Whatever is wrong with it: this is the file that came in, and it is to stay so.
    counts = tuple(sorted(Counter(check.types).items()))
    write_manifest(layout.manifests, Manifest(path.name, digest, path.stat().st_size, counts))
    defects = tuple([*check.problems, *([check.tail] if check.tail else [])][:_MAX_DEFECTS])
    return Imported(source, path.name, True, len(check.records), len(check.captures), withheld, defects)


def _name(name: str, ending: str) -> str:
    """Return a name that is safe in any file system, and says what the file is.

    >>> _name("../IA crawl 7.WARC.GZ", ".warc.gz")
    'IA-crawl-7.warc.gz'
    """
    return _stem(name)[:_NAME_CHARS] + ending


def _stem(name: str) -> str:
    return _UNSAFE.sub("-", _ENDINGS.sub("", name.rpartition("/")[2])).strip("-.") or "unnamed"
