"""Proof that goes further: pages read again, bags that others can check, archives mended by hand."""

import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from archive.bag import make_bag
from archive.catalogue.database import open_for_reading
from archive.deep import deep_problems
from archive.errors import ConfigError
from archive.layout import Layout, lock
from archive.loader import LOADER
from archive.manifest import write_manifests
from archive.reading.box import Box
from archive.verify import Problem
from tests.conftest import Workbench


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    with Box(LOADER, workers=1) as made:
        yield made


@pytest.fixture
def copied(crawled: Workbench, tmp_path: Path) -> Workbench:
    """A copy of the crawled archive, to harm."""
    root = tmp_path / "archive"
    shutil.copytree(crawled.layout.root, root)
    return Workbench(Layout(root), crawled.newsroom)


def found_by(layout: Layout, box: Box) -> list[Problem]:
    with closing(open_for_reading(layout.catalogue)) as db:
        return list(deep_problems(db, layout, box=box))


def change(layout: Layout, sql: str) -> None:
    with closing(sqlite3.connect(layout.catalogue)) as db, db:
        assert db.execute(sql).rowcount == 1


def test_every_page_of_a_sound_archive_reads_as_the_catalogue_says(crawled: Workbench, box: Box) -> None:
    assert found_by(crawled.layout, box) == []


def test_an_outcome_that_no_page_has_is_found(copied: Workbench, box: Box) -> None:
    captures = "SELECT rowid FROM captures WHERE outcome = 'ok' AND kind = 'response' LIMIT 1"
    change(copied.layout, f"UPDATE captures SET outcome = 'blocked' WHERE rowid = ({captures})")

    (problem,) = found_by(copied.layout, box)

    assert problem.what == "reads as ok now; the catalogue says blocked"


def test_the_command_reads_again_when_it_is_asked_to(crawled: Workbench) -> None:
    ended = crawled.dateline("verify", "--deep")

    assert ended.code == 0, ended.out
    assert "all is whole" in ended.out


def test_a_bag_is_one_that_others_can_check(copied: Workbench, tmp_path: Path) -> None:
    folder = tmp_path / "bag"
    write_manifests(copied.layout)

    bag = make_bag(copied.layout, folder)

    assert folder.joinpath("bagit.txt").read_text().startswith("BagIt-Version: 1.0\n")
    assert f"Payload-Oxum: {bag.size_bytes}.{bag.files}\n" in folder.joinpath("bag-info.txt").read_text()
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        done = subprocess.run(
            ["sha256sum", "--check", "--strict", manifest], cwd=folder, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
    inside = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert {f"data/warc/{path.name}" for path in copied.layout.warc_files()} <= inside
    with pytest.raises(ConfigError, match="something already"):
        make_bag(copied.layout, folder)


def test_the_manifest_command_says_how_to_check_without_us(copied: Workbench) -> None:
    shutil.rmtree(copied.layout.manifests)
    first, second = copied.dateline("manifest", "--json"), copied.dateline("manifest")

    assert len(json.loads(first.out)["written"]) == len(copied.layout.warc_files())
    assert "Wrote 0 manifests" in second.out
    assert "sha256sum --check" in second.out


def test_what_a_crash_tore_is_mended_by_hand(copied: Workbench) -> None:
    path = copied.layout.warc_files()[0]
    whole = path.read_bytes()
    left = path.with_name(path.name + ".open")
    path.rename(left)
    with left.open("ab") as file:
        file.write(whole[1:501])

    ended = copied.dateline("recover")

    assert ended.code == 0, ended.err
    assert f"{path.name}: " in ended.out
    assert "500 B cut and kept beside it" in ended.out
    assert path.read_bytes() == whole
    assert "Nothing to recover" in copied.dateline("recover").out
    assert copied.dateline("verify").code == 0


def test_a_crawl_at_work_is_not_recovered(copied: Workbench) -> None:
    with lock(copied.layout.frontier, "a crawl"):
        assert copied.dateline("recover").code == os.EX_TEMPFAIL
