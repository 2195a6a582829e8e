"""What hostile and broken servers answer: each `Attack` is one host of its own, and is visited once."""

import gzip
import itertools
import random
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from threading import Event
from typing import Literal

import brotli
from backports import zstd

from archive.model import SourceKind
from tests.rawserver import Answer, Asked, Then
from tests.wire_cases import CUT_BY_THE_SERVER, EXCESS, HEADS, LENGTHS, PAGE, UNPARSABLE, head, sized

MB = 1 << 20
_NEVER = Event()  # waited on where a server is slow


@dataclass(frozen=True, slots=True)
class Attack:
    """One host: how it answers for its page or list, and for robots.txt if not with a 404.

    `what` is what the site file takes it for: an article, or a source of that kind.
    """

    name: str
    answer: Callable[[Asked], Answer]
    what: Literal["article"] | SourceKind = "article"
    robots: Callable[[Asked], Answer] | None = None
    path: str = "/2026/03/04/ferry-strike-goes-on"
    grows: bool = False  # its list names more lists of its own, which answer alike

    @property
    def host(self) -> str:
        """Every host has a registered domain, so a politeness group, of its own."""
        return f"{self.name.lower()}.test"

    @property
    def url(self) -> str:
        return f"http://{self.host}{self.path}"

    def prepare(self) -> None:
        """Make what takes long to make."""
        for script in (self.answer, self.robots):
            if isinstance(script, Made):
                script.body()


def says(*writes: bytes, then: Then = "keep") -> Callable[[Asked], Answer]:
    """Return a script that always writes the same."""
    return lambda _: Answer(writes, then)


class Made:
    """A script whose one write takes a while to make, once."""

    def __init__(self, make: Callable[[], bytes]) -> None:
        self.body = cache(make)

    def __call__(self, asked: Asked) -> Answer:
        return Answer((self.body(),))


def streams(make: Callable[[], Iterable[bytes]], then: Then = "close") -> Callable[[Asked], Answer]:
    """Return a script whose writes are made while they are sent."""
    return lambda _: Answer(make(), then)


# ---------------------------------------------------------------------- bodies


@cache
def zeros_gzipped(size_mb: int = 300) -> bytes:
    """Return that many megabytes of zeros as gzip: a thousandth of it."""
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(bytes(MB)) for _ in range(size_mb)) + packer.flush()


@cache
def zeros_in_brotli(size_mb: int = 300) -> bytes:
    return brotli.compress(bytes(size_mb * MB), quality=3)


@cache
def zeros_in_zstd(size_mb: int = 300) -> bytes:
    return zstd.compress(bytes(size_mb * MB))


def packed(times: int, body: bytes) -> bytes:
    for _ in range(times):
        body = gzip.compress(body)
    return body


def bomb(coding: str, body: bytes, *, kind: str = "text/html") -> bytes:
    return sized(body, f"Content-Type: {kind}".encode(), f"Content-Encoding: {coding}".encode())


