"""Do the pages of a site still read as its file says they must? Its `[[check]]` entries against the newest captures."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlite_utils import Database

from archive.catalogue.answers import PageAt, newest_page
from archive.catalogue.levels import memory_of
from archive.layout import Layout
from archive.model import Article, Kind, Reading
from archive.reading.box import Box
from archive.reading.job import Job
from archive.reading.memory import rejudge
from archive.urls import article_key
from crawler.sites import Check, Site

PARAGRAPHS = frozenset((Kind.BODY, Kind.NOTE, Kind.CORRECTION))


@dataclass(frozen=True, slots=True)
class Miss:
    """One thing a check wants and the page does not give."""

    key: str
    wanted: str
    found: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one check; `captured_at` is None if no capture shows the page."""

    site: str
    url: str
    captured_at: datetime | None
    capture: str | None
    misses: tuple[Miss, ...]

    def to_dict(self) -> dict[str, object]:
        """Return the finding as plain values with stable keys."""
        return {
            "site": self.site,
            "url": self.url,
            "capture": self.capture,
            "captured_at": self.captured_at.isoformat() if self.captured_at else None,
            "passed": not self.misses,
            "misses": [{"key": m.key, "wanted": m.wanted, "found": m.found} for m in self.misses],
        }


def findings_of(sites: Sequence[Site], db: Database, layout: Layout, box: Box) -> Iterator[Finding]:
    """Yield what comes of each check of the sites, in their order.

    The newest capture of the page is read again, by the rules that the file has now and with what the site's memory
    holds: a rule is seen at work before anything is crawled or reread.
    """
    asked = [(site, check, _page(db, site, check)) for site in sites for check in site.checks]
    jobs = [_job(layout, site, page) for site, _, page in asked if page]
    readings = iter(box.read_many(jobs))
    for site, check, page in asked:
        if page is None:
            miss = Miss("url", "a capture of it", "none in the catalogue: crawl it first")
            yield Finding(site.id, check.url, None, None, (miss,))
            continue
        _, reading = next(readings)
        misses = tuple(_misses(check, reading, memory_of(db, page.reading) if page.reading else {}))
        yield Finding(site.id, check.url, page.fetched_at, page.id, misses)


def _page(db: Database, site: Site, check: Check) -> PageAt | None:
    return newest_page(db, site.id, article_key(check.url, site.scope.drop_query))


def _job(layout: Layout, site: Site, page: PageAt) -> Job:
    path = str(layout.path_of(page.file))
    return Job(path, page.offset, page.length, page.url, page.fetched_at, rules=site.rules)


def _misses(check: Check, reading: Reading, memory: dict[int, tuple[int, int]]) -> Iterator[Miss]:
    article = reading.article
    if article is None:
        yield Miss("url", "a page that can be read", f"{reading.outcome}: {reading.reason}".rstrip(": "))
        return
    passages = rejudge(article.passages, article.features, memory)
    paragraphs = [p.text for p in passages if p.kind in PARAGRAPHS]
    body = _plain("\n".join(p.text for p in passages if p.kind.in_body))
    if check.title is not None and _plain(check.title) != _plain(article.title or ""):
        yield Miss("title", check.title, article.title or "")
    for key, wanted, place in (("first", check.first, 0), ("last", check.last, -1)):
        found = paragraphs[place] if paragraphs else ""
        if wanted is not None and not _plain(found).startswith(_plain(wanted)):
            yield Miss(key, wanted, found)
    yield from (Miss("has", phrase, "") for phrase in check.has if _plain(phrase) not in body)
    yield from (Miss("lacks", phrase, "it is there") for phrase in check.lacks if _plain(phrase) in body)
    asked = {p.kind for p in passages if p.kind.family == "appeal"}
    if check.appeals is not None and (set(check.appeals) - asked or (asked and not check.appeals)):
        yield Miss("appeals", _names(check.appeals), _names(sorted(asked)))
    if check.authors is not None and set(check.authors) != set(article.authors):
        yield Miss("authors", ", ".join(check.authors), ", ".join(article.authors))
    if check.published is not None and not _is_time(check.published, article):
        yield Miss("published", check.published.isoformat(), str(article.to_dict()["published"] or ""))


def _plain(text: str) -> str:
    return " ".join(text.split())


def _names(kinds: Sequence[Kind]) -> str:
    return ", ".join(kind.partition(":")[2] for kind in kinds)


def _is_time(wanted: date | datetime, article: Article) -> bool:
    """True for the same instant, or, of a day, if the page's own writing of the time or UTC is on that day."""
    if isinstance(wanted, datetime):
        return article.published == wanted
    days = {(article.published_text or "")[:10]}
    if article.published:
        days.add(article.published.astimezone(UTC).date().isoformat())
    return wanted.isoformat() in days
