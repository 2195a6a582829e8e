"""What the world around an archive does to it: each ends with a code, in one line, and nothing is lost.

docs/operations.md, "What happens when", is the table of these; full disks are in test_disk.py.
"""

import os
import pty
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from archive.errors import NoSpaceError
from archive.verify import verify
from crawler.frontier import Frontier
from tests.conftest import Workbench, workbench_in
from tests.newsroom.faults import Fault
from tests.newsroom.newsroom import OPENING, Newsroom

COURIER = "www.harbour-courier.test"
HOUR = timedelta(hours=1)
Mount = Callable[..., None]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with Newsroom(["harbour-courier"]) as newsroom:
        yield workbench_in(tmp_path / "archive", newsroom)


@pytest.fixture
def mount() -> Iterator[Mount]:
    """Mount with these arguments, the folder last; for those who may."""
    mounted: list[Path] = []

    def lay(*arguments: str | Path) -> None:
        done = subprocess.run(["mount", *arguments], capture_output=True, check=False)
        if done.returncode:
            pytest.skip("only root may mount a disk")
        mounted.append(Path(arguments[-1]))

    yield lay
    for folder in dict.fromkeys(mounted):
        subprocess.run(["umount", folder], check=True)


def articles(bench: Workbench) -> set[object]:
    return {url for (url,) in bench.frontier_rows("SELECT url FROM urls WHERE captured IS NOT NULL")} & set(
        bench.newsroom.urls("harbour-courier")
    )


def fetch(bench: Workbench, minutes: int, *options: str) -> None:
    """Crawl that long after the opening, and leave the reading to others."""
    ended = bench.scrapy("crawl", "news", "-a", "site=harbour-courier", *options, now=OPENING + minutes * HOUR / 60)
    assert ended.code == 0, ended.err


def polls(bench: Workbench) -> set[tuple[object, ...]]:
    return set(bench.frontier_rows("SELECT outcome, state FROM urls WHERE role = 'source'"))


@pytest.mark.parametrize("end", ["hangup", "ctrl-c"])
def test_a_terminal_that_ends_the_crawl_ends_it_in_order(bench: Workbench, end: str) -> None:
    bench.newsroom.add_fault(Fault(COURIER, "/2025/03/1*", times=1, hold="stop"))
    crawl = [sys.executable, "-m", "crawler.cli", "--archive", str(bench.layout.root), "crawl", "--all"]
    master, slave = pty.openpty()
    with subprocess.Popen(
        ["setsid", "--ctty", *crawl, "--resolve", bench.resolve],
        env=bench.environment_at(OPENING),
        stdin=slave,
        stdout=slave,
        stderr=slave,
    ) as process:
        os.close(slave)
        assert bench.newsroom.faults.arrived("stop", 30)
        if end == "hangup":
            os.close(master)
        else:
            os.write(master, b"\x03")
        bench.newsroom.release("stop")
        if end == "ctrl-c":
            with suppress(OSError):  # how a terminal says that nobody has it any more
                while os.read(master, 4096):
                    pass
            os.close(master)
        assert process.wait(60) == 0

    assert bench.frontier_rows("SELECT finish FROM runs") == [("shutdown",)]
    assert bench.frontier_rows("SELECT url FROM urls WHERE state = 'leased'") == []
    assert list(bench.layout.warc.glob("*.open")) == []
    assert bench.layout.metrics.exists()


def test_a_network_that_is_gone_before_the_first_answer_forbids_everything_for_then(bench: Workbench) -> None:
    with bench.newsroom.faults.during(Fault(times=0, drop="before")):
        gone = bench.crawl(now=OPENING)
    during = polls(bench)
    back = bench.crawl(now=OPENING + HOUR)

    assert (gone.code, back.code) == (2, 0), gone.err + back.err
    assert during == {("robots", "waiting")}
    assert articles(bench) == set(bench.newsroom.urls("harbour-courier"))


def test_a_network_that_is_gone_for_an_hour_retires_nothing(bench: Workbench) -> None:
    fetch(bench, 0, "-s", "DATELINE_MAX_PAGES=6")
    with bench.newsroom.faults.during(Fault(times=0, drop="before")):
        for minutes in (120, 150, 180):
            fetch(bench, minutes)
    during = set(bench.frontier_rows("SELECT state FROM urls WHERE outcome = 'network'"))
    fetch(bench, 300)

    assert during == {("waiting",)}
    assert articles(bench) == set(bench.newsroom.urls("harbour-courier"))
    assert verify(bench.layout).is_clean


def test_a_clock_that_ran_ahead_and_was_set_right_stops_nothing(bench: Workbench) -> None:
    fetch(bench, 400 * 24 * 60, "-s", "DATELINE_MAX_PAGES=6")
    right = bench.crawl(now=OPENING)

    assert right.code == 0, right.err
    assert articles(bench) == set(bench.newsroom.urls("harbour-courier"))
    assert verify(bench.layout).is_clean


def test_a_locked_frontier_is_a_matter_of_waiting(bench: Workbench) -> None:
    Frontier(bench.layout.frontier).close()
    with closing(sqlite3.connect(bench.layout.frontier, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        ended = bench.crawl(now=OPENING)

    assert ended.code == 75, ended.err
    assert "crawl.log says why" in ended.err
    assert "another program is writing" in (bench.layout.root / "logs" / "crawl.log").read_text()
    assert bench.newsroom.count() == 0


def test_a_read_only_archive_is_read_and_not_crawled(bench: Workbench, mount: Mount) -> None:
    bench.crawl("--all", "--max-pages", "6", now=OPENING)
    root = bench.layout.root
    mount("--bind", root, root)
    mount("-o", "remount,bind,ro", root)

    reads = [bench.dateline(*command) for command in (("search", "ferry"), ("verify",), ("status",))]
    writes = [bench.crawl(now=OPENING + HOUR), bench.dateline("catalogue"), bench.dateline("publish")]

    assert [ended.code for ended in reads] == [0, 0, 0], [ended.err for ended in reads]
    assert [(ended.code, ended.err.count("\n")) for ended in writes] == [(4, 1)] * 3, [e.err for e in writes]


def test_a_disk_without_inodes_is_a_full_disk(bench: Workbench, mount: Mount) -> None:
    warc = bench.layout.warc
    mount("-t", "tmpfs", "-o", "size=400m,nr_inodes=1", "tmpfs", warc)

    full = bench.crawl(now=OPENING)
    mount("-t", "tmpfs", "-o", "remount,nr_inodes=1000", "tmpfs", warc)

    assert full.code == 3, full.err
    fetch(bench, 60)
    assert articles(bench) == set(bench.newsroom.urls("harbour-courier"))


def test_a_database_without_inodes_is_on_a_full_disk(tmp_path: Path, mount: Mount) -> None:
    mount("-t", "tmpfs", "-o", "nr_inodes=1", "tmpfs", tmp_path)

    with pytest.raises(NoSpaceError):
        Frontier(tmp_path / "frontier.db")


def test_a_missing_file_is_named(bench: Workbench) -> None:
    fetch(bench, 0, "-s", "DATELINE_MAX_PAGES=6")
    without_catalogue = bench.dateline("search", "ferry")
    assert bench.dateline("catalogue").code == 0
    (lost, *_) = bench.layout.warc_files()
    lost.unlink()

    without_warc = bench.dateline("verify")

    assert (without_catalogue.code, without_warc.code) == (4, 5)
    assert "dateline catalogue" in without_catalogue.err
    assert lost.name in without_warc.out
