"""Disks that fill up in the middle of a crawl: the WARC files', the databases', and both."""

import random
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from archive.catalogue.answers import record_rows
from archive.catalogue.database import open_for_reading
from archive.verify import verify
from tests.crash.matrix import Trial
from tests.crash.site import NumberPress

PAGES = 120
Disk = Callable[[Path, int], None]


@pytest.fixture
def press() -> Iterator[NumberPress]:
    with NumberPress(PAGES, hosts=4) as found:
        yield found


@pytest.fixture
def small_disk() -> Iterator[Disk]:
    """Lay a small disk over a folder, or give one that is there another size; for those who may mount."""
    mounted: list[Path] = []

    def lay(folder: Path, size_kb: int) -> None:
        options = f"size={size_kb}k" + (",remount" if folder in mounted else "")
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, check=False
        )
        if done.returncode:
            pytest.skip("only root may mount a small disk")
        mounted.append(folder)

    yield lay
    for folder in dict.fromkeys(mounted):
        subprocess.run(["umount", str(folder)], check=True)


def crawl(trial: Trial, *more: str) -> int:
    """Run `dateline crawl`, and return its exit code."""
    command = [*trial.dateline_command("crawl"), "--all", "--resolve", f"@{trial.layout.root / 'resolve.txt'}"]
    return trial.ends_with([*command, "-s", "DATELINE_MIN_FREE=0", *more])


def is_sound(trial: Trial) -> bool:
    """True if every WARC file is whole, and the catalogue, if it could be filled, leads to what is there."""
    return verify(trial.layout).is_clean


def test_the_disk_of_the_warc_files_fills_up(tmp_path: Path, press: NumberPress, small_disk: Disk) -> None:
    trial = Trial(tmp_path, press, random.Random(1))
    small_disk(trial.layout.warc, 90)

    assert crawl(trial) == 3
    assert is_sound(trial)
    stored = verify(trial.layout).captures
    assert 0 < stored < PAGES
    assert crawl(trial) == 3

    small_disk(trial.layout.warc, 8_000_000)  # a disk so small would be an alarm
    assert crawl(trial) == 0
    assert trial.judge().faults == []


def test_the_disk_of_the_databases_fills_up(tmp_path: Path, press: NumberPress, small_disk: Disk) -> None:
    root, warc = tmp_path / "archive", tmp_path / "large"
    warc.mkdir()
    root.mkdir()
    small_disk(root, 450)
    root.joinpath("warc").symlink_to(warc)
    trial = Trial(root, press, random.Random(1))

    assert crawl(trial) == 3
    assert is_sound(trial)

    small_disk(root, 8_000_000)  # a disk so small would be an alarm
    assert crawl(trial) == 0
    assert trial.judge().faults == []


@pytest.mark.parametrize("size_kb", [700, 1600])
def test_one_disk_for_everything_fills_up(tmp_path: Path, press: NumberPress, small_disk: Disk, size_kb: int) -> None:
    small_disk(tmp_path, size_kb)
    trial = Trial(tmp_path, press, random.Random(1))

    assert crawl(trial) == 3
    assert is_sound(trial)

    small_disk(tmp_path, 8_000_000)  # a disk so small would be an alarm
    assert crawl(trial) == 0
    assert trial.judge().faults == []


def test_fetching_ends_before_the_floor(tmp_path: Path, press: NumberPress, small_disk: Disk) -> None:
    trial = Trial(tmp_path, press, random.Random(1))
    small_disk(trial.layout.warc, 400)

    assert crawl(trial, "-s", "DATELINE_MIN_FREE=300000") == 3

    assert 50_000 < sum(path.stat().st_size for path in trial.layout.warc_files()) < 150_000
    with closing(open_for_reading(trial.layout.catalogue)) as db:
        assert verify(trial.layout, rows=record_rows(db)).is_clean
    asked = sum(press.hits.values())
    assert verify(trial.layout).captures >= asked  # nothing was fetched that could not be stored
    assert crawl(trial) in (0, 3)


def test_a_file_that_may_not_grow_ends_the_crawl_like_a_full_disk(tmp_path: Path, press: NumberPress) -> None:
    trial = Trial(tmp_path, press, random.Random(1))
    trial.limit = ("prlimit", "--fsize=60000")

    assert trial.ends_with([*trial.crawl_command(), "-s", "DATELINE_MIN_FREE=0"]) == 3
    assert is_sound(trial)

    trial.limit = ()
    assert crawl(trial) == 0
    assert trial.judge().faults == []
