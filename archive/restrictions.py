"""What must not be shown, although it is kept: `restrictions.toml`, and what of a catalogue it covers.

A court order, a correction by request, an embargo: the archive goes on holding the bytes, and search, show, export,
publish and replay act as if they were not there for as long as the restriction is in force. What must not even be kept
is taken out by `archive.remove`.

A file that cannot be read stops every command that would show something: what it forbids is not known.
"""

import json
import sqlite3
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

from archive.errors import ConfigError, NotFoundError
from archive.layout import Layout
from archive.urls import article_key, normalise

NAME = "restrictions.toml"
LOG = "takedown.log"  # one JSON object a line: copies published without something, and removals
Covers = Literal["url", "article", "record", "noarchive"]
_COVERS: tuple[Covers, ...] = ("url", "article", "record", "noarchive")
_KEYS = frozenset({*_COVERS, "reason", "from", "until"})


@dataclass(frozen=True, slots=True)
class Restriction:
    """One entry: what it covers, why, and from when until when (None: without end on that side)."""

    covers: Covers
    name: str
    reason: str
    since: datetime | None = None
    until: datetime | None = None

    def is_in_force(self, now: datetime | None) -> bool:
        """True if it holds at that time; without a time, as a careful reader of an undated paper would take it."""
        if now is None:
            return True
        return (self.since is None or self.since <= now) and (self.until is None or now < self.until)

    def to_dict(self) -> dict[str, object]:
        """Return the entry as plain values with stable keys."""
        return {
            self.covers: self.name,
            "reason": self.reason,
            "from": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Withheld:
    """What of a catalogue is covered: ids of articles, versions, captures, and readings that nothing else shows."""

    articles: frozenset[str] = frozenset()
    versions: frozenset[str] = frozenset()
    captures: frozenset[str] = frozenset()
    readings: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.articles or self.captures)


def path_of(layout: Layout) -> Path:
    """Return where the restrictions of an archive are declared."""
    return layout.root / NAME


def load(layout: Layout) -> tuple[Restriction, ...]:
    """Return the restrictions of an archive, none if it declares none; ConfigError if the file cannot be trusted."""
    path = path_of(layout)
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return ()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(path, "", f"no TOML: {error}") from error
    entries = values.pop("restriction", [])
    if values or not isinstance(entries, list):
        raise ConfigError(path, next(iter(values), "restriction"), "only [[restriction]] tables stand here")
    return tuple(_restriction(path, f"restriction {n}", entry) for n, entry in enumerate(entries, 1))


def in_force(layout: Layout, now: datetime | None) -> tuple[Restriction, ...]:
    """Return the restrictions that hold at that time; all of them if no time is given."""
    return tuple(restriction for restriction in load(layout) if restriction.is_in_force(now))


def covered(db: sqlite3.Connection, restrictions: tuple[Restriction, ...], schema: str = "main") -> Withheld:
    """Return what of a catalogue the restrictions cover.

    A URL covers the article that is known by it, and every capture of that URL. A record covers every capture of the
    same text of the same article; the article with it, if that text is what it says now. Revisits follow the record
    that holds their bytes. `noarchive` covers every page of a site (of all: "*") that asks not to be archived.
    """
    found = _Found(db, schema)
    for restriction in restrictions:
        found.seed(restriction)
    return found.closed()


def withheld(db: sqlite3.Connection, layout: Layout, now: datetime | None) -> Withheld:
    """Return what of a catalogue must not be shown at that time."""
    restrictions = in_force(layout, now)
    return covered(db, restrictions) if restrictions else Withheld()


def explain(restrictions: tuple[Restriction, ...], db: sqlite3.Connection, name: str) -> Restriction | None:
    """Return the first restriction that covers what is asked for by that id or URL, None if none does."""
    for restriction in restrictions:
        found = covered(db, (restriction,))
        names = {restriction.name, normalise(restriction.name)}
        if name in found.articles | found.versions | found.captures | names or normalise(name) in names:
            return restriction
        marks = db.execute("SELECT article FROM main.article_urls WHERE url IN (?, ?)", (name, normalise(name)))
        if {row[0] for row in marks} & found.articles:
            return restriction
    return None


def require_unrestricted(layout: Layout, db: sqlite3.Connection, name: str, now: datetime | None) -> None:
    """Raise NotFoundError with the reason if that name must not be shown."""
    restrictions = in_force(layout, now)
    found = explain(restrictions, db, name) if restrictions else None
    if found is not None:
        until = f" until {found.until:%Y-%m-%d}" if found.until else ""
        raise NotFoundError(name, f"restricted{until}: {found.reason} ({NAME})")


