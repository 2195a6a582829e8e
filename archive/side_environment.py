"""Environments of their own for programs that must not share Dateline's: made on first use, from a lock with hashes."""

import hashlib
import os
import subprocess
import sys
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from archive.errors import ConfigError
from archive.layout import lock

_STAMP = ".made-from-the-lock"


@dataclass(frozen=True, slots=True)
class SideEnvironment:
    """An environment: what it is for, the lock it is made from, its folder's name, the variable that names another."""

    purpose: str
    lock: Path
    name: str
    variable: str

    def place(self) -> Path:
        """Return where it lies: where the variable says, else beside Dateline's own, else in the user's cache."""
        if named := os.environ.get(self.variable):
            return Path(named)
        if sys.prefix != sys.base_prefix:
            return Path(sys.prefix).parent / self.name
        cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        return Path(cache) / "dateline" / self.name

    def is_made(self, where: Path) -> bool:
        """True if the environment holds what the lock says now."""
        try:
            return (where / _STAMP).read_text("ascii") == self._digest()
        except FileNotFoundError:
            return False

    def made(self, where: Path | None = None, say: Callable[[str], None] = lambda _: None) -> Path:
        """Return the environment, made first if it is absent or of another lock; ConfigError if it cannot be.

        Only that first use needs a network: pip fetches each file by its hash.
        """
        where = where or self.place()
        if self.is_made(where):
            return where
        where.parent.mkdir(parents=True, exist_ok=True)
        with lock(where, f"another program is making the environment of {self.purpose}"):
            if not self.is_made(where):
                say(f"Making {where} for {self.purpose}; this happens once.")
                self._make(where)
        return where

    def _make(self, where: Path) -> None:
        venv.EnvBuilder(clear=True, with_pip=True).create(where)
        pip = [str(where / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        command = [*pip, "--require-hashes", "-r", str(self.lock)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            said = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
            raise ConfigError(where, "", f"{self.purpose} could not be installed: {said}")
        (where / _STAMP).write_text(self._digest(), "ascii")

    def _digest(self) -> str:
        return hashlib.sha256(self.lock.read_bytes()).hexdigest()
