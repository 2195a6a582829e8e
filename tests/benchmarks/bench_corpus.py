"""Crawl, archive, read and index real pages: `../shared/corpus` served on the loopback as invented hosts.

Prints pages a second, CPU a page and by which process it was spent, and the peak memory of the largest process; PAGES
and HOSTS may follow the command.
"""

import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parents[2]
CORPUS = Path(os.environ.get("DATELINE_CORPUS", ROOT.parent / "shared" / "corpus"))


ROLES = {"\0scrapy\0": "fetching and WARC", "crawler.cli": "catalogue, settle, publish"}
PR_SET_CHILD_SUBREAPER = 36  # prctl(2): what outlives its parent is ours to wait for, and its CPU time ours to count


def main(pages: int, hosts: int) -> None:
    if not (CORPUS / "pages.jsonl").is_file():
        print("no corpus here: skipped")
        return
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "archive"
        (archive / "warc").mkdir(parents=True)
        ready, resolve = Path(folder) / "ready", archive / "resolve.txt"
        command = [sys.executable, "-m", "tests.newsroom", "--corpus", str(CORPUS), "--pages", str(pages)]
        command += ["--hosts", str(hosts), "--ready-file", str(ready), "--write-resolve", str(resolve)]
        command += ["--write-sites", str(archive / "sites")]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as newsroom:
            try:
                while not ready.exists():
                    time.sleep(0.05)
                measure(archive, resolve, pages)
            finally:
                newsroom.terminate()


def reap() -> None:
    """Wait for what the crawl left behind: the server that forked its reading processes."""
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                return
        except ChildProcessError:
            return


class Watch:
    """What the two programs of a crawl have used of the processor, looked up while they live; the rest are readers."""

    def __init__(self, archive: Path) -> None:
        self._archive = str(archive)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.cpu_s: dict[str, float] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.05):
            for path in Path("/proc").glob("[0-9]*"):
                with suppress(OSError):
                    command = path.joinpath("cmdline").read_text()
                    if self._archive in command and (role := next((r for r in ROLES if r in command), "")):
                        fields = path.joinpath("stat").read_text().rpartition(")")[2].split()
                        self.cpu_s[ROLES[role]] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(archive: Path, resolve: Path, pages: int) -> None:
    """Time one `dateline crawl --all` as a whole."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    command = [sys.executable, "-m", "crawler.cli", "--archive", str(archive), "crawl", "--all", "--json"]
    with Watch(archive) as watch:
        done = subprocess.run(
            [*command, "--resolve", f"@{resolve}"], cwd=ROOT, capture_output=True, text=True, check=False
        )
    wall_s = time.monotonic() - start
    reap()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if done.returncode not in (0, 2):
        print(done.stderr)
        raise SystemExit(done.returncode)
    report = json.loads(done.stdout)
    size = sum(path.stat().st_size for path in (archive / "warc").iterdir())
    print(json.dumps(report["outcomes"]), json.dumps(report["catalogue"]))
    print(f"{pages} pages: {wall_s:.1f} s wall, {pages / wall_s:.1f} pages/s, CPU {1000 * cpu_s / pages:.1f} ms a page")
    spent = watch.cpu_s | {"readers in boxes": cpu_s - sum(watch.cpu_s.values())}
    print("of which " + ", ".join(f"{role} {1000 * used_s / pages:.1f} ms" for role, used_s in spent.items()))
    print(f"largest process {after.ru_maxrss / 1024:.0f} MB; WARC {size / pages / 1000:.1f} kB a page")
    print(f"catalogue {(archive / 'catalogue.db').stat().st_size / pages / 1000:.1f} kB a page")


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:3]) if len(sys.argv) > 2 else (500, 20))
