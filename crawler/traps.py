"""Tell addresses that lead nowhere new: what a careless or hostile site can offer without end.

Pure functions of an address and of counts, used where links enter the frontier. What they refuse is remembered with the
reason, so that `dateline why` can say it.
"""

import re
from collections import Counter
from urllib.parse import urlsplit

MAX_URL_CHARS = 2_048  # what browsers and servers agree to take; a newspaper prints 150
MAX_SEGMENTS = 20
MAX_REPEATED = 3  # a segment that stands there a third time: /a/b/a/b/a
MAX_PARAMETERS = 20
MAX_CHILD_DEPTH = 4  # an index of indexes of sitemaps has three levels; robots.txt above it makes one more
MAX_PATTERN_PAGES = 500  # addresses of one pattern that one document may name beyond articles

_DIGITS = re.compile(r"\d+")
_TOKEN = re.compile(r"(?=[^/]*\d)(?=[^/]*[a-f])[a-f0-9]{12,}|(?=\w*\d)(?=\w*[A-Za-z])[A-Za-z0-9_]{20,}")


def trap_in(url: str) -> str | None:
    """Return why an address looks like a trap, or None.

    >>> trap_in("https://courier.test/2026/03/04/ferry-strike"), trap_in("https://courier.test/a/b/a/b/a/b")
    (None, "a path that repeats itself: 'a'")
    """
    if len(url) > MAX_URL_CHARS:
        return f"an address of over {MAX_URL_CHARS} characters"
    try:
        parts = urlsplit(url)
    except ValueError as problem:
        return f"not a URL to fetch: {problem}"
    if "@" in parts.netloc:
        return "an address with a user's name or password"
    if parts.query.count("&") >= MAX_PARAMETERS:
        return f"a query of over {MAX_PARAMETERS} parameters"
    return _trap_in_path([segment for segment in parts.path.split("/") if segment])


def _trap_in_path(segments: list[str]) -> str | None:
    if len(segments) > MAX_SEGMENTS:
        return f"a path of over {MAX_SEGMENTS} parts"
    name, count = next(iter(Counter(segments).most_common(1)), ("", 0))
    if count >= MAX_REPEATED and not name.isdigit():  # /2011/11/11/ is a day
        return f"a path that repeats itself: {name[:40]!r}"
    return None


def pattern_of(url: str) -> str:
    """Return the address with its numbers and random tokens folded: the pages of a calendar have one pattern.

    >>> pattern_of("https://courier.test/calendar?month=11&year=2031&sid=9f86d081884c7d65")
    'courier.test/calendar?month=#&year=#&sid=*'
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    path = "/".join(_folded(segment) for segment in parts.path.split("/"))
    query = "&".join("=".join(_folded(side) for side in pair.split("=", 1)) for pair in parts.query.split("&"))
    return f"{parts.netloc}{path}" + (f"?{query}" if query else "")


def _folded(text: str) -> str:
    return "*" if _TOKEN.fullmatch(text) else _DIGITS.sub("#", text)


class PatternBudget:
    """How many addresses of each pattern one document has named so far; for what is no article by its address."""

    def __init__(self, most: int = MAX_PATTERN_PAGES) -> None:
        self._most = most
        self._named: Counter[str] = Counter()

    def refusal(self, url: str) -> str | None:
        """Count an address; return why it is one too many, or None."""
        pattern = pattern_of(url)
        self._named[pattern] += 1
        if self._named[pattern] > self._most:
            return f"more than {self._most} addresses like {pattern[:200]}"
        return None
