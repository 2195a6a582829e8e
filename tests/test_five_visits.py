"""Five visits in thirty simulated days, with every kind of change: the live catalogue is the one read again."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from archive.layout import Layout
from archive.reread import compare_files, reread
from tests.conftest import Workbench, workbench_in
from tests.newsroom.newsroom import OPENING, Newsroom

VISITS = tuple(OPENING + timedelta(days=day, hours=1) for day in (0, 3, 8, 16, 30))


@pytest.fixture(scope="module")
def visited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """An archive of five visits to every paper, each read and settled as it came."""
    with Newsroom() as newsroom:
        bench = workbench_in(tmp_path_factory.mktemp("visited"), newsroom)
        for at in VISITS:
            newsroom.now = at
            ended = bench.crawl(now=at)
            assert ended.code in (0, 2), ended.err + ended.out  # 2: a paper has fallen silent
        yield bench


def test_the_visits_met_every_kind_of_change(visited: Workbench) -> None:
    happened = {event.kind for event in visited.newsroom.timetable() if VISITS[0] < event.at < VISITS[-1]}
    answered = {hit.status for hit in visited.newsroom.hits() if hit.now > VISITS[0]}
    with closing(sqlite3.connect(visited.layout.catalogue)) as db:
        ((articles, versions),) = db.execute("SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM versions)")

    assert happened >= {"appear", "correct", "edit", "move", "delete", "home"}
    assert answered >= {200, 304, 404, 410}
    assert answered & {301, 302}
    assert versions > articles + 5


def test_after_settle_live_and_read_again_are_equal_row_for_row(visited: Workbench, tmp_path: Path) -> None:
    again = Layout(tmp_path / "again")
    shutil.copytree(visited.layout.root, again.root)

    reread(again)

    assert list(compare_files(visited.layout.catalogue, again.catalogue)) == []
