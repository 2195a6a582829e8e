"""Fill in a Capture: the one place where a response head becomes the fields that rows are made of.

The store uses it when it writes, the walk when it reads: that both give equal captures is tested.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import quote, urljoin

from archive.model import Capture, Provenance, Record, Truncation
from archive.warc.message import Head

_BEYOND_ASCII = re.compile(r"[^\x21-\x7e]")


@dataclass(frozen=True, slots=True)
class Payload:
    """What is known of the entity: its digest, and its length before content codings are undone."""

    digest: str | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """What a revisit says of its original."""

    id: str | None
    profile: Literal["identical", "not-modified"]


def describe(
    kind: Literal["response", "revisit", "unparsable"],
    url: str,
    fetched_at: datetime,
    head: Head | None,
    records: tuple[Record, Record | None, Record | None],
    *,
    payload: Payload,
    truncated: Truncation | None,
    ip: str | None,
    reference: Reference | None,
    provenance: Provenance | None,
    end: int,
) -> Capture:
    """Return the capture that lies in `records`: its own, the request, the metadata."""
    own, request, metadata = records
    return Capture(
        record=own,
        kind=kind,
        url=url,
        fetched_at=fetched_at,
        status=head.status if head else None,
        headers=head.headers if head else (),
        content_type=media_type(head) if head else None,
        location=location_of(url, head) if head else None,
        payload_digest=payload.digest,
        payload_length=payload.length,
        truncated=truncated,
        ip=ip,
        refers_to=reference.id if reference else None,
        profile=reference.profile if reference else None,
        provenance=provenance,
        request=request,
        metadata=metadata,
        end=end,
    )


def media_type(head: Head) -> str | None:
    """Return the media type, lower-cased and without parameters; the whole value stays in the headers."""
    value = head.get("content-type") or ""
    return value.partition(";")[0].strip().lower() or None


def location_of(url: str, head: Head) -> str | None:
    """Return the absolute address a redirect leads to, None if it leads nowhere.

    Bytes beyond ASCII are percent-encoded one by one, as browsers and Scrapy read them.
    """
    value = head.get("location")
    if value is None or not 300 <= head.status < 400:
        return None
    ascii_value = _BEYOND_ASCII.sub(lambda found: quote(found[0].encode("latin-1")), value)
    try:
        return urljoin(url, ascii_value)
    except ValueError:  # [ without ]: an address of no host
        return None
