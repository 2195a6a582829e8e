"""Run Datasette over the published copy: nothing is written, and no question costs more than it may."""

import json
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from archive.browse.metadata import DATABASE, metadata
from archive.errors import ArchiveError, ConfigError, NotFoundError
from archive.layout import Layout
from archive.publish import NAME

HOST = "127.0.0.1"
PLUGINS = Path(__file__).with_name("plugins")
SETTINGS = {
    "sql_time_limit_ms": 1_000,
    "facet_time_limit_ms": 500,
    "max_returned_rows": 1_000,
    "num_sql_threads": 2,
    "allow_download": "off",  # the file may be large; whoever may have it, has it
    "max_csv_mb": 20,
    "allow_csv_stream": "off",  # `dateline export` gives all rows in constant memory
    "suggest_facets": "off",  # each of them costs a scan
    "default_page_size": 50,
    "truncate_cells_html": 300,
    "cache_size_kb": 8_000,
}
_PATIENCE_S = 60.0
_LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class Browse:
    """A Datasette that answers at `url`."""

    url: str
    process: "subprocess.Popen[bytes]"


@contextmanager
def serving(layout: Layout, environment: Path, port: int = 0, *, replay: str) -> Iterator[Browse]:
    """Serve the published copy for as long as the block runs; port 0 takes any that is free.

    The copy that is there now is served, even if another is published meanwhile.
    """
    published = layout.public / NAME
    if not published.exists():
        raise NotFoundError(str(published), "there is no published copy yet; `dateline publish` makes it")
    port = _free(port)
    with tempfile.TemporaryDirectory(prefix="dateline-browse-") as name:
        folder = Path(name)
        (folder / "metadata.json").write_text(json.dumps(metadata(replay)), "utf-8")
        command = [str(environment / "bin" / "datasette"), "serve", "--immutable", str(_held(published, folder))]
        command += ["--metadata", str(folder / "metadata.json"), "--plugins-dir", str(PLUGINS)]
        command += ["--host", HOST, "--port", str(port)]
        command += [part for key, value in SETTINGS.items() for part in ("--setting", key, str(value))]
        with (folder / "log").open("wb") as log, _running(command, folder, log.fileno()) as process:
            _wait(port, process, folder / "log")
            yield Browse(f"http://{HOST}:{port}/{DATABASE}", process)


@contextmanager
def _running(command: list[str], folder: Path, log: int) -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT) as process:
        try:
            yield process
        finally:
            process.terminate()


def _held(published: Path, folder: Path) -> Path:
    """Return a name of our own for the copy: the next one takes the old name, not what is open under this one."""
    own = folder / f"{DATABASE}.db"
    try:
        os.link(published, own)
    except OSError:  # on another disk
        own.symlink_to(published.resolve())
    return own


def _free(port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ConfigError(f"port {port}", "", f"{error.strerror}; name another with --port") from error
        return int(probe.getsockname()[1])


def _wait(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + _PATIENCE_S
    while process.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection((HOST, port), timeout=_LOOK_S).close()
        except OSError:
            time.sleep(_LOOK_S)
        else:
            return
    said = log.read_text("utf-8", "replace").strip().splitlines() or ["nothing"]
    raise ArchiveError(f"Datasette does not answer; it said: {said[-1]}")
