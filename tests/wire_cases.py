"""Answers no HTTP library would write, and what must be kept of each."""

import gzip
from dataclasses import dataclass, field
from typing import Literal

import brotli
from backports import zstd

from archive.model import Truncation
from tests.rawserver import Then

Route = Literal["http", "tls12", "tls13", "stranger", "proxy", "tunnel", "nobody", "unmapped"]

OK = b"HTTP/1.1 200 OK\r\n"
HELLO = OK + b"Content-Length: 5\r\n\r\nhello"
PAGE = b"<!doctype html><title>Ferry</title><p>The harbour ferry is running again.</p>" * 20
GZIPPED = gzip.compress(PAGE)
ODD_TARGET = "/a%20b;c=d?x=%C3%A9&y=%5B1%5D&&z=(*)#part"


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server writes for one request, and what the exchange must say of it."""

    writes: tuple[bytes, ...]
    then: Then = "keep"
    truncated: Truncation | None = None
    excess: int = 0
    is_prefix: bool = False  # cut on our side: what was kept is the beginning of what was written


@dataclass(frozen=True, slots=True)
class Case:
    """One invented host: `downloads` requests one after the other, answered by `replies` in order of arrival."""

    name: str
    replies: tuple[Reply, ...]
    route: Route = "http"
    downloads: int = 1
    method: str = "GET"
    target: str = "/"
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    meta: dict[str, int | float] = field(default_factory=dict)
    error: str = ""  # class name of what the last download ends with
    stop_at: Literal["", "head", "body"] = ""


def case(
    name: str,
    *writes: bytes,
    then: Then = "keep",
    truncated: Truncation | None = None,
    excess: int = 0,
    is_prefix: bool = False,
    **more: object,
) -> Case:
    """A case of one request."""
    reply = Reply(writes, then, truncated, excess, is_prefix)
    return Case(name, (reply,), **more)  # type: ignore[arg-type]


def head(*lines: bytes, status: bytes = b"HTTP/1.1 200 OK") -> bytes:
    return b"\r\n".join([status, *lines, b"", b""])


def sized(body: bytes, *lines: bytes) -> bytes:
    return head(*lines, b"Content-Length: %d" % len(body)) + body


def chunked(*chunks: bytes, lines: tuple[bytes, ...] = (), trailer: bytes = b"") -> bytes:
    parts = [b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks]
    return head(b"Transfer-Encoding: chunked", *lines) + b"".join(parts) + b"0\r\n" + trailer + b"\r\n"


HEADS = (
    case("plain", HELLO),
    case("odd-case", head(b"cOnTeNt-LeNgTh: 5", b"X-oDD-caSE: a", b"SERVER: Odd") + b"hello"),
    case("order", head(b"Zebra: 1", b"Apple: 2", b"Content-Length: 5", b"Mango: 3") + b"hello"),
    case(
        "duplicates",
        head(b"Set-Cookie: a=1", b"X: 1", b"set-cookie: b=2", b"X: 2", b"Content-Length: 5", b"SET-COOKIE: c=3")
        + b"hello",
    ),
    case("folded", head(b"X-Folded: one", b"  two", b"\tthree", b"Content-Length: 5") + b"hello"),
    case("lf-only", b"HTTP/1.1 200 OK\nContent-Length: 5\nX: y\n\nhello"),
    case("mixed-line-ends", b"HTTP/1.1 200 OK\r\nX: y\nContent-Length: 5\r\nZ: w\n\r\nhello"),
    case("latin-1", head(b"X-Ville: Orl\xe9ans", b"Content-Length: 5") + b"hello"),
    case("utf-8", head("X-Stadt: Köln — Ø".encode(), b"Content-Length: 5") + b"hello"),
    case("control-bytes", head(b"X-Odd: a\x01\x7f\x1b[31mb", b"Content-Length: 5") + b"hello"),
    case("colon-less", head(b"this is no header", b"Content-Length: 5", b"nor this") + b"hello"),
    case("empty-value", head(b"X-Empty:", b"Content-Length: 5", b"X-Blank:   ") + b"hello"),
    case("spaces", head(b"X-Space:    a   b   ", b"Content-Length:5") + b"hello"),
    case("no-reason", b"HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello"),
    case("empty-reason", b"HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\nhello"),
    case("own-reason", b"HTTP/1.1 200 Tr\xe8s bien, merci: voil\xe0\r\nContent-Length: 5\r\n\r\nhello"),
    case("status-999", b"HTTP/1.1 999 Request denied\r\nContent-Length: 5\r\n\r\nhello"),
    case("byte-by-byte", *(bytes([byte]) for byte in HELLO)),
    case("head-and-body-apart", OK + b"Content-", b"Length: 5\r\n\r", b"\nhe", b"llo"),
    case("no-headers", OK + b"\r\n" + PAGE, then="close"),
)

LENGTHS = (
    case("http-1.0", b"HTTP/1.0 200 OK\r\nServer: old\r\n\r\n" + PAGE, then="close"),
    case("http-1.0-length", b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhello"),
    case("until-close", head(b"Connection: close") + PAGE, then="close"),
    case("length-0", head(b"Content-Length: 0")),
    case("same-length-twice", head(b"Content-Length: 5", b"Content-Length: 5, 5") + b"hello"),
    case("chunked", chunked(b"hel", b"lo", PAGE)),
    case("chunked-byte-by-byte", *(bytes([byte]) for byte in chunked(b"hel", b"lo"))),
    case("chunked-empty", chunked()),
    case(
        "chunk-extensions",
        head(b"Transfer-Encoding: chunked") + b'5;a=b;c="d e"\r\nhello\r\n0;last\r\n\r\n',
    ),
    case("chunk-trailers", chunked(b"hello", trailer=b"X-Sum: 9\r\nx-after: caf\xe9\r\n")),
    case("chunk-zeros", head(b"transfer-encoding: Chunked") + b"0005\r\nhello\r\n00\r\n\r\n"),
    case("chunk-upper-hex", head(b"Transfer-Encoding: chunked") + b"1A\r\n" + b"x" * 26 + b"\r\n0\r\n\r\n"),
    case("chunked-and-length", chunked(b"hello", lines=(b"Content-Length: 3",))),
    case("gzip", sized(GZIPPED, b"Content-Encoding: gzip")),
    case("gzip-chunked", chunked(GZIPPED[:40], GZIPPED[40:], lines=(b"Content-Encoding: gzip",))),
    case("brotli-unasked", sized(brotli.compress(PAGE), b"Content-Encoding: br")),
    case("zstd-unasked", sized(zstd.compress(PAGE), b"Content-Encoding: zstd")),
    case("not-gzip", sized(PAGE, b"Content-Encoding: gzip")),
    case("large", *[sized(PAGE * 1500)[i : i + 65536] for i in range(0, len(sized(PAGE * 1500)), 65536)]),
    case("head-method", head(b"Content-Length: 5000", b"X: y"), method="HEAD"),
    case("204", head(b"X: y", status=b"HTTP/1.1 204 No Content")),
    case("304", head(b'ETag: "a"', b"Content-Length: 900", status=b"HTTP/1.1 304 Not Modified")),
    case("404", head(b"Content-Length: 5", status=b"HTTP/1.1 404 Nowhere") + b"hello"),
    case("503", head(b"Content-Length: 5", b"Retry-After: 9", status=b"HTTP/1.1 503 Later") + b"hello"),
    case("302", head(b"Location: /there", b"Content-Length: 5", status=b"HTTP/1.1 302 Found") + b"moved"),
    case("103", head(b"Link: </a.css>; rel=preload", status=b"HTTP/1.1 103 Early Hints") + HELLO),
    case("100-102-103", *[head(b"X: %d" % n, status=b"HTTP/1.1 %d" % n) for n in (100, 102, 103)], HELLO),
)

REQUESTS = (
    case("post", HELLO, method="POST", body=b"a=1&b=\x00\xff" + PAGE),
    case("put-empty", HELLO, method="PUT"),
    case("odd-request", HELLO, target=ODD_TARGET, headers=(("X-Odd", "one"), ("x-odd", "two"))),
    case("long-target", HELLO, target="/" + "a" * 6000),
    Case("keep-alive", (Reply((HELLO,)), Reply((chunked(b"two"),)), Reply((HELLO,))), downloads=3),
    Case(
        "dead-keep-alive",
        (Reply((HELLO,)), Reply((), "close", "disconnect"), Reply((HELLO,))),
        downloads=2,
    ),
    Case(
        "dead-keep-alive-reset",
        (Reply((HELLO,)), Reply((), "reset", "disconnect"), Reply((HELLO,))),
        downloads=2,
    ),
    Case(
        "dead-keep-alive-then-timeout",
        (Reply((HELLO,)), Reply((), "close", "disconnect"), Reply((), "hang", "time")),
        downloads=2,
        meta={"download_timeout": 1.5},
        error="DownloadTimeoutError",
    ),
    Case(
        "dead-keep-alive-post",
        (Reply((HELLO,)), Reply((), "close", "disconnect")),
        downloads=2,
        method="POST",
        body=b"only once",
        error="DownloadFailedError",
    ),
)

CUT_BY_THE_SERVER = (
    case("early-close-length", head(b"Content-Length: 900") + b"hello", then="close", truncated="disconnect",
         error="ResponseDataLossError"),
    case("early-close-chunk", head(b"Transfer-Encoding: chunked") + b"ff\r\nhello", then="close",
         truncated="disconnect", error="ResponseDataLossError"),
    case("early-close-between-chunks", head(b"Transfer-Encoding: chunked") + b"5\r\nhello\r\n", then="close",
         truncated="disconnect", error="ResponseDataLossError"),
    case("early-close-head", OK + b"Content-Le", then="close", truncated="disconnect", error="DownloadFailedError"),
    case("early-close-status", b"HTTP/1.", then="close", truncated="disconnect", error="DownloadFailedError"),
    case("reset-in-body", head(b"Content-Length: 900") + b"hello", then="reset", truncated="disconnect",
         is_prefix=True, error="*"),
    case("empty-reply", then="close", truncated="disconnect", error="DownloadFailedError"),
    case("hundred-only", head(status=b"HTTP/1.1 100 Continue"), then="close", truncated="disconnect",
         error="DownloadFailedError"),
)  # fmt: skip

EXCESS = (
    Case("excess-length", (Reply((HELLO + b"more",), excess=4), Reply((HELLO,))), downloads=2),
    Case("excess-chunked", (Reply((chunked(b"hello") + b"HTTP/1.1 200 OK\r\n\r\n",), excess=19),)),
    Case("excess-204", (Reply((head(status=b"HTTP/1.1 204 No Content") + b"body",), excess=4),)),
    Case("excess-head", (Reply((sized(b"hello"),), excess=5),), method="HEAD"),
)

UNPARSABLE = (
    case("garbage-status", b"NOTHTTP hello\r\n\r\n", then="hang", truncated="unspecified", error="DownloadFailedError"),
    case("icy", b"ICY 200 OK\r\nContent-Length: 5\r\n\r\nhello", then="hang", truncated="unspecified",
         error="DownloadFailedError"),
    case("binary", b"\x15\x03\x01\x00\x02\x02\x28\r\n", then="hang", truncated="unspecified",
         error="DownloadFailedError"),
    case("http-0.9", PAGE + b"\r\n", then="hang", truncated="unspecified", error="DownloadFailedError"),
    case("status-letters", b"HTTP/1.1 2xx OK\r\n\r\n", then="hang", truncated="unspecified",
         error="DownloadFailedError"),
    case("conflicting-lengths", head(b"Content-Length: 5", b"Content-Length: 6") + b"hello", then="hang",
         truncated="unspecified", error="DownloadFailedError"),
    case("negative-length", head(b"Content-Length: -5") + b"hello", then="hang", truncated="unspecified",
         error="DownloadFailedError"),
    case("unknown-coding", head(b"Transfer-Encoding: squeezed") + b"hello", then="hang", truncated="unspecified",
         error="DownloadFailedError"),
    case("empty-name", head(b": nameless", b"Content-Length: 5") + b"hello", then="hang", truncated="unspecified",
         error="DownloadFailedError"),
    case("bad-chunk-size", head(b"Transfer-Encoding: chunked") + b"zz\r\nhello", then="hang",
         truncated="unspecified", error="ResponseDataLossError"),
    case("line-of-40-kB", OK + b"X: " + b"y" * 40_000 + b"\r\n\r\n", then="hang", truncated="unspecified",
         is_prefix=True, error="DownloadFailedError"),
)  # fmt: skip

CUT_BY_US = (
    case("maxsize-yet-whole", sized(PAGE), meta={"download_maxsize": 1000}, error="DownloadCancelledError"),
    case("maxsize-length", sized(PAGE * 2000), then="hang", truncated="length", is_prefix=True,
         meta={"download_maxsize": 1000}, error="DownloadCancelledError"),
    case("maxsize-chunked", chunked(*[PAGE] * 2000), then="hang", truncated="length", is_prefix=True,
         meta={"download_maxsize": 1000}, error="DownloadCancelledError"),
    case("maxsize-until-close", head() + PAGE * 2000, then="close", truncated="length", is_prefix=True,
         meta={"download_maxsize": 1000}, error="DownloadCancelledError"),
    case("chunks-of-framing", head(b"Transfer-Encoding: chunked"), *[b"1;" + b"x" * 900 + b"\r\nb\r\n"] * 700,
         then="hang", truncated="length", is_prefix=True, meta={"download_maxsize": 10_000},
         error="DownloadCancelledError"),
    case("endless-head", OK, *[b"X-%d: y\r\n" % n * 500 for n in range(60)], then="hang", truncated="length",
         is_prefix=True, error="DownloadCancelledError"),
    case("endless-hints", *[head(b"X: y", status=b"HTTP/1.1 103 Early") * 500] * 20, then="hang", truncated="length",
         is_prefix=True, error="DownloadCancelledError"),
    case("timeout-nothing", then="hang", truncated="time", meta={"download_timeout": 1.5},
         error="DownloadTimeoutError"),
    case("timeout-head", OK + b"X: ", then="hang", truncated="time", meta={"download_timeout": 1.5},
         error="DownloadTimeoutError"),
    case("timeout-body", head(b"Content-Length: 900") + b"hello", then="hang", truncated="time",
         meta={"download_timeout": 1.5}, error="DownloadTimeoutError"),
    case("timeout-until-close", head() + b"hello", then="hang", truncated="time", meta={"download_timeout": 1.5},
         error="DownloadTimeoutError"),
    case("stopped-until-close", head() + PAGE * 2000, then="close", truncated="unspecified", is_prefix=True,
         stop_at="body"),
    case("stopped-at-head", sized(PAGE * 2000), then="hang", truncated="unspecified", is_prefix=True, stop_at="head"),
    case("stopped-in-body", sized(PAGE * 2000), then="hang", truncated="unspecified", is_prefix=True, stop_at="body"),
)  # fmt: skip

ROUTES = (
    case("tls-1.2", chunked(b"hello", PAGE), route="tls12"),
    case("tls-1.3", chunked(b"hello", PAGE), route="tls13"),
    Case("tls-keep-alive", (Reply((HELLO,)), Reply((HELLO,))), route="tls13", downloads=2),
    Case(
        "tls-dead-keep-alive",
        (Reply((HELLO,)), Reply((), "close", "disconnect"), Reply((HELLO,))),
        route="tls12",
        downloads=2,
    ),
    case("tls-until-close", head() + PAGE, then="close", route="tls13"),
    case("tls-early-close", head(b"Content-Length: 900") + b"hello", then="close", truncated="disconnect",
         route="tls13", error="ResponseDataLossError"),
    case("tls-timeout", head(b"Content-Length: 900") + b"hello", then="hang", truncated="time", route="tls13",
         meta={"download_timeout": 1.5}, error="DownloadTimeoutError"),
    case("proxy", HELLO, route="proxy"),
    case("proxy-502", head(b"Content-Length: 5", status=b"HTTP/1.1 502 Bad") + b"hello", route="proxy"),
    Case("proxy-keep-alive", (Reply((HELLO,)), Reply((HELLO,))), route="proxy", downloads=2),
    case("tunnel", chunked(b"hello", PAGE), route="tunnel"),
    Case("tunnel-keep-alive", (Reply((HELLO,)), Reply((HELLO,))), route="tunnel", downloads=2),
    case("tunnel-early-close", head(b"Content-Length: 900") + b"hello", then="close", truncated="disconnect",
         route="tunnel", error="ResponseDataLossError"),
    case("tunnel-until-close", head() + PAGE, then="close", route="tunnel"),
    Case("untrusted", (), route="stranger", error="DownloadFailedError"),
    Case("refused", (), route="nobody", error="DownloadConnectionRefusedError"),
    Case("127.0.0.1", (), route="unmapped", error="GuardError"),
)  # fmt: skip

CASES: tuple[Case, ...] = (
    *HEADS,
    *LENGTHS,
    *REQUESTS,
    *CUT_BY_THE_SERVER,
    *EXCESS,
    *UNPARSABLE,
    *CUT_BY_US,
    *ROUTES,
)
