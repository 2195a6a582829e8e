"""Section pages: the articles their anchors name, the page they go on with, the feeds they announce."""

import re
from collections.abc import Iterator
from itertools import takewhile
from urllib.parse import parse_qsl, urljoin, urlsplit

from lxml import etree, html

from archive.model import SourceKind
from archive.urls import is_http, normalise
from crawler.discovery.document import Document
from crawler.discovery.findings import Discovery, Findings
from crawler.discovery.xml import MAX_CHARS, require_room

MAX_ANCHORS = 5_000
_FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml"})
_COMMENT_FEED = re.compile(r"/comments?(?:/|\b)|[?&]feed=comments", re.IGNORECASE)
_NEXT_CLASS = re.compile(r"(?:^|[\s_-])(?:next|older)(?:$|[\s_-])", re.IGNORECASE)
_PAGE_NAMES = frozenset({"page", "p", "pg", "pagina", "seite", "offset", "start"})


def read_page(document: Document, findings: Findings, kind: SourceKind) -> Discovery:
    """Return the links of a page of headlines.

    A page that came where a feed or sitemap was asked for (an error page, a consent page) lists no articles: only the
    feeds it announces are taken.
    """
    root, damage = _tree(document.text[:MAX_CHARS])
    problems = (*document.problems, *damage)
    if len(document.text) > MAX_CHARS:
        problems += (f"over {MAX_CHARS // 1_000_000} MB: the rest is not read",)
    if root is None:
        return findings.discovery("html", problems)
    findings.base = _base(root, findings.url)
    findings.language = root.get("lang")
    for address, title in _feeds(root):
        findings.child(address, "feed", title=title)
    if kind != "section":
        return findings.discovery("html", problems)
    _read_anchors(root, findings)
    for address in _next_pages(root, findings.base):
        findings.next_page(address, "section")
    return findings.discovery("html", problems)


def _tree(text: str) -> tuple[html.HtmlElement | None, tuple[str, ...]]:
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True)
    try:
        root = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        require_room(parser.error_log)
        return None, (f"no elements in this page: {error}",)
    require_room(parser.error_log)
    is_deep = any("xcessive depth" in entry.message for entry in parser.error_log)
    return root, ("nested too deep: what lies below is not read",) if is_deep else ()


def _base(root: html.HtmlElement, url: str) -> str:
    href = next((e.get("href") for e in root.iter("base")), None)
    try:
        base = urljoin(url, (href or "").strip())
    except ValueError:
        return url
    return base if is_http(base) else url


def _feeds(root: html.HtmlElement) -> Iterator[tuple[str, str | None]]:
    for link in root.iter("link"):
        rel = (link.get("rel") or "").lower().split()
        kind = (link.get("type") or "").partition(";")[0].strip().lower()
        href = link.get("href")
        is_feed = "feed" in rel or ("alternate" in rel and kind in _FEED_TYPES)
        if href and is_feed and not _COMMENT_FEED.search(href):
            yield href, link.get("title")


def _read_anchors(root: html.HtmlElement, findings: Findings) -> None:
    for number, anchor in enumerate(root.iter("a", "area")):
        if number == MAX_ANCHORS:
            findings.fault(f"page of over {MAX_ANCHORS} anchors: the rest is not read")
            return
        href = (anchor.get("href") or "").strip()
        if href and not href.startswith("#") and _is_web(href):
            _read_anchor(anchor, href, findings)


def _read_anchor(anchor: html.HtmlElement, href: str, findings: Findings) -> None:
    """Keep one anchor; the longest text that points to a page is its title (a picture's anchor has none)."""
    url = findings.absolute(href)
    if url is None or normalise(url) == normalise(findings.url):
        return
    known = findings.links.get(normalise(url))
    title = _words_of(anchor) or anchor.get("title") or anchor.get("aria-label")
    if known is None or (known.role == "article" and len(title or "") > len(known.title or "")):
        findings.links.pop(normalise(url), None)
        findings.article(url, title=title, language=anchor.get("hreflang"))


def _words_of(anchor: html.HtmlElement) -> str:
    """Return the text of an anchor; one that was never closed has others inside it, whose text is not its own."""
    if anchor.find(".//a") is None:
        return " ".join(anchor.text_content().split())
    words = [anchor.text or ""]
    for element in takewhile(lambda e: e.tag != "a", anchor.iterdescendants()):
        words += [element.text or "", element.tail or ""]
    return " ".join(" ".join(words).split())


def _is_web(href: str) -> bool:
    scheme, colon, _ = href.partition(":")
    return not colon or not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme) or scheme.lower() in ("http", "https")


def _next_pages(root: html.HtmlElement, base: str) -> Iterator[str]:
    """Yield where the page says it goes on; by rel=next, else by class, else by its own number plus one."""
    declared = [e.get("href") for e in root.iter("link", "a") if "next" in (e.get("rel") or "").lower().split()]
    marked = [e.get("href") for e in root.iter("a") if _NEXT_CLASS.search(e.get("class") or "")]
    counted = [e.get("href") for e in root.iter("a") if _follows(e.get("href") or "", base)]
    for found in (declared, marked, counted):
        addresses = [a for a in found if a and _is_web(a) and not a.startswith("#")]
        if addresses:
            yield addresses[0]
            return


def _follows(href: str, base: str) -> bool:
    """True if an address is the page's own with its number one higher: `?page=2` after `?page=1` or none."""
    try:
        here, there = urlsplit(base), urlsplit(urljoin(base, href))
    except ValueError:
        return False
    return (here.netloc, _unnumbered(here.path)) == (there.netloc, _unnumbered(there.path)) and _number(
        there.path, there.query
    ) == _number(here.path, here.query) + 1


def _unnumbered(path: str) -> str:
    return re.sub(r"/page/\d+/?$", "", path).rstrip("/")


def _number(path: str, query: str) -> int:
    if match := re.search(r"/page/(\d{1,6})/?$", path):
        return int(match[1])
    for name, value in parse_qsl(query):
        if name.lower() in _PAGE_NAMES and value.isdecimal() and len(value) < 7:
            return int(value)
    return 1
