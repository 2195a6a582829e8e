"""Read the `[[source]]` tables of a site file: each a typed place where a site lists articles."""

from dataclasses import replace
from datetime import date
from typing import Literal
from urllib.parse import urljoin, urlsplit

from archive.model import SourceKind
from archive.urls import host_of, is_http
from crawler.sites.calendar import day_url
from crawler.sites.duration import parse_every
from crawler.sites.site import Every, Source
from crawler.sites.table import Table, read

KINDS: tuple[SourceKind, ...] = ("feed", "news-sitemap", "sitemap", "section", "dates", "list", "warc")
_SOURCE = ("kind", "url", "urls", "paths", "from", "every", "use", "since", "until")

# Planned, so that a file written for a later version is refused and not half obeyed.
_SOURCE_LATER = ("order",)
_OF_FILES = ("kind", "paths", "use")  # what a `warc` source may say


def sources_of(top: Table, home: str) -> tuple[Source, ...]:
    """Return the sources that a file declares; without any, the home page is one."""
    tables = top.tables("source")
    if not tables:  # the home page lists articles, and names its feeds
        return (Source("section:" + _local(home, home), "section", (home,)),)
    sources = tuple(_source(table, home) for table in tables)
    for table, source in zip(tables, sources, strict=True):
        if next(s for s in sources if s.key == source.key) is not source:
            raise table.error("", f"is declared twice: {source.key}")
    return sources


def _source(table: Table, home: str) -> Source:
    table.only(_SOURCE, _SOURCE_LATER)
    kind = _kind(table)
    use = _use(table, kind)
    since, until = table.day("since"), table.day("until")
    if since and until and until < since:
        raise table.error("until", "must not be before since")
    return replace(_place(table, kind, home), every=_every(table, use), use=use, since=since, until=until)


def _place(table: Table, kind: SourceKind, home: str) -> Source:
    if table.has("from"):
        return _from_robots(table, kind, home)
    if kind == "dates":
        return _dates(table, home)
    if kind == "warc":
        return _files(table)
    if table.has("paths"):
        raise table.error("paths", "goes with kind = 'warc' alone; articles on the web have a url")
    urls = tuple(urljoin(home, url) for url in _declared_urls(table))
    for url in urls:
        if not is_http(url):
            raise table.error("url", f"{url!r} is no web address")
    return Source(f"{kind}:{_local(urls[0], home)}", kind, urls)


def _dates(table: Table, home: str) -> Source:
    """Return a source of one page a day, month or year, by the pattern of its addresses."""
    pattern = table.text("url")
    if pattern is None or "{yyyy}" not in pattern or ("{dd}" in pattern and "{mm}" not in pattern):
        raise table.error("url", "must be a pattern such as '/{yyyy}/{mm}/{dd}/'")
    if not is_http(urljoin(home, day_url(pattern, date.min))):
        raise table.error("url", f"{pattern!r} is no web address")
    if table.day("since") is None:
        raise table.error("since", "is missing: the day of the oldest page that the pattern leads to")
    return Source(f"dates:{_local(urljoin(home, pattern), home)}", "dates", (urljoin(home, pattern),))


def _files(table: Table) -> Source:
    """Return a source whose articles come in WARC files, by the patterns of their paths."""
    table.only(_OF_FILES, ())
    paths = table.texts("paths")
    if not paths:
        raise table.error("paths", "is missing: the files, such as ['/srv/deliveries/*.warc.gz']")
    return Source(f"warc:{paths[0]}", "warc", (), paths=paths)


def _use(table: Table, kind: SourceKind) -> Literal["news", "backfill"]:
    text = table.text("use")
    if text not in (None, "news", "backfill"):
        raise table.unknown("use", text or "", ("news", "backfill"), ())
    if kind == "dates" and text == "news":
        raise table.error("use", "of a dates source is 'backfill'; for news, declare the section page itself")
    if kind == "warc" and text == "news":
        raise table.error("use", "of a warc source is 'backfill': nobody is asked for what a file holds")
    return "backfill" if text == "backfill" or kind in ("dates", "warc") else "news"


def _kind(table: Table) -> SourceKind:
    name = table.text("kind")
    if name is None:
        raise table.error("kind", f"is missing; one of {', '.join(KINDS)}")
    for kind in KINDS:
        if kind == name:
            return kind
    raise table.unknown("kind", name, KINDS, ())


def _from_robots(table: Table, kind: SourceKind, home: str) -> Source:
    origin = table.text("from")
    if origin != "robots":
        raise table.unknown("from", origin or "", ("robots",), ())
    if kind != "sitemap" or table.has("url") or table.has("urls"):
        raise table.error("from", "goes with kind = 'sitemap' alone, without url")
    return Source(f"{kind}:robots", kind, (urljoin(home, "/robots.txt"),), from_robots=True)


def _declared_urls(table: Table) -> tuple[str, ...]:
    if table.has("url") and table.has("urls"):
        raise table.error("urls", "give either url or urls")
    one = table.text("url")
    urls = (one,) if one else table.texts("urls")
    if not urls:
        raise table.error("url", "is missing")
    return urls


def _local(url: str, home: str) -> str:
    """Return what tells a source URL from others of this site: path and query, with the host if it is another."""
    parts = urlsplit(url)
    local = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return local if host_of(url) == host_of(home) else f"//{host_of(url)}{local}"


def _every(table: Table, use: Literal["news", "backfill"]) -> Every:
    text = table.text("every")
    if text is None:  # lists of the past change seldom
        return Every() if use == "news" else Every(86_400, 30 * 86_400)
    return read(table, "every", text, parse_every)
