"""Keep what was crawled, read it, and answer questions about it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archive.reading.article import read_article

__all__ = ["read_article"]


def __getattr__(name: str) -> object:
    """Import the reader when it is first asked for: the parsers cost half a second, the rest of the archive none."""
    if name == "read_article":
        from archive.reading.article import read_article  # noqa: PLC0415

        return read_article
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
