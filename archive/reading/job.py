"""One page to be read, and what reading it came to; cheap to import on both sides of the box."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from archive.model import PageKind, ReadingOutcome
from archive.reading.siterules import Rule

OUTCOMES: dict[PageKind, ReadingOutcome] = {
    "listing": "not_article",
    "other": "not_article",
    "consent": "blocked",
    "blocked": "blocked",
    "error": "blocked",
}
"""Reading outcomes of pages that are no article; every other page kind is `ok`."""


@dataclass(frozen=True, slots=True)
class Job:
    """Where the bytes of one capture lie; `original` is where those of a revisit lie instead.

    `rules` are those of its site's file; pages of one run share them, so that a batch carries them once.
    """

    path: str
    offset: int
    length: int
    url: str
    fetched_at: datetime
    original: tuple[str, int, int] | None = None
    rules: tuple[Rule, ...] = ()


class PageBytes(Protocol):
    """What a loader returns: the entity with its content coding undone, and the response headers."""

    @property
    def body(self) -> bytes: ...

    @property
    def headers(self) -> Sequence[tuple[str, str]]: ...


class Loader(Protocol):
    """Finds the bytes of a page by the place of its record."""

    def __call__(self, path: str, offset: int, length: int, /) -> PageBytes: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """What one page and one worker may use."""

    cpu_s: float
    memory_bytes: int
    recycle_rss: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Jobs for one worker, numbered from `first` on in the order they were asked for."""

    first: int
    jobs: tuple[Job, ...]
    limits: Limits
