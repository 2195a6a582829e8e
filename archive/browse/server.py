"""Run Datasette over the published copy: nothing is written, and no question costs more than it may."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from archive.browse.metadata import DATABASE, metadata
from archive.errors import NotFoundError
from archive.layout import Layout
from archive.publish import NAME
from archive.side_server import HOST, free_port, running

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
    port = free_port(port)
    with tempfile.TemporaryDirectory(prefix="dateline-browse-") as name:
        folder = Path(name)
        (folder / "metadata.json").write_text(json.dumps(metadata(replay)), "utf-8")
        command = [str(environment / "bin" / "datasette"), "serve", "--immutable", str(_held(published, folder))]
        command += ["--metadata", str(folder / "metadata.json"), "--plugins-dir", str(PLUGINS)]
        command += ["--host", HOST, "--port", str(port)]
        command += [part for key, value in SETTINGS.items() for part in ("--setting", key, str(value))]
        with running("Datasette", command, folder, port) as process:
            yield Browse(f"http://{HOST}:{port}/{DATABASE}", process)


def _held(published: Path, folder: Path) -> Path:
    """Return a name of our own for the copy: the next one takes the old name, not what is open under this one."""
    own = folder / f"{DATABASE}.db"
    try:
        os.link(published, own)
    except OSError:  # on another disk
        own.symlink_to(published.resolve())
    return own
