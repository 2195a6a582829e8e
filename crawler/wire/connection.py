"""The places below Scrapy's handler where bytes pass: a pool, a factory and a protocol that record.

Each download sets a `Watch` as the context's current one. The pool, which is asked for a connection in that context,
ties the watch to the Twisted request; the protocol begins an Attempt for every request it is given. As the watch rides
on the request, Twisted's silent re-send on a dead keep-alive connection is a second attempt of the same watch.

Private names relied upon (tests/test_wire.py fails when one moves): HTTP11DownloadHandler._pool,
HTTPConnectionPool._factory, _LenientHTTP11ClientProtocol and _Factory, _ResponseReader._bodybuf,
HTTP11ClientProtocol._finishResponse, _parser, _currentRequest and _quiescentCallback. Tested with Scrapy 2.18 and 2.19,
Twisted 24.11 and 26.10.
"""

from collections.abc import Callable, Hashable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from io import BytesIO
from typing import Protocol as Interface

from scrapy.core.downloader.handlers import http11
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IAddress,
    IHandshakeListener,
)
from twisted.python.failure import Failure
from twisted.web._newclient import HEADER, STATUS, HTTP11ClientProtocol, Request
from twisted.web.client import HTTPConnectionPool, _HTTP11ClientFactory
from twisted.web.iweb import IResponse
from zope.interface import implementer

from crawler.guard import Guard
from crawler.guard.resolver import Endpoint, GuardedEndpoint
from crawler.wire.attempt import Attempt, utc_now
from crawler.wire.ciphers import iana_name, protocol_name
from crawler.wire.traffic import Traffic

# Scrapy 2.18 and later skip header lines without a colon in subclasses of their own; Twisted's classes without them.
_Protocol: type[HTTP11ClientProtocol] = getattr(http11, "_LenientHTTP11ClientProtocol", HTTP11ClientProtocol)
_Factory: type[_HTTP11ClientFactory] = getattr(http11, "_LenientHTTP11ClientFactory", _HTTP11ClientFactory)

_MARK = "_dateline_watch"


@dataclass(slots=True)
class Watch:
    """One download: where its connection leads (the proxy, if there is one), and the attempts it took."""

    guard: Guard
    limit: int | None
    traffic: Traffic = field(default_factory=Traffic)
    now: Callable[[], datetime] = utc_now
    body_is_wanted: bool = True  # by Scrapy, beside what is kept here
    host: str = ""
    port: int = 0
    is_secure: bool = False
    attempts: list[Attempt] = field(default_factory=list)

    def begin(self, *, secured: bool) -> Attempt:
        """Return a new attempt; `secured` tells whether the connection has its TLS handshake behind it."""
        attempt = Attempt(self.limit, secured or not self.is_secure, self.now)
        self.attempts.append(attempt)
        return attempt

    def release(self) -> None:
        """Forget the bytes of every attempt."""
        for attempt in self.attempts:
            attempt.release()
            self.traffic.end(attempt)


CURRENT: ContextVar[Watch | None] = ContextVar("dateline_watch", default=None)


class _Reader(Interface):
    _bodybuf: BytesIO


class _Delivers(Interface):
    def deliverBody(self, reader: _Reader, /) -> None: ...  # noqa: N802 - Twisted's name


class _TLSHandle(Interface):
    def get_protocol_version_name(self) -> str: ...
    def get_cipher_name(self) -> str | None: ...


class _Transport(Interface):
    def write(self, data: bytes) -> None: ...
    def writeSequence(self, data: Iterable[bytes], /) -> None: ...  # noqa: N802 - Twisted's name


class _Tee:
    """The transport a request is written to: what goes through is kept."""

    __slots__ = ("_sent", "_transport")

    def __init__(self, transport: _Transport, sent: list[bytes]) -> None:
        self._transport, self._sent = transport, sent

    def write(self, data: bytes) -> None:
        self._sent.append(data)
        self._transport.write(data)

    def writeSequence(self, data: Iterable[bytes]) -> None:  # noqa: N802 - Twisted's name
        parts = list(data)
        self._sent.extend(parts)
        self._transport.writeSequence(parts)

    def __getattr__(self, name: str) -> object:
        return getattr(self._transport, name)


def _write_and_keep(request: Request, attempt: Attempt, transport: _Transport) -> "Deferred[None]":
    del request.writeTo  # it is called once, and would keep the request and its attempt alive in a circle
    written: Deferred[None] = request.writeTo(_Tee(transport, attempt.sent))  # type: ignore[no-untyped-call]
    return written


