"""A TOML table that is read strictly, and knows the line of each of its keys."""

import difflib
import re
import tomllib
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

from archive.errors import ConfigError

Value = TypeVar("Value")

_HEADER = re.compile(r"\s*(\[\[?)\s*([\w-]+)\s*\]")
_KEY = re.compile(r"\s*([\w-]+)\s*(?:\.\s*([\w-]+)\s*)?=")


class Table:
    """One table of a site file: typed values by key, and errors that name file, key and line."""

    def __init__(self, values: dict[str, object], path: Path | str, name: str, lines: dict[str, int]) -> None:
        self._values, self._path, self._name, self._lines = values, path, name, lines

    @classmethod
    def parse(cls, text: str, path: Path | str) -> "Table":
        """Return the whole file as one table."""
        try:
            values: dict[str, object] = tomllib.loads(text)
        except (ValueError, RecursionError) as error:  # a number of 5,000 digits is a bare ValueError
            raise ConfigError(path, "", f"is not TOML: {error}") from error
        return cls(values, path, "", lines_of(text))

    def has(self, key: str) -> bool:
        """True if the file gives this key."""
        return key in self._values

    def only(self, served: Sequence[str], later: Sequence[str]) -> None:
        """Raise ConfigError if the table has a key that is not among the served ones."""
        for key in self._values:
            if key not in served:
                raise self._unknown_key(key, served, later)

    def text(self, key: str) -> str | None:
        """Return a text, None if absent; an empty one is an error."""
        value = self._values.get(key)
        if value is None or (isinstance(value, str) and value.strip()):
            return value
        raise self.error(key, f"must be a text in quotes, not {value!r}")

    def texts(self, key: str) -> tuple[str, ...]:
        """Return an array of texts, empty if absent."""
        value = self._values.get(key, [])
        if isinstance(value, list):
            found = tuple(v for v in value if isinstance(v, str) and v.strip())
            if len(found) == len(value):
                return found
        raise self.error(key, f"must be a list of texts in [brackets], not {value!r}")

    def whole(self, key: str) -> int | None:
        """Return a whole number, None if absent."""
        value = self._values.get(key)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        raise self.error(key, f"must be a whole number, not {value!r}")

    def number(self, key: str) -> float | None:
        """Return a number, None if absent."""
        value = self._values.get(key)
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            return value
        raise self.error(key, f"must be a number, not {value!r}")

    def day(self, key: str) -> date | None:
        """Return a day, None if absent."""
        value = self._values.get(key)
        if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
            return value
        raise self.error(key, f"must be a day without quotes, such as 2015-01-31, not {value!r}")

    def moment(self, key: str) -> date | datetime | None:
        """Return a day, or a time with its zone; None if absent."""
        value = self._values.get(key)
        if value is None or (isinstance(value, date) and not (isinstance(value, datetime) and value.tzinfo is None)):
            return value
        raise self.error(key, f"must be a day or a time with its zone, such as 2015-01-31T08:30:00Z, not {value!r}")

    def table(self, key: str) -> "Table":
        """Return the table below this key, empty if absent."""
        value = self._values.get(key, {})
        if not isinstance(value, dict):
            how = f"{key}.NAME = ..." if self._name else f"[{key}] on a line of its own"
            raise self.error(key, f"must be a table: write {how}")
        return Table(value, self._path, ".".join(part for part in (self._name, key) if part), self._lines)

    def tables(self, key: str) -> tuple["Table", ...]:
        """Return the array of tables below this key."""
        value = self._values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
            raise self.error(key, f"must be tables: write [[{key}]] before each")
        return tuple(Table(v, self._path, f"{key}[{n}]", self._lines) for n, v in enumerate(value, 1))

    def error(self, key: str, problem: str) -> ConfigError:
        """Return the error to raise about one key of this table."""
        full = ".".join(part for part in (self._name, key) if part)
        line = self._lines.get(full) or self._lines.get(self._name)
        return ConfigError(self._path, full, problem + (f" (line {line})" if line else ""))

    def unknown(self, key: str, value: str, served: Sequence[str], later: Sequence[str]) -> ConfigError:
        """Return the error for a value that is none of those served."""
        if value in later:
            return self.error(key, f"{value!r} is not served yet; served are {', '.join(served)}")
        return self.error(key, f"{value!r} is none of {', '.join(served)}{_meant(value, served)}")

    def _unknown_key(self, key: str, served: Sequence[str], later: Sequence[str]) -> ConfigError:
        if key in later:
            return self.error(key, "is not served yet; take it out, nothing would obey it")
        hint = _meant(key, served) or f"; known are {', '.join(served)}"
        return self.error(key, f"is unknown{hint}")


def lines_of(text: str) -> dict[str, int]:
    """Return the line of each key, by full name: `home`, `polite.delay`, `source[2].url`.

    tomllib keeps no positions. A key that this reading misses (inside an inline table) has no line, never a wrong one
    that matters: lines only help a person to find the place.
    """
    lines: dict[str, int] = {}
    counts: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = header[2]
            if header[1] == "[[":
                counts[table] = counts.get(table, 0) + 1
                table = f"{table}[{counts[table]}]"
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault(".".join(p for p in (table, key[1], key[2]) if p), number)
    return lines


def _meant(word: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


def read(table: Table, key: str, text: str, reader: Callable[[str], Value]) -> Value:
    """Return what a reader makes of a text; its ValueError becomes the error of that key."""
    try:
        return reader(text)
    except ValueError as error:
        raise table.error(key, str(error)) from error
