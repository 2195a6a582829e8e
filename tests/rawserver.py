"""A server that writes scripted bytes to the socket, and remembers exactly what it read and wrote.

No HTTP library stands between a test and the wire: malformed answers are sent as they are written down.
"""

import re
import socket
import ssl
import struct
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock, Thread
from types import TracebackType
from typing import Literal, Self

Then = Literal["keep", "close", "reset", "hang"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is written in reply to one request, in that many writes, and what becomes of the connection."""

    writes: Iterable[bytes]
    then: Then = "keep"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it was read: which one of its host it is, and which one of its connection, from 0."""

    host: str
    head: bytes
    body: bytes
    nth: int
    connection: int

    @property
    def raw(self) -> bytes:
        return self.head + self.body


@dataclass(frozen=True, slots=True)
class Served:
    """A request and the bytes that were written for it."""

    asked: Asked
    sent: bytes


class RawServer:
    """Serves `answer(asked)` on a loopback port; `served` is what went over the wire, by host, in order of arrival.

    With `tls` it speaks TLS from the start; with `tunnel` it is a proxy that answers CONNECT with its first bytes (the
    scripted answer, if there is one for the host `proxy`) and speaks TLS inside.
    """

    def __init__(
        self,
        answer: Callable[[Asked], Answer],
        *,
        tls: ssl.SSLContext | None = None,
        tunnel: ssl.SSLContext | None = None,
        at: tuple[str, int] = ("127.0.0.1", 0),
    ) -> None:
        self._answer, self._tls, self._tunnel = answer, tls, tunnel
        family = socket.AF_INET6 if ":" in at[0] else socket.AF_INET
        self._listener = socket.create_server(at, family=family, backlog=256)
        self.port: int = self._listener.getsockname()[1]
        self.served: defaultdict[str, list[Served]] = defaultdict(list)
        self.connections = 0
        self._asked: defaultdict[str, int] = defaultdict(int)
        self._open: set[socket.socket] = set()
        self._lock = Lock()

    def __enter__(self) -> Self:
        Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            left = list(self._open)
        for connection in left:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                number, self.connections = self.connections, self.connections + 1
                self._open.add(connection)
            Thread(target=self._converse, args=(connection, number), daemon=True).start()

    def _converse(self, connection: socket.socket, number: int) -> None:
        plain = connection
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            elif self._tunnel:
                connection = self._open_tunnel(connection, self._tunnel)
            while self._serve_one(connection, number):
                pass
        except OSError:  # reset by the client, or a TLS handshake it did not like: both are scripted
            pass
        finally:
            _close(connection)
            with self._lock:
                self._open.discard(plain)

    def _open_tunnel(self, connection: socket.socket, tls: ssl.SSLContext) -> socket.socket:
        head, _ = _read_request(connection)
        asked = Asked("proxy", head, b"", 0, -1)
        answer = self._answer(asked)
        if scripted := b"".join(answer.writes):
            connection.sendall(scripted)
            raise ConnectionAbortedError
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        return tls.wrap_socket(connection, server_side=True)

    def _serve_one(self, connection: socket.socket, number: int) -> bool:
        head, body = _read_request(connection)
        if not head:
            return False
        host = _host(head)
        with self._lock:
            nth, self._asked[host] = self._asked[host], self._asked[host] + 1
        asked = Asked(host, head, body, nth, number)
        answer = self._answer(asked)
        sent = _write(connection, answer.writes)
        with self._lock:
            self.served[host].append(Served(asked, sent))
        return _leave(connection, answer.then)


def _read_request(connection: socket.socket) -> tuple[bytes, bytes]:
    """Return head and body of the next request, both empty if there is none; clients here do not pipeline."""
    read = bytearray()
    while b"\r\n\r\n" not in read:
        part = connection.recv(65536)
        if not part:
            return b"", b""
        read += part
    head, _, body = bytes(read).partition(b"\r\n\r\n")
    head += b"\r\n\r\n"
    size = _content_length(head)
    while len(body) < size and (part := connection.recv(65536)):
        body += part
    return head, body


def _content_length(head: bytes) -> int:
    match = re.search(rb"(?im)^content-length: *([0-9]+)", head)
    return int(match[1]) if match else 0


def _host(head: bytes) -> str:
    match = re.search(rb"(?im)^host: *([^:\r\n]+)", head)
    return match[1].decode() if match else ""


def _write(connection: socket.socket, writes: Iterable[bytes]) -> bytes:
    sent = bytearray()
    with suppress(OSError):  # the client may hang up on what it does not want
        for part in writes:
            sent += part  # before it is sent: of a part that is cut short, some has arrived
            connection.sendall(part)
    return bytes(sent)


def _leave(connection: socket.socket, then: Then) -> bool:
    if then == "hang":
        while connection.recv(1024):
            pass
    if then == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return then == "keep"


def _close(connection: socket.socket) -> None:
    """Close it; a TLS connection says goodbye first, as TLS wants it."""
    if isinstance(connection, ssl.SSLSocket):
        with suppress(OSError, ValueError):
            connection.settimeout(0)
            connection.unwrap()
    connection.close()
