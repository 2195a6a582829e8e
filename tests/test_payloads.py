"""The memory of stored payloads, alone and in real crawls."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from archive.catalogue.database import open_for_reading
from archive.errors import ConfigError
from archive.model import Capture, Record
from archive.reread import compare_files
from archive.verify import verify
from archive.warc.dedup import Likeness, likeness_in, likeness_of
from archive.warc.record import Original, reply_of, warc_date
from archive.warc.walk import captures
from crawler.payloads import Payloads, scope_of
from tests.conftest import Workbench
from tests.exchanges import AT, HTML, PAGE, PROVENANCE, chunked, exchange, reply, store_in
from tests.newsroom.newsroom import OPENING

LIKE = Likeness("sha1:A", 2048, False, "harbour", "article", "text/html", "")
FIRST = Original("urn:uuid:1", "http://harbour.test/fog", warc_date(AT))
RECORD = Record("a.warc.gz", 500, 90, FIRST.id)


@pytest.fixture
def payloads(tmp_path: Path) -> Iterator[Payloads]:
    with closing(Payloads(tmp_path / "frontier.db")) as found:
        yield found


def test_a_record_is_known_once_it_is_durable(payloads: Payloads) -> None:
    payloads.remember(LIKE, FIRST, RECORD)
    before = payloads.lookup(LIKE)
    payloads.durable()

    assert (before, payloads.lookup(LIKE)) == (None, FIRST)
    found = payloads.stored(FIRST.id)
    assert found is not None
    assert (found.original, found.record) == (FIRST, RECORD)


def test_the_first_record_of_a_payload_stays_the_original(payloads: Payloads) -> None:
    for original in (FIRST, replace(FIRST, id="urn:uuid:2")):
        payloads.remember(LIKE, original, replace(RECORD, id=original.id))
        payloads.durable()

    assert payloads.lookup(LIKE) == FIRST
    assert payloads.stored("urn:uuid:2") is None


@pytest.mark.parametrize(
    "unlike",
    [
        replace(LIKE, length=2049),
        replace(LIKE, chunked=True),
        replace(LIKE, site="ledger"),
        replace(LIKE, role="source"),
        replace(LIKE, content_type="text/plain"),
        replace(LIKE, content_encoding="gzip"),
    ],
)
def test_what_differs_in_anything_is_another_payload(payloads: Payloads, unlike: Likeness) -> None:
    payloads.remember(LIKE, FIRST, RECORD)
    payloads.durable()

    assert payloads.lookup(unlike) is None


@pytest.mark.parametrize(
    ("sizes", "forgotten"),
    [({"a.warc.gz": 590}, 0), ({"a.warc.gz": 589}, 1), ({"b.warc.gz": 9_000}, 1)],
    ids=["whole", "cut", "gone"],
)
def test_records_that_are_cut_or_gone_are_forgotten(payloads: Payloads, sizes: dict[str, int], forgotten: int) -> None:
    payloads.remember(LIKE, FIRST, RECORD)
    payloads.durable()

    assert payloads.purge(sizes) == forgotten
    assert (payloads.lookup(LIKE) is None) == bool(forgotten)


def test_a_scope_that_does_not_exist_is_refused() -> None:
    assert scope_of("run") == "run"
    with pytest.raises(ConfigError, match="none of off, run, archive"):
        scope_of("ever")


@pytest.mark.parametrize("received", [HTML, chunked(PAGE), reply(PAGE, "Content-Type: text/html"), reply(b"small")])
def test_a_response_read_back_is_like_what_was_written(tmp_path: Path, received: bytes) -> None:
    sent = exchange(received)
    with store_in(tmp_path) as store:
        store.append(sent, PROVENANCE)
    (path,) = tmp_path.iterdir()
    (read,) = captures(path)

    assert likeness_in(read) == likeness_of(sent, reply_of(received), PROVENANCE)


# ---------------------------------------------------------------------- in crawls


def repeats(workbench: Workbench) -> list[Capture]:
    found = [capture for path in workbench.layout.warc_files() for capture in captures(path)]
    return [capture for capture in found if capture.profile == "identical"]


def crawl_twice(workbench: Workbench, *more: str) -> None:
    """Crawl the paper that sends no validators, and again when its lists are due but nothing is new."""
    for hours in (0, 7):
        now = OPENING + timedelta(hours=hours)
        ended = workbench.scrapy("crawl", "news", "-a", "site=northern-ledger", *more, now=now)
        assert ended.code == 0, ended.err


def test_a_list_that_comes_again_is_a_revisit_and_is_not_read_again(workbench: Workbench) -> None:
    crawl_twice(workbench)

    found = repeats(workbench)
    originals = {c.record.id: c for p in workbench.layout.warc_files() for c in captures(p) if c.kind == "response"}
    assert found
    assert all(c.refers_to in originals for c in found)
    assert {c.record.file for c in found}.isdisjoint(originals[c.refers_to or ""].record.file for c in found)
    assert workbench.frontier_rows("SELECT url FROM urls WHERE outcome NOT IN ('captured', 'robots')") == []
    polls = workbench.frontier_rows("SELECT record, reason FROM visits WHERE role = 'source'")
    again = {str(record): reason for record, reason in polls if str(record) in {c.record.id for c in found}}
    assert again
    assert set(again.values()) == {"the same bytes as last time"}  # and its links are not read a second time


@pytest.mark.parametrize("scope", ["off", "run"])
def test_without_memory_of_other_runs_all_is_stored_again(workbench: Workbench, scope: str) -> None:
    crawl_twice(workbench, "-s", f"DATELINE_DEDUP={scope}")

    assert repeats(workbench) == []


def test_an_article_fetched_again_is_the_same_reading_and_version(workbench: Workbench) -> None:
    crawl = ("crawl", "northern-ledger", "--resolve", workbench.resolve)
    workbench.dateline(*crawl, now=OPENING)
    before = counts(workbench)
    with closing(sqlite3.connect(workbench.layout.frontier, isolation_level=None)) as db:
        db.execute("UPDATE urls SET state = 'due', due_at = 0 WHERE role = 'article'")

    workbench.dateline(*crawl, now=OPENING)

    again = [capture for capture in repeats(workbench) if capture.url in workbench.newsroom.urls("northern-ledger")]
    with closing(open_for_reading(workbench.layout.catalogue)) as db:
        pairs = db.execute(
            """
            SELECT r.reading, o.reading, r.version, o.version
            FROM captures AS r
            JOIN captures AS o ON o.id = r.refers_to
            WHERE r.profile = 'identical' AND o.reading IS NOT NULL
            """
        ).fetchall()
    assert len(again) > 5
    assert len(pairs) >= len(again)
    assert all(mine == its and version == its_version for mine, its, version, its_version in pairs)
    assert counts(workbench) == before
    assert verify(workbench.layout).is_clean


def test_the_catalogue_of_revisits_comes_back_row_for_row(workbench: Workbench) -> None:
    for hours in (0, 7):
        now = OPENING + timedelta(hours=hours)
        workbench.dateline("crawl", "northern-ledger", "--resolve", workbench.resolve, now=now)
    live = workbench.layout.root / "live.db"
    shutil.copy(workbench.layout.public / "catalogue.db", live)

    assert workbench.dateline("reread").code == 0

    assert repeats(workbench)
    assert list(compare_files(live, workbench.layout.catalogue)) == []


def counts(workbench: Workbench) -> tuple[int, ...]:
    with closing(open_for_reading(workbench.layout.catalogue)) as db:
        tables = ("articles", "versions", "readings", "transitions")
        return tuple(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables)
