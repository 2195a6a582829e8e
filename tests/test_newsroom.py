"""The newsroom keeps its word: other tests trust what it serves and what it logs."""

import gzip
import http.client
import io
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise
from pathlib import Path
from typing import Literal

import feedparser
import pytest
from lxml import etree, html

from crawler.sites import parse_site
from tests.newsroom import OPENING, Edition, Fault, Newsroom
from tests.newsroom.hits import read_log
from tests.newsroom.outlets import Outlet

COURIER = "http://www.harbour-courier.test"
LEDGER = "http://www.northern-ledger.test"
FERRY = COURIER + "/2025/03/14/ferry-crews-return-after-nine-days-a1201"
SEA_WALL = COURIER + "/2025/03/12/sea-wall-to-cost-twice-the-estimate-a1198"
LATER = OPENING + timedelta(days=31)
LOC = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"


@dataclass(frozen=True, slots=True)
class Got:
    """What came back for one request."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The words of the page, white space collapsed."""
        charset = "utf-8" if b"utf-8" in self.body[:600] else None
        if charset is None:
            charset = "windows-1251" if b"windows-1251" in self.body[:600] else "windows-1252"
        return " ".join(html.document_fromstring(self.body.decode(charset)).text_content().split())


def get(newsroom: Newsroom, url: str, method: str = "GET", body: bytes = b"", **headers: str) -> Got:
    host, _, path = url.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection("127.0.0.1", newsroom.port, timeout=20)
    try:
        fields = {"Host": host} | {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, f"/{path}", body=body or None, headers=fields)
        response = connection.getresponse()
        return Got(response.status, dict(response.getheaders()), response.read())
    finally:
        connection.close()


