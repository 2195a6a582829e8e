"""What is fuzzed: one function for each reader, which takes any bytes and must neither raise nor take long."""

import sqlite3
import tempfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from protego import Protego

from archive import read_article
from archive.catalogue.query import expression, parse
from archive.errors import ArchiveError, ConfigError
from archive.model import Exchange, Provenance, SourceKind
from archive.requisites import parts_of_page, parts_of_style
from archive.terminal import plain
from archive.urls import article_key, normalise
from archive.warc.coding import decode_content
from archive.warc.digest import digest
from archive.warc.members import member_of
from archive.warc.message import entity_of, entity_under, header_end, parse_head, split_interim
from archive.warc.record import exchange_records, reply_of
from archive.warc.walk import captures
from crawler.discovery import discover
from crawler.sites.declaration import parse_site
from crawler.traps import pattern_of, trap_in

URL, AT = "https://courier.test/source", datetime(2026, 3, 4, tzinfo=UTC)
SEEDS = Path(__file__).parent / "seeds"


@dataclass(frozen=True, slots=True)
class Target:
    """A reader: `read` takes any bytes; `seeds` are documents to begin with."""

    name: str
    read: Callable[[bytes], object]
    seeds: Sequence[bytes]


def _lists(kind: SourceKind) -> Callable[[bytes], object]:
    return lambda body: discover(body, URL, kind=kind, source="s")


def _head(received: bytes) -> object:
    _, message = split_interim(received)
    head, end = parse_head(message), header_end(message)
    if head is None or end < 0:
        return None
    entity = entity_under(head, message[end:])
    return decode_content(entity.body, head.all("content-encoding"), 1 << 20)


def _exchange(received: bytes) -> object:
    """What is written of an answer reads back as it came, and its digest is that of its entity."""
    exchange = Exchange(URL, "GET", AT, b"GET /source HTTP/1.1\r\n\r\n", received)
    reply = reply_of(received)
    written = exchange_records(exchange, reply, Provenance(run="run-1"), "urn:uuid:0")
    members = [member_of(0, each.size_bytes, zlib.decompress(b"".join(each.pieces), 31)) for each in written]
    if reply.head is not None:
        assert members[0].block == reply.message
        assert reply.digest == digest(entity_of(reply.message).body)
    return members


def _warc(record: bytes) -> object:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.warc.gz"
        path.write_bytes(zlib.compress(record, 1, 31))
        try:
            return list(captures(path))
        except ArchiveError as error:
            return error


def _site_file(text: bytes) -> object:
    try:
        return parse_site(text.decode("utf-8", "replace"), Path("courier.toml"))
    except ConfigError as error:
        return error


_INDEX = sqlite3.connect(":memory:", check_same_thread=False)
_INDEX.execute("CREATE VIRTUAL TABLE words USING fts5 (title, lead, body, facets)")


def _query(text: bytes) -> object:
    """Every text is a query: none makes SQLite complain."""
    match = expression(parse(text.decode("utf-8", "surrogateescape")), None, "zyxw")
    return _INDEX.execute("SELECT count(*) FROM words WHERE words MATCH ?", (match,)).fetchone()


def _robots(text: bytes) -> object:
    rules = Protego.parse(text.decode("utf-8", "replace"))
    return rules.can_fetch("https://courier.test/" + "a" * 200 + "?b=c", "Dateline/1"), rules.crawl_delay("Dateline/1")


def _page(body: bytes) -> object:
    try:
        return read_article(body, URL)
    except ArchiveError as error:
        return error


def _parts(body: bytes) -> object:
    return parts_of_page(body, URL), parts_of_style(body, URL)


def _address(text: bytes) -> object:
    url = text.decode("utf-8", "replace")
    known = normalise(url)
    assert normalise(known) == known
    return article_key(url), trap_in(url), pattern_of(url)


def _terminal(text: bytes) -> object:
    shown = plain(text.decode("utf-8", "surrogateescape"))
    assert not set(shown) & {chr(n) for n in (*range(9), *range(11, 32), 127, 0x9B, 0x202E, 0x2066)}
    return shown


def _seeds(name: str) -> Sequence[bytes]:
    folder = SEEDS / {"exchange": "header"}.get(name, name)
    return [path.read_bytes() for path in sorted(folder.glob("*"))] or [b""]


TARGETS: tuple[Target, ...] = tuple(
    Target(name, read, _seeds(name))
    for name, read in (
        ("feed", _lists("feed")),
        ("sitemap", _lists("sitemap")),
        ("section", _lists("section")),
        ("robots", _robots),
        ("header", _head),
        ("exchange", _exchange),
        ("warc", _warc),
        ("site-file", _site_file),
        ("query", _query),
        ("page", _page),
        ("parts", _parts),
        ("address", _address),
        ("terminal", _terminal),
    )
)
