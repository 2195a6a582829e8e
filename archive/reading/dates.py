"""Moments as pages write them: an aware time where a zone is given, the bare text where none is."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LOOSE = re.compile(r"^(\d{4}-\d\d-\d\d)[T ]+(\d\d?:\d\d(?::\d\d)?)(?:\.\d+)?\s*(Z|UTC|GMT|[+-]\d\d:?\d\d|[+-]\d\d)?")
SHIFTED = re.compile(r"^\d{4}-\d\d-\d\d")


def moment(text: str) -> tuple[datetime | None, str | None]:
    """Return (aware UTC time or None, ISO text or None): a text without a zone is no instant.

    >>> moment("2024-05-03T10:30:00+02:00")
    (datetime.datetime(2024, 5, 3, 8, 30, tzinfo=datetime.timezone.utc), '2024-05-03T10:30:00+02:00')
    >>> moment("2024-05-03 10:30")
    (None, '2024-05-03 10:30')
    >>> moment("soon")
    (None, None)
    """
    text = text.strip()
    when = _parsed(text)
    if when is None or not 1980 <= when.year <= 2100:
        return None, None
    if when.tzinfo is None:
        return None, text if SHIFTED.match(text) else when.isoformat()
    try:
        return when.astimezone(UTC), text if SHIFTED.match(text) else when.isoformat()
    except OverflowError:
        return None, None


def _parsed(text: str) -> datetime | None:
    if not text or len(text) > 60:
        return None
    if text.isdigit() and len(text) in (10, 13):
        return datetime.fromtimestamp(int(text[:10]), UTC)
    for read in (datetime.fromisoformat, _loose, parsedate_to_datetime):
        try:
            return read(text)
        except (ValueError, TypeError, IndexError):
            continue
    return None


def _loose(text: str) -> datetime:
    found = LOOSE.match(text)
    if not found:
        return datetime.fromisoformat(text[:10])
    day, time, zone = found.groups()
    zone = {"UTC": "+00:00", "GMT": "+00:00"}.get(zone, zone) or ""
    return datetime.fromisoformat(f"{day}T{time.zfill(5)}{zone}")