def until_closed(newsroom: Newsroom, url: str) -> bytes:
    """Return all bytes that come back before the server closes the connection."""
    host, _, path = url.removeprefix("http://").partition("/")
    with socket.create_connection(("127.0.0.1", newsroom.port), timeout=10) as client, client.makefile("rb") as answer:
        client.sendall(f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return answer.read()


def locations(document: bytes) -> list[str]:
    return [e.text or "" for e in etree.fromstring(document).iter(LOC)]


def listed_by(newsroom: Newsroom, outlet: Outlet, now: datetime) -> dict[str, set[str]]:
    """Return the addresses that each listing of an outlet names, indexes followed."""
    newsroom.now = now
    found: dict[str, set[str]] = {}
    for serves in outlet.serves:
        if "{month}" in serves.path:
            continue
        body = get(newsroom, outlet.home + serves.path[1:]).body
        match serves.kind:
            case "rss" | "atom":
                parsed = feedparser.parse(io.BytesIO(body))
                assert not parsed["bozo"], (serves.path, parsed.get("bozo_exception"))
                entries = parsed["entries"]
                assert isinstance(entries, list)
                urls = {str(entry["link"]).removesuffix(serves.tracking) for entry in entries}
            case "json":
                urls = {item["url"] for item in json.loads(body)["items"]}
            case "text":
                urls = set(body.decode().split())
            case "sitemap-index":
                children = [get(newsroom, url).body for url in locations(body)]
                urls = {u for c in children for u in locations(gzip.decompress(c) if c[:2] == b"\x1f\x8b" else c)}
            case _:
                urls = set(locations(body))
        found[serves.path] = urls
    return found


def walked(newsroom: Newsroom, url: str) -> set[str]:
    """Return every address that a listing page and the pages after it link to."""
    found: set[str] = set()
    following: str | None = url
    number = 1
    while following:
        tree = html.fromstring(get(newsroom, following).body)
        tree.make_links_absolute(following)
        found |= {str(a.get("href")) for a in tree.iter("a")}
        number += 1
        numbered = (f"page={number}", f"/page/{number}")
        following = next((u for u in found if u.startswith(url) and u.endswith(numbered)), None)
    return found


@pytest.fixture(scope="module")
def standing() -> Iterator[Newsroom]:
    """A newsroom whose clock and faults a test may not touch."""
    with Newsroom() as newsroom:
        yield newsroom


@pytest.fixture
def newsroom() -> Iterator[Newsroom]:
    with Newsroom() as newsroom:
        yield newsroom


def test_there_are_texts_enough_to_judge_by(standing: Newsroom) -> None:
    editions = standing.editions()
    texts = [e.body for e in editions if e.body]

    assert len(editions) >= 100
    assert len(standing.outlets) >= 4
    assert {o.language for o in standing.outlets.values()} == {"en", "de", "fr", "es", "ru", "ja", "ar"}
    assert len({e.url for e in editions}) == len(editions)
    assert len(set(texts)) == len(texts)


def test_every_article_answers_with_its_title_its_text_and_what_it_asks(standing: Newsroom) -> None:
    for edition in standing.editions():
        got = get(standing, edition.url)
        shown = (*edition.body, *(plea.text for plea in edition.appeals))

        assert got.status == 200, edition.url
        assert [part for part in shown if part not in got.text] == [], edition.url
        assert edition.story.gate == "consent" or " ".join(edition.title.split()) in got.text


def test_every_change_of_the_timetable_can_be_shown(newsroom: Newsroom) -> None:
    changes = [c for o in newsroom.outlets.values() for s in o.stories for c in s.change]

    for moment in sorted({c.at for c in changes}):
        newsroom.now = moment
        changed = [e.url for e in newsroom.editions() if moment in {c.at for c in e.story.change}]
        assert [get(newsroom, url).status for url in changed] == [200] * len(changed)

    assert {c.kind for c in changes} == {"correct", "edit", "move", "delete", "home"}
    assert max(c.at for c in changes) < LATER


def test_stories_may_appear_one_by_one_over_a_long_time() -> None:
    newsroom = Newsroom(spread=timedelta(days=60))
    appearing = [e.at for e in newsroom.timetable() if e.kind == "appear"]
    steps = {b - a for a, b in pairwise(appearing)}

    assert newsroom.editions() == []
    assert len(newsroom.editions(now=OPENING + timedelta(days=30))) > 50
    assert appearing[-1] == OPENING + timedelta(days=60)
    assert max(steps) - min(steps) <= timedelta(seconds=1)


def test_the_timetable_tells_what_becomes_of_each_story() -> None:
    events = Newsroom(["northern-ledger"]).timetable()
    told = [(e.at.day, e.kind) for e in events if e.slug == "hospital-parking-machine-apologises"]

    assert told == [(21, "appear"), (29, "move"), (1, "correct")]
    assert events == sorted(events, key=lambda e: e.at)


@pytest.mark.parametrize("now", [OPENING, LATER], ids=["opening", "later"])
def test_the_listings_of_an_outlet_name_its_articles_and_nothing_else(newsroom: Newsroom, now: datetime) -> None:
    for outlet in newsroom.outlets.values():
        known = {e.url for e in outlet.editions(now)}
        listings = listed_by(newsroom, outlet, now)

        assert all(urls <= known for urls in listings.values()), outlet.id
        assert set().union(*listings.values()) == known, outlet.id


def test_section_pages_lead_to_every_article(standing: Newsroom) -> None:
    for outlet in standing.outlets.values():
        reached = {u for section in outlet.section for u in walked(standing, f"{outlet.home}{section.id}")}

        assert {e.url for e in outlet.editions(OPENING)} <= reached, outlet.id


def test_the_site_files_tell_articles_from_other_pages(standing: Newsroom) -> None:
    for name, text in standing.site_files.items():
        site, outlet = parse_site(text, Path(f"{name}.toml")), standing.outlets[name]
        others = ["", *(s.id for s in outlet.section), *(s.slug for s in outlet.stories if s.kind == "page")]

        assert all(site.is_article(e.url) for e in outlet.editions(OPENING)), name
        assert not any(site.is_article(outlet.home + path) for path in others), name


def test_the_wire_story_of_two_outlets_differs_a_little(standing: Newsroom) -> None:
    courier = standing.edition(COURIER + "/2025/03/08/river-accord-signed-in-ostmere-a1187")
    ledger = standing.edition(LEDGER + "/news/55012/varda-states-sign-river-accord")

    assert courier.story.agency == ledger.story.agency == "Lodestar"
    assert courier.title != ledger.title
    assert courier.body != ledger.body
    assert set(courier.body) & set(ledger.body)


@pytest.mark.parametrize("header", ["ETag", "Last-Modified"])
def test_a_client_that_has_the_page_is_told_so(standing: Newsroom, header: str) -> None:
    first = get(standing, FERRY)
    validator = first.headers[header]

    again = (
        get(standing, FERRY, If_None_Match=validator)
        if header == "ETag"
        else get(standing, FERRY, If_Modified_Since=validator)
    )

    assert (again.status, again.body) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]


