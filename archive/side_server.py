"""Servers of other programs, which run beside us for as long as somebody looks, at this machine's own address alone."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archive.errors import ArchiveError, ConfigError

HOST = "127.0.0.1"  # what a page of the archive may do in a browser is for its keeper alone
_PATIENCE_S = 60.0
_LOOK_S = 0.05


def free_port(port: int) -> int:
    """Return the port, or any that is free for 0; ConfigError if it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ConfigError(f"port {port}", "", f"{error.strerror}; name another with --port") from error
        return int(probe.getsockname()[1])


@contextmanager
def running(name: str, command: list[str], folder: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a server for as long as the block runs, which begins once it answers at the port.

    The folder is its own: it runs in it and logs to it. ArchiveError with what it said if it does not answer.
    """
    log = folder / "log"
    with log.open("wb") as out, subprocess.Popen(command, cwd=folder, stdout=out, stderr=subprocess.STDOUT) as process:
        try:
            if not _answers(port, process):
                said = log.read_text("utf-8", "replace").strip().splitlines() or ["nothing"]
                raise ArchiveError(f"{name} does not answer; it said: {said[-1]}")
            yield process
        finally:
            process.terminate()


def _answers(port: int, process: "subprocess.Popen[bytes]") -> bool:
    until = time.monotonic() + _PATIENCE_S
    while process.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection((HOST, port), timeout=_LOOK_S).close()
        except OSError:
            time.sleep(_LOOK_S)
        else:
            return True
    return False
