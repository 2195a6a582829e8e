"""Read a site file strictly: what it does not say has a default, what nobody knows is an error with a suggestion."""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from archive.errors import ConfigError
from archive.urls import host_of, is_http, normalise
from crawler.sites.duration import parse_night, seconds_of
from crawler.sites.reading import checks_of, rules_of
from crawler.sites.site import LEARNED, Backfill, Expect, Polite, Recheck, Requisites, Scope, Sign, Site
from crawler.sites.sources import sources_of
from crawler.sites.table import Table, read

_TOP = ("id", "name", "home", "languages", "former_hosts", "requisites")
_TABLES = ("source", "scope", "polite", "recheck", "backfill", "expect", "rules", "check")
_SCOPE = ("article", "ignore", "hosts", "drop_query")
_POLITE = ("delay", "per_run", "per_day", "night")
_RECHECK = ("after", "share")
_BACKFILL = ("per_run", "per_day")
_EXPECT = ("quiet_for", "ignore")
REQUISITES: tuple[Requisites, ...] = ("none", "styles+images", "all")
SIGNS: tuple[Sign, ...] = ("silent", "unreachable", "empty", "refused", "unread", "short")

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
        sources=sources_of(top, home),
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
        usual.delay_s if delay is None else read(table, "delay", delay, seconds_of),
        _at_least_one(table, "per_run", usual.per_run),
        _at_least_one(table, "per_day", usual.per_day),
        None if night is None else read(table, "night", night, parse_night),
    )


def _recheck(table: Table) -> Recheck:
    table.only(_RECHECK, ())
    usual = Recheck()
    share = table.number("share")
    if share is not None and not 0 <= share < 1:
        raise table.error("share", "must be a part of the requests, 0 at least and less than 1")
    after = usual.after
    if table.has("after"):
        after = tuple(timedelta(seconds=read(table, "after", text, seconds_of)) for text in table.texts("after"))
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
