"""Where things lie in an archive folder, and the locks that keep two writers apart."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

from archive.errors import BusyError, ConfigError

DEFAULT = Path("data")
OPEN_SUFFIX = ".open"
OLDER = "readings"  # the folder of catalogues that older readers made: DIGEST.db
WARC_SUFFIXES = (".warc.gz", ".warc", ".arc.gz", ".arc")  # ARC comes in by `dateline import` alone


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders and files of one archive; `root` is what `--archive` names."""

    root: Path

    @property
    def sites(self) -> Path:
        return self.root / "sites"

    @property
    def warc(self) -> Path:
        return self.root / "warc"

    @property
    def catalogue(self) -> Path:
        return self.root / "catalogue.db"

    @property
    def frontier(self) -> Path:
        return self.root / "frontier.db"

    @property
    def public(self) -> Path:
        return self.root / "public"

    @property
    def manifests(self) -> Path:
        return self.root / "manifests"

    @property
    def indexes(self) -> Path:
        return self.root / "indexes"

    @property
    def settings(self) -> Path:
        return self.root / "archive.toml"

    @property
    def metrics(self) -> Path:
        return self.root / "metrics.prom"

    def create(self) -> None:
        """Make the folders; what exists is left as it is."""
        for folder in (self.root, self.sites, self.warc):
            folder.mkdir(mode=0o750, parents=True, exist_ok=True)

    def require(self) -> None:
        """Raise ConfigError unless this is an archive."""
        if not self.warc.is_dir():
            raise ConfigError(
                self.root,
                "",
                "no archive here; make one with `dateline init`, or name another with --archive",
            )

    def warc_files(self, *, with_open: bool = True) -> list[Path]:
        """Return the WARC files by name, oldest first; a file still being written ends in `.open`."""
        found = [path for path in self.warc.glob("[!.]*") if path.name.endswith(WARC_SUFFIXES)]
        if with_open:
            found += self.warc.glob("*.warc.gz" + OPEN_SUFFIX)
        return sorted(found, key=stored_name)

    def path_of(self, file: str) -> Path:
        """Return where the WARC of that stored name lies now: closed, or still open."""
        closed = self.warc / file
        return closed if closed.exists() else self.warc / (file + OPEN_SUFFIX)


def stored_name(path: Path) -> str:
    """Return the name under which rows refer to a WARC file: never with `.open`.

    >>> stored_name(Path("warc/dateline-20260101000000000-00000-host~1.warc.gz.open"))
    'dateline-20260101000000000-00000-host~1.warc.gz'
    """
    return path.name.removesuffix(OPEN_SUFFIX)


def keep_private(path: Path) -> None:
    """Make a file that is to be written for its owner and group alone, if it is not there; others are made like it.

    Whoever opens it next says what is wrong where none can be made. SQLite makes the files beside a database like it.
    """
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o640))


@contextmanager
def lock(path: Path, holder: str) -> Iterator[None]:
    """Hold `path` + ".lock" for as long as the block runs; BusyError at once if another process has it."""
    with path.with_name(path.name + ".lock").open("a") as handle:
        try:
            flock(handle, LOCK_EX | LOCK_NB)
        except BlockingIOError as error:
            raise BusyError(path, holder) from error
        yield
