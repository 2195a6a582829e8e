"""The manifests of an archive: written for files that have none, and held against the files they speak of."""

from collections.abc import Callable, Iterator
from pathlib import Path

from archive.errors import DamageError
from archive.layout import Layout
from archive.warc.check import check_file
from archive.warc.fixity import SUFFIX, Manifest, manifest_of, read_manifest, sha256_of, write_manifest
from archive.warc.members import members


def write_manifests(layout: Layout, *, progress: Callable[[str], None] = lambda _: None) -> tuple[Manifest, ...]:
    """Write a manifest for every closed file that has none, and return those; an old one is never written anew.

    Files of ours got theirs when they were closed: this is for those of earlier versions. DamageError if one is not
    whole, after all others have theirs: a manifest must not vouch for damage.
    """
    written: list[Manifest] = []
    harmed: list[DamageError] = []
    for path in without_manifest(layout):
        progress(path.name)
        check = check_file(path)
        if wrong := [*check.problems, *([check.tail] if check.tail else [])]:
            harmed.append(DamageError(path, *min(wrong)))
        else:
            written.append(manifest_of(path, path.name, check.types))
            write_manifest(layout.manifests, written[-1])
    if harmed:
        raise harmed[0]
    return tuple(written)


def without_manifest(layout: Layout) -> list[Path]:
    """Return the closed files that have no manifest: an earlier version wrote them, or they were put here by hand."""
    return [path for path in layout.warc_files(with_open=False) if not place_of(layout, path).exists()]


def rewrite_manifest(layout: Layout, path: Path) -> None:
    """Write the manifest of a file that was changed on purpose."""
    types = (member.type for member in members(path, past_damage=True))
    write_manifest(layout.manifests, manifest_of(path, path.name, types))


def renew_manifest(layout: Layout, path: Path) -> None:
    """Write a mended file's manifest; the one of the file as it was is kept as NAME.sha256.harmed."""
    old = place_of(layout, path)
    if old.exists():
        old.replace(old.with_name(old.name + ".harmed"))
    rewrite_manifest(layout, path)


def place_of(layout: Layout, path: Path) -> Path:
    """Return where the manifest of a file lies, if it has one."""
    return layout.manifests / (path.name + SUFFIX)


def read_manifests(layout: Layout) -> tuple[dict[str, Manifest], tuple[str, ...]]:
    """Return the manifests of an archive by stored name, and the names of those that cannot be read."""
    read = [(path.name, read_manifest(path)) for path in sorted(layout.manifests.glob("*" + SUFFIX))]
    unreadable = tuple(name for name, manifest in read if manifest is None)
    return {manifest.file: manifest for _, manifest in read if manifest}, unreadable


def differences(manifest: Manifest, path: Path) -> Iterator[str]:
    """Yield in which ways a file is not the one its manifest was written for."""
    size = path.stat().st_size
    if size != manifest.size_bytes:
        yield f"{size} bytes long; its manifest says {manifest.size_bytes}"
    elif sha256_of(path) != manifest.sha256:
        yield "its SHA-256 is not that of its manifest"
