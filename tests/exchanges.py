"""Exchanges with servers that never were, for the tests of the archive."""

import gzip
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from archive.model import Exchange, Link, Provenance, Record, Truncation
from archive.warc.dedup import Dedup, Likeness
from archive.warc.record import Original
from archive.warc.store import WarcStore

AT = datetime(2026, 3, 14, 9, 26, 53, 589793, tzinfo=UTC)
SENT = b"GET /fog HTTP/1.1\r\nHost: harbour.test\r\nUser-Agent: Dateline\r\n\r\n"
URL = "http://harbour.test/fog"
PAGE = b"<!doctype html><title>Fog</title>" + b"".join(
    b"<p>Ferry %d waits for the fog to lift, %s.</p>\n" % (n, sha256(bytes([n])).hexdigest().encode())
    for n in range(60)
)
ZIPPED = gzip.compress(PAGE, mtime=0)

LINK = Link(
    url=URL,
    found_in="http://harbour.test/feed",
    source="feed",
    title="Nebel über dem Hafen",
    published=AT,
    authors=("A. Lind", "B. Møller"),
    alternates=(("de", "http://harbour.test/de/nebel"),),
)
PROVENANCE = Provenance(
    run="run-7", site="harbour", source="feed", link=LINK, lease="lease-1", software="Dateline/test"
)


def exchange(received: bytes, *, url: str = URL, sent: bytes = SENT, truncated: Truncation | None = None) -> Exchange:
    return Exchange(url, "GET", AT, sent, received, truncated, ip="192.0.2.7")


def reply(body: bytes, *fields: str, status: str = "200 OK") -> bytes:
    """A response of that body, with its length declared."""
    head = [f"HTTP/1.1 {status}", *fields, f"Content-Length: {len(body)}"]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def chunked(body: bytes, size: int = 700) -> bytes:
    """A response of that body, in chunks of that size."""
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    framed = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + framed + b"0\r\n\r\n"


HTML = reply(ZIPPED, "Content-Type: text/html; charset=utf-8", "Content-Encoding: gzip")

ODD_REPLIES = {
    "odd case and order": b"HTTP/1.1 200 OK\r\nx-Z: 1\r\nCONTENT-length: 2\r\nX-a:2\r\n\r\nok",
    "duplicates": b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nX: 1\r\nset-cookie: b=2\r\n\r\nok",
    "folded": b"HTTP/1.1 200 OK\r\nX-Long: one\r\n\t two\r\n  three\r\n\r\nok",
    "only LF": b"HTTP/1.1 200 OK\nContent-Type: text/html\nX: y\n\nok",
    "no colon": b"HTTP/1.1 200 OK\r\nthis line has none\r\nX: y\r\n\r\nok",
    "latin-1 header": b"HTTP/1.1 200 OK\r\nX-Author: Andr\xe9\r\n\r\nok",
    "utf-8 header": b"HTTP/1.1 200 OK\r\nX-Author: Andr\xc3\xa9\r\n\r\nok",
    "empty value": b"HTTP/1.1 200 OK\r\nX-Empty:\r\nX: \r\n\r\nok",
    "spaces around": b"HTTP/1.1 200 OK\r\nX-Wide :   value  \r\n\r\nok",
    "no reason": b"HTTP/1.1 200\r\n\r\nok",
    "blank reason": b"HTTP/1.1 200 \r\n\r\nok",
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\n\r\nuntil the end",
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "empty body": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "chunk extensions and trailer": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;name=value\r\nok\r\n0\r\nX-Trailer: t\r\n\r\n"
    ),
    "conflicting lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
    "not modified": b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nContent-Length: 99\r\n\r\n',
    "unlisted status": b"HTTP/1.1 999 Request denied\r\n\r\nno",
    "looks like a WARC": b"HTTP/1.1 200 OK\r\n\r\n\r\n\r\nWARC/1.1\r\nContent-Length: 5\r\n\r\n",
    "every byte": b"HTTP/1.1 200 OK\r\n\r\n" + bytes(range(256)),
}
NO_HTTP = {
    "nothing": b"",
    "garbage": b"\x00\xff no HTTP at all",
    "SSH": b"SSH-2.0-harbour\r\n",
    "letters for a status": b"HTTP/1.1 OK 200\r\n\r\nok",
    "cut head": b"HTTP/1.1 200 OK\r\nContent-Ty",
    "only an interim head": b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n",
}


@dataclass
class Payloads:
    """Payloads seen by one run, in memory."""

    seen: dict[Likeness, Original] = field(default_factory=dict)
    fresh: dict[Likeness, Original] = field(default_factory=dict)

    def lookup(self, like: Likeness) -> Original | None:
        return self.seen.get(like)

    def remember(self, like: Likeness, original: Original, record: Record) -> None:
        self.fresh.setdefault(like, original)

    def durable(self) -> None:
        self.seen = {**self.fresh, **self.seen}


def store_in(
    directory: Path, *, dedup: Dedup | None = None, max_bytes: int = 1_000_000_000, manifests: Path | None = None
) -> WarcStore:
    return WarcStore(
        directory,
        run="run-7",
        software="Dateline/test",
        max_bytes=max_bytes,
        now=lambda: AT,
        dedup=dedup,
        manifests=manifests,
    )
