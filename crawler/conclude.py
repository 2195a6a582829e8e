"""From the capture of a visit to how it ended: pure, so that a crash is concluded as the crawl would have done."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from archive.model import Capture, Outcome
from archive.urls import normalise
from crawler.answers import header_of, hold_of, outcome_of, reason_of, validators_of
from crawler.backfill import is_over
from crawler.discovery import Discovery, discover
from crawler.entries import entries_of, next_pages, redirect_target
from crawler.frontier import Entry, Finish, Original, RobotsAnswer, Validators, Visit, is_robots
from crawler.requisites import names_parts, requisites_of
from crawler.robots import answer_of
from crawler.schedule import Cause, Ladder, Next, Poll, Retry, after, cause_of
from crawler.sites import Every, Site

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
        first = visit.captured if visit.digest else None  # one that came in a file is none of ours
        return Ladder(self.site.recheck.after, first or captured)


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
    reason, cause = reason_of(capture, outcome), cause_of(outcome, capture.status, "")
    entries: tuple[Entry, ...] = ()
    if outcome is Outcome.REDIRECTED:
        entries = (redirect_target(visit, capture, rules.site, now),)
    elif _is_list(visit, rules.site) and outcome in (Outcome.CAPTURED, Outcome.TRUNCATED):
        if _is_same(visit, capture):
            reason = "the same bytes as last time"
        else:
            found = _discover(visit, capture, body)
            following = next_pages(visit, capture, found.next_pages, rules.site, now)
            entries = (*following, *entries_of(found.links, rules.site, now, depth=visit.hops))
            reason = _listed(found, reason)
            cause = "parse" if found.format == "unknown" else cause
    elif outcome is Outcome.CAPTURED and names_parts(visit, capture, rules.site):
        entries = tuple(requisites_of(visit, capture, body, rules.site))
    return finished(
        visit, outcome, reason, rules, now, capture=capture, entries=entries, cause=cause, body=body,
        validators=validators_of(capture, original) if outcome is Outcome.CAPTURED else None,
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
        hold_until=hold_of(capture, now) if capture else None,
        poll=poll,
        robots=_robots_answer(visit, outcome, status, reason, entries, body, rules, now),
        captured=captured,
        digest=capture.payload_digest if capture and captured else None,
        requests=0 if capture is None and outcome in UNASKED else 1,
    )


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
        content_type=header_of(capture, "content-type"),
        headers=capture.headers,
    )


def _listed(found: Discovery, reason: str) -> str:
    said = "; ".join((f"{len(found.links)} links", *found.problems))
    return f"{reason}; {said}" if reason else said
