"""A site with every default filled in: as settings with their origin, as TOML for the archive, as a digest."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import date
from typing import NamedTuple

from archive.model import Kind
from archive.reading.siterules import Rule
from crawler.sites.duration import duration_text, every_text, night_text
from crawler.sites.site import LEARNED, Check, Site, Source
from crawler.sites.table import lines_of


class Setting(NamedTuple):
    """One value that the crawl goes by, as TOML writes it; `where` is "default" or "line N" of the site's file."""

    key: str
    value: str
    where: str


def resolved(site: Site) -> tuple[Setting, ...]:
    """Return every setting of a site and where it came from, in the order of the file format."""
    lines = lines_of(site.toml)
    return tuple(Setting(key, value, _where(key, lines)) for key, value in _settings(site))


def to_toml(site: Site) -> str:
    """Return the whole site as a file would declare it with nothing left to defaults.

    `parse_site` reads it back as an equal site: this text is what a run archives.
    """
    rows: list[str] = []
    table = ""
    for key, value in _settings(site):
        name, _, last = key.partition(".") if "." in key else ("", "", key)
        if name != table:
            table = name
            rows.append(f"\n[[{name.partition('[')[0]}]]" if "[" in name else f"\n[{name}]")
        rows.append(f"{last} = {value}")
    return "\n".join(rows) + "\n"


def settings_digest(site: Site) -> str:
    """Return the digest of all that the site's file says; comments and layout do not count."""
    return "sha256:" + hashlib.sha256(to_toml(site).encode()).hexdigest()


def _settings(site: Site) -> Iterator[tuple[str, str]]:
    yield "id", _quoted(site.id)
    yield "name", _quoted(site.name)
    yield "home", _quoted(site.home)
    yield "languages", _array(site.languages)
    yield "former_hosts", _array(site.former_hosts)
    yield "requisites", _quoted(site.requisites)
    for number, source in enumerate(site.sources, 1):
        for key, value in _source(source):
            yield f"source[{number}].{key}", value
    yield "scope.article", _array(p.pattern for p in site.scope.article)
    yield "scope.ignore", _array(p.pattern for p in site.scope.ignore)
    yield "scope.hosts", _array(site.scope.hosts)
    yield "scope.drop_query", _array(site.scope.drop_query)
    yield "polite.delay", _quoted(duration_text(site.polite.delay_s))
    yield "polite.per_run", str(site.polite.per_run)
    yield "polite.per_day", str(site.polite.per_day)
    if site.polite.night:
        yield "polite.night", _quoted(night_text(site.polite.night))
    yield "recheck.after", _array(duration_text(rung.total_seconds()) for rung in site.recheck.after)
    yield "recheck.share", repr(site.recheck.share)
    yield "backfill.per_run", str(site.backfill.per_run)
    yield "backfill.per_day", str(site.backfill.per_day)
    yield "expect.quiet_for", _quoted(duration_text(site.expect.quiet_for_s) if site.expect.quiet_for_s else LEARNED)
    yield "expect.ignore", _array(site.expect.ignore)
    for number, rule in enumerate(site.rules, 1):
        for key, value in _rule(rule):
            yield f"rules[{number}].{key}", value
    for number, check in enumerate(site.checks, 1):
        for key, value in _check(check):
            yield f"check[{number}].{key}", value


def _source(source: Source) -> Iterator[tuple[str, str]]:
    yield "kind", _quoted(source.kind)
    if source.kind == "warc":
        yield "paths", _array(source.paths)
        yield "use", _quoted(source.use)
        return
    if source.from_robots:
        yield "from", _quoted("robots")
    elif len(source.urls) == 1:
        yield "url", _quoted(source.urls[0])
    else:
        yield "urls", _array(source.urls)
    yield "every", _quoted(every_text(source.every))
    yield "use", _quoted(source.use)
    if source.since:
        yield "since", source.since.isoformat()
    if source.until:
        yield "until", source.until.isoformat()


def _rule(rule: Rule) -> Iterator[tuple[str, str]]:
    if rule.since:
        yield "from", rule.since.isoformat()
    if rule.until:
        yield "until", rule.until.isoformat()
    named = {"body": rule.body, "text": rule.text, **{_key_of(kind): found for kind, found in rule.marks}}
    yield from ((key, _array(found)) for key, found in named.items() if found)


def _key_of(kind: Kind) -> str:
    return "ignore" if kind is Kind.CHROME_FURNITURE else kind.replace(":", ".")


def _check(check: Check) -> Iterator[tuple[str, str]]:
    for field in fields(check):
        value = getattr(check, field.name)
        if value is None or (value == () and field.default == ()):
            continue
        if field.name == "appeals":
            value = tuple(kind.partition(":")[2] for kind in value)
        moment = value.isoformat() if isinstance(value, date) else None
        yield field.name, moment or (_quoted(value) if isinstance(value, str) else _array(value))


def _where(key: str, lines: dict[str, int]) -> str:
    """Name the line of a setting, or of what it is short for, or of the inline table it stands in."""
    other = key.removesuffix("url") + "urls" if key.endswith(".url") else key.replace(".ignore", ".chrome.furniture")
    line = lines.get(key) or lines.get(other) or (lines.get(key.rpartition(".")[0]) if key.count(".") > 1 else None)
    return f"line {line}" if line else "default"


def _quoted(text: str) -> str:
    """Return a TOML basic string: JSON's escapes are TOML's, save that TOML escapes DEL too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _array(texts: Iterable[str]) -> str:
    return "[" + ", ".join(map(_quoted, texts)) + "]"
