"""Keys of URLs, judged by the Internet Archive's own program."""

import json

import pytest

from archive.surt import surt
from tests.peers import PEERS, needs_peers, run

SESSION = "0123456789abcdef0123456789abcdef"
URLS = (
    "https://www.courier.test/News/?b=2&a=1#top",
    "http://www2.courier.test:80/",
    "http://courier.test:8080",
    "http://courier.test:8080/?",
    "https://courier.test:443/a/../b/./c//d/",
    "https://courier.test:80/",
    "http://courier.test/a%2520b/%E4%B8%AD",
    "http://courier.test/中文/路径?q=中文&B=x",
    "http://user:pw@courier.test/x",
    f"http://courier.test/a;jsessionid={SESSION}?x=1",
    f"http://courier.test/?PHPSESSID={SESSION}&x=1",
    f"http://courier.test/?x=1&sid={SESSION}",
    "http://courier.test/(4hqa0555fwsecu455xqckv45)/mileg.aspx?x",
    "http://bücher.test/x",
    "urn:dateline:run:20250317-abc:site:Foo",
    "dns:courier.test",
    "http://127.0.0.1/x",
    "http://[::1]/x",
    "http://courier.test/a b",
    "http://courier.test/%%%",
    "http://courier.test/a?b",
    "http://courier.test/a?b=",
    "http://courier.test/a?&",
    "http://courier.test//",
    "http://courier.test/../..",
    "http://courier.test/a?q=http://x.test/?a=b%26c",
    "http://www.www.courier.test/",
    "http://wwwx.courier.test/",
    "http://courier.test./x",
    "http://courier.test/index.html?utm=1#frag?x",
    "http://courier.test/a|b<c>\"d'",
)
_THEIRS = "import json, sys, surt\nfor u in json.load(sys.stdin): print(json.dumps(surt.surt(u)))"


@needs_peers
def test_every_key_is_the_one_that_replay_tools_compute() -> None:
    done = run(PEERS / "python", "-W", "ignore", "-c", _THEIRS, stdin=json.dumps(URLS))

    theirs = [json.loads(line) for line in done.stdout.splitlines()]
    assert dict(zip(URLS, map(surt, URLS), strict=True)) == dict(zip(URLS, theirs, strict=True)), done.stderr


@pytest.mark.parametrize("nothing", ["", "  ", "\n"])
def test_what_is_no_url_has_an_empty_key(nothing: str) -> None:
    assert surt(nothing) == "-"
