"""What an answer says before its body is read: how the visit ended, why, and until when to leave the server alone."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from archive.model import Capture, Outcome
from crawler.frontier import Original, Validators

MAX_HOLD = timedelta(days=1)  # a Retry-After of years is a mistake, not a wish (notes/field.md section 5)
HOLD_WHEN_BUSY = timedelta(minutes=5)  # after a 429 that does not say for how long
REDIRECTS = frozenset({301, 302, 303, 307, 308})


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


def reason_of(capture: Capture, outcome: Outcome) -> str:
    """Return the reason of an outcome, "" where the outcome says it all."""
    if outcome is Outcome.REDIRECTED:
        return f"{capture.status} to {capture.location}"
    if outcome is Outcome.TRUNCATED:
        return f"cut short: {capture.truncated}"
    if outcome is Outcome.UNPARSABLE:
        return "no HTTP response to read"
    return f"status {capture.status}" if outcome in (Outcome.HTTP_ERROR, Outcome.GONE) else ""


def retry_after(capture: Capture, now: datetime) -> datetime | None:
    """Return until when a server asks to be left alone (RFC 9110, 10.2.3: seconds or a date), a day at most."""
    value = header_of(capture, "retry-after")
    if value is None or capture.status not in (429, 503):
        return None
    try:
        until = now + timedelta(seconds=int(value)) if value.isdigit() else _http_date(value)
    except (ValueError, OverflowError):
        return None
    return max(now, min(until, now + MAX_HOLD))


def hold_of(capture: Capture, now: datetime) -> datetime | None:
    """Return until when a whole politeness group is left alone after an answer, None if it is not."""
    until = retry_after(capture, now)
    return now + HOLD_WHEN_BUSY if until is None and capture.status == 429 else until


def validators_of(capture: Capture, original: Original | None) -> Validators:
    """Return what to send next time; `original` is the response that a revisit repeats."""
    date = capture.fetched_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if capture.kind == "response":
        original = Original(capture.record.id, capture.url, date)
    return Validators(header_of(capture, "etag"), header_of(capture, "last-modified"), original)


def header_of(capture: Capture, name: str) -> str | None:
    """Return the first value of a header, by its lower-cased name."""
    return next((value for key, value in capture.headers if key == name), None)


def _http_date(value: str) -> datetime:
    found = parsedate_to_datetime(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
