"""From the bytes of a source to the links it lists: pure, bounded, never silent about what was wrong."""

from crawler.discovery.discover import discover
from crawler.discovery.findings import Discovery

__all__ = ["Discovery", "discover"]
