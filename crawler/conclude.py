"""From the capture of a visit to how it ended: pure, so that a crash is concluded as the crawl would have done."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from archive.model import Capture, Link, Outcome, Role
from archive.urls import normalise
from crawler.discovery import Discovery, discover
from crawler.frontier import Entry, Finish, Original, Validators, Visit
from crawler.links import worth_fetching
from crawler.schedule import Retry, after
from crawler.sites import Site, group_of

MAX_HOPS = 10
MAX_PAGES = 5  # pages that continue a list; older articles are a backfill's work
MAX_HOLD = timedelta(days=1)  # a Retry-After of years is a mistake, not a wish (notes/field.md section 5)
PRIORITIES: dict[Role, int] = {"robots": 0, "source": 0, "article": 2, "requisite": 3}
REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Rules:
    """What a conclusion depends on besides the capture: the site as declared, and how faults are retried."""

    site: Site
    retry: Retry

    def every(self, source: str) -> timedelta:
        """Return how long a source waits between two polls; the shortest, for a source not declared."""
        found = [s.every.min_s for s in self.site.sources if s.key == source]
        return timedelta(seconds=min(found, default=600.0))


def conclude(
    visit: Visit,
    capture: Capture,
    body: bytes,
    rules: Rules,
    now: datetime,
    *,
    original: Original | None = None,
) -> Finish:
    """Return how a visit that received bytes ended: outcome, links found, when it is due again.

    `body` is the entity without its content coding; empty where nothing could be decoded. `original` is the response
    that a capture repeats, if it is a revisit: a 304 that comes later repeats that one too, never a revisit.
    """
    outcome = outcome_of(capture)
    entries: tuple[Entry, ...] = ()
    reason = _reason(capture, outcome)
    if outcome is Outcome.REDIRECTED:
        entries = (_redirect_target(visit, capture, rules.site),)
    elif visit.role == "source" and outcome in (Outcome.CAPTURED, Outcome.TRUNCATED) and _is_success(capture):
        found = _discover(visit, capture, body)
        entries = (*_next_pages(visit, capture, found, rules.site), *entries_of(found.links, rules.site))
        reason = _listed(found, reason)
    return finished(
        visit, outcome, reason, rules, now, capture=capture, entries=entries,
        validators=_validators(capture, original) if outcome is Outcome.CAPTURED else None,
    )  # fmt: skip


def finished(
    visit: Visit,
    outcome: Outcome,
    reason: str,
    rules: Rules,
    now: datetime,
    *,
    capture: Capture | None = None,
    entries: tuple[Entry, ...] = (),
    validators: Validators | None = None,
) -> Finish:
    """Return the end of a visit, `capture` None if it brought no bytes."""
    status = capture.status if capture else None
    following = after(
        outcome,
        role=visit.role,
        status=status,
        failures=visit.failures,
        now=now,
        every=rules.every(visit.source),
        retry=rules.retry,
    )
    return Finish(
        visit=visit,
        outcome=outcome,
        reason=reason,
        next=following,
        at=now,
        status=status,
        record=capture.record.id if capture else None,
        entries=entries,
        validators=validators,
        hold_until=retry_after(capture, now) if capture else None,
    )


def outcome_of(capture: Capture) -> Outcome:
    """Return the outcome that the bytes of an exchange alone tell."""
    status = capture.status
    if capture.kind == "unparsable" or status is None:
        return Outcome.UNPARSABLE
    if status == 304:
        return Outcome.NOT_MODIFIED
    if status in REDIRECTS and capture.location:
        return Outcome.REDIRECTED
    if status in (404, 410):
        return Outcome.GONE
    if not 200 <= status < 300:
        return Outcome.HTTP_ERROR
    return Outcome.TRUNCATED if capture.truncated else Outcome.CAPTURED


def entries_of(links: Iterable[Link], site: Site) -> Iterator[Entry]:
    """Yield what the frontier must remember of a document's links; what is not worth a visit is remembered as such."""
    for link in links:
        verdict = worth_fetching(site, link)
        yield _entry(link, site, verdict.outcome, verdict.reason)


def retry_after(capture: Capture, now: datetime) -> datetime | None:
    """Return until when a server asks to be left alone (RFC 9110, 10.2.3: seconds or a date), a day at most."""
    value = _header(capture, "retry-after")
    if value is None or capture.status not in (429, 503):
        return None
    try:
        until = now + timedelta(seconds=int(value)) if value.isdigit() else _http_date(value)
    except (ValueError, OverflowError):
        return None
    return max(now, min(until, now + MAX_HOLD))


def _http_date(value: str) -> datetime:
    found = parsedate_to_datetime(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _entry(
    link: Link, site: Site, outcome: Outcome | None, reason: str, *, hops: int = 0, via: str | None = None
) -> Entry:
    try:
        url = normalise(link.url, site.scope.drop_query)
        group = group_of(url)
    except ValueError as problem:
        url, group, outcome, reason = link.url, site.id, Outcome.DROPPED, f"not a URL to fetch: {problem}"
    priority = 1 if hops else PRIORITIES[link.role]
    return Entry(site.id, url, link.role, link.source, group, link, priority, hops, via, outcome=outcome, reason=reason)


def _redirect_target(visit: Visit, capture: Capture, site: Site) -> Entry:
    """Return where a visit was sent: fetched unless it leads away, whatever the page there may be."""
    link = replace(visit.link, url=capture.location or "", found_in=capture.url)
    hops, outcome, reason = visit.hops + 1, None, "redirected here"
    if site.in_scope(link.url) != "in":
        outcome, reason = Outcome.OFFSITE, "a redirect out of the site"
    elif hops > MAX_HOPS:
        outcome, reason = Outcome.BUDGET, f"more than {MAX_HOPS} redirects"
    return _entry(link, site, outcome, reason, hops=hops, via=capture.record.id)


def _next_pages(visit: Visit, capture: Capture, found: Discovery, site: Site) -> Iterator[Entry]:
    """Yield the pages that continue a list; their depth counts like a redirect's, so that they end."""
    if visit.hops < MAX_PAGES:
        for link in found.next_pages:
            outcome = None if site.in_scope(link.url) == "in" else Outcome.OFFSITE
            yield _entry(link, site, outcome, "continues a list", hops=visit.hops + 1, via=capture.record.id)


def _discover(visit: Visit, capture: Capture, body: bytes) -> Discovery:
    return discover(
        body,
        capture.url,
        kind=visit.link.source_kind or "feed",
        source=visit.source,
        content_type=_header(capture, "content-type"),
        headers=capture.headers,
    )


def _listed(found: Discovery, reason: str) -> str:
    said = "; ".join((f"{len(found.links)} links", *found.problems))
    return f"{reason}; {said}" if reason else said


def _reason(capture: Capture, outcome: Outcome) -> str:
    if outcome is Outcome.REDIRECTED:
        return f"{capture.status} to {capture.location}"
    if outcome is Outcome.TRUNCATED:
        return f"cut short: {capture.truncated}"
    if outcome is Outcome.UNPARSABLE:
        return "no HTTP response to read"
    return f"status {capture.status}" if outcome in (Outcome.HTTP_ERROR, Outcome.GONE) else ""


def _validators(capture: Capture, original: Original | None) -> Validators:
    date = capture.fetched_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if capture.kind == "response":
        original = Original(capture.record.id, capture.url, date)
    return Validators(_header(capture, "etag"), _header(capture, "last-modified"), original)


def _is_success(capture: Capture) -> bool:
    return capture.status is not None and 200 <= capture.status < 300


def _header(capture: Capture, name: str) -> str | None:
    return next((value for key, value in capture.headers if key == name), None)
