"""What a whole exchange costs to store, beside warcio's own writer storing the response alone; and what proof costs.

Run: python tests/benchmarks/bench_warc.py [ROUNDS [MEGABYTES]]. Both sides take turns in one process, on bodies of one
size but of different bytes each time; CPU time, medians of the rounds. Nothing is synced: that is the disk's time, not
ours. The commands then check so many megabytes as a user would have them do it; a busy clock says little.
"""

import ctypes
import gzip
import os
import random
import shutil
import subprocess
import sys
import sysconfig
from argparse import Namespace
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from datetime import UTC, datetime
from io import BytesIO, StringIO
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from warcio.checker import Checker
from warcio.warcwriter import WARCWriter

from archive.layout import Layout
from archive.manifest import write_manifests
from archive.model import Capture, Exchange, Link, Provenance
from archive.warc.check import check_file
from archive.warc.store import WarcStore
from archive.warc.walk import captures

AT = datetime(2026, 3, 14, tzinfo=UTC)
URL = "https://harbour.test/2026/03/14/fog"
SENT = (
    b"GET /2026/03/14/fog HTTP/1.1\r\nHost: harbour.test\r\nUser-Agent: Dateline/0.1 (+mailto:a@b.test)\r\n"
    b"Accept: text/html,application/xhtml+xml\r\nAccept-Language: en\r\nAccept-Encoding: gzip\r\n\r\n"
)
HEAD = (
    "HTTP/1.1 200 OK\r\nServer: quay\r\nDate: Sat, 14 Mar 2026 09:26:53 GMT\r\n"
    "Content-Type: text/html; charset=utf-8\r\nCache-Control: max-age=60\r\n"
    "Vary: Accept-Encoding\r\nStrict-Transport-Security: max-age=31536000\r\nETag: W/{tag}\r\n"
)
LINK = Link(URL, "https://harbour.test/feed", "feed", title="Fog in the harbour", published=AT)
PROVENANCE = Provenance("run", "harbour", "feed", link=LINK, lease="lease", software="Dateline/0.1")
PER_ROUND = 40
COMMAND_ROUNDS = 5  # of which the medians are told
_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


def page(chance: random.Random, size: int) -> bytes:
    """A page that compresses as news pages do, to a quarter or a fifth: few words, markup that repeats."""
    words = ["".join(chance.choices("etaoinshrdlu", k=chance.randint(2, 9))) for _ in range(1500)]
    parts: list[str] = []
    length = 0
    while length < size:
        text = " ".join(chance.choices(words, k=30))
        parts.append(f'<div class="story__text" data-id="{len(parts)}"><p>{text}</p></div>\n')
        length += len(parts[-1])
    return "".join(parts).encode()[:size]


def messages(*, zipped: bool, size: int) -> list[bytes]:
    found = []
    for number in range(PER_ROUND):
        body = page(random.Random(number), size)
        coding = "Content-Encoding: gzip\r\n" if zipped else ""
        body = gzip.compress(body, 6) if zipped else body
        head = HEAD.format(tag=number) + f"{coding}Content-Length: {len(body)}\r\n\r\n"
        found.append(head.encode() + body)
    return found


def cpu_of(action: Callable[[], None]) -> float:
    before = process_time()
    action()
    return process_time() - before


def ours(store: WarcStore, received: list[bytes]) -> Callable[[], None]:
    def run() -> None:
        for message in received:
            protocols = ("http/1.1", "tls/1.3")
            store.append(
                Exchange(URL, "GET", AT, SENT, message, None, "192.0.2.7", protocols, "TLS_AES_128"),
                PROVENANCE,
            )

    return run


def theirs(path: Path, received: list[bytes]) -> Callable[[], None]:
    def run() -> None:
        with path.open("ab") as out:
            writer = WARCWriter(out, gzip=True, warc_version="WARC/1.1")
            for message in received:
                writer.write_record(
                    writer.create_warc_record(URL, "response", payload=BytesIO(message), length=len(message))
                )

    return run


