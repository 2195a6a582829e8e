"""The whole story of one URL: what the frontier knows of it, and what the catalogue made of it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from archive.catalogue.answers import CaptureLine, captures_of

from archive.errors import NotFoundError
from archive.layout import Layout
from archive.terminal import plain
from archive.urls import normalise
from crawler.frontier import Frontier
from crawler.frontier.values import load_link


@dataclass(frozen=True, slots=True)
class UrlState:
    """What the frontier knows of a URL, of one site."""

    site: str
    url: str
    state: str
    why: str
    role: str
    due_at: datetime
    first_seen: datetime
    found_in: str
    source: str
    outcome: str | None


@dataclass(frozen=True, slots=True)
class VisitLine:
    """One visit to it."""

    at: datetime
    run: str
    outcome: str
    status: int | None
    reason: str
    record: str | None


@dataclass(frozen=True, slots=True)
class Story:
    """Everything known of one URL."""

    url: str
    states: tuple[UrlState, ...]
    visits: tuple[VisitLine, ...]
    captures: tuple[CaptureLine, ...]
