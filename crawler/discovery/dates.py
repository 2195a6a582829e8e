"""Times as sources write them, in good forms and bad ones."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz
from typing import NamedTuple

# Zones that newsrooms write and RFC 822 does not know; ambiguous ones (IST, BST) are left out.
_ZONES = {
    "WET": "+0000",
    "CET": "+0100",
    "WEST": "+0100",
    "CEST": "+0200",
    "EET": "+0200",
    "SAST": "+0200",
    "EEST": "+0300",
    "MSK": "+0300",
    "JST": "+0900",
    "KST": "+0900",
}
_ZONE = re.compile(r"\s*\(?\b(" + "|".join(_ZONES) + r")\)?$")
_RFC822_ZONE = re.compile(r"(?:[+-]\d{4}|\b(?:Z|UTC?|GMT|[ECMP][SD]T))\)?$", re.IGNORECASE)
_ISO = re.compile(
    r"(?P<day>\d{4}(?:[-/.]\d{1,2}(?:[-/.]\d{1,2})?)?)"
    r"(?:[T\s]+(?P<time>\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?",
    re.IGNORECASE,
)
_EPOCH = re.compile(r"(\d{10})(\d{3})?")
DATE_CHARS = 100
_EARLIEST = 1600  # newspapers are younger; year 1 and 1970-01-01T00:00:00 are how software writes "none"


class Time(NamedTuple):
    """A time in UTC, None if the text is none; `zoned` is False where the text names no zone and UTC was assumed."""

    at: datetime | None
    zoned: bool = True


def time_of(text: str) -> Time:
    """Return the time that a date of a feed or sitemap names.

    A bare date is midnight UTC and counts as zoned: sitemaps are allowed to say no more.

    >>> time_of("Wed, 04 Mar 2026 10:00:00 +0100").at.isoformat()
    '2026-03-04T09:00:00+00:00'
    >>> time_of("yesterday").at is None
    True
    """
    text = _ZONE.sub(lambda m: " " + _ZONES[m[1]], " ".join(text[:DATE_CHARS].split()))
    try:
        time = _epoch(text) or _iso(text) or _rfc822(text) or Time(None)
    except (ValueError, OverflowError):
        return Time(None)
    is_none = time.at is None or time.at.year < _EARLIEST or time.at.timestamp() == 0
    return Time(None) if is_none else time


def _epoch(text: str) -> Time | None:
    match = _EPOCH.fullmatch(text)
    return Time(datetime.fromtimestamp(int(match[1]), UTC)) if match else None


def _iso(text: str) -> Time | None:
    match = _ISO.fullmatch(text)
    if match is None:
        return _exact_iso(text)
    year, month, day = (*map(int, re.split(r"[-/.]", match["day"])), 1, 1)[:3]
    if not match["time"]:
        return Time(datetime(year, month, day, tzinfo=UTC))
    zone = (match["zone"] or "").upper().replace("UTC", "Z").replace("GMT", "Z")
    hour, _, rest = match["time"].partition(":")
    at = datetime.fromisoformat(f"{year:04}-{month:02}-{day:02}T{int(hour):02}:{rest}{zone}")
    return _utc(at)


def _exact_iso(text: str) -> Time | None:
    """Return a time in one of the rarer ISO forms: 20260304T100000Z."""
    if not re.match(r"\d{8}T", text):
        return None
    return _utc(datetime.fromisoformat(text))


def _rfc822(text: str) -> Time | None:
    parsed = parsedate_tz(text)
    if parsed is None:
        return None
    at = datetime(*parsed[:6], tzinfo=UTC)
    # parsedate_tz answers 0 for a zone that is missing or that it does not know.
    return Time(at - timedelta(seconds=parsed[9] or 0), zoned=bool(_RFC822_ZONE.search(text)))


def _utc(at: datetime) -> Time:
    if at.tzinfo is None:
        return Time(at.replace(tzinfo=UTC), zoned=False)
    return Time(at.astimezone(UTC))
