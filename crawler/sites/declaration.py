"""Read a site file strictly: what it does not say has a default, what nobody knows is an error with a suggestion."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from archive.errors import ConfigError
from archive.model import SourceKind
from archive.urls import host_of, is_http, normalise
from crawler.sites.duration import parse_every, seconds_of
from crawler.sites.site import LEARNED, Every, Expect, Polite, Scope, Sign, Site, Source
from crawler.sites.table import Table

KINDS: tuple[SourceKind, ...] = ("feed", "news-sitemap", "sitemap", "section", "list")
_TOP = ("id", "name", "home", "languages", "former_hosts", "source", "scope", "polite", "expect")
_SOURCE = ("kind", "url", "urls", "from", "every")
_SCOPE = ("article", "ignore", "hosts", "drop_query")
_POLITE = ("delay", "per_run")
_EXPECT = ("quiet_for", "ignore")
SIGNS: tuple[Sign, ...] = ("silent", "unreachable", "empty", "refused", "unread", "short")

# Planned (the sample of the field report), so that a file written for a later version is refused and not half obeyed.
_TOP_LATER = ("recheck", "rules", "check", "requisites")
_SOURCE_LATER = ("order", "use", "since", "until")
_KINDS_LATER = ("dates", "warc")

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_HOST = re.compile(r"[\w-]+(\.[\w-]+)*", re.ASCII)
_PATTERN_CHARS = 500


def load_site(path: Path) -> Site:
    """Return the site that a file declares; ConfigError names the file and the key that cannot be used."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(path, "", f"cannot be read: {error}") from error
    return parse_site(text, path)


def load_sites(folder: Path) -> tuple[Site, ...]:
    """Return the sites of a folder by id; two files must not declare one id."""
    found: dict[str, Path] = {}
    sites: list[Site] = []
    for path in sorted(folder.glob("[!.]*.toml")):
        site = load_site(path)
        if site.id in found:
            raise ConfigError(path, "id", f"{site.id!r} is declared by {found[site.id].name} too")
        found[site.id] = path
        sites.append(site)
    return tuple(sorted(sites, key=lambda s: s.id))


def parse_site(text: str, path: Path | str) -> Site:
    """Return the site that this TOML declares; `path` names it in errors, and gives the id if the text has none."""
    top = Table.parse(text, path)
    top.only(_TOP, _TOP_LATER)
    home = _home(top)
    return Site(
        id=_id(top, Path(path).stem),
        name=top.text("name") or host_of(home).removeprefix("www."),
        home=home,
        sources=_sources(top, home),
        languages=_matching(top, "languages", _LANGUAGE, "a language tag such as 'en' or 'pt-BR'"),
        former_hosts=_hosts(top, "former_hosts"),
        scope=_scope(top.table("scope")),
        polite=_polite(top.table("polite")),
        expect=_expect(top.table("expect")),
        toml=text,
    )


def _home(top: Table) -> str:
    home = top.text("home")
    if home is None:
        raise top.error("home", "is missing; it is the one key a site must have")
    if not is_http(home):
        raise top.error("home", f"{home!r} is no web address; write it like 'https://www.example.org/'")
    return normalise(home)


def _id(top: Table, stem: str) -> str:
    name = top.text("id") or stem
    if not _ID.fullmatch(name):
        raise top.error("id", f"{name!r} must be small letters, digits, dots, dashes, at most 64")
    return name


def _sources(top: Table, home: str) -> tuple[Source, ...]:
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
    every = _every(table)
    if table.has("from"):
        return _from_robots(table, kind, home, every)
    urls = tuple(urljoin(home, url) for url in _declared_urls(table))
    for url in urls:
        if not is_http(url):
            raise table.error("url", f"{url!r} is no web address")
    return Source(f"{kind}:{_local(urls[0], home)}", kind, urls, every)


def _kind(table: Table) -> SourceKind:
    name = table.text("kind")
    if name is None:
        raise table.error("kind", f"is missing; one of {', '.join(KINDS)}")
    for kind in KINDS:
        if kind == name:
            return kind
    raise table.unknown("kind", name, KINDS, _KINDS_LATER)


def _from_robots(table: Table, kind: SourceKind, home: str, every: Every) -> Source:
    origin = table.text("from")
    if origin != "robots":
        raise table.unknown("from", origin or "", ("robots",), ())
    if kind != "sitemap" or table.has("url") or table.has("urls"):
        raise table.error("from", "goes with kind = 'sitemap' alone, without url")
    return Source(f"{kind}:robots", kind, (urljoin(home, "/robots.txt"),), every, from_robots=True)


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


def _every(table: Table) -> Every:
    text = table.text("every")
    if text is None:
        return Every()
    try:
        return parse_every(text)
    except ValueError as error:
        raise table.error("every", str(error)) from error


def _scope(table: Table) -> Scope:
    table.only(_SCOPE, ())
    return Scope(
        article=tuple(_patterns(table, "article")),
        ignore=tuple(_patterns(table, "ignore")),
        hosts=_hosts(table, "hosts"),
        drop_query=table.texts("drop_query"),
    )


def _patterns(table: Table, key: str) -> Iterator[re.Pattern[str]]:
    for text in table.texts(key):
        if len(text) > _PATTERN_CHARS:
            raise table.error(key, f"a pattern has {len(text)} characters, over {_PATTERN_CHARS}")
        try:
            yield re.compile(text)
        except (re.error, OverflowError, RecursionError) as error:
            raise table.error(key, f"{text!r} is no regular expression: {error}") from error


def _polite(table: Table) -> Polite:
    table.only(_POLITE, ())
    delay, per_run = table.text("delay"), table.whole("per_run")
    try:
        delay_s = Polite().delay_s if delay is None else seconds_of(delay)
    except ValueError as error:
        raise table.error("delay", str(error)) from error
    if per_run is not None and per_run < 1:
        raise table.error("per_run", "must be at least 1")
    return Polite(delay_s, Polite().per_run if per_run is None else per_run)


def _expect(table: Table) -> Expect:
    table.only(_EXPECT, ())
    return Expect(_quiet_for(table), tuple(_sign(table, name) for name in table.texts("ignore")))


def _quiet_for(table: Table) -> float | None:
    text = table.text("quiet_for")
    if text is None or text == LEARNED:
        return None
    try:
        seconds = seconds_of(text)
    except ValueError as error:
        raise table.error("quiet_for", f"{error}; or {LEARNED!r}") from error
    if not seconds:
        raise table.error("quiet_for", "must not be zero; to hear nothing of silence, write ignore = ['silent']")
    return seconds


def _sign(table: Table, name: str) -> Sign:
    for sign in SIGNS:
        if sign == name:
            return sign
    raise table.unknown("ignore", name, SIGNS, ())


def _hosts(table: Table, key: str) -> tuple[str, ...]:
    hosts = _matching(table, key, _HOST, "a host name such as 'news.example.org'")
    return tuple(host.lower() for host in hosts)


def _matching(table: Table, key: str, wanted: re.Pattern[str], what: str) -> tuple[str, ...]:
    for text in table.texts(key):
        if not wanted.fullmatch(text):
            raise table.error(key, f"{text!r} is not {what}")
    return table.texts(key)
