"""Fetch the news. `WireArchive` is for other people's Scrapy projects (crawler.addon)."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crawler.addon import WireArchive

__all__ = ["WireArchive"]


def __getattr__(name: str) -> object:
    """Return what this package exports, imported when it is asked for: most of the crawler needs no Scrapy."""
    if name != "WireArchive":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from crawler.addon import WireArchive  # noqa: PLC0415

    return WireArchive