def test_a_corrected_page_is_sent_again(newsroom: Newsroom) -> None:
    first = get(newsroom, FERRY)
    newsroom.now = OPENING + timedelta(days=3)

    again = get(newsroom, FERRY, If_None_Match=first.headers["ETag"], If_Modified_Since=first.headers["Last-Modified"])

    assert again.status == 200
    assert "421 deckhands" in again.text
    assert "Correction:" in again.text
    assert parsedate_to_datetime(again.headers["Last-Modified"]) == datetime(2025, 3, 19, 9, 30, tzinfo=UTC)


def test_outlets_differ_in_what_they_validate_with(standing: Newsroom) -> None:
    kept = {
        outlet.id: {"ETag", "Last-Modified"} & set(get(standing, outlet.editions(OPENING)[0].url).headers)
        for outlet in standing.outlets.values()
    }

    assert kept["harbour-courier"] == {"ETag", "Last-Modified"}
    assert kept["wesselauer-bote"] == {"ETag"}
    assert kept["al-marfa"] == {"Last-Modified"}
    assert kept["northern-ledger"] == set()


def test_gzip_and_chunks_carry_the_same_page(standing: Newsroom) -> None:
    for outlet in standing.outlets.values():
        url = outlet.editions(OPENING)[0].url
        plain, packed = get(standing, url), get(standing, url, Accept_Encoding="gzip")
        is_packed = packed.headers.get("Content-Encoding") == "gzip"

        assert is_packed == outlet.gzip
        assert (gzip.decompress(packed.body) if is_packed else packed.body) == plain.body
        assert ("Transfer-Encoding" in plain.headers) == outlet.chunked


def test_a_silent_edit_goes_and_comes_back(newsroom: Newsroom) -> None:
    def read(day: int) -> Edition:
        return newsroom.edition(SEA_WALL, OPENING + timedelta(days=day))

    assert read(0).body == read(10).body != read(5).body
    assert read(0).modified == read(5).modified
    assert "£39.1 million" in " ".join(read(5).body)


def test_a_moved_article_redirects_and_then_answers(newsroom: Newsroom) -> None:
    old = COURIER + "/2025/03/03/obituary-edith-marlowe-lighthouse-a1177"
    new = "/2025/03/03/edith-marlowe-keeper-of-the-hag-light-a1177"
    before = get(newsroom, old), get(newsroom, COURIER + new)
    newsroom.now = OPENING + timedelta(days=6)

    after = get(newsroom, old)

    assert [b.status for b in before] == [200, 404]
    assert (after.status, after.headers["Location"]) == (301, new)
    assert "Edith Marlowe" in get(newsroom, COURIER + new).text


@pytest.mark.parametrize(
    ("url", "status"),
    [
        (COURIER + "/2025/03/04/skipper-fined-for-painting-out-number-a1180", 410),
        ("http://vestnik-zarechinsk.test/2025/03/sud-o-srublennykh-lipakh.html", 404),
        ("http://www.wesselauer-bote.test/umland/hochwasser-uebung-mit-panne-20431.html", 302),
    ],
)
def test_deleted_articles_go_in_different_ways(newsroom: Newsroom, url: str, status: int) -> None:
    newsroom.now = datetime(2025, 3, 20, 18, tzinfo=UTC)
    before = get(newsroom, url).status
    newsroom.now = LATER

    assert (before, get(newsroom, url).status) == (200, status)
    assert url not in newsroom.urls()


