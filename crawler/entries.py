"""From what a document lists to what the frontier remembers: each URL with its place, or why none visits it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from archive.model import Capture, Link, Outcome
from archive.urls import normalise
from crawler.backfill import is_wanted, place_of
from crawler.frontier import Entry, Visit, is_robots
from crawler.links import worth_fetching
from crawler.requisites import requisite_entry
from crawler.schedule import priority_of
from crawler.sites import Site, group_of
from crawler.traps import MAX_CHILD_DEPTH, PatternBudget, trap_in

MAX_HOPS = 10
MAX_PAGES = 5  # pages that continue a list of news
MAX_PAGES_BACK = 1_000  # and one of the past


def entries_of(links: Iterable[Link], site: Site, now: datetime, *, depth: int = 0) -> Iterator[Entry]:
    """Yield what the frontier must remember of a document's links; what is not worth a visit is remembered as such.

    `depth` is how many documents led to this one: lists that list lists end.
    """
    patterns = PatternBudget()
    for link in links:
        verdict = worth_fetching(site, link)
        outcome, reason = verdict.outcome, verdict.reason
        if outcome is None and not is_wanted(site.source(link.source), link):
            outcome, reason = Outcome.DROPPED, "outside since..until of its source"
        hops = depth + 1 if link.role == "source" and link.found_in else 0
        if outcome is None and hops > MAX_CHILD_DEPTH:
            outcome, reason = Outcome.BUDGET, f"a list more than {MAX_CHILD_DEPTH} lists away from a declared one"
        if outcome is None and link.found_in and verdict.page != "article" and (over := patterns.refusal(link.url)):
            outcome, reason = Outcome.BUDGET, over
        yield _entry(link, site, outcome, reason, now, hops=hops)


def redirect_target(visit: Visit, capture: Capture, site: Site, now: datetime) -> Entry:
    """Return where a visit was sent: fetched unless it leads away, whatever the page there may be.

    A robots.txt is followed wherever it leads (RFC 9309, 2.3.1.2); the frontier counts those hops.
    """
    link = replace(visit.link, url=capture.location or "", found_in=capture.url)
    hops, outcome, reason = visit.hops + 1, None, "redirected here"
    if is_robots(visit.role, visit.url):
        return _entry(replace(link, role="robots"), site, None, reason, now, hops=hops, via=capture.record.id)
    if visit.role == "requisite":
        return requisite_entry(visit, link, site, hops=hops, via=capture.record.id)
    if site.in_scope(link.url) != "in":
        outcome, reason = Outcome.OFFSITE, "a redirect out of the site"
    elif hops > MAX_HOPS:
        outcome, reason = Outcome.BUDGET, f"more than {MAX_HOPS} redirects"
    return _entry(link, site, outcome, reason, now, hops=hops, via=capture.record.id)


def next_pages(visit: Visit, capture: Capture, links: Iterable[Link], site: Site, now: datetime) -> Iterator[Entry]:
    """Yield the pages that continue a list; their depth counts like a redirect's, so that they end."""
    source = site.source(visit.source)
    bound = MAX_PAGES_BACK if source and source.use == "backfill" else MAX_PAGES
    if visit.hops < bound:
        for link in links:
            outcome = None if site.in_scope(link.url) == "in" else Outcome.OFFSITE
            hops, via = visit.hops + 1, capture.record.id
            yield _entry(link, site, outcome, "continues a list", now, hops=hops, via=via)


def _entry(
    link: Link,
    site: Site,
    outcome: Outcome | None,
    reason: str,
    now: datetime,
    *,
    hops: int = 0,
    via: str | None = None,
) -> Entry:
    try:
        url = normalise(link.url, site.scope.drop_query)
        group = group_of(url)
    except ValueError as problem:
        url, group, outcome, reason = link.url, site.id, Outcome.DROPPED, f"not a URL to fetch: {problem}"
    if outcome is None and link.found_in and (trap := trap_in(url)):
        outcome, reason = Outcome.DROPPED, trap
    source = site.source(link.source)
    is_past = source is not None and source.use == "backfill"
    priority = priority_of(link.role, "backfill" if is_past else "news", redirected=hops > 0)
    place = place_of(link, now) if is_past else None
    return Entry(site.id, url, link.role, link.source, group, link, priority, hops, via, place, outcome, reason)
