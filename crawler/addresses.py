"""Find out where a visit leads before it is made: two names of one server are one politeness group.

Names are what the frontier groups by, for they are known before anything is asked. The address of a host is known once
it is looked up, which every request does anyway; Scrapy's cache then has it. A visit whose server turns out to be at
work, or at rest, under another name is given back, and its group waits with the other from then on.
"""

import asyncio
import logging
from ipaddress import ip_address
from urllib.parse import urlsplit
from urllib.request import getproxies

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHostResolution, IResolutionReceiver
from zope.interface import implementer

from crawler.capture import VISIT
from crawler.guard import guard_of, parse_allow
from crawler.guard.rules import literal_address

logger = logging.getLogger(__name__)


class PostponedError(IgnoreRequest):
    """The visit was given back: its server is asked under another name just now."""


class AddressMiddleware:
    """Tells the spider's `reach` the addresses of each visit's host, once a run; what it refuses is postponed.

    Names that the operator maps (--resolve) stand for themselves, and so do the addresses of DATELINE_SHARED_ADDRESSES:
    behind those of a content network stand servers that have nothing to do with each other. Behind a proxy nothing is
    known of addresses.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._guard = guard_of(crawler.settings)
        self._shared = tuple(parse_allow(text) for text in crawler.settings.getlist("DATELINE_SHARED_ADDRESSES"))
        self._proxied = getproxies().keys()
        self._known: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "AddressMiddleware":
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Raise PostponedError if the visit must wait."""
        reach = getattr(self._crawler.spider, "reach", None)
        parts = urlsplit(request.url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        if reach is None or VISIT not in request.meta or host in self._known or parts.scheme in self._proxied:
            return
        self._known.add(host)
        if self._guard.mapped(host, port) is not None:
            return
        found = await addresses_of(host, port)
        own = frozenset(each for each in found if not any(ip_address(each) in network for network in self._shared))
        if not reach(request.meta[VISIT], own):
            logger.info("%s is another name of a server that is being asked: it waits its turn", host)
            raise PostponedError(host)


async def addresses_of(host: str, port: int) -> frozenset[str]:
    """Return the addresses at which a host may be reached, none if it cannot be looked up."""
    from twisted.internet import reactor  # noqa: PLC0415  # Scrapy installs it first

    literal = literal_address(host)
    if literal is not None:
        return frozenset({str(literal)})
    answer: asyncio.Future[frozenset[str]] = asyncio.get_running_loop().create_future()
    reactor.nameResolver.resolveHostName(_Gathered(answer), host, port)
    return await answer


@implementer(IResolutionReceiver)
class _Gathered:
    """Keeps every address that the resolver lets through."""

    def __init__(self, answer: "asyncio.Future[frozenset[str]]") -> None:
        self._answer = answer
        self._found: set[str] = set()

    def resolutionBegan(self, resolutionInProgress: IHostResolution) -> None:  # noqa: N802, N803 - Twisted's names
        pass

    def addressResolved(self, address: IPv4Address | IPv6Address) -> None:  # noqa: N802
        self._found.add(str(address.host))

    def resolutionComplete(self) -> None:  # noqa: N802
        if not self._answer.done():
            self._answer.set_result(frozenset(self._found))
