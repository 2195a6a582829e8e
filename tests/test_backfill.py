"""The past of a site: from `since` on, newest first, with a budget of its own, and never in the way of the news."""

import json
from collections import defaultdict
from datetime import timedelta

from tests.conftest import Workbench
from tests.newsroom.hits import Hit
from tests.newsroom.newsroom import OPENING

HOST = "http://www.harbour-courier.test"
COURIER = """
id = "courier"
home = "http://www.harbour-courier.test/"
[[source]]
kind = "feed"
url = "/rss/port"
every = "1h..12h"
[[source]]
kind = "sitemap"
url = "/news-sitemap.xml"
use = "backfill"
{past}
[scope]
article = ['^/20']
[polite]
delay = "0s"
[backfill]
per_run = {per_run}
"""


def declare(workbench: Workbench, *, past: str = "", per_run: int = 500) -> None:
    """Leave one site: a feed of one section, and a sitemap of everything for the past."""
    for path in workbench.layout.sites.glob("*.toml"):
        path.unlink()
    (workbench.layout.sites / "courier.toml").write_text(COURIER.format(past=past, per_run=per_run), "utf-8")


def crawl(workbench: Workbench) -> list[Hit]:
    """Crawl once; return what was asked."""
    before = workbench.newsroom.count()
    ended = workbench.scrapy("crawl", "news", now=workbench.newsroom.now)
    assert ended.code == 0, ended.err
    return workbench.newsroom.hits()[before:]


def by_lane(workbench: Workbench) -> dict[str, list[str]]:
    """Return the paths asked for in the last run, by lane, in their order."""
    rows = workbench.frontier_rows(
        "SELECT lane, url FROM visits WHERE run = (SELECT run FROM runs ORDER BY started DESC LIMIT 1) ORDER BY ended"
    )
    found: dict[str, list[str]] = defaultdict(list)
    for lane, url in rows:
        found[str(lane)].append(str(url).removeprefix(HOST))
    return found


def articles(hits: list[Hit]) -> list[str]:
    return [hit.path for hit in hits if hit.path.startswith("/20") and hit.status == 200]


def test_the_past_waits_for_the_news_and_ends_at_its_budget(workbench: Workbench) -> None:
    declare(workbench, per_run=4)

    hits = crawl(workbench)

    past = by_lane(workbench)["backfill"]
    news = {path for path in by_lane(workbench)["news"] if path.startswith("/20")}
    asked = [hit.path for hit in hits]
    assert (past[0], len(past)) == ("/news-sitemap.xml", 4)
    assert news
    assert max(asked.index(path) for path in news) < asked.index("/news-sitemap.xml")


def test_a_backfill_goes_on_where_it_was_until_all_is_there(workbench: Workbench) -> None:
    declare(workbench, per_run=5)

    runs = [crawl(workbench) for _ in range(6)]

    fetched = [path for hits in runs for path in articles(hits)]
    assert len(fetched) == len(set(fetched))
    assert {HOST + path for path in fetched} >= set(workbench.newsroom.urls("harbour-courier"))
    shown = json.loads(workbench.dateline("backfill", "courier", "--json").out)
    assert {month["left"] for month in shown["months"]} == {0}
    assert shown["lists_unread"] == 0


def test_nothing_older_than_since_is_fetched_by_a_backfill(workbench: Workbench) -> None:
    declare(workbench, past="since = 2025-03-10\n")

    crawl(workbench)

    dropped = workbench.frontier_rows("SELECT why FROM urls WHERE outcome = 'dropped' AND role = 'article'")
    assert dropped
    assert {row[0] for row in dropped} == {"outside since..until of its source"}


def test_news_that_appears_during_a_backfill_of_weeks_is_fetched_first(workbench: Workbench) -> None:
    declare(workbench, per_run=2)
    crawl(workbench)
    workbench.newsroom.now = OPENING + timedelta(days=2)

    asked = [hit.path for hit in crawl(workbench)]

    lanes = by_lane(workbench)
    piano = next(path for path in lanes["news"] if "drifting-piano" in path)
    assert len(lanes["backfill"]) == 2
    assert asked.index(piano) < min(asked.index(path) for path in lanes["backfill"])


def test_pages_of_days_are_read_newest_first_and_those_that_are_over_once(workbench: Workbench) -> None:
    for path in workbench.layout.sites.glob("*.toml"):
        path.unlink()
    (workbench.layout.sites / "days.toml").write_text(
        'home = "http://www.harbour-courier.test/"\n[[source]]\nkind = "dates"\nurl = "/{yyyy}/{mm}/{dd}"\n'
        'since = 2025-03-12\n[polite]\ndelay = "0s"\n',
        "utf-8",
    )

    hits = crawl(workbench)

    days = [hit.path for hit in hits if hit.path.startswith("/2025/")]
    assert days == [f"/2025/03/{day}" for day in (17, 16, 15, 14, 13, 12)]
