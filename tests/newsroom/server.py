"""The HTTP side: one port, threads, keep-alive, framing, faults, and a line in the log for every request."""

import itertools
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from email.utils import format_datetime
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock

from tests.newsroom.answers import Answer, Ask, Host, error, met
from tests.newsroom.faults import Fault, Faults
from tests.newsroom.hits import Hit, Log

CHUNK = 4096
CONTROL = "control.test"
SOFTWARE = "newsroom/1"


class Dropped(Exception):  # noqa: N818 - it is an event of the script, no error of ours
    """The script cuts the connection here."""


class Server(ThreadingHTTPServer):
    """Answers for every host it knows, by Host header; `close()` returns when its last thread has ended."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(
        self,
        port: int,
        hosts: Callable[[str], Host | None],
        clock: Callable[[], datetime],
        faults: Faults,
        log: Log,
    ) -> None:
        self.hosts, self.clock, self.faults, self.log = hosts, clock, faults, log
        self._open: set[socket.socket] = set()
        self._lock = Lock()
        self.numbers = itertools.count(1)
        super().__init__(("127.0.0.1", port), Handler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def close(self) -> None:
        """Stop listening, cut what is still open, and wait for the threads."""
        self.shutdown()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.faults.close()  # after the cut: who was held gets nothing
        self.server_close()

    def opened(self, connection: socket.socket) -> int:
        """Remember an open connection; return its number."""
        with self._lock:
            self._open.add(connection)
        return next(self.numbers)

    def closed(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no news; anything else is a fault of ours and is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type] # typeshed wants a socket


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.number = self.server.opened(self.connection)

    def finish(self) -> None:
        self.server.closed(self.connection)
        with suppress(ConnectionError):
            super().finish()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing on the terminal: the log is elsewhere."""

    def do_GET(self) -> None:
        self._serve(b"")

    def do_HEAD(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def do_PUT(self) -> None:
        self.do_POST()

    def do_DELETE(self) -> None:
        self.do_POST()

    def _serve(self, content: bytes) -> None:
        arrived, now = time.monotonic(), self.server.clock()
        host = self.headers.get("Host", "").partition(":")[0].lower()

        def log(status: int, size: int) -> None:
            if host != CONTROL:
                self.server.log.add(self._hit(arrived, now, host, status, size))

        try:
            self._reply(host, content, now, log)
        except (Dropped, ConnectionError):
            log(0, 0)
            self.close_connection = True

    def _hit(self, arrived: float, now: datetime, host: str, status: int, size: int) -> Hit:
        return Hit(
            arrived,
            time.monotonic(),
            now,
            host,
            self.path,
            self.command,
            status,
            size,
            self.number,
            tuple((k, v) for k, v in self.headers.items()),
        )

    def _reply(self, host: str, content: bytes, now: datetime, log: Callable[[int, int], None]) -> None:
        fault = None if host == CONTROL else self.server.faults.next(host, self.path, now)
        if fault and fault.drop == "before":
            raise Dropped
        if fault and fault.hold and not fault.stall:
            self.server.faults.wait(fault.hold)
        answer = self._answer(host, content, now, fault)
        head, body = self._message(answer, now)
        self._send(head, body, fault, partial(log, answer.status, len(body)))

    def _answer(self, host: str, content: bytes, now: datetime, fault: Fault | None) -> Answer:
        if fault and fault.status:
            return error(fault.status, fault.body, fault.headers)
        path, _, query = self.path.partition("?")
        ask = Ask(self.command, path, query, {k.lower(): v for k, v in self.headers.items()}, content)
        known = self.server.hosts(host)
        if known is None:
            return error(421, f"No host {host} here")
        return met(known.answer(ask, now), ask)

    def _message(self, answer: Answer, now: datetime) -> tuple[bytes, bytes]:
        """Return head and body as they go on the wire."""
        chunked = answer.chunked and self.request_version == "HTTP/1.1" and answer.status == 200
        head = self._head(answer, now, chunked=chunked)
        if self.command == "HEAD" or answer.status in (204, 304):
            return head, b""
        return head, _framed(answer.body) if chunked else answer.body

    def _send(self, head: bytes, body: bytes, fault: Fault | None, log: Callable[[], None]) -> None:
        """Write the response; it is logged before its last byte goes, so that who has read it finds it in the log."""
        message = head + body
        if fault and fault.drop:
            cut = len(head) // 2 if fault.drop == "head" else len(head) + len(body) // 2
            self.wfile.write(message[:cut])
            raise Dropped
        sent = 0
        if fault and fault.stall:
            sent = len(head) + len(body) // 2
            self.wfile.write(message[:sent])
            self.server.faults.wait(fault.hold)
        self.wfile.write(message[sent:-1])
        log()
        self.wfile.write(message[-1:])

    def _head(self, answer: Answer, now: datetime, *, chunked: bool) -> bytes:
        fields = [("Date", format_datetime(now, usegmt=True)), ("Server", SOFTWARE)]
        if answer.status != 304:
            fields.append(("Content-Type", answer.content_type))
            length = ("Transfer-Encoding", "chunked") if chunked else _length(answer.body)
            fields.append(length)
        fields.extend(answer.headers)
        if self.close_connection:
            fields.append(("Connection", "close"))
        phrase = HTTPStatus(answer.status).phrase
        lines = [f"HTTP/1.1 {answer.status} {phrase}", *(f"{k}: {v}" for k, v in fields), "", ""]
        return "\r\n".join(lines).encode("latin-1")


def _length(body: bytes) -> tuple[str, str]:
    return ("Content-Length", str(len(body)))


def _framed(body: bytes) -> bytes:
    pieces = [body[i : i + CHUNK] for i in range(0, len(body), CHUNK)]
    return b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"
