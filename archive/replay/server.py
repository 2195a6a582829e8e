"""Run pywb over the WARC files where they lie, with the archive's own indexes: nothing is copied, nothing written."""

import json
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from archive.cdxj import refresh
from archive.errors import ArchiveError, ConfigError
from archive.layout import OPEN_SUFFIX, Layout, stored_name

HOST = "127.0.0.1"  # what a page of the archive may do in a browser is for its keeper alone
COLLECTION = "dateline"
_PATIENCE_S = 60.0
_LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class Replay:
    """A replay that answers at `port`."""

    port: int
    process: "subprocess.Popen[bytes]"

    def url_of(self, url: str, at: datetime | None = None, modifier: str = "") -> str:
        """Return the address of the capture of a URL nearest to that time; `id_` as modifier gives its bytes."""
        stamp = (f"{at:%Y%m%d%H%M%S}" if at else "") + modifier
        middle = f"{stamp}/" if stamp else ""
        return f"http://{HOST}:{self.port}/{COLLECTION}/{middle}{url}"


@contextmanager
def serving(layout: Layout, environment: Path, port: int = 0) -> Iterator[Replay]:
    """Serve the archive for as long as the block runs; port 0 takes any that is free.

    The indexes are brought up to date before it answers. ConfigError if the port is taken.
    """
    refresh(layout)
    port = _free(port)
    with (
        tempfile.TemporaryDirectory(prefix="dateline-replay-") as folder,
        (Path(folder) / "pywb.log").open("wb") as log,
    ):
        _configure(Path(folder), layout)
        command = [str(environment / "bin" / "wayback"), "-b", HOST, "-p", str(port), "-d", folder]
        with subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT) as process:
            try:
                _wait(port, process, Path(log.name))
                yield Replay(port, process)
            finally:
                process.terminate()


def _configure(folder: Path, layout: Layout) -> None:
    """Write what pywb goes by; YAML takes JSON."""
    growing = [path for path in layout.warc_files() if path.name.endswith(OPEN_SUFFIX)]
    # Indexes name a file as it will be called; one still being written has another name for now.
    names = folder / "growing.txt"
    names.write_text("".join(f"{stored_name(path)}\t{path.absolute()}\n" for path in growing), "utf-8")
    collection = {
        "index_paths": f"{layout.indexes.absolute()}/",
        "archive_paths": [f"{layout.warc.absolute()}/", str(names)],
    }
    settings = {"collections": {COLLECTION: collection}, "framed_replay": True}
    (folder / "config.yaml").write_text(json.dumps(settings), "utf-8")


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
    raise ArchiveError(f"pywb does not answer; it said: {said[-1]}")
