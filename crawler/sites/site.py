"""A Site and its Sources as values: who publishes where, what belongs to it, how gently it is asked."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from archive.model import Kind, SourceKind
from archive.reading.siterules import Rule
from archive.urls import host_of, is_under, normalise, registered_domain

Requisites = Literal["none", "styles+images", "all"]
"""What is fetched besides a page so that its replay looks like it; `all` adds fonts, scripts and films."""

LEARNED = "learned"  # how a site file writes that the site's own rhythm says how long a silence is too long
Sign = Literal["silent", "unreachable", "empty", "refused", "unread", "short"]
"""What can be wrong with a site while every command succeeds; docs/operations.md says what each means."""

# Longer than any address a newspaper prints; keeps a careless pattern from chewing on a 15 kB one (notes: URL traps).
MATCHED_CHARS = 2_048


@dataclass(frozen=True, slots=True)
class Every:
    """How often a source is asked: never sooner than `min_s` seconds, never later than `max_s`."""

    min_s: int = 600  # what Media Cloud's fetcher settled on for its busiest feeds
    max_s: int = 86_400


@dataclass(frozen=True, slots=True)
class Source:
    """A place where a site lists its articles.

    `key` names it in the frontier and in every WARC, and stays the same while kind and first URL do. The URLs of a
    `list` are the articles themselves; those of a source `from_robots` are the site's robots.txt. A `warc` source has
    `paths` in place of URLs: shell patterns of the files in which the articles come.
    """

    key: str
    kind: SourceKind
    urls: tuple[str, ...]
    every: Every = field(default_factory=Every)
    from_robots: bool = False
    use: Literal["news", "backfill"] = "news"
    since: date | None = None
    until: date | None = None
    paths: tuple[str, ...] = ()

    def wants(self, published: date | None) -> bool:
        """True unless an article of that date lies outside `since` and `until`; what has no date is wanted.

        >>> Source("feed:/", "feed", (), since=date(2020, 1, 1)).wants(date(2019, 12, 31))
        False
        """
        if published is None:
            return True
        return not ((self.since and published < self.since) or (self.until and published > self.until))


@dataclass(frozen=True, slots=True)
class Scope:
    """What of a site is wanted; patterns are searched in the decoded path and query of a URL."""

    article: tuple[re.Pattern[str], ...] = ()
    ignore: tuple[re.Pattern[str], ...] = ()
    hosts: tuple[str, ...] = ()
    drop_query: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Night:
    """The hours of the day for what can wait; `start` may be later than `end`: the night then runs over midnight."""

    start: time
    end: time
    zone: str = "UTC"

    def covers(self, moment: datetime) -> bool:
        """True if it is night there.

        >>> Night(time(22), time(6)).covers(datetime.fromisoformat("2026-03-01T23:30Z"))
        True
        """
        now = moment.astimezone(ZoneInfo(self.zone)).time()
        if self.start <= self.end:
            return self.start <= now < self.end
        return now >= self.start or now < self.end


@dataclass(frozen=True, slots=True)
class Polite:
    """How gently a site is asked: seconds between two requests, how many in one run and in one day, and at what hours.

    `night` bounds only what can wait, rechecks and backfill: news is not asked for at night alone.
    """

    delay_s: float = 3.0
    per_run: int = 5_000  # 4 hours at 3 s: more than a newspaper prints in a week, less than a trap can offer
    per_day: int = 50_000
    night: Night | None = None


@dataclass(frozen=True, slots=True)
class Recheck:
    """When an article is looked at again, counted from its first capture; `share` of a site's requests at most."""

    after: tuple[timedelta, ...] = (
        timedelta(hours=1),
        timedelta(hours=6),
        timedelta(days=1),
        timedelta(days=7),
        timedelta(days=30),
    )
    share: float = 0.5


@dataclass(frozen=True, slots=True)
class Backfill:
    """How many requests may go into the past, apart from those for the news."""

    per_run: int = 500
    per_day: int = 5_000


@dataclass(frozen=True, slots=True)
class Expect:
    """What is normal for a site: silence up to `quiet_for_s` seconds (None: learned), and the signs to overlook."""

    quiet_for_s: float | None = None
    ignore: tuple[Sign, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """What must come of reading one article of a site; None and empty: nothing is wanted, as far as it can be told.

    `first` and `last` are how the first and the last paragraph begin. No kind in `appeals`, nobody in `authors`: the
    page must ask for nothing, name nobody.
    """

    url: str
    title: str | None = None
    first: str | None = None
    last: str | None = None
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    appeals: tuple[Kind, ...] | None = None
    authors: tuple[str, ...] | None = None
    published: date | datetime | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """One publication as its file declares it; `toml` is that file's text."""

    id: str
    name: str
    home: str
    sources: tuple[Source, ...]
    languages: tuple[str, ...] = ()
    former_hosts: tuple[str, ...] = ()
    requisites: Requisites = "styles+images"  # an archive of pages nobody can look at is half an archive
    scope: Scope = field(default_factory=Scope)
    polite: Polite = field(default_factory=Polite)
    recheck: Recheck = field(default_factory=Recheck)
    backfill: Backfill = field(default_factory=Backfill)
    expect: Expect = field(default_factory=Expect)
    rules: tuple[Rule, ...] = ()
    checks: tuple[Check, ...] = ()
    toml: str = field(default="", repr=False, compare=False)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names that are this site's, with all hosts below them: the domain of its home, then what is declared."""
        declared = (*self.scope.hosts, *self.former_hosts)
        return (registered_domain(host_of(self.home)), *(h.removeprefix("www.") for h in declared))

    def source(self, key: str) -> Source | None:
        """Return the source of that key, None if the file no longer declares it."""
        return next((s for s in self.sources if s.key == key), None)

    def is_article(self, url: str) -> bool | None:
        """True if the URL matches a pattern of `[scope] article`, None if the site declares none."""
        if not self.scope.article:
            return None
        return _is_found(self.scope.article, normalise(url, self.scope.drop_query))

    def in_scope(self, url: str) -> Literal["in", "offsite", "ignored"]:
        """Return whether a URL is this site's to fetch, another's, or declared unwanted."""
        if not is_under(url, self.hosts):
            return "offsite"
        return "ignored" if _is_found(self.scope.ignore, normalise(url)) else "in"


def group_of(url: str) -> str:
    """Return the politeness group of a URL: the registered domain, whose hosts are asked one at a time.

    >>> group_of("https://feeds.courier.test/rss") == group_of("https://www.courier.test/")
    True
    """
    return registered_domain(host_of(url))


def _is_found(patterns: tuple[re.Pattern[str], ...], url: str) -> bool:
    parts = urlsplit(url)
    local = unquote(parts.path + (f"?{parts.query}" if parts.query else ""))[:MATCHED_CHARS]
    return any(p.search(url[:MATCHED_CHARS] if "://" in p.pattern else local) for p in patterns)
