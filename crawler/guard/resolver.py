"""Stand where names become addresses, and let only those through that the guard permits.

`GuardedResolver` is Scrapy's TWISTED_DNS_RESOLVER: whatever resolves through the reactor is guarded. `GuardedEndpoint`
wraps one connection: it looks at the peer again before a byte is sent, and says in words what was refused.
"""

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from ipaddress import ip_address
from typing import Protocol

from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.resolver import CachingHostnameResolver, HostResolution
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.base import ReactorBase
from twisted.internet.defer import Deferred
from twisted.internet.error import DNSLookupError
from twisted.internet.interfaces import (
    IAddress,
    IHostnameResolver,
    IHostResolution,
    IProtocol,
    IResolutionReceiver,
    IStreamClientEndpoint,
)
from twisted.internet.protocol import Factory
from twisted.internet.protocol import Protocol as TwistedProtocol
from twisted.python.failure import Failure
from zope.interface import implementer

from crawler.guard.declared import guard_of
from crawler.guard.rules import Address, Guard

# Filled by the resolver while an endpoint asks for a name: a resolver can say "no address", but not why.
_REFUSED: ContextVar[list[str] | None] = ContextVar("dateline_refused", default=None)


class GuardError(IgnoreRequest):
    """The crawl may not open that socket; `host` and `port` are what was asked for.

    Scrapy neither retries it nor logs it as an error. (A DNSLookupError would be retried: it is an OSError.)
    """

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"{host}:{port}: {reason}")
        self.host, self.port, self.reason = host, port, reason


class Receiver(Protocol):
    """What Twisted's IResolutionReceiver is to a type checker."""

    def resolutionBegan(self, resolutionInProgress: IHostResolution, /) -> None: ...  # noqa: N802, N803
    def addressResolved(self, address: IPv4Address | IPv6Address, /) -> None: ...  # noqa: N802
    def resolutionComplete(self) -> None: ...  # noqa: N802


class ProtocolFactory(Protocol):
    """What Twisted's IProtocolFactory is to a type checker, as far as it is used here."""

    def buildProtocol(self, addr: IAddress | None, /) -> TwistedProtocol | None: ...  # noqa: N802


class Endpoint(Protocol):
    """What Twisted's IStreamClientEndpoint is to a type checker."""

    def connect(self, protocolFactory: ProtocolFactory, /) -> "Deferred[IProtocol]": ...  # noqa: N803


@implementer(IHostnameResolver)
class GuardedResolver(CachingHostnameResolver):
    """Resolves like Scrapy's resolver for IPv4 and IPv6, keeps out refused addresses, and answers for mapped names.

    A mapped name may change the port as well: the endpoint connects to the port of the address it is given. Scrapy
    makes one resolver for a process, from the settings of the process, not of a spider.
    """

    def __init__(self, reactor: ReactorBase, cache_size: int, guard: Guard) -> None:
        super().__init__(reactor, cache_size)
        self._guard = guard

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: ReactorBase) -> "GuardedResolver":
        settings = crawler.settings
        is_cached = settings.getbool("DNSCACHE_ENABLED")
        return cls(reactor, settings.getint("DNSCACHE_SIZE") if is_cached else 0, guard_of(settings))

    def resolveHostName(  # noqa: N802 - this name and the next are Twisted's
        self,
        resolutionReceiver: Receiver,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type[IAddress]] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> IHostResolution:
        mapping = self._guard.mapped(hostName, portNumber)
        if mapping is not None:
            return _answer(resolutionReceiver, hostName, *mapping.target(portNumber))
        sieve = _Sieve(resolutionReceiver, self._guard, portNumber, _REFUSED.get())
        return super().resolveHostName(
            sieve,  # type: ignore[arg-type]  # zope interfaces are opaque to mypy
            hostName,
            portNumber,
            addressTypes,
            transportSemantics,
        )


def _answer(receiver: Receiver, name: str, address: Address, port: int) -> IHostResolution:
    resolution: IHostResolution = HostResolution(name)  # type: ignore[assignment]  # zope interface
    kind = IPv4Address if address.version == 4 else IPv6Address
    receiver.resolutionBegan(resolution)
    receiver.addressResolved(kind("TCP", str(address), port))
    receiver.resolutionComplete()
    return resolution


@implementer(IResolutionReceiver)
class _Sieve:
    """Hands on the addresses that are permitted, and notes the others in `refused`."""

    def __init__(self, receiver: Receiver, guard: Guard, port: int, refused: list[str] | None) -> None:
        self._receiver, self._guard, self._port, self._refused = receiver, guard, port, refused

    def resolutionBegan(self, resolutionInProgress: IHostResolution) -> None:  # noqa: N802, N803
        self._receiver.resolutionBegan(resolutionInProgress)

    def addressResolved(self, address: IPv4Address | IPv6Address) -> None:  # noqa: N802
        refusal = self._guard.refusal(ip_address(address.host), self._port)
        if refusal is None:
            self._receiver.addressResolved(address)
        elif self._refused is not None:
            self._refused.append(refusal)

    def resolutionComplete(self) -> None:  # noqa: N802
        self._receiver.resolutionComplete()


@implementer(IStreamClientEndpoint)
class GuardedEndpoint:
    """Connects as `endpoint` does, for `name` and `port`; GuardError if the address or the peer is refused."""

    def __init__(self, endpoint: Endpoint, guard: Guard, name: str, port: int) -> None:
        self._endpoint, self._guard, self._name, self._port = endpoint, guard, name, port

    def __repr__(self) -> str:
        return repr(self._endpoint)

    def connect(self, protocolFactory: ProtocolFactory) -> "Deferred[IProtocol]":  # noqa: N803
        refused: list[str] = []
        token = _REFUSED.set(refused)
        try:
            connected = self._endpoint.connect(_GuardedFactory(protocolFactory, self._admit))
        finally:
            _REFUSED.reset(token)
        return connected.addErrback(self._explain, refused)

    def _admit(self, peer: IPv4Address | IPv6Address) -> None:
        """Raise GuardError unless this peer may be spoken to; nothing has been sent yet, not even a TLS hello."""
        refusal = self._guard.refusal_of_peer(self._name, self._port, ip_address(peer.host), peer.port)
        if refusal is not None:
            raise GuardError(self._name, self._port, refusal)

    def _explain(self, failure: Failure, refused: list[str]) -> Failure:
        if refused and isinstance(failure.value, DNSLookupError):
            raise GuardError(self._name, self._port, refused[0]) from failure.value
        return failure


class _GuardedFactory(Factory):
    noisy = False

    def __init__(self, factory: ProtocolFactory, admit: Callable[[IPv4Address | IPv6Address], None]) -> None:
        self._factory, self._admit = factory, admit

    def buildProtocol(self, addr: IAddress | None) -> TwistedProtocol | None:  # noqa: N802
        if isinstance(addr, IPv4Address | IPv6Address):  # TCP, and nothing else connects here
            self._admit(addr)
        return self._factory.buildProtocol(addr)
