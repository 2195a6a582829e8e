"""What a site file means to the catalogue: which hosts are the site's, which addresses are articles, what to ignore.

The crawl archives each site file with every default filled in, so this reads a few known keys and never complains: a
site without a file, as in other people's WARCs, has the rules of its name.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from archive.catalogue.identity import hashed
from archive.url_shape import shape_of
from archive.urls import article_key, canonical_merges, host_of, is_http, normalise, registered_domain

MATCHED_CHARS = 2_048  # of a URL: a careless pattern chews no longer

Table = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class SiteRules:
    """How the captures of one site are filed. `sources` are the addresses that its file lists as places of links."""

    site: str
    home: str | None = None
    title: str | None = None
    languages: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    drop_query: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    sources: frozenset[str] = frozenset()

    @property
    def digest(self) -> str:
        """What of the rules decides where a capture is filed; a changed digest settles the site anew."""
        return hashed("rules", json.dumps((self.hosts, self.drop_query, self.patterns, sorted(self.sources))))

    def address_of(self, url: str) -> str:
        """Return the key of the article at a URL of this site."""
        return article_key(url, self.drop_query)

    def merges(self, final_url: str, declared: str | None, og_url: str | None, jsonld_url: str | None) -> str | None:
        """Return the address under which a page that declares another URL to be its own is filed, or None."""
        if not declared or not is_http(declared) or self.address_of(declared) == self.address_of(final_url):
            return None
        agreed = canonical_merges(
            final_url,
            declared,
            og_url=og_url,
            jsonld_url=jsonld_url,
            hosts=self.hosts,
            article_shaped=self.is_article,
        )
        return self.address_of(declared) if agreed else None

    def is_article(self, url: str) -> bool:
        """True if the site's patterns say so, or, for want of patterns, if it is shaped like an article's."""
        if not self.patterns:
            return shape_of(url) == "article"
        parts = urlsplit(normalise(url, self.drop_query))
        local = unquote(parts.path + (f"?{parts.query}" if parts.query else ""))[:MATCHED_CHARS]
        return any(re.search(p, url[:MATCHED_CHARS] if "://" in p else local) for p in self.patterns)

    def is_listing(self, address: str, below: str) -> bool:
        """True if the address is a home page, a declared source, or a folder in which the address `below` lies."""
        path = urlsplit(address).path.rstrip("/")
        if not path or address in self.sources or shape_of(address) == "listing":
            return True
        same_host = host_of(address) == host_of(below)
        return same_host and urlsplit(below).path.startswith(path + "/") and not self.is_article(address)


def rules_of(site: str, toml: str | None) -> SiteRules:
    """Return the rules that an archived site file gives; those of the bare name if there is none, or it is damaged.

    >>> rules_of("courier", 'home = "https://www.courier.test/"').hosts
    ('courier.test',)
    """
    try:
        table: Table = tomllib.loads(toml or "")
    except tomllib.TOMLDecodeError:
        table = {}
    scope = _table(table, "scope")
    home = _text(table, "home")
    drop_query = _texts(scope, "drop_query")
    return SiteRules(
        site=site,
        home=home,
        title=_text(table, "name"),
        languages=_texts(table, "languages"),
        hosts=tuple(_hosts(site, home, (*_texts(scope, "hosts"), *_texts(table, "former_hosts")))),
        drop_query=drop_query,
        patterns=tuple(p for p in _texts(scope, "article") if _compiles(p)),
        sources=frozenset(article_key(url, drop_query) for url in _source_urls(table)),
    )


def _hosts(site: str, home: str | None, declared: tuple[str, ...]) -> Iterator[str]:
    yield registered_domain(host_of(home)) if home else site
    yield from (host.removeprefix("www.") for host in declared)


def _source_urls(table: Table) -> Iterator[str]:
    """Yield the whole URLs under which a site lists articles; those of a `list` are articles themselves."""
    sources = table.get("source")
    for source in sources if isinstance(sources, list) else ():
        if isinstance(source, dict) and source.get("kind") != "list":
            yield from (url for url in (*_texts(source, "urls"), _text(source, "url")) if url)


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _table(table: Table, key: str) -> Table:
    value = table.get(key)
    return value if isinstance(value, dict) else {}


def _text(table: Table, key: str) -> str | None:
    value = table.get(key)
    return value if isinstance(value, str) else None


def _texts(table: Table, key: str) -> tuple[str, ...]:
    value = table.get(key)
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list) else ()
