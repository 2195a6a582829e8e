"""Lengths of time as people write them in a site file: `3s`, `15m`, `10m..24h`."""

import re
from datetime import time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crawler.sites.site import Every, Night

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)(ms|[smhdw])")


def seconds_of(text: str) -> float:
    """Return the seconds that a duration names; ValueError says how to write one.

    >>> seconds_of("1.5h"), seconds_of("0s")
    (5400.0, 0.0)
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no duration; write it like '3s', '15m', '24h' or '7d'")
    return round(float(match[1]) * _UNITS[match[2]], 3)


def parse_every(text: str) -> Every:
    """Return the range that `15m` (always) or `10m..24h` (between) names."""
    shortest, dots, longest = text.partition("..")
    every = Every(int(seconds_of(shortest)), int(seconds_of(longest if dots else shortest)))
    if not 1 <= every.min_s <= every.max_s:
        raise ValueError(f"{text!r} must run from the shorter to the longer, and not be zero")
    return every


def duration_text(seconds: float) -> str:
    """Return the shortest text that `seconds_of` reads back as the same length.

    >>> duration_text(600), duration_text(86_400), duration_text(0.25)
    ('10m', '1d', '250ms')
    """
    if seconds != int(seconds):
        return f"{round(seconds * 1000)}ms"
    for unit in ("w", "d", "h", "m"):
        if seconds and seconds % _UNITS[unit] == 0:
            return f"{int(seconds / _UNITS[unit])}{unit}"
    return f"{int(seconds)}s"


def every_text(every: Every) -> str:
    """Return the range as a site file writes it."""
    shortest, longest = duration_text(every.min_s), duration_text(every.max_s)
    return shortest if shortest == longest else f"{shortest}..{longest}"


_NIGHT = re.compile(r"(\d\d:\d\d)\.\.(\d\d:\d\d)(?: ([A-Za-z_/+-]+[0-9]*))?")


def parse_night(text: str) -> Night:
    """Return the hours that `22:00..06:00 Europe/Moscow` names, in UTC without a zone; ValueError says how to write it.

    >>> night_text(parse_night("22:00..06:00"))
    '22:00..06:00 UTC'
    """
    match = _NIGHT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no span of hours; write it like '22:00..06:00 Europe/Moscow'")
    zone = match[3] or "UTC"
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{zone!r} is no time zone; write one like 'Europe/Moscow' or 'UTC'") from error
    return Night(time.fromisoformat(match[1]), time.fromisoformat(match[2]), zone)


def night_text(night: Night) -> str:
    """Return the hours as a site file writes them."""
    return f"{night.start:%H:%M}..{night.end:%H:%M} {night.zone}"
