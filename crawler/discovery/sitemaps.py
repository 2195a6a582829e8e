"""Sitemaps, news sitemaps with their title, date and language, and the indexes that list them.

Scrapy's own reader drops the news block, and a half of a sitemap passes it without a word.
"""

from collections.abc import Iterator
from io import BytesIO

from lxml import etree

from archive.model import SourceKind
from crawler.discovery import xml
from crawler.discovery.document import Document
from crawler.discovery.findings import Discovery, Findings

MAX_ENTRIES = 50_000  # the protocol's own limit
_ENTRIES = ("{*}url", "{*}sitemap")
_ENDS = {"sitemap-index": "sitemapindex", "sitemap": "urlset", "news-sitemap": "urlset"}


def read_sitemap(document: Document, findings: Findings, kind: SourceKind) -> Discovery:
    """Return the pages of a sitemap, or the sitemaps of an index, which are read as `kind`."""
    repaired = xml.mended(document.text)
    problems = (*document.problems, *repaired.problems)
    if f"{_ENDS[document.format]}>" not in document.text[-200:]:
        problems += ("cut off before its end",)
    children: SourceKind = kind if kind in ("sitemap", "news-sitemap") else "sitemap"
    damage: tuple[str, ...] = ()
    try:
        for number, entry in enumerate(_entries(repaired.body)):
            if number == MAX_ENTRIES:
                damage = (f"over {MAX_ENTRIES} entries: the rest is not read",)
                break
            _read(entry, findings, children)
    except etree.XMLSyntaxError as error:
        damage = (f"damaged XML: {error.msg}",)
    return findings.discovery(document.format, (*problems, *damage))


def _entries(body: bytes) -> Iterator[etree._Element]:
    """Yield each entry once it is complete, and forget it when the next is asked for."""
    events = etree.iterparse(
        BytesIO(body),
        events=("end",),
        tag=_ENTRIES,
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    for _, element in events:
        yield element
        element.clear(keep_tail=False)
        while element.getprevious() is not None and (parent := element.getparent()) is not None:
            del parent[0]


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