def test_a_live_blog_grows(newsroom: Newsroom) -> None:
    url = LEDGER + "/news/55052/by-election-moor-ward-live"

    lengths = [len(newsroom.edition(url, OPENING + timedelta(hours=h)).body) for h in (0, 11, 24)]

    assert lengths == [2, 3, 5]


def test_a_swapped_letter_leaves_the_text_alone(newsroom: Newsroom) -> None:
    before, after = (newsroom.edition(FERRY, datetime(2025, 3, day, 12, tzinfo=UTC)) for day in (23, 25))
    newsroom.now = datetime(2025, 3, 25, 12, tzinfo=UTC)

    assert before.body == after.body
    assert {a.kind for a in before.appeals} == {a.kind for a in after.appeals} == {"donation", "newsletter"}
    assert "Last week 1,140 of you joined us." in get(newsroom, FERRY).text
    assert before.appeals != after.appeals


def test_a_relaunch_changes_the_markup_and_not_the_text(newsroom: Newsroom) -> None:
    url = LEDGER + "/news/55027/steelworks-lights-hydrogen-furnace"
    old = get(newsroom, url).body
    newsroom.now = LATER
    new = get(newsroom, url)

    assert b"sc-par" in old
    assert b"sc-par" not in new.body
    assert all(p in new.text for p in newsroom.edition(url, OPENING).body)


def test_robots_rules_change_with_the_clock(newsroom: Newsroom) -> None:
    before = get(newsroom, COURIER + "/robots.txt").body
    newsroom.now = LATER
    after = get(newsroom, COURIER + "/robots.txt").body

    assert b"Disallow: /rss/port" not in before
    assert b"Disallow: /rss/port" in after


def test_a_bare_host_redirects_to_the_outlets_own(standing: Newsroom) -> None:
    got = get(standing, FERRY.replace("www.", "") + "?a=1")

    assert (got.status, got.headers["Location"]) == (301, FERRY + "?a=1")


def test_tracking_print_and_amp_forms_hold_the_same_text(standing: Newsroom) -> None:
    ledger = standing.editions("northern-ledger")[3]
    forms = {
        FERRY + "?utm_source=x": FERRY,
        FERRY + "?print=1": FERRY,
        ledger.url.replace(LEDGER, LEDGER + "/amp"): ledger.url,
    }

    for form, url in forms.items():
        got = get(standing, form)
        assert got.status == 200
        assert all(p in got.text for p in standing.edition(url).body)
        assert f'<link rel="canonical" href="{url}">' in got.body.decode()


def test_a_consent_page_stands_in_the_way(standing: Newsroom) -> None:
    got = get(standing, LEDGER + "/news/55033/privacy-regulator-looks-at-school-cameras")

    assert got.status == 200
    assert "cookies" in got.text
    assert "pupils" not in got.text


def test_a_paywall_holds_the_rest_back(standing: Newsroom) -> None:
    url = "http://www.wesselauer-bote.test/stadt/mieten-in-wesselau-steigen-20370.html"
    edition = standing.edition(url)
    held_back = edition.story.blocks[-1].plain

    assert held_back not in edition.body
    assert held_back not in get(standing, url).body.decode()
    assert "paywall" in {a.kind for a in edition.appeals}


def test_unknown_paths_hosts_and_methods_are_refused(standing: Newsroom) -> None:
    assert get(standing, COURIER + "/no/such/page").status == 404
    assert get(standing, COURIER + "/port?page=99").status == 404
    assert get(standing, "http://elsewhere.test/").status == 421
    assert get(standing, FERRY, "POST", b"x").status == 405
    assert get(standing, FERRY, "HEAD").body == b""


