"""No address form, by whatever route, opens a socket to what nobody allowed; no calendar keeps a crawl busy."""

import itertools
import secrets
import subprocess
import sys
from collections import Counter
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
ROUTES = ("list", "feed", "sitemap", "section", "redirect", "robots")
XML = b"Content-Type: text/xml"


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


@pytest.mark.timeout(300)
def test_twelve_forms_by_six_routes_open_no_socket(tmp_path: Path) -> None:
    def target(form: str, route: str) -> str:
        return f"http://{form}:{forbidden.port}/2026/03/04/{route}-of-the-day"

    def answer(asked: Asked) -> Answer:
        path = asked.head.split(b" ")[1].decode()
        links = {route: [target(form, route) for form in FORMS] for route in ROUTES}
        if path == "/robots.txt" and asked.host.startswith("robots"):
            form = FORMS[int(asked.host.split(".")[0].removeprefix("robots"))]
            return Answer((head(f"Location: {target(form, 'robots')}".encode(), b"Content-Length: 0",
                                status=b"HTTP/1.1 302 Found"),))  # fmt: skip
        if path.startswith("/redirect/"):
            location = target(FORMS[int(path.split("/")[2])], "redirect")
            return Answer((head(f"Location: {location}".encode(), b"Content-Length: 0", status=b"HTTP/1.1 302 Found"),))
        if path == "/rss":
            items = "".join(f"<item><title>A</title><link>{url}</link></item>" for url in links["feed"])
            return Answer((sized(f"<rss version='2.0'><channel>{items}</channel></rss>".encode(), XML),))
        if path == "/sitemap.xml":
            urls = "".join(f"<url><loc>{url}</loc></url>" for url in links["sitemap"])
            return Answer((sized(f"<urlset>{urls}</urlset>".encode(), XML),))
        if path == "/news":
            return Answer((sized("".join(f"<a href='{url}'>A story</a>" for url in links["section"]).encode()),))
        return Answer((head(b"Content-Length: 0", status=b"HTTP/1.1 404 Not Found"),))

    with RawServer(answer) as server, RawServer(lambda _: Answer((sized(PAGE),))) as forbidden:
        robots = tuple(f"robots{n}.test" for n in range(len(FORMS)))
        listed = [target(form, "list") for form in FORMS]
        listed += [f"http://ssrf.test/redirect/{n}/story-of-the-day-{n}" for n in range(len(FORMS))]
        listed += [f"http://{host}/2026/03/04/story-of-the-day" for host in robots]
        hosts = [*(form.strip("[]") for form in FORMS if ":" not in form), *robots]
        toml = "\n".join(
            [
                'home = "http://ssrf.test/"',
                f"[[source]]\nkind = 'list'\nurls = {listed}",
                *(f"[[source]]\nkind = '{k}'\nurl = '{u}'" for k, u in
                  (("feed", "/rss"), ("sitemap", "/sitemap.xml"), ("section", "/news"))),
                f"[scope]\nhosts = {[h.rstrip('.') for h in hosts]}",
                "[polite]\ndelay = '0s'",
            ]
        )  # fmt: skip
        declare(tmp_path / "a", "ssrf", toml, ("ssrf.test", *robots), server.port)
        ended = crawl(tmp_path / "a", "DATELINE_CONTACT=desk@archive.test", "DATELINE_RETRY_FIRST_S=3600")

    assert len(server.served) > len(FORMS), ended.err + ended.out
    assert forbidden.connections == 0


@pytest.mark.timeout(300)
def test_a_calendar_without_end_and_session_ids_ends_by_itself_with_every_article(tmp_path: Path) -> None:
    stories = [f"/2026/03/04/story-of-the-harbour-number-{n}" for n in range(40)]
    days = itertools.count(1)

    def page(asked: Asked) -> Answer:
        """Every page names all articles, thirty days of a calendar never named before, and a page it goes on with."""
        path = asked.head.split(b" ")[1].decode()
        if path == "/robots.txt":
            return Answer((head(b"Content-Length: 0", status=b"HTTP/1.1 404 Not Found"),))
        session = f"PHPSESSID={secrets.token_hex(16)}&sid={secrets.token_hex(16)}"
        links = [f"<a href='{story}?{session}'>A story of the harbour and its ferries</a>" for story in stories]
        links += [
            f"<a href='/calendar/{2000 + n // 300}/{n % 300}?{session}'>{n}</a>" for n in itertools.islice(days, 30)
        ]
        links.append(f"<a rel=next href='/calendar/{next(days)}?{session}'>next</a>")
        return Answer((sized(b"<html><body>" + "".join(links).encode() + PAGE, b"Content-Type: text/html"),))

    with RawServer(page) as server:
        toml = "home = 'http://calendar.test/'\n[[source]]\nkind = 'section'\nurl = '/'\n[polite]\ndelay = '0s'\n"
        declare(tmp_path / "a", "calendar", toml, ("calendar.test",), server.port)
        ended = crawl(tmp_path / "a", "DATELINE_RETRY_FIRST_S=3600")
        asked = Counter(
            each.asked.head.split(b" ")[1].decode().split("?")[0] for each in server.served["calendar.test"]
        )

    assert ended.code == 0, ended.err
    assert [story for story in stories if asked[story] != 1] == []
    assert asked.total() <= 1.2 * len(stories) + 10
