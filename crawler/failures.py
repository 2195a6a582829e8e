"""From an exception of the download to the outcome of the visit."""

from collections.abc import Sequence

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)

from archive.model import Capture, Outcome
from crawler.guard import GuardError
from crawler.politeness import RobotsRefusal

CAUSES: tuple[tuple[type[BaseException], str], ...] = (
    (CannotResolveHostError, "dns"),
    (DownloadConnectionRefusedError, "refused"),
    (DownloadTimeoutError, "timeout"),
    (ResponseDataLossError, "disconnect"),
    (DownloadCancelledError, "cancelled"),
    (DownloadFailedError, "connection"),
)


def outcome_of_failure(error: BaseException, captures: Sequence[Capture]) -> tuple[Outcome, str]:
    """Return how a visit ended that brought no response, and why, in one line.

    Bytes that came before the failure decide: they are stored, and the visit is `truncated` or `unparsable`.
    """
    guard = _cause(error, GuardError)
    if guard is not None:
        return Outcome.GUARD, str(guard)
    if isinstance(error, RobotsRefusal):
        return Outcome.ROBOTS, str(error)
    if captures and captures[-1].status is not None:
        return Outcome.TRUNCATED, f"cut short: {captures[-1].truncated or _text(error)}"
    if captures:
        return Outcome.UNPARSABLE, _text(error)
    if isinstance(error, IgnoreRequest | UnsupportedURLSchemeError):
        return Outcome.DROPPED, _text(error)
    cause = next((name for kind, name in CAUSES if isinstance(error, kind)), type(error).__name__)
    return Outcome.NETWORK, f"{cause}: {_text(error)}"


def _cause(error: BaseException | None, wanted: type[BaseException]) -> BaseException | None:
    while error is not None and not isinstance(error, wanted):
        error = error.__cause__ or error.__context__
    return error


def _text(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
