"""Everything that can go wrong in the archive, as one tree.

ArchiveError                    the root: catch it at the edge, never below
├── ConfigError                 a site file, a setting or a command cannot be used            exit code 4
├── DamageError                 stored bytes are not what they must be                        exit code 5
├── BusyError                   another process holds the lock: try again later               exit code 75
├── NoSpaceError                the disk is full, or below its floor                          exit code 3
├── CrawlError                  the crawl's process failed                                    exit code: its own, or 1
├── RecordError                 one record cannot be read as what it claims to be
├── ReadingError                one page cannot be read as text
└── NotFoundError               nothing in the archive answers to that name
"""

import errno
from pathlib import Path


class ArchiveError(Exception):
    """The root of every error this project raises on purpose; `exit_code` is what a command ends with."""

    exit_code = 1


class ConfigError(ArchiveError):
    """A declaration cannot be used; `path` is the file, `key` the place in it, '' for the whole file."""

    exit_code = 4

    def __init__(self, path: Path | str, key: str, problem: str) -> None:
        super().__init__(f"{path}: {key}: {problem}" if key else f"{path}: {problem}")
        self.path, self.key = path, key


class DamageError(ArchiveError):
    """Bytes in a WARC file or a database are not what they must be; `path` and `offset` say where."""

    exit_code = 5

    def __init__(self, path: Path | str, offset: int, problem: str) -> None:
        super().__init__(f"{path} at {offset}: {problem}; `dateline verify` lists all of it")
        self.path, self.offset = path, offset


class BusyError(ArchiveError):
    """Another process is at work there; `path` is what it holds."""

    exit_code = 75

    def __init__(self, path: Path | str, holder: str) -> None:
        super().__init__(f"{path}: {holder}; try again when it has ended")
        self.path = path


class NoSpaceError(ArchiveError):
    """The disk did not take the bytes; `path` is what was being written, whole again up to its last record."""

    exit_code = 3

    def __init__(self, path: Path | str, problem: str) -> None:
        super().__init__(f"{path}: {problem}; nothing stored before is harmed: make room and crawl again")
        self.path = path


class CrawlError(ArchiveError):
    """The process of a crawl failed; `log` says why, and `status` is what it ended with."""

    def __init__(self, log: Path, problem: str, status: int) -> None:
        super().__init__(f"{problem} (status {status}); {log} says why")
        self.log, self.status = log, status
        self.exit_code = max(status, 1)


class RecordError(ArchiveError):
    """One WARC record cannot be used; `file` and `offset` say which."""

    def __init__(self, file: str, offset: int, problem: str) -> None:
        super().__init__(f"{file} at {offset}: {problem}")
        self.file, self.offset = file, offset


class ReadingError(ArchiveError):
    """A page cannot be read as text; its capture stays. `url` names it."""

    def __init__(self, url: str, problem: str) -> None:
        super().__init__(f"{url}: {problem}")
        self.url = url


class NotFoundError(ArchiveError):
    """Nothing in the archive has that name; `name` is what was asked for."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.name = name


_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NO_RIGHT = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


def error_of(error: OSError) -> ArchiveError | None:
    """Return what a disk that takes nothing is to us, None if that is not what the system says of a file."""
    if error.filename is None:
        return None
    if error.errno in _NO_SPACE:
        return NoSpaceError(error.filename, str(error.strerror))
    if error.errno in _NO_RIGHT:
        return ConfigError(error.filename, "", f"{error.strerror}; who runs this must be able to write there")
    return None
