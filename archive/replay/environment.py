"""Make the environment that pywb runs in.

pywb wants other versions of what Dateline stands on (its brotlipy and Scrapy's brotli both own the module `brotli`),
and some of what it needs comes as source alone: it can never live in the environment Dateline itself runs in.
"""

import hashlib
import os
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

from archive.errors import ConfigError
from archive.layout import lock

LOCK = Path(__file__).with_name("requirements-replay.txt")
NAME = ".venv-replay"
_STAMP = ".made-from-the-lock"
_BUSY = "another program is making the replay environment"


def place() -> Path:
    """Return where it lies: $DATELINE_REPLAY_ENV, else beside Dateline's own environment, else in the user's cache."""
    if named := os.environ.get("DATELINE_REPLAY_ENV"):
        return Path(named)
    if sys.prefix != sys.base_prefix:
        return Path(sys.prefix).parent / NAME
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "dateline" / NAME


def is_made(where: Path) -> bool:
    """True if the environment holds what the lock says now."""
    try:
        return (where / _STAMP).read_text("ascii") == _digest()
    except FileNotFoundError:
        return False


def made(where: Path | None = None, say: Callable[[str], None] = lambda _: None) -> Path:
    """Return the environment, which is made first if it is absent or of another lock; ConfigError if it cannot be.

    Only that first use needs a network: pip fetches pywb and what it needs, each file by its hash.
    """
    where = where or place()
    if is_made(where):
        return where
    where.parent.mkdir(parents=True, exist_ok=True)
    with lock(where, _BUSY):
        if not is_made(where):
            say(f"Making {where} for pywb; this happens once.")
            _make(where)
    return where


def _make(where: Path) -> None:
    venv.EnvBuilder(clear=True, with_pip=True).create(where)
    pip = [str(where / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*pip, "--require-hashes", "-r", str(LOCK)], capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise ConfigError(where, "", f"pywb could not be installed: {said}")
    (where / _STAMP).write_text(_digest(), "ascii")


def _digest() -> str:
    return hashlib.sha256(LOCK.read_bytes()).hexdigest()


if __name__ == "__main__":
    print(made(say=print))  # noqa: T201  # `make peers`
