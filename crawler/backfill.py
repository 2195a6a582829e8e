"""The past of a site: which pages list it, what of it is wanted, and in which order it is fetched."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from archive.model import Link
from crawler.sites import Site, Source
from crawler.sites.calendar import pages_of

# Ten years of age move a URL nine hours back in its queue: newest first among all that is listed within a day or so.
AGE_SCALE = 1e-4

_DATED = re.compile(r"/((?:19|20)\d\d)[/-]?(0[1-9]|1[0-2])(?:[/-]?(0[1-9]|[12]\d|3[01]))?(?=[/_.-]|$)")


def calendar_links(site: Site, today: date) -> Iterator[Link]:
    """Yield the pages of the site's `dates` sources, newest first; `published` is the last day that each lists."""
    for source in site.sources:
        if source.kind == "dates" and source.since:
            for url, day in pages_of(source.urls[0], source.since, min(source.until or today, today)):
                published = datetime.combine(day, time(), UTC)
                yield Link(url, "", source.key, "source", "section", published=published)


def is_wanted(source: Source | None, link: Link) -> bool:
    """True unless what the link leads to lies outside the source's `since` and `until`."""
    if source is None or (source.since is None and source.until is None):
        return True
    if link.role == "source":  # a list may hold older articles than its own date, never younger ones
        return source.since is None or link.modified is None or link.modified.date() >= source.since
    return source.wants(day_of(link))


def day_of(link: Link) -> date | None:
    """Return the day of an article as far as its listing tells: its date, else that in its address.

    >>> day_of(Link("https://courier.test/2015/10/08/plain", ""))
    datetime.date(2015, 10, 8)
    """
    known = link.published or link.modified
    if known is not None:
        return known.date()
    match = _DATED.search(link.url)
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2]), int(match[3] or 1))
    except ValueError:
        return None


def place_of(link: Link, now: datetime) -> datetime:
    """Return the place of a link among those of the past: the younger, the further in front."""
    day = day_of(link)
    age = now - datetime.combine(day, time(), UTC) if day else timedelta(days=36_500)
    return now + max(age, timedelta(0)) * AGE_SCALE


def is_over(link: Link, now: datetime) -> bool:
    """True if a page of a `dates` source lists a day that will not change any more."""
    return link.published is not None and now - link.published >= timedelta(days=2)