def note(layout: Layout, values: Mapping[str, object]) -> None:
    """Write one line about a takedown into the archive's own log of them."""
    with (layout.root / LOG).open("a", encoding="utf-8") as file:
        file.write(json.dumps(values, ensure_ascii=False, default=str) + "\n")


# ---------------------------------------------------------------------- declarations


def _restriction(path: Path, key: str, entry: object) -> Restriction:
    if not isinstance(entry, dict):
        raise ConfigError(path, key, "not a table")
    if unknown := sorted(set(entry) - _KEYS):
        raise ConfigError(path, f"{key}.{unknown[0]}", f"unknown; there are {', '.join(sorted(_KEYS))}")
    named = [covers for covers in _COVERS if covers in entry]
    if len(named) != 1:
        raise ConfigError(path, key, "say what it covers: exactly one of url, article, record, noarchive")
    since, until = _moment(path, key, entry, "from"), _moment(path, key, entry, "until")
    if since and until and until <= since:
        raise ConfigError(path, f"{key}.until", "not after `from`")
    covers = named[0]
    name = _text(path, key, entry, covers).removeprefix("<").removesuffix(">")
    return Restriction(covers, name, _text(path, key, entry, "reason"), since, until)


def _text(path: Path, key: str, entry: Mapping[str, object], name: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(path, f"{key}.{name}", "a text is wanted")
    return value.strip()


def _moment(path: Path, key: str, entry: Mapping[str, object], name: str) -> datetime | None:
    value = entry.get(name)
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    raise ConfigError(path, f"{key}.{name}", "a date or a time is wanted, without quotes: 2026-03-14")


# ---------------------------------------------------------------------- what they cover

_ASKING = """
SELECT c.id
FROM {0}.readings AS r
JOIN {0}.captures AS c ON c.reading = r.id
WHERE r.noarchive
  AND ? IN ('*', r.site)
"""


class _Found:
    """What is covered so far; `closed` follows it to all that shows the same."""

    def __init__(self, db: sqlite3.Connection, schema: str) -> None:
        self._db, self._schema = db, schema
        self._articles, self._versions, self._captures = set[str](), set[str](), set[str]()

    def seed(self, restriction: Restriction) -> None:
        name = restriction.name
        if restriction.covers == "record":
            self._captures.update(self._ids("SELECT id FROM {0}.captures WHERE id = ?", name))
        elif restriction.covers == "article":
            self._articles.update(self._ids("SELECT id FROM {0}.articles WHERE id = ?", name))
        elif restriction.covers == "noarchive":
            self._captures.update(self._ids(_ASKING, name))
        else:
            for url in (name, normalise(name)):
                self._captures.update(self._ids("SELECT id FROM {0}.captures WHERE url = ?", url))
                self._articles.update(self._ids("SELECT article FROM {0}.article_urls WHERE url = ?", url))
            self._articles.update(self._ids("SELECT id FROM {0}.articles WHERE address = ?", article_key(name)))

    def closed(self) -> Withheld:
        before = -1
        while before != (before := len(self._articles) + len(self._versions) + len(self._captures)):
            self._follow()
        return Withheld(
            frozenset(self._articles), frozenset(self._versions), frozenset(self._captures), frozenset(self._readings())
        )

    def _follow(self) -> None:
        for article in tuple(self._articles):
            self._captures.update(self._ids("SELECT id FROM {0}.captures WHERE article = ?", article))
            self._versions.update(self._ids("SELECT id FROM {0}.versions WHERE article = ?", article))
        for capture in tuple(self._captures):
            self._captures.update(self._ids("SELECT id FROM {0}.captures WHERE refers_to = ?", capture))
            self._versions.update(self._ids("SELECT version FROM {0}.captures WHERE id = ?", capture))
        for version in tuple(self._versions):
            self._captures.update(self._ids("SELECT id FROM {0}.captures WHERE version = ?", version))
            self._articles.update(self._ids("SELECT id FROM {0}.articles WHERE version = ?", version))

    def _readings(self) -> Iterator[str]:
        named = {r for c in self._captures for r in self._ids("SELECT reading FROM {0}.captures WHERE id = ?", c)}
        for reading in named:
            if set(self._ids("SELECT id FROM {0}.captures WHERE reading = ?", reading)) <= self._captures:
                yield reading

    def _ids(self, sql: str, value: str) -> Iterator[str]:
        for (found,) in self._db.execute(sql.format(self._schema), (value,)).fetchall():
            if found is not None:
                yield str(found)
