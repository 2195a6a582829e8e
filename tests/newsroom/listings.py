"""The documents in which an outlet lists its articles: RSS, Atom, JSON Feed, news sitemap, sitemap, sitemap index."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape, quoteattr

XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
NEWS = "http://www.google.com/schemas/sitemap-news/0.9"


@dataclass(frozen=True, slots=True)
class Listed:
    """An article as a listing knows it."""

    url: str
    title: str
    published: datetime
    modified: datetime
    teaser: str = ""
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Publication:
    """The outlet as its listings name it."""

    name: str
    home: str
    language: str


def rss(paper: Publication, items: Sequence[Listed], address: str, tracking: str = "") -> str:
    """Return an RSS 2.0 feed; `tracking` is what some newspapers add to each address."""
    entries = "".join(_rss_item(item, tracking) for item in items)
    return (
        f'{XML}<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:atom="http://www.w3.org/2005/Atom">\n<channel>\n'
        f"<title>{escape(paper.name)}</title>\n<link>{escape(paper.home)}</link>\n"
        f"<description>{escape(paper.name)}</description>\n<language>{paper.language}</language>\n"
        f'<atom:link href={quoteattr(address)} rel="self" type="application/rss+xml"/>\n'
        f"{entries}</channel>\n</rss>\n"
    )


def _rss_item(item: Listed, tracking: str) -> str:
    authors = "".join(f"<dc:creator>{escape(a)}</dc:creator>" for a in item.authors)
    tags = "".join(f"<category>{escape(t)}</category>" for t in item.tags)
    return (
        f"<item>\n<title>{escape(item.title)}</title>\n"
        f"<link>{escape(item.url + tracking)}</link>\n"
        f'<guid isPermaLink="true">{escape(item.url)}</guid>\n'
        f"<pubDate>{format_datetime(item.published)}</pubDate>\n"
        f"<description>{escape(item.teaser)}</description>{authors}{tags}\n</item>\n"
    )


def atom(paper: Publication, items: Sequence[Listed], address: str) -> str:
    """Return an Atom feed."""
    updated = max((i.modified for i in items), default=datetime(2025, 1, 1, tzinfo=UTC))
    entries = "".join(_atom_entry(item) for item in items)
    return (
        f'{XML}<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{paper.language}">\n'
        f"<title>{escape(paper.name)}</title>\n<id>{escape(address)}</id>\n"
        f"<updated>{updated.isoformat()}</updated>\n"
        f'<link rel="self" href={quoteattr(address)}/>\n<link href={quoteattr(paper.home)}/>\n'
        f"<author><name>{escape(paper.name)}</name></author>\n{entries}</feed>\n"
    )


def _atom_entry(item: Listed) -> str:
    authors = "".join(f"<author><name>{escape(a)}</name></author>" for a in item.authors)
    return (
        f"<entry>\n<title>{escape(item.title)}</title>\n<id>{escape(item.url)}</id>\n"
        f'<link rel="alternate" type="text/html" href={quoteattr(item.url)}/>\n'
        f"<published>{item.published.isoformat()}</published>\n"
        f"<updated>{item.modified.isoformat()}</updated>\n{authors}"
        f'<summary type="text">{escape(item.teaser)}</summary>\n</entry>\n'
    )


def json_feed(paper: Publication, items: Sequence[Listed], address: str) -> str:
    """Return a JSON Feed 1.1."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": paper.name,
        "home_page_url": paper.home,
        "feed_url": address,
        "language": paper.language,
        "items": [_json_item(item) for item in items],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1)


def _json_item(item: Listed) -> dict[str, object]:
    return {
        "id": item.url,
        "url": item.url,
        "title": item.title,
        "summary": item.teaser,
        "date_published": item.published.isoformat(),
        "date_modified": item.modified.isoformat(),
        "authors": [{"name": a} for a in item.authors],
        "tags": list(item.tags),
        "language": item.language,
    }


def news_sitemap(paper: Publication, items: Sequence[Listed]) -> str:
    """Return a news sitemap."""
    entries = "".join(
        f"<url>\n<loc>{escape(i.url)}</loc>\n<lastmod>{i.modified.isoformat()}</lastmod>\n"
        f"<news:news><news:publication><news:name>{escape(paper.name)}</news:name>"
        f"<news:language>{i.language}</news:language></news:publication>"
        f"<news:publication_date>{i.published.isoformat()}</news:publication_date>"
        f"<news:title>{escape(i.title)}</news:title></news:news>\n</url>\n"
        for i in items
    )
    return f'{XML}<urlset xmlns="{SITEMAP}" xmlns:news="{NEWS}">\n{entries}</urlset>\n'


def sitemap(items: Sequence[Listed]) -> str:
    """Return a plain sitemap."""
    entries = "".join(f"<url><loc>{escape(i.url)}</loc><lastmod>{i.modified:%Y-%m-%d}</lastmod></url>\n" for i in items)
    return f'{XML}<urlset xmlns="{SITEMAP}">\n{entries}</urlset>\n'


def sitemap_index(children: Sequence[tuple[str, datetime]]) -> str:
    """Return a sitemap index over (address, last change) pairs."""
    entries = "".join(
        f"<sitemap><loc>{escape(url)}</loc><lastmod>{changed.isoformat()}</lastmod></sitemap>\n"
        for url, changed in children
    )
    return f'{XML}<sitemapindex xmlns="{SITEMAP}">\n{entries}</sitemapindex>\n'
