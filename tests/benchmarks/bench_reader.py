"""What a long reader of the live catalogue costs the crawl: time of each write, and the log it leaves.

Run: python tests/benchmarks/bench_reader.py [SECONDS]. The writer adds articles as fast as a crawl of 50 pages a second
brings them, first alone and then for SECONDS beside a reader in a process of its own, which holds one transaction open
and reads on and on. Then the reader ends, and within five seconds the log has to be as small again as it was: 4 MiB, or
one batch where that is larger.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import monotonic, process_time, sleep

from sqlite_utils import Database

from archive.catalogue.database import WAL_BYTES, open_catalogue
from tests.benchmarks.bench_catalogue import Page, add
from tests.benchmarks.newspapers import Press

SECONDS = 20
PAGES_A_SECOND = 50
BATCH = 50
READER = """
import sys, threading
from pathlib import Path
from archive.catalogue.database import open_for_reading
db = open_for_reading(Path(sys.argv[1]))
db.execute("BEGIN")
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
first = db.execute("SELECT count(*) FROM captures").fetchone()
print("reading", flush=True)
while not ended.wait(0.5):
    assert db.execute("SELECT count(*) FROM captures").fetchone()[:] == first[:]
    db.execute("SELECT sum(length(text)) FROM passages WHERE kind = 'body'").fetchone()
"""


@dataclass(frozen=True, slots=True)
class Write:
    """Milliseconds."""

    wall: float
    cpu: float


def main(seconds: int = SECONDS) -> None:
    with TemporaryDirectory(prefix="bench-reader-") as folder, closing(open_catalogue(Path(folder) / "c.db")) as db:
        path, pages = Path(folder) / "c.db", Press().pages(10**9)
        add(db, list(islice(pages, 1_000)))
        log = path.with_name("c.db-wal")
        _tell("alone", writes(db, pages, max(5, seconds // 10)), log)
        command = [sys.executable, "-c", READER, str(path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
            assert reader.stdout
            assert reader.stdout.readline() == "reading\n"
            _tell(f"beside a reader for {seconds} s", writes(db, pages, seconds), log)
        ended = monotonic()
        after: list[Write] = []
        while log.stat().st_size > WAL_BYTES and monotonic() - ended < 60:
            after += writes(db, pages, BATCH / PAGES_A_SECOND)
        print(f"{monotonic() - ended:.1f} s and {len(after)} batches after its end the log is {_mib(log)} (bar: 5 s)")


def writes(db: Database, pages: Iterator[Page], seconds: float) -> list[Write]:
    """Add articles for so long, and return what each batch took."""
    began, spent = monotonic(), list[Write]()
    while monotonic() - began < seconds:
        batch = list(islice(pages, BATCH))
        at, cpu = monotonic(), process_time()
        add(db, batch)
        spent.append(Write((monotonic() - at) * 1000, (process_time() - cpu) * 1000))
        sleep(max(0.0, began + len(spent) * BATCH / PAGES_A_SECOND - monotonic()))
    return spent


def _tell(when: str, spent: list[Write], log: Path) -> None:
    print(f"{when}: {len(spent)} batches of {BATCH}; the log holds {_mib(log)}")
    for name, taken in (("time", [w.wall for w in spent]), ("CPU", [w.cpu for w in spent])):
        p99 = sorted(taken)[int(len(taken) * 0.99)]
        print(f"  {name:<4} median {median(taken):.0f} ms, p99 {p99:.0f} ms (bar 250), longest {max(taken):.0f} ms")


def _mib(log: Path) -> str:
    return f"{log.stat().st_size / (1 << 20):.1f} MiB"


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
