"""Write the bytes of an exchange anew from what Scrapy kept of it: the marked fallback, never the way.

Lost by then: header order and case, duplicates' places, interim heads, transfer coding, the reason phrase.
"""

from datetime import datetime
from http import HTTPStatus
from urllib.parse import urldefrag, urlsplit

from scrapy.http import Request, Response

from archive.model import Exchange

_CONNECTION_HEADERS = frozenset({b"transfer-encoding", b"connection", b"content-length"})


def reconstruct(request: Request, response: Response, started_at: datetime) -> Exchange:
    """Return an exchange that says what `request` and `response` say; it must be stored as `reconstructed`."""
    protocol = response.protocol or "HTTP/1.1"
    return Exchange(
        url=urldefrag(request.url).url,
        method=request.method,
        started_at=started_at,
        sent=_request_bytes(request),
        received=_response_bytes(response, protocol if protocol.startswith("HTTP/1.") else "HTTP/1.1"),
        truncated="unspecified" if {"dataloss", "download_stopped"} & set(response.flags) else None,
        ip=str(response.ip_address) if response.ip_address and "proxy" not in request.meta else None,
        protocols=(protocol.lower(),),
    )


def _request_bytes(request: Request) -> bytes:
    url = urlsplit(request.url)
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    lines = [f"{request.method} {target} HTTP/1.1".encode()]
    if b"Host" not in request.headers:
        lines.append(b"Host: " + url.netloc.rpartition("@")[2].encode())
    lines += _header_lines(request)
    if request.body:
        lines.append(b"Content-Length: %d" % len(request.body))
    return b"\r\n".join([*lines, b"", request.body])


def _response_bytes(response: Response, protocol: str) -> bytes:
    try:
        reason = HTTPStatus(response.status).phrase
    except ValueError:
        reason = ""
    lines = [f"{protocol} {response.status} {reason}".encode(), *_header_lines(response)]
    lines.append(b"Content-Length: %d" % len(response.body))
    return b"\r\n".join([*lines, b"", response.body])


def _header_lines(message: Request | Response) -> list[bytes]:
    return [
        name + b": " + value
        for name, values in message.headers.items()
        if name.lower() not in _CONNECTION_HEADERS
        for value in values
    ]