def compare_writing(folder: Path, name: str, received: list[bytes], rounds: int) -> None:
    store = WarcStore(folder, run="run", software="Dateline/0.1", now=lambda: AT)
    whole, alone = ours(store, received), theirs(folder / "warcio.warc.gz", received)
    times = [(cpu_of(whole), cpu_of(alone)) for _ in range(rounds)]
    store.close()
    mine, other = (median(side) * 1000 / PER_ROUND for side in zip(*times, strict=True))
    size = sum(map(len, received)) / PER_ROUND / 1000
    print(
        f"write, {name} ({size:.0f} kB): whole exchange {mine:.3f} ms,"
        f" warcio's response alone {other:.3f} ms, ratio {mine / other:.2f}"
    )


def check_of(path: Path) -> None:
    check = check_file(path)
    if check.problems or check.tail:
        raise SystemExit(f"{path} is damaged")


def warcio_check_of(path: Path) -> None:
    with redirect_stdout(StringIO()):
        Checker(Namespace(inputs=[str(path)], verbose=False)).process_all()


def compare_checking(path: Path, rounds: int) -> None:
    """One file in this process: what each core has to do, without anybody's start."""
    found: list[Capture] = []
    times = [
        (
            cpu_of(lambda: found.extend(captures(path))),
            cpu_of(lambda: check_of(path)),
            cpu_of(lambda: warcio_check_of(path)),
        )
        for _ in range(rounds)
    ]
    walk, mine, other = (median(side) * 1000 for side in zip(*times, strict=True))
    print(
        f"check {path.stat().st_size / 1e6:.1f} MB in one process, CPU: walk {walk:.0f} ms, ours {mine:.0f} ms,"
        f" warcio {other:.0f} ms, ratio {other / mine:.2f}"
    )


def compare_commands(folder: Path, path: Path, megabytes: int) -> None:
    """The commands as a user runs them, on the same files, with manifests but without a catalogue."""
    layout = Layout(folder / "archive")
    layout.create()
    for number in range(megabytes * 1_000_000 // path.stat().st_size + 1):
        shutil.copy(path, layout.warc / f"dateline-20260314000000000-{number:05}-quay~1.warc.gz")
    write_manifests(layout)
    files = layout.warc_files()
    scripts = Path(sysconfig.get_path("scripts"))
    verify = (sys.executable, "-m", "crawler.cli", "--archive", str(layout.root), "verify")
    check = (sys.executable, str(scripts / "warcio"), "check", *map(str, files))
    turns = [(*cost_of(*verify), *cost_of(*check)) for _ in range(COMMAND_ROUNDS)]
    ours_wall, ours_cpu, wall, cpu = (median(side) for side in zip(*turns, strict=True))
    print(
        f"commands, {sum(file.stat().st_size for file in files) / 1e6:.0f} MB in {len(files)} files,"
        f" {len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}:"
        f" dateline verify {ours_wall:.2f} s (CPU {ours_cpu:.2f}), warcio check {wall:.2f} s (CPU {cpu:.2f});"
        f" ratio of the clock {wall / ours_wall:.2f}, of CPU {cpu / ours_cpu:.2f}"
    )


def cost_of(*command: str) -> tuple[float, float]:
    """Return the seconds that a command takes by the clock, and of CPU with all its descendants."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # its workers, when it has gone, are ours to wait for
    before, began = os.times(), perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    wall = perf_counter() - began
    with suppress(ChildProcessError):
        while True:
            os.wait()
    after = os.times()
    return wall, after.children_user - before.children_user + after.children_system - before.children_system


def main() -> None:
    told = [int(value) for value in sys.argv[1:3]]
    rounds, megabytes = [*told, *(15, 300)[len(told) :]]
    for name, zipped, size in (("gzip body", True, 80_000), ("plain body", False, 110_000)):
        with TemporaryDirectory() as folder:
            compare_writing(Path(folder), name, messages(zipped=zipped, size=size), rounds)
            (path,) = Path(folder).glob("dateline-*.warc.gz")
            compare_checking(path, max(3, rounds // 3))
            compare_commands(Path(folder), path, megabytes)


if __name__ == "__main__":
    main()
