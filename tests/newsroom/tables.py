"""TOML tables as frozen values: a key of the file is a field of the class, and an unknown one is an error."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

T = TypeVar("T")


def build(make: Callable[..., T], table: Mapping[str, object]) -> T:
    """Return `make(**table)` with every list in it turned into a tuple."""
    return make(**{key: _frozen(value) for key, value in table.items()})


def build_all(make: Callable[..., T], tables: Iterable[Mapping[str, object]]) -> tuple[T, ...]:
    """Return one value for each table of an array of tables."""
    return tuple(build(make, table) for table in tables)


def _frozen(value: object) -> object:
    return tuple(_frozen(v) for v in value) if isinstance(value, list) else value
