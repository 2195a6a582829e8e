"""Keep what crosses the wire: every attempt of every download, byte for byte, below all of Scrapy's middlewares.

`WireHandler` goes into DOWNLOAD_HANDLERS for http and https. What it sees it hands to `crawler.wire_sink`, if there is
one, before the response travels up: robots.txt, redirects, retries, error pages and failed attempts included.
"""

from crawler.wire.handler import WIRE_ONLY, WireHandler, WireSink
from crawler.wire.reconstruct import reconstruct

__all__ = ["WIRE_ONLY", "WireHandler", "WireSink", "reconstruct"]