@implementer(IHandshakeListener)
class WireProtocol(_Protocol):  # type: ignore[misc,valid-type]  # chosen at run time
    """Scrapy's HTTP/1.1 client, recording what it writes and what it is given."""

    attempt: Attempt | None = None
    _traffic: Traffic | None = None
    _tls: tuple[str, str | None] | None = None

    def request(self, request: Request) -> "Deferred[IResponse]":
        watch: Watch | None = getattr(request, _MARK, None)
        if watch is not None and self.state == "QUIESCENT":
            self.attempt = attempt = watch.begin(secured=self._tls is not None)
            attempt.peer = self.transport.getPeer().host
            self._traffic = watch.traffic
            watch.traffic.begin(attempt, _Throttle(self))
            self._note_tls()
            request.writeTo = partial(_write_and_keep, request, attempt)  # type: ignore[method-assign]
        answered: Deferred[IResponse] = super().request(request)
        return answered

    def handshakeCompleted(self) -> None:  # noqa: N802 - Twisted's name
        handle: _TLSHandle = self.transport.getHandle()
        self._tls = (handle.get_protocol_version_name(), handle.get_cipher_name())
        self._note_tls()

    def _note_tls(self) -> None:
        if self.attempt is not None and self._tls is not None:
            version, cipher = self._tls
            self.attempt.secured = True
            self.attempt.tls = protocol_name(version)
            self.attempt.cipher = iana_name(cipher) if cipher else None

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        attempt = self.attempt
        if attempt is not None:
            attempt.receive(data)
            if attempt.is_too_long(data, in_head=self._is_in_head()):
                attempt.cut = True
                self.transport.abortConnection()
                return
            if self._traffic is not None:
                self._traffic.received(attempt)
        super().dataReceived(data)
        if attempt is not None and self.transport.disconnecting:
            attempt.hung_up = True  # a line over 16 kB, say: Twisted wants no more of it

    def _is_in_head(self) -> bool:
        return self._parser is not None and self._parser.state in (STATUS, HEADER)

    def _finishResponse(self, rest: bytes) -> None:  # noqa: N802 - Twisted's name
        attempt, self.attempt = self.attempt, None
        if attempt is not None:
            attempt.finish(len(rest))
        if rest and self._currentRequest is not None:
            # Twisted drops the excess and would use the connection again: what is still on its way would then be
            # taken for the answer to the next request.
            self._currentRequest.persistent = False
        super()._finishResponse(rest)

    def connectionLost(self, reason: Failure) -> None:  # noqa: N802 - Twisted's name
        if self.attempt is not None:
            self.attempt.lost = True
        super().connectionLost(reason)  # finishes a response that ends with its connection
        if self.attempt is not None:
            self.attempt.end()
            self.attempt = None


class _Throttle:
    """The connection of a response, as traffic sees it; of one that has ended, nothing is done any more."""

    __slots__ = ("_protocol",)

    def __init__(self, protocol: WireProtocol) -> None:
        self._protocol = protocol

    def pause(self) -> None:
        if self._protocol.attempt is not None:
            self._protocol.transport.pauseProducing()

    def resume(self) -> None:
        if self._protocol.attempt is not None:
            self._protocol.transport.resumeProducing()

    def abort(self) -> None:
        if self._protocol.attempt is not None:
            self._protocol.transport.abortConnection()


class _NoBody(BytesIO):
    """Where Scrapy may write a body that nobody reads there: all of it is in the attempt already."""

    def write(self, data: object, /) -> int:  # noqa: ARG002 - its signature
        return 0


def _keep_once(response: _Delivers) -> _Delivers:
    """Return the response, whose body Scrapy is going to forget as it comes."""
    deliver = response.deliverBody

    def deliver_to_nobody(reader: _Reader) -> None:
        if hasattr(reader, "_bodybuf"):
            reader._bodybuf = _NoBody()  # noqa: SLF001 - checked by a test
        deliver(reader)

    response.deliverBody = deliver_to_nobody  # type: ignore[method-assign]
    return response


class WireFactory(_Factory):  # type: ignore[misc,valid-type]  # chosen at run time
    """Builds WireProtocols."""

    noisy = False

    def buildProtocol(self, addr: IAddress | None) -> WireProtocol:  # noqa: ARG002, N802
        return WireProtocol(self._quiescentCallback)


class _Marked:
    """What the pool hands to Scrapy's agent: a connection that ties its request to the watch."""

    def __init__(self, connection: HTTP11ClientProtocol, watch: Watch) -> None:
        self._connection, self._watch = connection, watch

    def request(self, request: Request) -> "Deferred[IResponse]":
        setattr(request, _MARK, self._watch)
        answered = self._connection.request(request)
        if not self._watch.body_is_wanted:
            answered.addCallback(_keep_once)
        return answered


class WirePool(HTTPConnectionPool):
    """Connections that record, to peers the guard permits."""

    _factory = WireFactory

    def getConnection(  # type: ignore[override]  # noqa: N802 - what Agent needs of a connection is `request`
        self, key: Hashable, endpoint: Endpoint
    ) -> "Deferred[_Marked] | Deferred[HTTP11ClientProtocol]":
        watch = CURRENT.get()
        if watch is None:
            return super().getConnection(key, endpoint)  # type: ignore[arg-type]  # zope interface
        guarded = GuardedEndpoint(endpoint, watch.guard, watch.host, watch.port)
        connected = super().getConnection(key, guarded)  # type: ignore[arg-type]  # zope interface
        return connected.addCallback(_Marked, watch)
