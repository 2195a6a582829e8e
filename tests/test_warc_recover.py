"""Files that a crash left open."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from fcntl import LOCK_EX, flock
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from archive.errors import DamageError
from archive.model import Capture, Provenance
from archive.warc.check import check_file
from archive.warc.recover import Recovered, recover
from archive.warc.walk import captures
from tests.exchanges import AT, HTML, NO_HTTP, PROVENANCE, exchange, reply, store_in


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[Capture]]:
    """A small file of both kinds of exchange and a document of ours, and what is in it."""
    folder = tmp_path_factory.mktemp("written")
    with store_in(folder) as store:
        for received in (reply(b"fog"), NO_HTTP["garbage"]):
            store.append(exchange(received), Provenance("run-7", "harbour"))
        store.append_resource("urn:dateline:run:7:ledger", "text/plain", b"done\n", AT)
    (path,) = folder.iterdir()
    return path.read_bytes(), list(captures(path))


def crashed(folder: Path, content: bytes, name: str = "a.warc.gz") -> Path:
    path = folder / (name + ".open")
    path.write_bytes(content)
    return path


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder where fsync costs nothing, if there is one: two thousand files are mended in it."""
    shared = Path("/dev/shm")
    with TemporaryDirectory(dir=shared if os.access(shared, os.W_OK) else None) as folder:
        yield Path(folder)


def test_wherever_a_file_was_cut_each_whole_exchange_before_is_kept(
    memory: Path, written: tuple[bytes, list[Capture]]
) -> None:
    content, stored = written
    begun = stored[0].record.offset

    for cut in range(len(content) + 1):
        crashed(memory, content[:cut])
        (found,) = recover(memory)

        whole = [capture for capture in stored if capture.end <= cut]
        end = whole[-1].end if whole else begun if cut >= begun else 0
        kept = {path.name: path.read_bytes() for path in memory.iterdir()}
        expected = {"a.warc.gz": content[:end]} if end else {}
        if cut > end:
            expected[f"a.warc.gz.torn-{end}"] = content[end:cut]
        assert kept == expected
        assert [c.url for c in found.captures] == [c.url for c in whole]
        assert (found.file, found.cut_bytes) == ("a.warc.gz", cut - end)
        for path in memory.iterdir():
            path.unlink()


@pytest.mark.parametrize("tail", [bytes(4096), b"\xff" * 9, b"\x1f\x8b", b"WARC/1.1\r\n"])
def test_what_a_disk_left_behind_the_last_exchange_is_cut(
    tmp_path: Path, written: tuple[bytes, list[Capture]], tail: bytes
) -> None:
    content, stored = written
    crashed(tmp_path, content + tail)

    (found,) = recover(tmp_path)

    assert len(found.captures) == len(stored)
    assert (tmp_path / "a.warc.gz").read_bytes() == content
    assert (tmp_path / f"a.warc.gz.torn-{len(content)}").read_bytes() == tail


def test_only_the_captures_that_are_asked_for_are_returned(
    tmp_path: Path, written: tuple[bytes, list[Capture]]
) -> None:
    crashed(tmp_path, written[0])

    (found,) = recover(tmp_path, keep=lambda capture: capture.kind == "resource")

    assert [capture.kind for capture in found.captures] == ["resource"]
    assert found.exchanges == len(written[1])


def test_a_file_that_could_not_be_adopted_comes_again(tmp_path: Path, written: tuple[bytes, list[Capture]]) -> None:
    path = crashed(tmp_path, written[0])
    adopted: list[Recovered] = []

    def fail(_: Recovered) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        recover(tmp_path, adopt=fail)
    assert path.exists()

    assert recover(tmp_path, adopt=adopted.append) == tuple(adopted)
    assert adopted[0].captures == tuple(captures(tmp_path / "a.warc.gz"))


def test_a_file_whose_writer_lives_is_left_alone(tmp_path: Path) -> None:
    with store_in(tmp_path) as store:
        store.append(exchange(HTML), PROVENANCE)

        assert recover(tmp_path) == ()
        assert store.path is not None
        assert store.path.exists()


def test_a_lock_that_died_with_its_process_is_no_lock(tmp_path: Path, written: tuple[bytes, list[Capture]]) -> None:
    path = crashed(tmp_path, written[0])

    with path.open("rb") as living:
        flock(living, LOCK_EX)
        assert recover(tmp_path) == ()
    assert len(recover(tmp_path)) == 1


def test_closed_files_and_recovered_ones_are_not_touched_again(
    tmp_path: Path, written: tuple[bytes, list[Capture]]
) -> None:
    closed = tmp_path / "b.warc.gz"
    closed.write_bytes(written[0][:-1])
    crashed(tmp_path, written[0])

    assert [found.file for found in recover(tmp_path)] == ["a.warc.gz"]
    assert recover(tmp_path) == ()
    assert closed.read_bytes() == written[0][:-1]


def test_new_exchanges_go_to_a_new_file(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    store.append(exchange(HTML), PROVENANCE)
    assert store.path is not None
    abandoned = shutil.copy(store.path, tmp_path / "a.warc.gz.open")
    store.close()

    recover(tmp_path)
    with store_in(tmp_path) as later:
        later.append(exchange(HTML), PROVENANCE)

    assert not Path(abandoned).exists()
    assert len(list(tmp_path.glob("*.warc.gz"))) == 3


def test_two_files_of_one_name_are_left_for_a_person(tmp_path: Path, written: tuple[bytes, list[Capture]]) -> None:
    crashed(tmp_path, written[0])
    (tmp_path / "a.warc.gz").write_bytes(b"not to be lost")

    with pytest.raises(DamageError, match="exists as well"):
        recover(tmp_path)

    assert (tmp_path / "a.warc.gz").read_bytes() == b"not to be lost"
    assert (tmp_path / "a.warc.gz.open").read_bytes() == written[0]


WRITE_ON = """
import sys
from itertools import count
from pathlib import Path
from tests.exchanges import *

store = store_in(Path(sys.argv[1]), max_bytes=60_000)
for number in count():
    capture = store.append(exchange(reply(PAGE[: number % 3000])), PROVENANCE)
    if number % 5 == 4:
        store.sync()
        print(number + 1, flush=True)
"""


def test_what_was_acknowledged_before_a_kill_is_there_after_it(tmp_path: Path) -> None:
    for acknowledgements in (1, 2, 9):
        folder = tmp_path / str(acknowledgements)
        folder.mkdir()
        with subprocess.Popen(
            [sys.executable, "-c", WRITE_ON, str(folder)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            lines = [writer.stdout.readline() for _ in range(acknowledgements)]
            writer.kill()

        recover(folder)

        found = [capture for path in sorted(folder.glob("*.gz")) for capture in captures(path)]
        assert len(found) >= int(lines[-1])
        assert not list(folder.glob("*.open"))
        assert all(check_file(path).tail is None for path in folder.glob("*.gz"))
