"""RSS and Atom: damage is mended first, then feedparser reads what every version of every dialect means."""

from collections.abc import Iterator
from io import BytesIO
from time import struct_time

import feedparser
from lxml import etree

from archive.urls import is_http
from crawler.discovery import xml
from crawler.discovery.document import Document
from crawler.discovery.findings import Discovery, Findings

MAX_ITEMS = 2_000  # Media Cloud's fetcher cuts at the same number
MAX_ATTRIBUTES = 50
MAX_TEXT = 10_000  # characters of a title, an address, a name
_ITEMS = ("item", "entry")
_TEXTS = ("title", "description", "summary")
_READ = frozenset(
    {"rss", "rdf", "channel", "feed", "language", "author", "creator", "name", "email", "link", "origlink", "title"}
    | {"guid", "id", "pubdate", "date", "published", "issued", "created", "updated", "modified", *_ITEMS}
)
_FIELDS = ("link", "guid", "id", "pubdate", "published", "updated", "description")


def read_feed(document: Document, findings: Findings) -> Discovery:
    """Return the articles a feed lists; at most the first 2,000."""
    text, problems = document.text, document.problems
    if len(text) > xml.MAX_CHARS:
        text = text[: xml.MAX_CHARS]
        problems += (f"over {xml.MAX_CHARS // 1_000_000} MB: the rest is not read",)
    repaired = xml.mended(text)
    body, damage = _reduced(repaired.body)
    try:
        parsed = feedparser.parse(
            BytesIO(body),
            # No base URL: it would make an address of every guid. A stream makes feedparser request nothing.
            response_headers={"content-type": "application/xml; charset=utf-8"},
            resolve_relative_uris=False,
            sanitize_html=False,
        )
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - a library over bytes of strangers: no document may end the crawl
        damage += (f"feedparser gave up: {type(error).__name__}: {error}",)
    else:
        _read(parsed, findings)
    return findings.discovery(document.format, (*problems, *repaired.problems, *damage))


def _reduced(body: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Return the feed as XML that a strict parser takes, with no more than is read of it.

    Without the texts of the articles, and with bounds, feedparser has no work that grows faster than the feed: 8,000
    attributes on one element cost it 2.3 s, and twice as many four times that.
    """
    root, damage = xml.parse(body)
    if root is None:
        return body, damage
    if damage:
        _untangle(root)
    items = [e for e in root.iter() if xml.local_name(e) in _ITEMS]
    if len(items) > MAX_ITEMS:
        damage += (f"{len(items)} items: the first {MAX_ITEMS} are read",)
    for element in items[MAX_ITEMS:]:
        _remove(element)
    for element in list(root.iter()):
        _bound(element)
    return etree.tostring(root, encoding="utf-8"), damage


def _untangle(root: etree._Element) -> None:
    """Take items out of items, and fields out of texts, that an end tag left out has put there."""
    for element in reversed(list(root.iter())):
        name = xml.local_name(element)
        if name in _ITEMS:
            outer = [a for a in element.iterancestors() if xml.local_name(a) in _ITEMS][-1:]
        elif name in _FIELDS:
            outer = [a for a in element.iterancestors() if xml.local_name(a) in _TEXTS][:1]
        else:
            continue
        for holder in outer:
            if holder.getparent() is None:  # nothing can stand beside the root
                continue
            element.tail = None
            holder.addnext(element)


def _bound(element: etree._Element) -> None:
    if xml.local_name(element) not in _READ and not _is_within(element, ("title",)):
        _remove(element)
        return
    if len(element.attrib) > MAX_ATTRIBUTES:
        element.attrib.clear()
    if element.text and len(element.text) > MAX_TEXT:
        element.text = element.text[:MAX_TEXT]


def _is_within(element: etree._Element, names: tuple[str, ...]) -> bool:
    return any(xml.local_name(outer) in names for outer in element.iterancestors())


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        element.tail = None
        parent.remove(element)


def _read(parsed: feedparser.FeedParserDict, findings: Findings) -> None:
    feed = _dict(parsed, "feed")
    findings.language = _text(feed, "language") or _text(_dict(feed, "title_detail"), "language")
    for link in _dicts(feed, "links"):
        if _text(link, "rel") == "next":
            findings.next_page(_text(link, "href"), "feed")
    for entry in _dicts(parsed, "entries"):
        published, updated = _when(entry, "published"), _when(entry, "updated")
        findings.article(
            _address(entry),
            title=_text(entry, "title"),
            published=published or _when(entry, "created") or updated,
            modified=updated if published else None,
            language=_text(entry, "language") or _text(_dict(entry, "title_detail"), "language"),
            authors=tuple(_authors(entry)),
            alternates=tuple(_alternates(entry)),
        )


def _address(entry: feedparser.FeedParserDict) -> str | None:
    """Return where the entry's page is: not its enclosure, not a counting redirect if the original is named."""
    original = _text(entry, "feedburner_origlink")
    if original and is_http(original):
        return original
    pages = [link for link in _dicts(entry, "links") if _text(link, "rel") in (None, "alternate")]
    pages.sort(key=lambda link: "html" not in (_text(link, "type") or "html"))
    for link in pages:
        if (href := _text(link, "href")) and not _text(link, "hreflang"):
            return href
    first = _text(pages[0], "href") if pages else None
    guid = _text(entry, "id")
    return first or (guid if guid and is_http(guid) else None)


def _alternates(entry: feedparser.FeedParserDict) -> Iterator[tuple[str, str]]:
    for link in _dicts(entry, "links"):
        language, href = _text(link, "hreflang"), _text(link, "href")
        if language and href and is_http(href) and _text(link, "rel") == "alternate":
            yield language, href


def _authors(entry: feedparser.FeedParserDict) -> Iterator[str]:
    for author in _dicts(entry, "authors"):
        if name := _text(author, "name") or _text(author, "email"):
            yield name


def _when(entry: feedparser.FeedParserDict, name: str) -> str | None:
    """Return a date as written; in ISO form where only feedparser could tell what it means (Greek, Korean, ...)."""
    parsed = dict.get(entry, f"{name}_parsed")
    text = dict.get(entry, name)  # not entry.get: feedparser answers `updated` with `published`
    if not isinstance(text, str) or not text.strip():
        return None
    if isinstance(parsed, struct_time) and not text.isascii():
        return "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z".format(*parsed[:6])
    return text


def _text(values: feedparser.FeedParserDict, key: str) -> str | None:
    value = dict.get(values, key)
    return value.strip() or None if isinstance(value, str) else None


def _dict(values: feedparser.FeedParserDict, key: str) -> feedparser.FeedParserDict:
    value = dict.get(values, key)
    return value if isinstance(value, feedparser.FeedParserDict) else feedparser.FeedParserDict()


def _dicts(values: feedparser.FeedParserDict, key: str) -> Iterator[feedparser.FeedParserDict]:
    value = dict.get(values, key)
    for each in value if isinstance(value, list) else ():
        if isinstance(each, feedparser.FeedParserDict):
            yield each
