"""A desk that files exchanges into an archive as a crawl would: for the tests of what reads them."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from archive.layout import Layout
from archive.model import Capture, Exchange, Provenance, Role
from archive.warc.record import Original
from archive.warc.store import WarcStore
from tests.exchanges import AT, reply

HOME = "https://www.courier.test/"
SITE_FILE = 'id = "courier"\nname = "The Harbour Courier"\nhome = "https://www.courier.test/"\nlanguages = ["en"]\n'
PARAGRAPHS = (
    "The crews of the three harbour ferries stayed on land this morning, and the pier was empty when the sun rose.",
    "Nobody had told the island, where the school bell rang for eleven children who were standing on the wrong shore.",
    "The harbour master said that the boats would sail again as soon as the crews had been heard by the council.",
    "By noon a fisherman had carried the first of them across, two at a time, and had taken nothing for his trouble.",
    "The council meets on Thursday in the old customs house, where the heating has been out of order since the autumn.",
)


def html(title: str, *paragraphs: str) -> bytes:
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    head = f"<html lang=en><head><title>{title}</title></head>"
    page = f"{head}<body><article><h1>{title}</h1>{body}</article></body></html>"
    return reply(page.encode(), "Content-Type: text/html; charset=utf-8")


class Desk:
    """Writes exchanges into an archive as a crawl would, an hour apart."""

    def __init__(self, layout: Layout, run: str = "run-1", start: datetime = AT) -> None:
        layout.create()
        self.at, self.run = start, run
        self.store = WarcStore(layout.warc, run=run, software="Dateline/test", now=lambda: self.at)

    def declare(self, toml: str = SITE_FILE) -> None:
        self.store.append_resource(
            f"urn:dateline:run:{self.run}:site:courier", "application/toml", toml.encode(), self.at
        )

    def tell(self, *lines: Mapping[str, object]) -> None:
        block = "".join(json.dumps(line) + "\n" for line in lines).encode()
        self.store.append_resource(f"urn:dateline:run:{self.run}:ledger:0", "application/x-ndjson", block, self.at)

    def fetch(self, url: str, received: bytes, *, role: Role = "article", original: Original | None = None) -> Capture:
        self.at += timedelta(hours=1)
        sent = f"GET {url} HTTP/1.1\r\n\r\n".encode()
        exchange = Exchange(url, "GET", self.at, sent, received)
        provenance = Provenance(run=self.run, site="courier", role=role)
        return self.store.append(exchange, provenance, original=original)


def write_a_small_crawl(desk: Desk) -> None:
    desk.declare()
    desk.fetch(HOME + "robots.txt", reply(b"User-agent: *", "Content-Type: text/plain"), role="robots")
    desk.fetch(HOME, html("The Harbour Courier", *PARAGRAPHS), role="source")
    first = desk.fetch(HOME + "2026/03/14/ferry-strike-42817", html("Ferries stop", *PARAGRAPHS))
    desk.fetch(HOME + "2026/03/14/fog-over-town-42818", html("Fog over the town", *reversed(PARAGRAPHS)))
    desk.fetch(HOME + "2026/03/14/gone-again-42819", reply(b"no", "Content-Type: text/html", status="404 Not Found"))
    original = Original(first.record.id, first.url, first.fetched_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    desk.fetch(
        HOME + "2026/03/14/ferry-strike-42817", b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n", original=original
    )
    desk.fetch(HOME + "2026/03/14/ferry-strike-42817", html("Ferries stop", *PARAGRAPHS[:-1]))
    desk.tell(
        {
            "site": "courier",
            "url": HOME + "x",
            "outcome": "robots",
            "reason": "disallowed",
            "at": AT.isoformat(),
            "lease": "l",
        }
    )
