"""Four hundred harms to an archive: each is named, and what was whole is kept where it lies."""

import gzip
import random
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from archive.errors import DamageError
from archive.layout import Layout
from archive.model import Capture
from archive.verify import verify
from archive.warc.mend import mend
from archive.warc.walk import captures, members
from tests.conftest import Workbench
from tests.exchanges import AT, HTML, NO_HTTP, ODD_REPLIES, PAGE, PROVENANCE, chunked, exchange, store_in

REPLIES = (HTML, chunked(PAGE), *ODD_REPLIES.values(), *NO_HTTP.values())


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """An archive of one closed file."""
    found = Layout(tmp_path)
    found.create()
    with store_in(found.warc) as store:
        for received in REPLIES:
            store.append(exchange(received), PROVENANCE)
    return found


def untouched(stored: list[Capture], begin: int, end: int) -> list[Capture]:
    """Return the captures whose exchange has no byte in that place."""
    return [c for c in stored if c.end <= begin or c.record.offset >= end]


def harmed(content: bytes, chance: random.Random, *, is_cut: bool) -> tuple[bytes, int]:
    at = chance.randrange(1, len(content))
    if is_cut:
        return content[:at], at
    return content[:at] + bytes([content[at] ^ 1 << chance.randrange(8)]) + content[at + 1 :], at


@pytest.mark.parametrize("is_cut", [True, False], ids=["truncations", "bit flips"])
def test_two_hundred_harms_are_found_named_and_mended(layout: Layout, is_cut: bool) -> None:
    (path,) = layout.warc_files()
    sound, stored, chance = path.read_bytes(), list(captures(path)), random.Random(16)
    borders = {capture.end for capture in stored} | {stored[0].record.offset}
    text = gzip.decompress(sound)

    for _ in range(200):
        content, at = harmed(sound, chance, is_cut=is_cut)
        path.write_bytes(content)
        problems = verify(layout).problems
        changes_nothing = at in borders if is_cut else _decoded(content) == text
        assert problems or changes_nothing
        assert not (problems and is_cut and changes_nothing)
        assert all(problem.file == path.name for problem in problems)

        mend(path, AT)

        assert verify(layout).is_clean
        kept = {(c.record.offset, c.record.id) for c in captures(path)}
        whole = untouched(stored, at, len(sound) if is_cut else at + 1)
        assert {(c.record.offset, c.record.id) for c in whole} <= kept
        for aside in layout.warc.glob("*.torn-*"):
            aside.unlink()


def _decoded(content: bytes) -> bytes | None:
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, ValueError, gzip.zlib.error):  # type: ignore[attr-defined]
        return None


def test_what_is_lost_says_so_to_every_program(layout: Layout) -> None:
    (path,) = layout.warc_files()
    content, stored = bytearray(path.read_bytes()), list(captures(path))
    broken = stored[3].record.offset
    content[broken + 40] ^= 0x10
    path.write_bytes(content)

    (lost,) = mend(path, AT)

    (said,) = [member for member in members(path) if member.url.startswith("urn:x-dateline-lost:")]
    assert (said.offset, said.length) == (lost.offset, lost.length) == (broken, stored[3].end - broken)
    aside = path.with_name(f"{path.name}.torn-{broken}")
    assert aside.read_bytes() == content[broken : stored[3].end]
    assert path.stat().st_size == len(content)
    scripts = Path(sysconfig.get_path("scripts"))
    for command in (["gzip", "-t"], [sys.executable, str(scripts / "fastwarc"), "check"]):
        assert subprocess.run([*command, str(path)], capture_output=True, check=False).returncode == 0


def test_a_sound_file_is_not_written_to(layout: Layout) -> None:
    (path,) = layout.warc_files()
    before = path.stat()

    assert mend(path, AT) == ()
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert path.stat().st_ino == before.st_ino


def test_a_file_in_which_nothing_is_whole_is_left_for_a_person(layout: Layout) -> None:
    (path,) = layout.warc_files()
    path.write_bytes(b"\x1f\x8b" + bytes(500))

    with pytest.raises(DamageError, match="nothing in it is whole"):
        mend(path, AT)


def test_a_harmed_archive_is_brought_back_by_two_commands(crawled: Workbench, tmp_path: Path) -> None:
    root = tmp_path / "archive"
    shutil.copytree(crawled.layout.root, root)
    copied = Workbench(Layout(root), crawled.newsroom)
    assert copied.dateline("manifest").code == 0
    path = copied.layout.warc_files()[0]
    content = bytearray(path.read_bytes())
    hit = max((capture.record for capture in captures(path)), key=lambda record: record.length)
    content[hit.offset + hit.length // 2] ^= 0x20  # in what is compressed: its head has bytes that mean nothing
    path.write_bytes(content)
    assert copied.dateline("verify").code == 5

    mended, read = copied.dateline("recover", "--damaged"), copied.dateline("reread")

    assert (mended.code, read.code) == (0, 0), mended.err + read.err
    assert "bytes set aside" in mended.out
    assert copied.dateline("verify").code == 0