def test_the_log_counts_what_was_asked(newsroom: Newsroom) -> None:
    for _ in range(2):
        get(newsroom, FERRY, User_Agent="Watcher")
    get(newsroom, COURIER + "/robots.txt")

    hit = newsroom.hits("*harbour-courier*", "/2025/*")[0]

    assert newsroom.count("www.harbour-courier.test") == 3
    assert newsroom.log.doubles() == {FERRY.removeprefix("http://"): 2}
    assert len(newsroom.intervals("www.harbour-courier.test")) == 2
    assert (hit.status, hit.method, hit.now, hit.header("user-agent")) == (200, "GET", OPENING, "Watcher")
    assert hit.size_bytes == len(get(newsroom, FERRY).body)


def test_intervals_are_told_in_the_newsrooms_time_as_well(newsroom: Newsroom) -> None:
    get(newsroom, FERRY)
    newsroom.now = OPENING + timedelta(minutes=5)
    get(newsroom, SEA_WALL)

    assert newsroom.intervals("www.harbour-courier.test", simulated=True) == [300.0]


def test_the_log_file_says_what_the_memory_says(tmp_path: Path) -> None:
    path = tmp_path / "hits.jsonl"
    with Newsroom(["harbour-courier"], log=path) as newsroom:
        get(newsroom, FERRY)
        remembered = newsroom.hits()

    assert list(read_log(path)) == remembered


def test_a_fault_happens_as_often_as_it_says(newsroom: Newsroom) -> None:
    newsroom.add_fault(Fault("www.harbour-courier.test", "/2025/*", 2, 429, (("Retry-After", "30"),)))

    got = [get(newsroom, FERRY) for _ in range(3)]

    assert [g.status for g in got] == [429, 429, 200]
    assert got[0].headers["Retry-After"] == "30"


def test_a_fault_may_last_as_long_as_the_clock_says(newsroom: Newsroom) -> None:
    until = OPENING + timedelta(days=3)
    newsroom.add_fault(Fault("*.test", times=0, status=503, since=OPENING, until=until))

    during = [get(newsroom, url).status for url in (FERRY, SEA_WALL)]
    newsroom.now = until

    assert during == [503, 503]
    assert get(newsroom, FERRY).status == 200


@pytest.mark.parametrize("drop", ["before", "head", "body"])
def test_a_dropped_connection_is_logged_without_a_status(
    newsroom: Newsroom, drop: Literal["before", "head", "body"]
) -> None:
    whole = until_closed(newsroom, FERRY)
    newsroom.add_fault(Fault(path="/2025/*", drop=drop))

    cut = until_closed(newsroom, FERRY)

    assert whole.startswith(cut)
    assert len(cut) < len(whole)
    assert (b"\r\n\r\n" in cut) == (drop == "body")
    assert [h.status for h in newsroom.hits()] == [200, 0]


@pytest.mark.parametrize("stall", [False, True])
def test_a_slow_answer_waits_until_it_is_let_go(newsroom: Newsroom, stall: bool) -> None:
    newsroom.add_fault(Fault(path="/2025/*", hold="gate", stall=stall))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(get, newsroom, FERRY)
        assert newsroom.faults.arrived("gate", 10)
        other = get(newsroom, SEA_WALL)
        assert not waiting.done()
        newsroom.release("gate")

    assert other.status == waiting.result().status == 200
    assert len(newsroom.log.overlaps()) == 1


def test_it_closes_while_an_answer_is_held(newsroom: Newsroom) -> None:
    with Newsroom(["harbour-courier"]) as other, ThreadPoolExecutor(1) as pool:
        other.add_fault(Fault(hold="gate"))
        held = pool.submit(until_closed, other, FERRY)
        assert other.faults.arrived("gate", 10)
        other.close()

    assert len(held.result()) < len(until_closed(newsroom, FERRY))


def test_another_process_moves_the_clock_and_reads_the_log(newsroom: Newsroom) -> None:
    control = "http://control.test"
    moved = get(newsroom, control + "/now", "PUT", b"2025-03-20T00:00:00Z")
    get(newsroom, control + "/faults", "POST", b'{"path": "/2025/*", "status": 500, "headers": [["X-Why", "script"]]}')
    got = get(newsroom, FERRY)
    hits = get(newsroom, control + "/hits?host=*harbour*").body.decode().splitlines()

    assert moved.status == 200
    assert newsroom.now == datetime(2025, 3, 20, tzinfo=UTC)
    assert (got.status, got.headers["X-Why"]) == (500, "script")
    assert [json.loads(hit)["status"] for hit in hits] == [500]
    assert get(newsroom, control + "/now", "PUT", b"tomorrow").status == 400


