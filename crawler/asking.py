"""Ask the frontier from outside a crawl."""

from collections.abc import Callable
from contextlib import closing
from typing import TypeVar

from archive.layout import Layout
from crawler.frontier import Frontier

T = TypeVar("T")


def ask_frontier(layout: Layout, question: Callable[[Frontier], T]) -> T | None:
    """Return the answer to a question, None if the archive was never crawled."""
    if not layout.frontier.exists():
        return None
    with closing(Frontier(layout.frontier, readonly=True)) as frontier:
        return question(frontier)
