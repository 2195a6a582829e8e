"""What options of a command may be, besides click's own types."""

import re
from datetime import timedelta

import click

from crawler.sites.duration import seconds_of

_UNITS = {"": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,3})?)\s*([A-Za-z]*)")


class Duration(click.ParamType[timedelta]):
    """A span of time such as 90s, 15m, 2h, 7d."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Return the span; a usage error says what was expected."""
        if isinstance(value, timedelta):
            return value
        try:
            return timedelta(seconds=seconds_of(str(value)))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Size(click.ParamType[int]):
    """A number of bytes such as 500MB, 2GB, 1GiB, 4096."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the bytes; a usage error says what was expected."""
        if isinstance(value, int):
            return value
        try:
            return bytes_of(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


def bytes_of(text: str) -> int:
    """Return the bytes that a size names; ValueError says how to write one.

    >>> bytes_of("1.5GB"), bytes_of("1 gib"), bytes_of("4096")
    (1500000000, 1073741824, 4096)
    """
    units = {name.lower(): size for name, size in _UNITS.items()}
    match = _SIZE.fullmatch(text.strip())
    if match is None or match[2].lower() not in units:
        raise ValueError(f"{text!r} is no size; write it like '500MB', '2GB' or '1GiB'")
    return round(float(match[1]) * units[match[2].lower()])
