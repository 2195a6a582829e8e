"""The crawl as its unit runs it: a user without privileges or a home, on a system read-only save the archive."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.conftest import Ended, Workbench, workbench_in
from tests.newsroom.newsroom import Newsroom

NOBODY = 65534
PROJECT = Path(__file__).parents[1]

# In mounts of its own: what the program needs is bound where it was, in place of folders that others may not enter;
# then every disk becomes read-only save the archive, a place for temporary files (PrivateTmp) is added, and all
# privileges go.
AS_A_PLAIN_USER = """
set -e
archive=$1 held=$2 closed=$3 needed=$4
shift 4
mount --bind "$archive" "$archive"
if [ -n "$closed" ]; then
  mount --bind "$needed" "$held"
  mount -t tmpfs -o mode=755 tmpfs "$closed"
  mkdir -p "$needed"
  mount --bind "$held" "$needed"
fi
cut -d' ' -f2 /proc/self/mounts | while read -r at; do
  case $at in /proc*|/dev*|/sys*|"$archive") ;; *) mount -o remount,bind,ro "$at" ;; esac
done
mount -t tmpfs -o mode=1777 tmpfs /var/tmp
exec setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs "$@"
"""


@pytest.fixture
def archive() -> Iterator[Workbench]:
    """An archive that belongs to nobody, in a folder that everybody can reach."""
    if os.geteuid() != 0:
        pytest.skip("only root may lay out a read-only system")
    with TemporaryDirectory() as folder, Newsroom(["harbour-courier", "northern-ledger"]) as newsroom:
        Path(folder).chmod(0o755)
        Path(folder, "held").mkdir()
        bench = workbench_in(Path(folder, "archive"), newsroom)
        for path in (bench.layout.root, *bench.layout.root.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
        yield bench


def run(bench: Workbench, *command: str) -> Ended:
    """Run a command as a plain user on a read-only system."""
    needed = Path(sys.base_prefix)
    closed = next((str(each) for each in reversed(needed.parents) if not each.stat().st_mode & 0o001), "")
    places = (bench.layout.root, bench.layout.root.with_name("held"), closed, needed)
    done = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", AS_A_PLAIN_USER, "sh", *places, *command],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def dateline(bench: Workbench, *arguments: str) -> Ended:
    return run(bench, sys.executable, "-m", "crawler.cli", "--archive", str(bench.layout.root), *arguments)


def test_a_plain_user_on_a_read_only_system_crawls_and_reports(archive: Workbench) -> None:
    may = run(archive, "sh", "-c", "id -u; touch /tmp/x 2>&1; grep CapBnd /proc/self/status; ls " + sys.executable)
    if may.code or "Read-only" not in may.out:
        pytest.skip(f"no such system can be laid out here: {(may.err or may.out).strip()[-200:]}")

    crawled = dateline(archive, "crawl", "--all", "--due", "--resolve", archive.resolve)
    again = dateline(archive, "crawl", "--all", "--due", "--resolve", archive.resolve)
    others = [dateline(archive, *command) for command in (("status",), ("report",), ("watch",), ("verify",))]

    assert may.out.startswith("65534\n")
    assert "CapBnd:\t0000000000000000" in may.out
    assert (crawled.code, again.code) == (0, 0), crawled.err + again.err
    assert [ended.code for ended in others] == [0] * 4, [ended.err for ended in others]
    assert "harbour-courier" in others[0].out
    root = archive.layout.root
    assert {path.name for path in root.iterdir()} >= {"catalogue.db", "frontier.db", "metrics.prom", "report.html"}
    assert {path.stat().st_uid for path in root.rglob("*")} == {NOBODY}
    for outlet in ("harbour-courier", "northern-ledger"):
        assert archive.newsroom.urls(outlet)
        captured = archive.frontier_rows("SELECT count(*) FROM urls WHERE site = ? AND captured IS NOT NULL", outlet)
        assert captured[0][0] >= len(archive.newsroom.urls(outlet))  # type: ignore[operator]
