"""Other people's tools accept our WARC files."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Workbench

PEERS = Path(__file__).parents[1] / ".venv-peers" / "bin"


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False, timeout=60)


def test_gzip_finds_every_file_whole(crawled: Workbench) -> None:
    assert run("gzip", "-t", *crawled.layout.warc_files()).returncode == 0


def test_warcio_indexes_every_record(crawled: Workbench) -> None:
    for path in crawled.layout.warc_files():
        done = run(sys.executable, "-m", "warcio.cli", "index", "-f", "warc-type,warc-target-uri,offset", path)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("response") >= 1 or "resource" in done.stdout


def test_fastwarc_finds_every_block_digest_right(crawled: Workbench) -> None:
    for path in crawled.layout.warc_files():
        done = run(Path(sys.executable).with_name("fastwarc"), "check", path)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "FAIL" not in done.stdout.upper()


@pytest.mark.skipif(not PEERS.is_dir(), reason="no .venv-peers here: `make peers` makes it")
def test_cdxj_indexer_lists_every_capture(crawled: Workbench) -> None:
    done = run(PEERS / "cdxj-indexer", "-s", *crawled.layout.warc_files())

    assert done.returncode == 0, done.stderr
    listed = {line.split('"url": "', 1)[1].partition('"')[0] for line in done.stdout.splitlines() if '"url": "' in line}
    assert set(crawled.newsroom.urls("harbour-courier")) <= listed
