"""From an exception of the download to the outcome of the visit."""

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

from archive.model import Outcome
from crawler.guard.resolver import GuardError
from crawler.politeness import RobotsRefusal

CAUSES: tuple[tuple[type[BaseException], str], ...] = (
    (CannotResolveHostError, "dns"),
    (DownloadConnectionRefusedError, "refused"),
    (DownloadTimeoutError, "timeout"),
    (ResponseDataLossError, "disconnect"),
    (DownloadCancelledError, "cancelled"),
    (DownloadFailedError, "connection"),
)


def outcome_of_failure(error: BaseException, *, answered: bool) -> tuple[Outcome, str]:
    """Return how a visit ended that brought no response, and why, in one line.

    `answered` is True if bytes came all the same: no HTTP response could be made of them.
    """
    guard = _cause(error, GuardError)
    if guard is not None:
        return Outcome.GUARD, str(guard)
    if isinstance(error, RobotsRefusal):
        return Outcome.ROBOTS, str(error)
    if answered:
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