def test_one_connection_carries_many_requests(newsroom: Newsroom) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", newsroom.port, timeout=10)
    for path in ("/robots.txt", "/rss/news", "/nothing"):
        connection.request("GET", path, headers={"Host": "www.harbour-courier.test"})
        connection.getresponse().read()
    connection.close()

    assert len({h.connection for h in newsroom.hits()}) == 1


def test_it_closes_while_a_client_is_still_connected() -> None:
    with Newsroom(["harbour-courier"]) as newsroom:
        connection = http.client.HTTPConnection("127.0.0.1", newsroom.port, timeout=10)
        connection.request("GET", "/robots.txt", headers={"Host": "www.harbour-courier.test"})
        connection.getresponse().read()

    assert connection.sock.recv(1) == b""
    connection.close()


def corpus_in(folder: Path) -> dict[str, bytes]:
    """Write a small folder of saved pages; return the page of each id."""
    (folder / "html").mkdir()
    pages: dict[str, bytes] = {}
    rows = []
    for number in range(9):
        name = f"set-{number}"
        pages[name] = f"<html><meta charset='latin-1'><p>Page {number} caf\xe9".encode("latin-1") + b"<p>text" * 50
        (folder / f"html/{name}.html.gz").write_bytes(gzip.compress(pages[name]))
        url = f"https://paper{number // 3}.test/2020/Some%20Story_{number}.html" if number else None
        row = {"id": name, "html": f"html/{name}.html.gz", "url": url, "publisher_group": f"group{number // 3}"}
        rows.append(json.dumps(row))
    (folder / "pages.jsonl").write_text("\n".join(rows) + "\n", "utf-8")
    return pages


@pytest.mark.parametrize("source", ["news-sitemap", "feed"])
def test_a_folder_of_saved_pages_becomes_hosts(tmp_path: Path, source: str) -> None:
    pages = corpus_in(tmp_path)

    with Newsroom.from_corpus(tmp_path, pages=9, hosts=2, source=source) as newsroom:
        found = {newsroom.pages[url]: get(newsroom, url).body for url in newsroom.urls()}
        packed = get(newsroom, newsroom.urls()[0], Accept_Encoding="gzip")
        newsroom.write_sites(tmp_path / "sites")
        sites = [parse_site(text, Path(f"{name}.toml")) for name, text in newsroom.site_files.items()]
        listings = [get(newsroom, s.sources[0].urls[0]).body.decode() for s in sites]

    assert found == pages
    assert packed.headers["Content-Encoding"] == "gzip"
    assert all(url in "".join(listings) for url in newsroom.pages)
    assert len(list((tmp_path / "sites").iterdir())) == len(newsroom.hosts) == 2


def test_pages_of_one_publisher_stay_on_one_host(tmp_path: Path) -> None:
    corpus_in(tmp_path)

    pages = Newsroom.from_corpus(tmp_path, hosts=3).pages
    hosts = {(url.split("/")[2], int(name[-1]) // 3) for url, name in pages.items()}

    assert len(hosts) == 3


def test_the_command_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    ready, resolve, sites = tmp_path / "ready", tmp_path / "resolve", tmp_path / "sites"
    options = ["--ready-file", str(ready), "--write-resolve", str(resolve), "--write-sites", str(sites)]
    command = [sys.executable, "-m", "tests.newsroom", "--outlets", "harbour-courier", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        state = json.loads(process.stdout.readline())
        written = json.loads(ready.read_text("utf-8"))
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0

    assert written == state
    assert f"www.harbour-courier.test:80:127.0.0.1:{state['port']}" in resolve.read_text("utf-8").split()
    assert (sites / "harbour-courier.toml").exists()
    assert not ready.exists()
