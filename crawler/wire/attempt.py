"""What crosses one connection for one request, while it happens and when it is over."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from time import monotonic

from scrapy.exceptions import DownloadCancelledError, DownloadTimeoutError, StopDownload

from archive.model import Exchange, Truncation

MAX_HEAD = 128 * 1024
"""A head longer than this, interim heads included, is cut: Twisted bounds the length of a line, not their number."""
MAX_LINES = 1_000
"""A head of more lines is cut: 100,000 headers cost 140 MB and 3.5 s (notes: trust 1.2); no site sends 100."""


_HEAD_END = re.compile(rb"\r?\n\r?\n")


def wire_limit(maxsize_bytes: int) -> int | None:
    """Return how many bytes may come for a body of `maxsize_bytes` at most; None, without bound, for 0.

    Scrapy counts the body alone, and chunked coding may wrap each byte of it in a kilobyte of extensions. A
    well-meaning server adds a twelfth at worst (chunks of 100 bytes).
    """
    return maxsize_bytes + maxsize_bytes // 8 + 2 * MAX_HEAD if maxsize_bytes else None


def utc_now() -> datetime:
    """Return the time of the machine."""
    return datetime.now(UTC)


@dataclass(slots=True, eq=False)
class Attempt:
    """The record in the making; `limit` bounds the bytes received, None does not.

    What arrives is written to one buffer, which hands over its bytes without a copy.
    """

    limit: int | None
    secured: bool  # False as long as the request still waits for a TLS handshake
    now: Callable[[], datetime] = utc_now
    started_at: datetime = field(init=False)
    started_s: float = field(default_factory=monotonic)
    sent: list[bytes] = field(default_factory=list)
    received: BytesIO = field(default_factory=BytesIO)
    lines: int = 0  # of the head
    size_bytes: int = 0
    excess_bytes: int = 0
    complete: bool = False  # the end of the message was seen
    until_close: bool = False  # the message ends with its connection, and that has ended
    cut: bool = False  # by us, as too long
    is_slow: bool = False  # ended by us, as below the floor
    hung_up: bool = False  # by us, over bytes that make no HTTP
    lost: bool = False
    peer: str | None = None
    tls: str | None = None
    cipher: str | None = None
    first_byte_s: float | None = None
    ended_s: float | None = None

    def __post_init__(self) -> None:
        self.started_at = self.now()

    @property
    def took_place(self) -> bool:
        """False if no byte of the request left: it was queued behind a TLS handshake that failed."""
        return self.secured and bool(self.sent)

    def receive(self, data: bytes) -> None:
        """Keep `data`."""
        if self.first_byte_s is None:
            self.first_byte_s = monotonic() - self.started_s
        self.received.write(data)
        self.size_bytes += len(data)

    def release(self) -> None:
        """Forget the bytes: whoever wanted them has them."""
        self.sent, self.received = [], BytesIO()

    def is_too_long(self, data: bytes, *, in_head: bool) -> bool:
        """True if the response has outgrown its limit, or its head every reason; `data` is what came last."""
        if in_head:
            self.lines += data.count(b"\n")
            if self.size_bytes > MAX_HEAD or self._has_too_many_lines():
                return True
        return self.limit is not None and self.size_bytes > self.limit

    def _has_too_many_lines(self) -> bool:
        if self.lines <= MAX_LINES:
            return False
        head = bytes(self.received.getbuffer()[:MAX_HEAD])
        if end := _HEAD_END.search(head):  # the body has come with it
            self.lines = head.count(b"\n", 0, end.start())
        return self.lines > MAX_LINES

    def finish(self, excess_bytes: int) -> None:
        """Mark the response as ended; the last `excess_bytes` received are no part of it."""
        self.complete, self.until_close = not self.lost, self.lost
        self.excess_bytes = excess_bytes
        self.end()

    def end(self) -> None:
        """Note when it ended, once."""
        if self.ended_s is None:
            self.ended_s = monotonic() - self.started_s

    def exchange(self, url: str, method: str, *, proxied: bool, ending: BaseException | None) -> Exchange:
        """Return what was kept; `ending` is what cut the download short while this attempt was made."""
        self.end()
        received = self.received.getvalue()
        received = received[: len(received) - self.excess_bytes]
        spoken = "http/1.0" if received.startswith(b"HTTP/1.0") else "http/1.1"
        return Exchange(
            url=url,
            method=method,
            started_at=self.started_at,
            sent=b"".join(self.sent),
            received=received,
            truncated=self.truncation(ending),
            ip=None if proxied else self.peer,
            protocols=(spoken, self.tls) if self.tls else (spoken,),
            cipher=self.cipher,
            excess=self.excess_bytes,
            first_byte_s=self.first_byte_s,
            ended_s=self.ended_s,
        )

    def truncation(self, ending: BaseException | None) -> Truncation | None:
        """Return why the response is not whole, or None if it is.

        A body that ends with its connection, as HTTP/1.0 has them, is whole (RFC 9112, 8). `unspecified` is what we
        stopped reading ourselves: an unparsable reply, a StopDownload, a crawl that was ended.
        """
        if self.complete:
            return None
        if self.cut or isinstance(ending, DownloadCancelledError):
            return "length"
        if self.is_slow or isinstance(ending, DownloadTimeoutError):
            return "time"
        if self.hung_up or isinstance(ending, StopDownload):
            return "unspecified"
        if self.until_close:
            return None
        return "disconnect" if self.lost else "unspecified"
