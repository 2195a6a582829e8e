"""The manifests of an archive: written for files that have none, and held against the files they speak of."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from archive.errors import DamageError
from archive.layout import Layout
from archive.warc.check import check_file
from archive.warc.fixity import SUFFIX, Manifest, manifest_of, read_manifest, sha256_of, write_manifest
from archive.warc.members import members

UNHARMED = (
    ", yet all its records are here and whole: bytes that mean nothing have changed, such as the time in a gzip head,"
    " or it was packed anew. `dateline manifest --renew` takes it as it is, and keeps the old manifest"
)


def write_manifests(
    layout: Layout, *, renew: bool = False, progress: Callable[[str], None] = lambda _: None
) -> tuple[Manifest, ...]:
    """Write a manifest for every closed file that has none, and return those.

    Files of ours got theirs when they were closed: this is for those of earlier versions. With `renew` also for files
    that are not what their manifests say; the old ones are kept beside them. DamageError if a file is not whole, after
    all others have theirs: a manifest must not vouch for damage.
    """
    written: list[Manifest] = []
    harmed: list[DamageError] = []
    for path in [*without_manifest(layout), *(changed(layout) if renew else [])]:
        progress(path.name)
        check = check_file(path)
        if wrong := [*check.problems, *([check.tail] if check.tail else [])]:
            harmed.append(DamageError(path, *min(wrong)))
        else:
            written.append(manifest_of(path, path.name, check.types))
            _keep_old(place_of(layout, path))
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
    """Write the manifest of a file as it is now; what was said before is kept as NAME.sha256.old-DIGEST."""
    _keep_old(place_of(layout, path))
    rewrite_manifest(layout, path)


def changed(layout: Layout) -> list[Path]:
    """Return the closed files that are not what their manifests say, or whose manifests say nothing."""
    manifests, unreadable = read_manifests(layout)
    return [
        path
        for path in layout.warc_files(with_open=False)
        if place_of(layout, path).name in unreadable
        or (path.name in manifests and any(differences(manifests[path.name], path)))
    ]


def place_of(layout: Layout, path: Path) -> Path:
    """Return where the manifest of a file lies, if it has one."""
    return layout.manifests / (path.name + SUFFIX)


def read_manifests(layout: Layout) -> tuple[dict[str, Manifest], tuple[str, ...]]:
    """Return the manifests of an archive by stored name, and the names of those that cannot be read."""
    read = [(path.name, read_manifest(path)) for path in sorted(layout.manifests.glob("*" + SUFFIX))]
    unreadable = tuple(name for name, manifest in read if manifest is None)
    return {manifest.file: manifest for _, manifest in read if manifest}, unreadable


def _keep_old(manifest: Path) -> None:
    """Give what is said so far a second name: a crash before the new one is written leaves both."""
    if manifest.exists():
        said = sha256(manifest.read_bytes()).hexdigest()
        with suppress(FileExistsError):
            manifest.with_name(f"{manifest.name}.old-{said[:12]}").hardlink_to(manifest)


def differences(manifest: Manifest, path: Path) -> Iterator[str]:
    """Yield in which ways a file is not the one its manifest was written for."""
    size = path.stat().st_size
    if size != manifest.size_bytes:
        yield f"{size} bytes long; its manifest says {manifest.size_bytes}"
    elif sha256_of(path) != manifest.sha256:
        yield "its SHA-256 is not that of its manifest"
