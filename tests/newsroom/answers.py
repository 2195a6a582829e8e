"""What a host answers, before it is put on the wire: the entity, its validators, and how a request is met by them."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from typing import Protocol
from urllib.parse import parse_qsl

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """A request as a host sees it; header names are lower-cased, `query` is without the question mark."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    content: bytes = b""

    def argument(self, name: str) -> str | None:
        """Return the first value of a query argument, or None."""
        return dict(reversed(parse_qsl(self.query))).get(name)


@dataclass(frozen=True, slots=True)
class Answer:
    """A response without its framing. `gzipped` is the entity as stored, where a host keeps it compressed."""

    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: Headers = ()
    etag: str | None = None
    last_modified: datetime | None = None
    chunked: bool = False
    gzip: bool = True
    gzipped: bytes | None = None


class Host(Protocol):
    """Whatever answers for a host name."""

    def answer(self, ask: Ask, now: datetime) -> Answer:
        """Return what a client that asks at that time is given."""
        ...


def etag_of(body: bytes) -> str:
    """Return a strong entity tag for these bytes."""
    return f'"{hashlib.sha1(body).hexdigest()[:16]}"'


def error(status: int, text: str = "", headers: Headers = ()) -> Answer:
    """Return a small page that says what is wrong."""
    phrase = text or HTTPStatus(status).phrase
    page = f"<!DOCTYPE html><html><head><title>{status}</title></head><body><h1>{phrase}</h1></body></html>"
    return Answer(page.encode(), status=status, headers=headers)


def redirect(location: str, status: int = 301) -> Answer:
    """Return a redirect; the location is sent as given."""
    return error(status, headers=(("Location", location),))


def met(answer: Answer, ask: Ask) -> Answer:
    """Return the answer as this request gets it: with validators, 304 where the client has it, gzip where wanted."""
    if answer.status != 200:
        return answer
    validators = _validators(answer)
    if _has_it(answer, ask):
        return Answer(b"", answer.content_type, 304, (*answer.headers, *validators))
    answer = replace(answer, headers=(*answer.headers, *validators))
    return _encoded(answer, ask)


def _validators(answer: Answer) -> Headers:
    found: Headers = ()
    if answer.etag:
        found += (("ETag", answer.etag),)
    if answer.last_modified:
        moment = answer.last_modified.astimezone(UTC).replace(microsecond=0)
        found += (("Last-Modified", format_datetime(moment, usegmt=True)),)
    return found


def _has_it(answer: Answer, ask: Ask) -> bool:
    """If-None-Match decides alone where it is sent (RFC 9110, 13.1.3)."""
    if (tags := ask.headers.get("if-none-match")) is not None:
        return answer.etag is not None and answer.etag in [t.strip().removeprefix("W/") for t in tags.split(",")]
    since = ask.headers.get("if-modified-since")
    if since is None or answer.last_modified is None:
        return False
    try:
        return answer.last_modified.replace(microsecond=0) <= parsedate_to_datetime(since)
    except ValueError:
        return False


def _encoded(answer: Answer, ask: Ask) -> Answer:
    accepts = "gzip" in ask.headers.get("accept-encoding", "")
    if answer.gzipped is not None and accepts:
        return replace(answer, body=answer.gzipped, headers=(*answer.headers, ("Content-Encoding", "gzip")))
    if answer.gzipped is not None:
        return replace(answer, body=gzip.decompress(answer.gzipped))
    if not (answer.gzip and accepts and len(answer.body) > 200):
        return answer
    return replace(
        answer,
        body=gzip.compress(answer.body, 6, mtime=0),
        headers=(*answer.headers, ("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")),
    )
