"""What a look at a site found, as values."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from archive.model import Article, Capture, Link, SourceKind


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking for one address, redirects followed; `problem` is why there is nothing to read, or "".

    `body` is the entity with its content coding undone; `capture` its record in a WARC file.
    """

    asked: str
    url: str
    status: int | None = None
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    problem: str = ""
    capture: Capture | None = None

    @property
    def is_good(self) -> bool:
        """True if there is a document to read."""
        return not self.problem and self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Listing:
    """A document that lists articles: a feed, a sitemap, a page. `how` says what made us look at it."""

    url: str
    kind: SourceKind
    how: str
    format: str
    articles: tuple[Link, ...] = ()
    children: tuple[Link, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def dates(self) -> tuple[datetime, ...]:
        """The times it states, oldest first."""
        return tuple(sorted(at for link in self.articles if (at := link.published or link.modified)))

    @property
    def span(self) -> timedelta | None:
        """How much time its entries cover, None if it states too few times to tell."""
        dates = self.dates
        return dates[-1] - dates[0] if len(dates) > 2 else None


@dataclass(frozen=True, slots=True)
class Robots:
    """What the site's robots.txt says that concerns a site file."""

    url: str
    status: int | None = None
    problem: str = ""
    sitemaps: tuple[str, ...] = ()
    crawl_delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Survey:
    """All that was seen of a site. `missed` are addresses that were tried in vain, with the reason."""

    home: str
    name: str = ""
    languages: tuple[str, ...] = ()
    robots: Robots = Robots("")
    front: Listing | None = None
    feeds: tuple[Listing, ...] = ()
    news_sitemaps: tuple[Listing, ...] = ()
    sitemaps: tuple[Listing, ...] = ()
    sections: tuple[Listing, ...] = ()
    missed: tuple[tuple[str, str], ...] = ()
    samples: tuple[Answer, ...] = ()
    articles: tuple[Article, ...] = field(default=(), repr=False)  # read from the samples
    requests: int = 0
    stopped: str = ""  # why the look ended early

    @property
    def listed(self) -> tuple[Link, ...]:
        """The articles that feeds and news sitemaps name: those a site itself calls articles."""
        links = {link.url: link for listing in (*self.feeds, *self.news_sitemaps) for link in listing.articles}
        return tuple(links.values())

    @property
    def is_empty(self) -> bool:
        """True if nothing was found that lists an article."""
        return not any((self.front, self.feeds, self.news_sitemaps, self.sitemaps, self.sections))


def counted(number: int, what: str) -> str:
    """Return a number of things.

    >>> counted(1, "feed"), counted(2, "feed")
    ('1 feed', '2 feeds')
    """
    return f"{number:,} {what}" + ("" if number == 1 else "s")
