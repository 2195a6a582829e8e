"""One way in: bytes of any source, links out."""

from collections.abc import Iterable
from dataclasses import replace

from archive.model import SourceKind
from crawler.discovery.document import Document, Format, open_document
from crawler.discovery.feeds import read_feed
from crawler.discovery.findings import Discovery, Findings
from crawler.discovery.jsonfeed import read_json_feed
from crawler.discovery.pages import read_page
from crawler.discovery.plain import read_robots, read_url_list
from crawler.discovery.sitemaps import read_sitemap

_FEEDS: tuple[Format, ...] = ("rss", "rdf", "atom", "json-feed")
_EXPECTED: dict[SourceKind, tuple[Format, ...]] = {
    "feed": _FEEDS,
    "news-sitemap": ("news-sitemap", "sitemap-index"),
    "sitemap": ("sitemap", "news-sitemap", "sitemap-index", "robots", "url-list", *_FEEDS),
    "section": ("html",),
}


def discover(
    body: bytes,
    url: str,
    *,
    kind: SourceKind,
    source: str,
    content_type: str | None = None,
    headers: Iterable[tuple[str, str]] = (),
) -> Discovery:
    """Return the links that a source document lists, and what was wrong with it.

    The document decides how it is read, not its `kind`: RSS that is declared as a sitemap is read as RSS. `body` is the
    entity, with or without a gzip coding left on it; `url` is where it came from, after redirects.
    """
    if content_type is None:
        content_type = next((v for n, v in headers if n.lower() == "content-type"), None)
    if not body.strip():
        return Discovery((), ("empty: no bytes", "no links in this document"))
    document = open_document(body, content_type)
    if document.format != "unknown" and document.format not in _EXPECTED.get(kind, ()):
        surprise = f"{document.format} where a {kind} was expected"
        document = replace(document, problems=(*document.problems, surprise))
    return _read(document, Findings(url, source), kind)


def _read(document: Document, findings: Findings, kind: SourceKind) -> Discovery:
    match document.format:
        case "rss" | "rdf" | "atom":
            return read_feed(document, findings)
        case "json-feed":
            return read_json_feed(document, findings)
        case "sitemap" | "news-sitemap" | "sitemap-index":
            return read_sitemap(document, findings, kind)
        case "html":
            return read_page(document, findings, kind)
        case _:
            return _read_plain(document, findings, kind)


def _read_plain(document: Document, findings: Findings, kind: SourceKind) -> Discovery:
    match document.format:
        case "robots":
            return read_robots(document, findings)
        case "url-list":
            return read_url_list(document, findings)
        case _:
            return findings.discovery("unknown", (*document.problems, f"neither a {kind} nor any other known form"))