def endless(part: bytes = b"<p>and so on" * 5_000) -> Iterator[bytes]:
    yield head(b"Content-Type: text/html")
    yield from itertools.repeat(part, 100 * MB // len(part))


def endless_chunks() -> Iterator[bytes]:
    yield head(b"Content-Type: text/html", b"Transfer-Encoding: chunked")
    part = b"<p>and so on" * 5_000
    yield from itertools.repeat(chunked(part), 100 * MB // len(part))


def dripping(start: bytes, every_s: float, part: bytes = b"x", seconds: float = 90.0) -> Iterator[bytes]:
    """Yield `part` again and again, slower than any deadline is patient."""
    yield start
    for _ in range(int(seconds / every_s)):
        _NEVER.wait(every_s)
        yield part


@cache
def noise(size_bytes: int) -> bytes:
    """Return bytes that no coding makes smaller."""
    return random.Random(7).randbytes(size_bytes)


# ---------------------------------------------------------------------- the attacks


def redirect(location: bytes, status: bytes = b"302 Found") -> bytes:
    return head(b"Location: " + location, b"Content-Length: 0", status=b"HTTP/1.1 " + status)


def _to_itself(asked: Asked) -> Answer:
    return Answer((redirect(f"http://{asked.host}".encode() + asked.head.split(b" ")[1]),))


def _further(asked: Asked) -> Answer:
    return Answer((redirect(b"/2026/03/04/ferry-strike-goes-on-%d" % asked.nth),))


BOMBS: tuple[Attack, ...] = (
    Attack("bomb-gzip", Made(lambda: bomb("gzip", zeros_gzipped()))),
    Attack("bomb-gzip-2", Made(lambda: bomb("gzip", zeros_gzipped()))),
    Attack("bomb-brotli", Made(lambda: bomb("br", zeros_in_brotli()))),
    Attack("bomb-brotli-2", Made(lambda: bomb("br", zeros_in_brotli()))),
    Attack("bomb-zstd", Made(lambda: bomb("zstd", zeros_in_zstd()))),
    Attack("bomb-zstd-2", Made(lambda: bomb("zstd", zeros_in_zstd()))),
    Attack("bomb-deflate", Made(lambda: bomb("deflate", zlib.compress(bytes(300 * MB))))),
    Attack("bomb-twice", Made(lambda: bomb("gzip, gzip", packed(1, zeros_gzipped())))),
    Attack("bomb-twenty-times", Made(lambda: bomb(", ".join(["gzip"] * 20), packed(20, PAGE)))),
    Attack("bomb-feed", Made(lambda: bomb("gzip", zeros_gzipped(), kind="application/rss+xml")), "feed", path="/rss"),
    Attack("bomb-brotli-feed", Made(lambda: bomb("br", zeros_in_brotli(), kind="text/xml")), "feed", path="/rss"),
    Attack("bomb-sitemap-gz", Made(lambda: sized(zeros_gzipped())), "sitemap", path="/sitemap.xml.gz"),
    Attack("bomb-section", Made(lambda: bomb("gzip", zeros_gzipped())), "section", path="/news"),
    Attack("stream-1", streams(endless)),
    Attack("stream-2", streams(endless_chunks)),
    Attack("stream-feed", streams(lambda: endless(b"<item><title>on</title></item>" * 1_000)), "feed", path="/rss"),
)
"""Sixteen at once: what costs a gigabyte each where nobody bounds it."""

SLOW: tuple[Attack, ...] = (
    Attack("slow-body", streams(lambda: dripping(head(b"Content-Length: 9000") + b"<p>", 0.5))),
    Attack("slow-head", streams(lambda: dripping(b"HTTP/1.1 200 OK\r\nX: ", 0.5))),
    Attack("slow-headers", streams(lambda: dripping(b"HTTP/1.1 200 OK\r\n", 0.5, b"X: y\r\n"))),
    Attack("slow-chunks", streams(lambda: dripping(head(b"Transfer-Encoding: chunked"), 0.5, b"1\r\nx\r\n"))),
    Attack("slow-until-close", streams(lambda: dripping(head(), 0.5))),
    Attack("slow-hints", streams(lambda: dripping(b"", 0.5, b"HTTP/1.1 103 Early Hints\r\n\r\n"))),
    Attack("hang-at-once", says(then="hang")),
    Attack("hang-in-status", says(b"HTTP/1.", then="hang")),
    Attack("hang-in-head", says(b"HTTP/1.1 200 OK\r\nX: ", then="hang")),
    Attack("hang-in-body", says(head(b"Content-Length: 900") + b"hello", then="hang")),
    Attack("hang-robots", says(sized(PAGE)), robots=says(then="hang")),
    Attack(
        "slow-feed", streams(lambda: dripping(head(b"Content-Type: text/xml") + b"<rss>", 0.5)), "feed", path="/rss"
    ),
)


HINT = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"


def chunked(part: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(part), part)


def _entries(count: int) -> bytes:
    return b"".join(b"<url><loc>http://large-sitemap.test/a/story-number-%d</loc></url>\n" % n for n in range(count))


LARGE: tuple[Attack, ...] = (
    Attack("large-length", says(head(b"Content-Length: 10000000000000"), then="hang")),
    Attack("large-page", Made(lambda: sized(PAGE * 12_000))),
    Attack("large-dense", Made(lambda: sized(noise(9 * MB)))),
    Attack("large-dense-list", Made(lambda: sized(noise(60 * MB))), "sitemap", path="/sitemap.xml"),
    Attack("large-hinted-list", Made(lambda: HINT + sized(noise(60 * MB))), "sitemap", path="/sitemap.xml"),
    Attack("large-chunked-list", streams(lambda: itertools.chain([head(b"Transfer-Encoding: chunked")],
           itertools.repeat(chunked(b"<a href=x>y</a>" * 4_000), 1_000))), "section", path="/news"),
    Attack("large-sitemap", Made(lambda: sized(b"<urlset>" + _entries(900_000))), "sitemap", path="/sitemap.xml"),
    Attack("framing-alone", streams(lambda: itertools.chain([head(b"Transfer-Encoding: chunked")],
           itertools.repeat((b"1;" + b"x" * 900 + b"\r\nb\r\n") * 100, 1_000)))),
    Attack("cookies", says(head(*[b"Set-Cookie: c%d=" % n + b"y" * 3_000 for n in range(60)]) + PAGE, then="close")),
    Attack("headers-400", says(head(*[b"X-%d: y" % n for n in range(400)]) + PAGE, then="close")),
    Attack("headers-20000", says(head(*[b"X-%d: y" % n for n in range(20_000)]) + PAGE, then="close")),
    Attack("header-of-15-kB", says(head(b"X: " + b"y" * 15_000, b"Content-Length: 2") + b"ok")),
    Attack("reason-of-15-kB", says(head(b"Content-Length: 2", status=b"HTTP/1.1 200 " + b"y" * 15_000) + b"ok")),
    Attack("robots-bomb", says(sized(PAGE)), robots=Made(lambda: bomb("gzip", zeros_gzipped()))),
    Attack("robots-of-8-MB", says(sized(PAGE)), robots=says(sized(b"Disallow: /*a*b*c*d\n" * 400_000))),
    Attack("robots-of-stars", says(sized(PAGE)),
           robots=says(sized(b"User-agent: *\n" + b"Disallow: /" + b"*a" * 5_000 + b"z$\n"))),
    Attack("robots-endless", says(sized(PAGE)), robots=streams(endless)),
    Attack("robots-in-circles", says(sized(PAGE)), robots=_to_itself),
    Attack("robots-with-nul", says(sized(PAGE)), robots=says(sized(b"User-agent: *\0\nDisallow: /\0x\n\xff\xfe"))),
)  # fmt: skip

REDIRECTS: tuple[Attack, ...] = (
    Attack("redirect-to-itself", _to_itself),
    Attack("redirect-without-end", _further),
    Attack("redirect-empty", says(redirect(b""))),
    Attack("redirect-to-a-file", says(redirect(b"file:///etc/passwd"))),
    Attack("redirect-to-data", says(redirect(b"data:text/html,owned"))),
    Attack("redirect-to-script", says(redirect(b"javascript:alert(1)"))),
    Attack("redirect-to-ftp", says(redirect(b"ftp://redirect-to-ftp.test/a"))),
    Attack("redirect-to-s3", says(redirect(b"s3://redirect-to-s3.test/a"))),
    Attack("redirect-to-ourselves", says(redirect(b"http://127.0.0.1/"))),
    Attack("redirect-to-metadata", says(redirect(b"http://169.254.169.254/latest/meta-data/"))),
    Attack("redirect-to-nonsense", says(redirect(b"http://[::1/%zz\xff"))),
    Attack("redirect-to-a-port", says(redirect(b"http://redirect-to-a-port.test:22/"))),
    Attack("redirect-of-15-kB", says(redirect(b"/" + b"a" * 15_000))),
    Attack("redirect-with-password", says(redirect(b"http://user:secret@redirect-with-password.test/x"))),
    Attack("redirect-with-crlf", says(redirect(b"/x%0d%0aSet-Cookie:%20a=b"))),
    Attack("redirect-twice-told", says(head(b"Location: /a", b"Location: /b", b"Content-Length: 0",
                                            status=b"HTTP/1.1 302 Found"))),
    Attack("redirect-without-where", says(head(b"Content-Length: 0", status=b"HTTP/1.1 301 Moved"))),
    Attack("refresh-to-itself", says(sized(b"<meta http-equiv=refresh content=0><p>again", b"Refresh: 0"))),
)  # fmt: skip


def _of_the_wire() -> Iterator[Attack]:
    """Yield the broken answers that tests/wire_cases.py spells out: the first reply of each."""
    for case in (*HEADS, *LENGTHS, *CUT_BY_THE_SERVER, *EXCESS, *UNPARSABLE):
        if case.method == "GET" and case.replies:
            reply = case.replies[0]
            name = case.name.lower().replace(".", "-").replace("_", "-")
            yield Attack(f"w-{name}", says(*reply.writes, then=reply.then))


WIRE: tuple[Attack, ...] = tuple(_of_the_wire())
