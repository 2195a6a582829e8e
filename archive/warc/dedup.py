"""When one response may be kept as a revisit of another: the same payload, read in the same way."""

from dataclasses import dataclass
from typing import Protocol

from archive.model import Capture, Exchange, Provenance, Record, Role
from archive.warc.record import Original, Reply

MIN_BYTES = 1024  # a revisit costs some 700 bytes, and tiny bodies are equal by accident


@dataclass(frozen=True, slots=True)
class Likeness:
    """What a response must share with its original.

    `chunked`, because replay tools put the head of the revisit before the stored bytes of the original. The last four,
    because the catalogue gives a revisit the reading of its original: same site, same role, same words about the bytes.
    """

    digest: str
    length: int
    chunked: bool
    site: str
    role: Role
    content_type: str
    content_encoding: str


class Dedup(Protocol):
    """The memory of payloads already stored, so that one sent again is kept as a revisit of the first."""

    def lookup(self, like: Likeness) -> Original | None:
        """Return the response record that holds this payload, if it is durable; never a revisit."""

    def remember(self, like: Likeness, original: Original, record: Record) -> None:
        """Note a response record just written, which is not durable yet."""

    def durable(self) -> None:
        """Note that all records remembered so far are durable: `lookup` may return them from now on."""


def likeness_of(exchange: Exchange, reply: Reply, provenance: Provenance) -> Likeness | None:
    """Return what a revisit of this response must share with it; None if it is not whole, no page, or too small."""
    head, is_whole = reply.head, reply.whole and exchange.truncated is None
    if head is None or head.status != 200 or not is_whole or reply.length < MIN_BYTES:
        return None
    return Likeness(
        reply.digest,
        reply.length,
        reply.chunked,
        provenance.site or "",
        provenance.role,
        head.get("content-type") or "",
        ", ".join(head.all("content-encoding")),
    )


def likeness_in(capture: Capture) -> Likeness | None:
    """Return the same of a response read back from its file."""
    provenance, digest, length = capture.provenance, capture.payload_digest, capture.payload_length or 0
    is_whole = capture.kind == "response" and capture.status == 200 and capture.truncated is None
    if provenance is None or digest is None or not is_whole or length < MIN_BYTES:
        return None

    def field(name: str) -> list[str]:
        return [value for key, value in capture.headers if key == name]

    return Likeness(
        digest,
        length,
        any("chunked" in value.lower() for value in field("transfer-encoding")),
        provenance.site or "",
        provenance.role,
        next(iter(field("content-type")), ""),
        ", ".join(field("content-encoding")),
    )
