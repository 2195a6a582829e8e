"""The crawl end to end: a real Scrapy process against the newsroom, judged by the newsroom's own log."""

import json
import os
import signal
import subprocess
from collections import Counter
from datetime import timedelta
from itertools import pairwise

from archive.warc.recover import recover
from archive.warc.walk import captures, page_bytes
from tests.conftest import Ended, Workbench
from tests.newsroom.faults import Fault
from tests.newsroom.newsroom import OPENING

COURIER = "www.harbour-courier.test"


def fetched(workbench: Workbench) -> Counter[str]:
    """Return how often each address was asked for."""
    return Counter(f"http://{hit.host}{hit.path}" for hit in workbench.newsroom.hits())


def scrapy_crawl(workbench: Workbench, site: str = "harbour-courier", *more: str) -> Ended:
    """Crawl at the time that the newsroom's clock shows."""
    return workbench.scrapy("crawl", "news", "-a", f"site={site}", *more, now=workbench.newsroom.now)


def outcomes(workbench: Workbench, role: str = "article") -> dict[str, str]:
    rows = workbench.frontier_rows("SELECT url, outcome FROM urls WHERE role = ? AND outcome IS NOT NULL", role)
    return {str(url): str(outcome) for url, outcome in rows}


# ---------------------------------------------------------------------- one crawl of everything, many looks at it


def test_every_article_that_a_source_lists_is_fetched_once(crawled: Workbench) -> None:
    hits = fetched(crawled)

    assert {url: hits[url] for url in crawled.newsroom.urls()} == dict.fromkeys(crawled.newsroom.urls(), 1)


def test_every_visit_has_an_outcome_and_nothing_is_left_leased(crawled: Workbench) -> None:
    assert crawled.frontier_rows("SELECT url FROM urls WHERE state = 'leased'") == []
    assert crawled.frontier_rows("SELECT url FROM urls WHERE state = 'retired' AND outcome IS NULL") == []


def test_every_request_the_newsroom_saw_is_in_a_warc_file(crawled: Workbench) -> None:
    stored = Counter(
        capture.url for path in crawled.layout.warc_files() for capture in captures(path) if capture.kind != "resource"
    )

    assert stored == fetched(crawled)


def test_robots_are_asked_first_at_each_host(crawled: Workbench) -> None:
    first = {
        host: crawled.newsroom.hits(host)[0].path for host in crawled.newsroom.hosts if crawled.newsroom.hits(host)
    }

    assert set(first.values()) == {"/robots.txt"}


def test_a_host_is_never_asked_twice_at_once(crawled: Workbench) -> None:
    for host in crawled.newsroom.hosts:
        hits = crawled.newsroom.hits(host)
        assert all(earlier.ended_s <= later.at_s for earlier, later in pairwise(hits))


def test_requests_say_who_asks_and_take_only_gzip(crawled: Workbench) -> None:
    agents = {hit.header("User-Agent") for hit in crawled.newsroom.hits()}
    codings = {hit.header("Accept-Encoding") for hit in crawled.newsroom.hits()}

    assert all(agent and agent.startswith("Dateline/") for agent in agents)
    assert codings == {"gzip"}


def test_no_open_file_is_left(crawled: Workbench) -> None:
    assert [path.name for path in crawled.layout.warc.iterdir() if not path.name.endswith(".warc.gz")] == []


def test_the_run_archives_its_site_files(crawled: Workbench) -> None:
    resources = {
        capture.url.rpartition(":")[2]
        for path in crawled.layout.warc_files()
        for capture in captures(path)
        if capture.kind == "resource" and ":site:" in capture.url
    }

    assert resources == set(crawled.newsroom.site_files)


# ---------------------------------------------------------------------- visits that go on


def test_a_second_crawl_fetches_only_what_is_due(workbench: Workbench) -> None:
    scrapy_crawl(workbench)
    before = workbench.newsroom.count(COURIER)

    scrapy_crawl(workbench)

    assert workbench.newsroom.count(COURIER) == before


def test_a_later_crawl_polls_with_conditions_and_fetches_the_new_articles(workbench: Workbench) -> None:
    scrapy_crawl(workbench)
    known = set(workbench.newsroom.urls("harbour-courier"))
    workbench.newsroom.now = OPENING + timedelta(days=2)
    seen = workbench.newsroom.count()

    scrapy_crawl(workbench)

    later = workbench.newsroom.hits()[seen:]
    asked_anew = {f"http://{hit.host}{hit.path}" for hit in later if not hit.header("If-None-Match")}
    articles = asked_anew & set(workbench.newsroom.urls("harbour-courier"))
    polls = [hit for hit in later if hit.path in ("/rss/news", "/news-sitemap.xml")]
    assert articles == set(workbench.newsroom.urls("harbour-courier")) - known
    assert all(hit.header("If-None-Match") or hit.header("If-Modified-Since") for hit in polls)


