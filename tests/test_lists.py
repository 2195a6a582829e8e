"""Lists that are large are read in processes that end when they pass their bounds, and every list has its outcome."""

import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.layout import Layout
from archive.model import Link, Outcome
from crawler.conclude import Rules
from crawler.frontier import Visit
from crawler.lists import SMALL_BYTES, Job, ListReader
from crawler.schedule import Retry
from crawler.sites import parse_site
from tests.desk import HOME, Desk
from tests.exchanges import reply

NOW = datetime(2026, 3, 14, tzinfo=UTC)
SITEMAP = HOME + "sitemap.xml"
RULES = Rules(
    parse_site(f'home = "{HOME}"\n[[source]]\nkind = "sitemap"\nurl = "/sitemap.xml"\n', "courier.toml"), Retry()
)


def urlset(count: int) -> bytes:
    entries = "".join(f"<url><loc>{HOME}2026/03/14/story-of-the-day-{n}</loc></url>\n" for n in range(count))
    return f"<urlset>{entries}</urlset>".encode()


def job(desk: Desk, body: bytes, *fields: str) -> Job:
    """Return the visit of a list that was answered so."""
    capture = desk.fetch(SITEMAP, reply(body, *fields), role="source")
    link = Link(SITEMAP, "", "sitemap:/sitemap.xml", role="source", source_kind="sitemap")
    visit = Visit("lease-1", "courier", SITEMAP, "source", "sitemap:/sitemap.xml", "courier.test", link)
    assert desk.store.path is not None
    return Job(visit, capture, RULES, NOW, desk.store.path, capture.record)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(Layout(tmp_path / "archive"))
    yield desk
    desk.store.close()


def test_a_small_list_is_read_here_and_a_large_one_elsewhere_to_the_same_end(desk: Desk) -> None:
    few, many = job(desk, urlset(300)), job(desk, urlset(3_000))
    with ListReader() as reader:
        finishes = [reader.conclude(each) for each in (few, many)]

    assert (few.is_small, many.is_small) == (True, False)
    assert [finish.reason for finish in finishes] == ["300 links", "3000 links"]
    assert finishes[1].entries == many.conclude().entries


def test_what_is_small_on_the_wire_alone_is_read_elsewhere(desk: Desk) -> None:
    packed = zlib.compress(urlset(3_000), 9)

    assert len(packed) < SMALL_BYTES
    assert not job(desk, packed, "Content-Encoding: deflate").is_small


def test_a_list_that_takes_too_long_or_too_much_costs_itself_alone(desk: Desk) -> None:
    large = job(desk, urlset(60_000))
    with ListReader(cpu_s=0.05) as hasty, ListReader(memory_bytes=4 << 20) as narrow, ListReader() as reader:
        finishes = [each.conclude(large) for each in (hasty, narrow, reader)]

        assert [finish.reason for finish in finishes[:1]] == ["its list could not be read: it took too much CPU time"]
        assert finishes[1].reason.startswith("its list could not be read: MemoryError")
        assert [finish.entries for finish in finishes[:2]] == [(), ()]
        assert finishes[2].reason.startswith("50000 links")
        assert {finish.outcome for finish in finishes} == {Outcome.CAPTURED}
        assert hasty.killed == 1
        assert hasty.conclude(job(desk, urlset(10))).reason == "10 links"


def test_of_a_bomb_so_much_is_read_as_production_gives_memory_for(desk: Desk) -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(200)) + packer.flush()
    with ListReader() as reader:
        finish = reader.conclude(job(desk, bomb, "Content-Encoding: gzip"))

        assert finish.reason.startswith("0 links; neither a sitemap nor any other known form")
        assert reader.killed == 0
