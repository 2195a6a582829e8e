"""The published copy, as researchers open it: other users, who may not write there, while a crawl is at work."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from archive.browse.environment import ENVIRONMENT
from tests.conftest import Workbench, workbench_in
from tests.newsroom.faults import Fault
from tests.newsroom.newsroom import OPENING, Newsroom

COURIER = "www.harbour-courier.test"
NOBODY = 65_534
COUNT = "SELECT count(*) FROM article_text"
# What is imported under a home that only its owner may enter is imported first; the copy is opened as nobody.
AS_NOBODY = f"import os; os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})"
IN_PYTHON = f"""
import sqlite3, sys
{AS_NOBODY}
with sqlite3.connect("file:" + sys.argv[1] + "?mode=ro", uri=True) as db:
    print(db.execute("{COUNT}").fetchone()[0])
    try:
        db.execute("DELETE FROM articles")
    except sqlite3.OperationalError as error:
        print(error)
"""
IN_DATASETTE = f"""
import sys
from datasette.cli import cli
ask = [sys.argv[1], "--get", "/catalogue.json?_shape=arrayfirst&sql=" + "{COUNT}".replace(" ", "+")]
try:
    cli(ask)  # as root: what it imports late lies where only root may look
except SystemExit as ended:
    assert not ended.code
{AS_NOBODY}
cli(ask)
"""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@pytest.fixture(scope="module")
def published() -> Iterator[tuple[Workbench, Path]]:
    """An archive whose crawl is at work, held at one page, and the copy published before."""
    with Newsroom() as newsroom, tempfile.TemporaryDirectory() as folder:
        bench = workbench_in(Path(folder) / "archive", newsroom)
        for path in (Path(folder), bench.layout.root):
            path.chmod(path.stat().st_mode | 0o001)  # as docs/sharing.md says: others may pass, not look around
        assert bench.crawl("harbour-courier", now=OPENING).code == 0
        newsroom.now = OPENING + timedelta(days=9)
        newsroom.add_fault(Fault(COURIER, "/2025/03/2*", times=1, hold="reading"))
        command = bench.crawl_command("harbour-courier")
        with subprocess.Popen(command, env=bench.environment_at(newsroom.now), stderr=subprocess.DEVNULL) as crawl:
            try:
                assert newsroom.faults.arrived("reading", 60)
                yield bench, bench.layout.public / "catalogue.db"
                assert crawl.poll() is None
            finally:
                newsroom.release("reading")
        assert crawl.returncode == 0


def answer(*command: str | Path, user: int | None = None) -> str:
    done = subprocess.run(
        [*map(str, command)], capture_output=True, text=True, check=False, user=user, group=user, cwd="/", timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def articles(bench: Workbench) -> int:
    return len(bench.newsroom.editions("harbour-courier", OPENING))


@as_root
def test_python_opens_it_as_another_user(published: tuple[Workbench, Path]) -> None:
    bench, copy = published

    count, refused = answer(sys.executable, "-c", IN_PYTHON, copy).splitlines()

    assert int(count) == articles(bench)
    assert "readonly" in refused


@as_root
@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="the sqlite3 shell is not installed")
def test_the_sqlite_shell_opens_it_as_another_user(published: tuple[Workbench, Path]) -> None:
    bench, copy = published

    assert int(answer("sqlite3", "-readonly", copy, COUNT, user=NOBODY)) == articles(bench)


@as_root
@pytest.mark.skipif(not ENVIRONMENT.is_made(ENVIRONMENT.place()), reason="Datasette is not installed (make peers)")
def test_datasette_opens_it_as_another_user(published: tuple[Workbench, Path]) -> None:
    bench, copy = published

    told = answer(ENVIRONMENT.place() / "bin" / "python", "-c", IN_DATASETTE, copy)

    assert [json.loads(line) for line in told.splitlines()] == [[articles(bench)]] * 2