def test_an_unchanged_source_is_a_capture_of_the_old_one(workbench: Workbench) -> None:
    scrapy_crawl(workbench)
    workbench.newsroom.now = OPENING + timedelta(hours=1)

    scrapy_crawl(workbench)

    newest = workbench.layout.warc_files()[-1]
    revisits = [capture for capture in captures(newest) if capture.kind == "revisit"]
    assert {capture.profile for capture in revisits} == {"not-modified"}
    assert all(capture.status == 304 and capture.refers_to for capture in revisits)


# ---------------------------------------------------------------------- faults


def test_robots_that_cannot_be_had_forbid_everything(workbench: Workbench) -> None:
    workbench.newsroom.add_fault(Fault(COURIER, "/robots.txt", times=0, status=503))

    scrapy_crawl(workbench)

    assert {hit.path for hit in workbench.newsroom.hits(COURIER)} == {"/robots.txt"}
    assert set(outcomes(workbench, "source").values()) == {"robots"}


def test_robots_that_do_not_exist_forbid_nothing(workbench: Workbench) -> None:
    workbench.newsroom.add_fault(Fault(COURIER, "/robots.txt", times=0, status=404))

    scrapy_crawl(workbench)

    assert set(outcomes(workbench).values()) == {"captured"}


def test_a_server_that_asks_to_be_left_alone_is_left_alone(workbench: Workbench) -> None:
    fault = Fault(COURIER, "/2025/*", times=1, status=429, headers=(("Retry-After", "3600"),))
    workbench.newsroom.add_fault(fault)

    scrapy_crawl(workbench)

    after = [hit for hit in workbench.newsroom.hits(COURIER) if hit.path.startswith("/2025/")]
    assert [hit.status for hit in after] == [429]


def test_a_fault_of_the_moment_is_tried_again_in_the_same_run(workbench: Workbench) -> None:
    workbench.newsroom.add_fault(Fault(COURIER, "/2025/*", times=2, status=500))
    workbench.newsroom.add_fault(Fault(COURIER, "/2025/*", times=1, drop="body"))
    workbench.newsroom.add_fault(Fault(COURIER, "/2025/*", times=1, drop="before"))

    scrapy_crawl(workbench, "harbour-courier", "-s", "DATELINE_RETRY_FIRST_S=0.1", "-s", "DATELINE_PATIENCE_S=10")

    assert set(outcomes(workbench).values()) == {"captured"}
    ended = Counter(row[0] for row in workbench.frontier_rows("SELECT outcome FROM visits WHERE role = 'article'"))
    assert (ended["http_error"], ended["truncated"], ended["network"]) == (2, 1, 1)


def test_what_came_of_a_broken_answer_is_kept(workbench: Workbench) -> None:
    workbench.newsroom.add_fault(Fault(COURIER, "/2025/*", times=1, drop="body"))

    scrapy_crawl(workbench)

    (cut,) = [c for path in workbench.layout.warc_files() for c in captures(path) if c.truncated]
    assert cut.truncated == "disconnect"
    assert page_bytes(workbench.layout.path_of(cut.record.file), cut).body


def test_an_address_that_is_not_public_is_refused(workbench: Workbench) -> None:
    site = workbench.layout.sites / "inside.toml"
    site.write_text('home = "http://127.0.0.1/"\n[[source]]\nkind = "feed"\nurl = "/rss"\n')

    scrapy_crawl(workbench, "inside", "-s", "DATELINE_CONTACT=desk@archive.test")

    assert outcomes(workbench, "source") == {"http://127.0.0.1/rss": "robots"}
    assert workbench.newsroom.count() == 0


def test_a_site_on_the_open_web_needs_a_contact(workbench: Workbench) -> None:
    (workbench.layout.sites / "open.toml").write_text('home = "https://www.example.com/"\n')

    ended = workbench.dateline("crawl", "open")

    assert ended.code == 4
    assert "dateline init --contact" in ended.err


# ---------------------------------------------------------------------- the end of a process


