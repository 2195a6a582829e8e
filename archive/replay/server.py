"""Run pywb over the WARC files where they lie, with the archive's own indexes: nothing is copied, nothing written."""

import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from archive.cdxj import refresh
from archive.layout import OPEN_SUFFIX, Layout, stored_name
from archive.side_server import HOST, free_port, running

COLLECTION = "dateline"


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
    port = free_port(port)
    with tempfile.TemporaryDirectory(prefix="dateline-replay-") as name:
        folder = Path(name)
        _configure(folder, layout)
        command = [str(environment / "bin" / "wayback"), "-b", HOST, "-p", str(port), "-d", name]
        with running("pywb", command, folder, port) as process:
            yield Replay(port, process)


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
