"""Sitemaps, news sitemaps with their title, date and language, and the indexes that list them.

Scrapy's own reader drops the news block, and a half of a sitemap passes it without a word.
"""

from collections.abc import Iterator
from io import BytesIO
from itertools import islice

from lxml import etree

from archive.model import SourceKind
from crawler.discovery import xml
from crawler.discovery.document import Document
from crawler.discovery.findings import Discovery, Findings

MAX_ENTRIES = 50_000  # the protocol's own limit
_ENDS = {"sitemap-index": "sitemapindex", "sitemap": "urlset", "news-sitemap": "urlset"}


def read_sitemap(document: Document, findings: Findings, kind: SourceKind) -> Discovery:
    """Return the pages of a sitemap, or the sitemaps of an index, which are read as `kind`."""
    repaired = xml.mended(document.text)
    children: SourceKind = kind if kind in ("sitemap", "news-sitemap") else "sitemap"
    entries = _Entries(repaired.body)
    rest = iter(entries)
    for entry in islice(rest, MAX_ENTRIES):
        _read(entry, findings, children)
    if next(rest, None) is not None:
        findings.fault(f"sitemap of over {MAX_ENTRIES} entries: the rest is not read")
        return findings.discovery(document.format, (*document.problems, *repaired.problems))
    damage = _damage(entries, is_whole=f"{_ENDS[document.format]}>" in document.text[-1_000:])
    return findings.discovery(document.format, (*document.problems, *repaired.problems, *damage))


class _Entries:
    """Iterates over the entries of a sitemap, each whole once and then forgotten: 50 MB take no more room than one."""

    def __init__(self, body: bytes) -> None:
        self.error: str | None = None
        self._events = etree.iterparse(
            BytesIO(body),
            events=("end",),
            tag=("{*}url", "{*}sitemap"),
            recover=True,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=True,  # lifts the limit of 10 MB a text; the document itself is bounded
        )

    def __iter__(self) -> Iterator[etree._Element]:
        try:
            for _, element in self._events:
                yield element
                _forget(element)
        except etree.XMLSyntaxError as error:
            xml.require_room(self._events.error_log)
            self.error = error.msg
        else:
            xml.require_room(self._events.error_log)
            self.error = next((entry.message for entry in self._events.error_log), None)


def _forget(element: etree._Element) -> None:
    element.clear(keep_tail=False)
    while element.getprevious() is not None and (parent := element.getparent()) is not None:
        del parent[0]


def _damage(entries: _Entries, *, is_whole: bool) -> tuple[str, ...]:
    if not is_whole:
        return ("cut off before its end",)
    return (f"damaged XML: {entries.error}",) if entries.error else ()


def _read(entry: etree._Element, findings: Findings, children: SourceKind) -> None:
    own = {xml.local_name(child): child for child in entry}  # an image has a `loc` too, one level down
    address, modified = _text(own.get("loc")), _text(own.get("lastmod"))
    if xml.local_name(entry) == "sitemap":
        findings.child(address, children, modified=modified)
        return
    said = {xml.local_name(e): e for e in own["news"].iter()} if "news" in own else {}
    findings.article(
        address,
        title=_text(said.get("title")),
        published=_text(said.get("publication_date")),
        modified=modified,
        language=_text(said.get("language")),
        alternates=tuple(_alternates(entry)) if "link" in own else (),
    )


def _text(element: etree._Element | None) -> str | None:
    return "".join(element.itertext()).strip() or None if element is not None else None


def _alternates(entry: etree._Element) -> Iterator[tuple[str, str]]:
    for link in entry:
        language, href = link.get("hreflang"), link.get("href")
        if xml.local_name(link) == "link" and language and href:
            yield language, href.strip()
