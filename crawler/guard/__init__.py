"""Decide which sockets a crawl may open: public addresses on web ports, and what the operator allowed for this run.

Every name a page gives us ends in an address before a socket opens, so addresses are what is judged, never spellings:
`2130706433`, `0x7f.1` and `[::ffff:127.0.0.1]` are all 127.0.0.1 by then. It is judged twice: where names are resolved,
and again when the peer has answered, before a byte is sent (crawler.guard.resolver, which needs Scrapy).
"""

from crawler.guard.declared import guard_of, parse_allow, parse_resolve
from crawler.guard.rules import Guard, Mapping

__all__ = [
    "Guard",
    "Mapping",
    "guard_of",
    "parse_allow",
    "parse_resolve",
]
