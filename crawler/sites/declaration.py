"""Read a site file strictly: what it does not say has a default, what nobody knows is an error with a suggestion."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import urljoin, urlsplit

from archive.errors import ConfigError
from archive.model import SourceKind
from archive.urls import host_of, is_http, normalise
from crawler.sites.calendar import day_url
from crawler.sites.duration import parse_every, parse_night, seconds_of
from crawler.sites.reading import checks_of, rules_of
from crawler.sites.site import LEARNED, Backfill, Every, Expect, Polite, Recheck, Requisites, Scope, Sign, Site, Source
from crawler.sites.table import Table

KINDS: tuple[SourceKind, ...] = ("feed", "news-sitemap", "sitemap", "section", "dates", "list")
_TOP = ("id", "name", "home", "languages", "former_hosts", "requisites")
_TABLES = ("source", "scope", "polite", "recheck", "backfill", "expect", "rules", "check")
_SOURCE = ("kind", "url", "urls", "from", "every", "use", "since", "until")
_SCOPE = ("article", "ignore", "hosts", "drop_query")
_POLITE = ("delay", "per_run", "per_day", "night")
_RECHECK = ("after", "share")
_BACKFILL = ("per_run", "per_day")
_EXPECT = ("quiet_for", "ignore")
REQUISITES: tuple[Requisites, ...] = ("none", "styles+images", "all")
SIGNS: tuple[Sign, ...] = ("silent", "unreachable", "empty", "refused", "unread", "short")

# Planned (the sample of the field report), so that a file written for a later version is refused and not half obeyed.
_SOURCE_LATER = ("order",)
_KINDS_LATER = ("warc",)

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


def load_sites(folder: Path, names: Sequence[str] = ()) -> tuple[Site, ...]:
    """Return the sites of a folder by id, or those of these names; ConfigError if one is not declared, or twice."""
    found: dict[str, Path] = {}
    sites: list[Site] = []
    for path in sorted(folder.glob("[!.]*.toml")):
        site = load_site(path)
        if site.id in found:
            raise ConfigError(path, "id", f"{site.id!r} is declared by {found[site.id].name} too")
        found[site.id] = path
        sites.append(site)
    for name in names:
        if name not in found:
            have = ", ".join(sorted(found)) or "none"
            raise ConfigError(folder, "", f"no site {name!r} is declared here (there are: {have})")
    return tuple(sorted((s for s in sites if not names or s.id in names), key=lambda s: s.id))


def parse_site(text: str, path: Path | str) -> Site:
    """Return the site that this TOML declares; `path` names it in errors, and gives the id if the text has none."""
    top = Table.parse(text, path)
    top.only(_TOP + _TABLES, ())
    home = _home(top)
    return Site(
        id=_id(top, Path(path).stem),
        name=top.text("name") or host_of(home).removeprefix("www."),
        home=home,
        sources=_sources(top, home),
        languages=_matching(top, "languages", _LANGUAGE, "a language tag such as 'en' or 'pt-BR'"),
        former_hosts=_hosts(top, "former_hosts"),
        requisites=_requisites(top),
        scope=_scope(top.table("scope")),
        polite=_polite(top.table("polite")),
        recheck=_recheck(top.table("recheck")),
        backfill=_backfill(top.table("backfill")),
        expect=_expect(top.table("expect")),
        rules=rules_of(top, text),
        checks=checks_of(top, home),
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


def _requisites(top: Table) -> Requisites:
    name = top.text("requisites")
    if name is None:
        return "styles+images"
    for each in REQUISITES:
        if each == name:
            return each
    raise top.unknown("requisites", name, REQUISITES, ())


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


def _use(table: Table, kind: SourceKind) -> Literal["news", "backfill"]:
    text = table.text("use")
    if text not in (None, "news", "backfill"):
        raise table.unknown("use", text or "", ("news", "backfill"), ())
    if kind == "dates" and text == "news":
        raise table.error("use", "of a dates source is 'backfill'; for news, declare the section page itself")
    return "backfill" if text == "backfill" or kind == "dates" else "news"


def _kind(table: Table) -> SourceKind:
    name = table.text("kind")
    if name is None:
        raise table.error("kind", f"is missing; one of {', '.join(KINDS)}")
    for kind in KINDS:
        if kind == name:
            return kind
    raise table.unknown("kind", name, KINDS, _KINDS_LATER)


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
    return _read(table, "every", text, parse_every)


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
    delay, night, usual = table.text("delay"), table.text("night"), Polite()
    return Polite(
        usual.delay_s if delay is None else _read(table, "delay", delay, seconds_of),
        _at_least_one(table, "per_run", usual.per_run),
        _at_least_one(table, "per_day", usual.per_day),
        None if night is None else _read(table, "night", night, parse_night),
    )


def _recheck(table: Table) -> Recheck:
    table.only(_RECHECK, ())
    usual = Recheck()
    share = table.number("share")
    if share is not None and not 0 <= share < 1:
        raise table.error("share", "must be a part of the requests, 0 at least and less than 1")
    after = usual.after
    if table.has("after"):
        after = tuple(timedelta(seconds=_read(table, "after", text, seconds_of)) for text in table.texts("after"))
    if list(after) != sorted(set(after)) or timedelta(0) in after:
        raise table.error("after", "must go from the shorter to the longer, and not be zero")
    return Recheck(after, usual.share if share is None else float(share))


def _backfill(table: Table) -> Backfill:
    table.only(_BACKFILL, ())
    usual = Backfill()
    return Backfill(_at_least_one(table, "per_run", usual.per_run), _at_least_one(table, "per_day", usual.per_day))


def _at_least_one(table: Table, key: str, usual: int) -> int:
    number = table.whole(key)
    if number is not None and number < 1:
        raise table.error(key, "must be at least 1")
    return usual if number is None else number


_Read = TypeVar("_Read")


def _read(table: Table, key: str, text: str, read: Callable[[str], _Read]) -> _Read:
    try:
        return read(text)
    except ValueError as error:
        raise table.error(key, str(error)) from error


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
