"""No address form, by whatever route, opens a socket to what nobody allowed; no calendar keeps a crawl busy."""

import itertools
import re
import secrets
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from archive.layout import Layout
from tests.conftest import Ended
from tests.rawserver import Answer, Asked, RawServer
from tests.wire_cases import PAGE, head, sized

FORMS = (
    *("127.0.0.1", "localhost", "2130706433", "0x7f000001", "017700000001", "127.1", "0177.0.0.1", "0x7f.1"),
    *("[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "127.0.0.1."),
)
OUTSIDE_THE_SCOPE = ("[::1]", "[::ffff:127.0.0.1]")  # no site file can name them
UNKNOWN = "127.0.0.1."  # no address to this resolver
ROUTES = ("list", "feed", "sitemap", "section", "next", "redirect", "robots", "requisite", "canonical")
BY_LINK = ("feed", "sitemap", "section", "next", "redirect")
XML, HTML = b"Content-Type: text/xml", b"Content-Type: text/html"
NOT_FOUND = head(b"Content-Length: 0", status=b"HTTP/1.1 404 Not Found")


def crawl(root: Path, *settings: str) -> Ended:
    command = [sys.executable, "-m", "crawler.cli", "--archive", str(root), "crawl", "--all"]
    command += ["--resolve", f"@{root / 'resolve.txt'}", *(part for s in settings for part in ("-s", s))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    return Ended(done.returncode, done.stdout, done.stderr)


def declare(root: Path, name: str, text: str, hosts: tuple[str, ...], port: int) -> None:
    layout = Layout(root)
    layout.create()
    (layout.sites / f"{name}.toml").write_text(text, "utf-8")
    (root / "resolve.txt").write_text("".join(f"{host}:80:127.0.0.1:{port}\n" for host in hosts), "utf-8")


def hostile_site(port: int) -> Callable[[Asked], Answer]:
    """Return a server that leads to the forbidden port of its own machine by every form and route."""
    links = {route: [f"http://{form}:{port}/2026/03/04/{route}-of-the-day" for form in FORMS] for route in ROUTES}

    def each(route: str, text: str) -> str:
        return "".join(text.replace("URL", url) for url in links[route])

    own = each("canonical", "<link rel=canonical href='URL'><meta property=og:url content='URL'>").encode()
    items = each("feed", "<item><title>A</title><link>URL</link></item>")
    stories = each("section", "<a href='URL'>A story of the day</a>") + each("next", "<a rel=next href='URL'>next</a>")
    pages = {
        "/page/story-of-the-day": sized(own + PAGE + each("requisite", "<img src='URL'>").encode(), HTML),
        "/rss": sized(f"<rss version='2.0'><channel>{items}</channel></rss>".encode(), XML),
        "/sitemap.xml": sized(f"<urlset>{each('sitemap', '<url><loc>URL</loc></url>')}</urlset>".encode(), XML),
        "/news": sized(f"<html>{stories}".encode(), HTML),
    }

    def moved(to: str) -> Answer:
        return Answer((head(f"Location: {to}".encode(), b"Content-Length: 0", status=b"HTTP/1.1 302 Found"),))

    def answer(asked: Asked) -> Answer:
        path = asked.head.split(b" ")[1].decode()
        if path == "/robots.txt" and (found := re.fullmatch(r"robots(\d+)\.test", asked.host)):
            return moved(links["robots"][int(found[1])])
        if found := re.fullmatch(r"/redirect/.*-(\d+)", path):
            return moved(links["redirect"][int(found[1])])
        return Answer((pages.get(path, NOT_FOUND),))

    return answer


def led_astray(root: Path, *settings: str) -> tuple[int, set[tuple[str, str]]]:
    """Crawl that site; return the connections made to the forbidden port, and by which forms and routes."""
    with ExitStack() as stack:
        inside = [stack.enter_context(RawServer(lambda _: Answer((sized(PAGE),))))]
        with suppress(OSError):  # no IPv6 here, or the port is taken there
            inside.append(stack.enter_context(RawServer(lambda _: Answer((sized(PAGE),)), at=("::1", inside[0].port))))
        server = stack.enter_context(RawServer(hostile_site(inside[0].port)))
        robots = tuple(f"robots{n}.test" for n in range(len(FORMS)))
        listed = [f"http://{form}:{inside[0].port}/2026/03/04/list-of-the-day" for form in FORMS]
        listed += [f"http://ssrf.test/redirect/story-of-the-day-{n}" for n in range(len(FORMS))]
        listed += [f"http://{host}/2026/03/04/story-of-the-day" for host in robots]
        listed += ["http://ssrf.test/page/story-of-the-day"]
        hosts = [*(form.rstrip(".") for form in FORMS if form not in OUTSIDE_THE_SCOPE), *robots]
        sources = (("feed", "/rss"), ("sitemap", "/sitemap.xml"), ("section", "/news"))
        toml = [
            'home = "http://ssrf.test/"',
            f"[[source]]\nkind = 'list'\nurls = {listed}",
            *(f"[[source]]\nkind = '{kind}'\nurl = '{url}'" for kind, url in sources),
            f"[scope]\nhosts = {hosts}\n[polite]\ndelay = '0s'",
        ]
        declare(root, "ssrf", "\n".join(toml), ("ssrf.test", *robots), server.port)
        ended = crawl(root, "DATELINE_CONTACT=desk@archive.test", "DATELINE_RETRY_FIRST_S=3600", *settings)
        asked = [each.asked for one in inside for served in one.served.values() for each in served]
        assert len(server.served) > len(FORMS), ended.err + ended.out
    return sum(each.connections for each in inside), {
        (each.head.partition(b"Host: ")[2].split(b"\r\n")[0].decode().rpartition(":")[0], found[1].decode())
        for each in asked
        if (found := re.search(rb"/([a-z]+)-of-the-day", each.head))
    }


@pytest.mark.timeout(300)
def test_twelve_forms_by_nine_routes_open_no_socket(tmp_path: Path) -> None:
    assert led_astray(tmp_path / "a") == (0, set())


@pytest.mark.timeout(300)
def test_each_of_those_forms_and_routes_leads_there_where_it_is_allowed(tmp_path: Path) -> None:
    """Nothing but the guard stands before them; the address that a page calls its own is never asked for."""
    connections, met = led_astray(tmp_path / "a", "DATELINE_ALLOW=127.0.0.0/8,0.0.0.0,::1")

    kept_out = {(form, route) for form in OUTSIDE_THE_SCOPE for route in BY_LINK} | {(f, "canonical") for f in FORMS}
    led = set(itertools.product(FORMS, ROUTES)) - kept_out - {(UNKNOWN, route) for route in ROUTES}
    assert len(led) == 9 * 8 + 2 * 3
    assert {pair for pair in led ^ met if pair[0] != "[::1]"} == set()  # there may be no IPv6 here
    assert connections >= 9


@pytest.mark.timeout(300)
def test_a_calendar_without_end_and_session_ids_ends_by_itself_with_every_article(tmp_path: Path) -> None:
    stories = [f"/2026/03/04/story-of-the-harbour-number-{n}" for n in range(40)]
    days = itertools.count(1)

    def page(asked: Asked) -> Answer:
        """Every page names all articles, thirty days of a calendar never named before, and a page it goes on with."""
        path = asked.head.split(b" ")[1].decode()
        if path == "/robots.txt":
            return Answer((NOT_FOUND,))
        session = f"PHPSESSID={secrets.token_hex(16)}&sid={secrets.token_hex(16)}"
        links = [f"<a href='{story}?{session}'>A story of the harbour and its ferries</a>" for story in stories]
        links += [
            f"<a href='/calendar/{2000 + n // 300}/{n % 300}?{session}'>{n}</a>" for n in itertools.islice(days, 30)
        ]
        links.append(f"<a rel=next href='/calendar/{next(days)}?{session}'>next</a>")
        return Answer((sized(b"<html><body>" + "".join(links).encode() + PAGE, HTML),))

    with RawServer(page) as server:
        toml = "home = 'http://calendar.test/'\n[[source]]\nkind = 'section'\nurl = '/'\n[polite]\ndelay = '0s'\n"
        declare(tmp_path / "a", "calendar", toml, ("calendar.test",), server.port)
        ended = crawl(tmp_path / "a", "DATELINE_RETRY_FIRST_S=3600")
        asked = Counter(
            each.asked.head.split(b" ")[1].decode().split("?")[0] for each in server.served["calendar.test"]
        )

    print(f"{asked.total()} fetches for {len(stories)} articles: {asked.total() / len(stories):.2f}")
    assert ended.code == 0, ended.err
    assert [story for story in stories if asked[story] != 1] == []
    assert asked.total() <= 1.2 * len(stories) + 10
