"""Kill -9 between write, fsync, commit and rename: the short form of `make crash`."""

from pathlib import Path

from tests.crash.matrix import run


def test_a_crawl_killed_at_every_point_loses_nothing_and_stores_nothing_twice(tmp_path: Path) -> None:
    result = run(tmp_path, pages=160, kills=8, seed=5)

    assert result.faults == []
    assert sum(result.struck.values()) >= 8
    assert {"outside", "write-half", "sync-after", "commit-before", "rename-before"} & set(result.struck)
