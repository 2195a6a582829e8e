"""From the capture of a visit to how it ended: pure, so that a crash is concluded as the crawl would have done."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from archive.model import Capture, Link, Outcome
from archive.urls import normalise
from crawler.backfill import is_over, is_wanted, place_of
from crawler.discovery import Discovery, discover
from crawler.frontier import Entry, Finish, Original, RobotsAnswer, Validators, Visit, is_robots
from crawler.links import worth_fetching
from crawler.requisites import names_parts, requisite_entry, requisites_of
from crawler.robots import answer_of
from crawler.schedule import Cause, Ladder, Next, Poll, Retry, after, cause_of, priority_of
from crawler.sites import Every, Site, group_of
from crawler.traps import MAX_CHILD_DEPTH, PatternBudget, trap_in

MAX_HOPS = 10
MAX_PAGES = 5  # pages that continue a list of news
MAX_PAGES_BACK = 1_000  # and one of the past
MAX_HOLD = timedelta(days=1)  # a Retry-After of years is a mistake, not a wish (notes/field.md section 5)
HOLD_WHEN_BUSY = timedelta(minutes=5)  # after a 429 that does not say for how long
REDIRECTS = frozenset({301, 302, 303, 307, 308})
UNASKED = frozenset({Outcome.ROBOTS, Outcome.BUDGET, Outcome.DROPPED, Outcome.GUARD})  # ended before a request
NO_POLLS = frozenset({Outcome.ROBOTS, Outcome.BUDGET})  # say nothing about a source


@dataclass(frozen=True, slots=True)
class Rules:
    """What a conclusion depends on besides the capture: the site as declared, and how faults are retried."""

    site: Site
    retry: Retry

    def poll(self, visit: Visit, now: datetime, cause: Cause | None, *, tells: bool) -> Poll:
        """Return a poll of a source as its schedule needs it; one that is not declared any more gets the defaults."""
        source = self.site.source(visit.source)
        every = source.every if source else Every()
        shortest, longest = timedelta(seconds=every.min_s), timedelta(seconds=every.max_s)
        return Poll(now, shortest, longest, self.retry, cause, tells)

    def ladder(self, visit: Visit, captured: datetime | None) -> Ladder:
        """Return when an article is looked at again; never if it was fetched for the past, or is the front page."""
        is_news = visit.role == "article" and visit.lane != "backfill"
        if not is_news or visit.url == normalise(self.site.home):
            return Ladder()
        return Ladder(self.site.recheck.after, visit.captured or captured)


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
    reason, cause = _reason(capture, outcome), cause_of(outcome, capture.status, "")
    entries: tuple[Entry, ...] = ()
    if outcome is Outcome.REDIRECTED:
        entries = (_redirect_target(visit, capture, rules.site, now),)
    elif _is_list(visit, rules.site) and outcome in (Outcome.CAPTURED, Outcome.TRUNCATED):
        if _is_same(visit, capture):
            reason = "the same bytes as last time"
        else:
            found = _discover(visit, capture, body)
            following = _next_pages(visit, capture, found, rules.site, now)
            entries = (*following, *entries_of(found.links, rules.site, now, depth=visit.hops))
            reason = _listed(found, reason)
            cause = "parse" if found.format == "unknown" else cause
    elif outcome is Outcome.CAPTURED and names_parts(visit, capture, rules.site):
        entries = tuple(requisites_of(visit, capture, body, rules.site))
    return finished(
        visit, outcome, reason, rules, now, capture=capture, entries=entries, cause=cause, body=body,
        validators=_validators(capture, original) if outcome is Outcome.CAPTURED else None,
    )  # fmt: skip


def reads(visit: Visit, capture: Capture, rules: Rules) -> bool:
    """True if a conclusion depends on what an answer holds, and not on its head alone."""
    return visit.role in ("source", "robots") or names_parts(visit, capture, rules.site)


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
    cause: Cause | None = None,
    body: bytes = b"",
) -> Finish:
    """Return the end of a visit, `capture` None if it brought no bytes; `cause` is why a list could not be read."""
    status = capture.status if capture else None
    captured = now if outcome is Outcome.CAPTURED else None
    poll = None
    if visit.role == "source" and outcome not in NO_POLLS:
        cause = cause or cause_of(outcome, status, reason)
        poll = rules.poll(visit, now, cause, tells=outcome is not Outcome.REDIRECTED)
    following = after(
        outcome,
        role="article" if visit.role == "source" else visit.role,
        status=status,
        failures=visit.failures,
        now=now,
        retry=rules.retry,
        ladder=rules.ladder(visit, captured),
        until=visit.refused_until,
    )
    if poll is not None and outcome is Outcome.CAPTURED and _is_page_of_the_past(visit, rules.site, now):
        poll, following = None, Next("retired", None, 0, "done: the list of a day that is over")
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
        hold_until=_hold(capture, now) if capture else None,
        poll=poll,
        robots=_robots_answer(visit, outcome, status, reason, entries, body, rules, now),
        captured=captured,
        digest=capture.payload_digest if capture and captured else None,
        requests=0 if capture is None and outcome in UNASKED else 1,
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


def _redirect_target(visit: Visit, capture: Capture, site: Site, now: datetime) -> Entry:
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


def _next_pages(visit: Visit, capture: Capture, found: Discovery, site: Site, now: datetime) -> Iterator[Entry]:
    """Yield the pages that continue a list; their depth counts like a redirect's, so that they end."""
    source = site.source(visit.source)
    bound = MAX_PAGES_BACK if source and source.use == "backfill" else MAX_PAGES
    if visit.hops < bound:
        for link in found.next_pages:
            outcome = None if site.in_scope(link.url) == "in" else Outcome.OFFSITE
            hops, via = visit.hops + 1, capture.record.id
            yield _entry(link, site, outcome, "continues a list", now, hops=hops, via=via)


def _is_list(visit: Visit, site: Site) -> bool:
    """True if discovery reads the answer: of every source, and of a robots.txt that a source was redirected to."""
    if visit.role == "robots":
        source = site.source(visit.source)
        return source is not None and source.from_robots
    return visit.role == "source"


def _is_same(visit: Visit, capture: Capture) -> bool:
    return visit.digest is not None and visit.digest == capture.payload_digest and not capture.truncated


def _is_page_of_the_past(visit: Visit, site: Site, now: datetime) -> bool:
    source = site.source(visit.source)
    return source is not None and source.kind == "dates" and is_over(visit.link, now)


def _hold(capture: Capture, now: datetime) -> datetime | None:
    until = retry_after(capture, now)
    return now + HOLD_WHEN_BUSY if until is None and capture.status == 429 else until


def _robots_answer(
    visit: Visit,
    outcome: Outcome,
    status: int | None,
    reason: str,
    entries: tuple[Entry, ...],
    body: bytes,
    rules: Rules,
    now: datetime,
) -> RobotsAnswer | None:
    if not is_robots(visit.role, visit.url):
        return None
    answer = answer_of(outcome, status, body, reason, now=now, failures=visit.failures, retry=rules.retry)
    return replace(answer, location=entries[0].url) if outcome is Outcome.REDIRECTED else answer


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
