"""What nobody foresaw: a crawl that cannot go on says so and ends with a code; one bad page costs that page."""

import json
import sqlite3
from contextlib import closing

import pytest
from scrapy.http import Response

from archive.verify import verify
from crawler.capture import CAPTURES
from crawler.frontier import Frontier
from tests.conftest import Workbench
from tests.newsroom.newsroom import OPENING

FERRY = "http://www.harbour-courier.test/2025/03/14/ferry-crews-return-after-nine-days-a1201"


class Meddler:
    """A foreign middleware that spoils what one visit brought."""

    def process_spider_input(self, response: Response) -> None:
        if response.url == FERRY:
            response.meta[CAPTURES] = ("nonsense",)


def refuse(workbench: Workbench, what: str) -> None:
    """Let the frontier refuse a statement for no reason that we know."""
    Frontier(workbench.layout.frontier).close()
    with closing(sqlite3.connect(workbench.layout.frontier)) as db:
        db.execute(f"CREATE TRIGGER odd BEFORE {what} BEGIN SELECT RAISE(ABORT, 'an odd thing'); END")


def accept(workbench: Workbench) -> None:
    with closing(sqlite3.connect(workbench.layout.frontier)) as db:
        db.execute("DROP TRIGGER odd")


@pytest.mark.parametrize("what", ["INSERT ON runs", "INSERT ON urls"])
def test_a_crawl_that_cannot_begin_is_loud(workbench: Workbench, what: str) -> None:
    refuse(workbench, what)

    plain = workbench.scrapy("crawl", "news", "-a", "site=harbour-courier")
    ended = workbench.crawl("harbour-courier", "--due")

    log = workbench.layout.root / "logs" / "crawl.log"
    assert plain.code == 1
    assert "an odd thing" in plain.err
    assert ended.code == 1
    assert str(log) in ended.err
    assert "an odd thing" in log.read_text()
    assert "nothing was due" not in ended.out
    assert workbench.newsroom.count() == 0


@pytest.mark.parametrize("what", ["INSERT ON visit_log", "UPDATE OF ended ON runs"])
def test_a_crawl_that_cannot_go_on_is_loud_and_loses_nothing(workbench: Workbench, what: str) -> None:
    refuse(workbench, what)

    first = workbench.crawl("harbour-courier", now=OPENING)
    accept(workbench)
    second = workbench.crawl("harbour-courier", now=OPENING)

    assert first.code == 1
    assert "crawl.log says why" in first.err
    assert second.code == 0, second.err
    assert verify(workbench.layout).is_clean
    assert {
        workbench.newsroom.count(path=path.removeprefix("http://www.harbour-courier.test"))
        for path in workbench.newsroom.urls("harbour-courier")
    } == {1}


def test_what_a_page_brings_that_nobody_foresaw_costs_that_page(workbench: Workbench) -> None:
    meddler = json.dumps({f"{__name__}.Meddler": 500})

    ended = workbench.crawl("harbour-courier", "-s", f"SPIDER_MIDDLEWARES={meddler}", now=OPENING)

    rows = workbench.frontier_rows("SELECT url, outcome FROM urls WHERE role = 'article'")
    outcomes = {url: outcome for url, outcome in rows}  # noqa: C416 - rows are tuples of any length to the types
    assert ended.code == 0, ended.err
    assert outcomes.pop(FERRY) == "unparsable"
    assert set(outcomes.values()) == {"captured"}


def test_a_setting_that_cannot_be_used_ends_with_its_code(workbench: Workbench) -> None:
    ended = workbench.crawl("harbour-courier", "-s", "DATELINE_DEDUP=sometimes")

    assert ended.code == 4
    assert "crawl.log says why" in ended.err
