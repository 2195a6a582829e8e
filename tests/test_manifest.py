"""What a closed file must be, written down beside it."""

import gzip
import subprocess
from pathlib import Path

import pytest

from archive.errors import DamageError
from archive.layout import Layout
from archive.manifest import write_manifests
from archive.verify import verify
from archive.warc.members import members
from archive.warc.recover import recover
from tests.conftest import Workbench
from tests.exchanges import HTML, PROVENANCE, exchange, store_in


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """An archive of two closed files."""
    found = Layout(tmp_path)
    found.create()
    for _ in range(2):
        with store_in(found.warc) as store:
            store.append(exchange(HTML), PROVENANCE)
    return found


def test_every_closed_file_gets_a_manifest_once(layout: Layout) -> None:
    written = write_manifests(layout)

    assert [manifest.file for manifest in written] == [path.name for path in layout.warc_files()]
    assert dict(written[0].records) == {"warcinfo": 1, "response": 1, "request": 1, "metadata": 1}
    assert write_manifests(layout) == ()
    assert verify(layout).manifests == 2
    assert verify(layout).is_clean


def test_sha256sum_proves_the_files_without_us(layout: Layout) -> None:
    write_manifests(layout)
    first, _ = layout.warc_files()
    manifests = sorted(layout.manifests.iterdir())
    command = ["sha256sum", "--check", "--strict", *(str(path.relative_to(layout.root)) for path in manifests)]

    sound = subprocess.run(command, cwd=layout.root, capture_output=True, text=True, check=False)
    first.write_bytes(first.read_bytes() + b"\0")
    harmed = subprocess.run(command, cwd=layout.root, capture_output=True, text=True, check=False)

    assert (sound.returncode, sound.stdout.count(": OK")) == (0, 2)
    assert f"warc/{first.name}: FAILED" in harmed.stdout


def test_a_file_put_together_anew_is_found_although_every_record_is_whole(layout: Layout) -> None:
    write_manifests(layout)
    first, second = layout.warc_files()
    text = gzip.decompress(first.read_bytes())
    pieces = [b"WARC/1.1\r\nWARC-Type" + part for part in text.split(b"WARC/1.1\r\nWARC-Type")[1:]]
    first.write_bytes(b"".join(gzip.compress(piece, 1) for piece in pieces))
    second.unlink()

    report = verify(layout)

    changed, missing = report.problems
    assert (changed.file, missing.file) == (first.name, second.name)
    assert "its manifest" in changed.what
    assert missing.what == "the file is missing; it has a manifest"


def test_damage_gets_no_manifest(layout: Layout) -> None:
    first, second = layout.warc_files()
    first.write_bytes(first.read_bytes()[:-9])

    with pytest.raises(DamageError, match="ends inside a gzip member"):
        write_manifests(layout)

    assert [path.name for path in layout.manifests.iterdir()] == [second.name + ".sha256"]


def test_a_file_is_hashed_while_it_is_written(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.create()
    with store_in(layout.warc, manifests=layout.manifests, max_bytes=1) as store:
        for _ in range(3):  # each begins a file
            store.append(exchange(HTML), PROVENANCE)
            store.sync()
        assert verify(layout).is_clean

    by_store = {path.name: path.read_text() for path in layout.manifests.iterdir()}
    for path in layout.manifests.iterdir():
        path.unlink()
    write_manifests(layout)

    assert len(by_store) == 3
    assert by_store == {path.name: path.read_text() for path in layout.manifests.iterdir()}


def test_a_recovered_file_gets_its_manifest_before_its_name(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.create()
    store = store_in(layout.warc, manifests=layout.manifests)
    store.append(exchange(HTML), PROVENANCE)
    torn = layout.warc / "torn.warc.gz.open"
    assert store.path is not None
    torn.write_bytes(store.path.read_bytes() + b"\x1f\x8b torn")
    store.abandon()

    recover(layout.warc, manifests=layout.manifests)

    report = verify(layout)
    assert (report.files, report.manifests, report.without_manifest, report.problems) == (2, 2, 0, ())


def test_a_file_without_room_for_its_manifest_waits_for_the_next_recovery(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.create()
    layout.manifests.write_text("in the way of a folder")

    with store_in(layout.warc, manifests=layout.manifests) as store:
        store.append(exchange(HTML), PROVENANCE)

    assert [path.suffix for path in layout.warc_files()] == [".open"]
    layout.manifests.unlink()
    recover(layout.warc, manifests=layout.manifests)
    assert (verify(layout).manifests, verify(layout).open_files) == (1, ())


def test_files_of_an_earlier_version_are_counted_and_nothing_is_wrong_with_them(layout: Layout) -> None:
    report = verify(layout)

    assert (report.without_manifest, report.problems) == (2, ())


@pytest.mark.parametrize("text", ["", "nothing\n", "0" * 64 + "  warc/another.warc.gz\n", "\xff"])
def test_a_manifest_that_says_nothing_is_named(layout: Layout, text: str) -> None:
    write_manifests(layout)
    broken = min(layout.manifests.iterdir())
    broken.write_text(text, "latin-1")

    (problem,) = verify(layout).problems

    assert (problem.file, problem.what) == (broken.name, "no manifest that can be read")


def test_a_harmless_change_is_told_from_damage_and_accepted_when_asked(workbench: Workbench) -> None:
    layout = workbench.layout
    with store_in(layout.warc, manifests=layout.manifests) as store:
        store.append(exchange(HTML), PROVENANCE)
    (path,) = layout.warc_files()
    content = bytearray(path.read_bytes())
    content[5] ^= 1  # in the time that a gzip head may bear
    path.write_bytes(content)
    (manifest,) = layout.manifests.iterdir()
    before = manifest.read_text()

    verified, recovered = workbench.dateline("verify"), workbench.dateline("recover", "--damaged")
    renewed = workbench.dateline("manifest", "--renew")

    assert (verified.code, recovered.code, renewed.code) == (5, 0, 0)
    assert "its SHA-256 is not that of its manifest, yet all its records are here and whole" in verified.out
    assert "there is nothing to mend; but it is not what its manifest says" in recovered.out
    assert workbench.dateline("verify").code == 0
    kept = [other for other in layout.manifests.iterdir() if other != manifest]
    assert [other.read_text() for other in kept] == [before]
    assert kept[0].name.startswith(manifest.name + ".old-")


def test_a_file_that_lost_a_record_is_not_called_unharmed(layout: Layout) -> None:
    write_manifests(layout)
    first, _ = layout.warc_files()
    size = first.stat().st_size
    response = list(members(first))[-3]
    first.write_bytes(first.read_bytes()[: response.offset])  # at the border of an exchange

    (problem,) = verify(layout).problems

    assert problem.what == f"{response.offset} bytes long; its manifest says {size}"


def test_damage_is_not_renewed(layout: Layout) -> None:
    write_manifests(layout)
    first, _ = layout.warc_files()
    before = {path.name: path.read_text() for path in layout.manifests.iterdir()}
    first.write_bytes(first.read_bytes()[:-9])

    with pytest.raises(DamageError, match="ends inside a gzip member"):
        write_manifests(layout, renew=True)

    assert {path.name: path.read_text() for path in layout.manifests.iterdir()} == before