def test_a_killed_crawl_loses_nothing(workbench: Workbench) -> None:
    workbench.newsroom.add_fault(Fault(COURIER, "/2025/03/1*", times=1, hold="kill"))
    command = workbench.crawl_command("harbour-courier")
    with subprocess.Popen(
        command, env=workbench.environment_at(OPENING), stderr=subprocess.DEVNULL, start_new_session=True
    ) as crawl:
        assert workbench.newsroom.faults.arrived("kill", 30)
        os.killpg(crawl.pid, signal.SIGKILL)
    workbench.newsroom.release("kill")
    stored_before = {c.url for path in workbench.layout.warc_files() for c in captures(path)}

    scrapy_crawl(workbench)

    hits = fetched(workbench)
    assert set(outcomes(workbench).values()) == {"captured"}
    assert set(workbench.newsroom.urls("harbour-courier")) <= set(outcomes(workbench))
    assert {url: hits[url] for url in workbench.newsroom.urls("harbour-courier") if url in stored_before} == {
        url: 1 for url in workbench.newsroom.urls("harbour-courier") if url in stored_before
    }
    assert recover(workbench.layout.warc) == ()


def test_a_crawl_that_is_asked_to_stop_finishes_what_is_in_flight(workbench: Workbench) -> None:
    workbench.newsroom.add_fault(Fault(COURIER, "/2025/03/1*", times=1, hold="stop"))
    command = workbench.crawl_command("harbour-courier")
    with subprocess.Popen(command, env=workbench.environment_at(OPENING), stderr=subprocess.DEVNULL) as crawl:
        assert workbench.newsroom.faults.arrived("stop", 30)
        crawl.send_signal(signal.SIGTERM)
        workbench.newsroom.release("stop")
        assert crawl.wait(30) == 0

    assert workbench.frontier_rows("SELECT url FROM urls WHERE state = 'leased'") == []
    assert workbench.frontier_rows("SELECT finish FROM runs") == [("shutdown",)]
    assert [path for path in workbench.layout.warc.iterdir() if path.name.endswith(".open")] == []


def test_a_crawl_that_is_asked_twice_stops_now_and_the_next_goes_on_where_it_was(workbench: Workbench) -> None:
    workbench.newsroom.add_fault(Fault(COURIER, "/2025/03/1*", times=1, hold="stop"))
    command = workbench.crawl_command("harbour-courier")
    with subprocess.Popen(command, env=workbench.environment_at(OPENING), stderr=subprocess.PIPE, text=True) as crawl:
        assert workbench.newsroom.faults.arrived("stop", 30)
        crawl.send_signal(signal.SIGTERM)
        assert crawl.stderr is not None
        assert any("SIGTERM" in line for line in crawl.stderr)  # it has been heard
        crawl.send_signal(signal.SIGTERM)
        crawl.communicate(timeout=30)  # though the answer it waits for never comes
    workbench.newsroom.release("stop")

    scrapy_crawl(workbench)

    fetched = workbench.newsroom.log.doubles(COURIER, "/2025/*")
    assert set(workbench.newsroom.urls("harbour-courier")) <= set(outcomes(workbench))
    assert len(fetched) <= 1  # what was in flight


# ---------------------------------------------------------------------- Scrapy as its users know it


def test_scrapy_lists_the_spider(workbench: Workbench) -> None:
    assert workbench.scrapy("list").out.split() == ["news"]


def test_scrapy_check_passes(workbench: Workbench) -> None:
    assert workbench.scrapy("check").code == 0


def test_scrapy_shell_shows_the_page_and_archives_nothing(workbench: Workbench) -> None:
    url = workbench.newsroom.urls("harbour-courier")[0]

    ended = workbench.scrapy("shell", url, "-c", "response.status, len(response.css('p')) > 2")

    assert "(200, True)" in ended.out
    assert list(workbench.layout.warc.iterdir()) == []


def test_a_spider_without_an_archive_says_what_to_do(workbench: Workbench) -> None:
    ended = workbench.scrapy("crawl", "news", "-s", f"DATELINE_ARCHIVE={workbench.layout.root / 'none'}")

    assert ended.code != 0
    assert "dateline init" in ended.err


def test_the_catalogue_reads_what_a_plain_scrapy_crawl_archived(workbench: Workbench) -> None:
    scrapy_crawl(workbench)

    ended = workbench.dateline("catalogue", "--json")

    report = json.loads(ended.out)
    assert ended.code == 0
    assert report["articles"] == len(workbench.newsroom.urls("harbour-courier"))


def test_two_crawls_at_once_are_kept_apart(workbench: Workbench) -> None:
    workbench.newsroom.add_fault(Fault(COURIER, "/2025/03/1*", times=1, hold="busy"))
    with subprocess.Popen(
        workbench.crawl_command("harbour-courier"), env=workbench.environment_at(OPENING), stderr=subprocess.DEVNULL
    ) as first:
        assert workbench.newsroom.faults.arrived("busy", 30)
        second = workbench.crawl("harbour-courier")
        workbench.newsroom.release("busy")
        assert first.wait(30) == 0

    assert second.code == 75
    assert "another crawl" in second.err
