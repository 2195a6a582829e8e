"""Read captures back: whole exchanges, in file order, from our WARC files and from other people's."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self, get_args

from archive.errors import RecordError
from archive.layout import stored_name
from archive.model import Capture, Provenance, Record, Truncation
from archive.warc.coding import LIMIT, decode_content
from archive.warc.describe import Payload, Reference, describe
from archive.warc.digest import digest
from archive.warc.exchanges import PRIMARY, Exchanges, Look, main_record
from archive.warc.members import Member, Members, Tail, bare, members, read_at
from archive.warc.message import Head, entity_under, header_end, parse_head, split_interim
from archive.warc.metadata import Notes, decode_notes, decode_provenance, is_ours

__all__ = [
    "Captures",
    "Member",
    "Members",
    "Page",
    "Tail",
    "captures",
    "members",
    "message_of",
    "page_at",
    "page_bytes",
    "read_at",
]


@dataclass(frozen=True, slots=True)
class Page:
    """The body of a capture with its content codings undone; `problem` says what was wrong with it, if anything.

    `complete` is False if the end of the body is missing, whoever lost it.
    """

    body: bytes
    headers: tuple[tuple[str, str], ...]
    complete: bool
    problem: str | None = None


class Captures(Iterator[Capture]):
    """The captures of a file; `tail.good_end` is the offset after the last whole exchange, and where to resume.

    Damage in a closed file costs the exchange it is in, and is `tail.problem`; those behind it are found again.
    """

    def __init__(self, path: Path, start: int = 0, *, name: str | None = None, look: Look | None = None) -> None:
        self._exchanges = Exchanges(path, start, look=look)
        self._walk = self._captures(name or stored_name(path))

    @property
    def tail(self) -> Tail:
        """How far the file could be read."""
        return self._exchanges.tail

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Capture:
        return next(self._walk)

    def _captures(self, name: str) -> Iterator[Capture]:
        for exchange in self._exchanges:
            own = main_record(exchange)
            if own is not None:
                with suppress(RecordError):  # a foreign record without a date, which `verify` names
                    yield replace(_capture(own, exchange, name), software=self._exchanges.software)


def captures(path: Path, start: int = 0, *, name: str | None = None, look: Look | None = None) -> Captures:
    """Return the whole exchanges of a file from that offset on, and the resources of our own.

    `name` is what the records are said to lie in, the stored name of the path unless given. In a file still being
    written, `tail.good_end` (or the `end` of the last capture) is the offset to begin at next time.
    `look` is shown every record on the way.
    """
    return Captures(path, start, name=name, look=look)


def message_of(member: Member) -> bytes:
    """Return the HTTP message in a response or revisit record, without interim heads before it."""
    return split_interim(member.block)[1]


def page_bytes(path: Path, capture: Capture, original: Record | None = None, *, limit: int = LIMIT) -> Page:
    """Return the decoded body of a capture whose record lies in the file at `path`.

    The body of a revisit is that of its original: then `original` is its record, and `path` the file that holds it.
    RecordError if there is no body to return.
    """
    record = original or capture.record
    if capture.kind in ("revisit", "unparsable") and original is None:
        raise RecordError(record.file, record.offset, f"no body: this is a {capture.kind} record")
    page = page_at(path, record, limit=limit)
    # The head of a 304 says nothing of the body; that of another revisit came with it.
    return page if capture.profile != "identical" else replace(page, headers=capture.headers)


def page_at(path: Path, record: Record, *, limit: int = LIMIT) -> Page:
    """Return the decoded body and the headers of the response, or the document of ours, in that record."""
    member = read_at(path, record.offset, record.length)
    if member.type == "resource":
        return Page(member.block, (), complete=True)
    message = message_of(member)
    head, end = parse_head(message), header_end(message)
    if member.type != "response" or head is None or end < 0:
        raise RecordError(record.file, record.offset, "no HTTP response in the record")
    entity = entity_under(head, message[end:])
    decoded = decode_content(entity.body, head.all("content-encoding"), limit)
    is_whole = entity.whole and decoded.complete and member.get("warc-truncated") is None
    return Page(decoded.body, head.headers, is_whole, decoded.problem)


def parse_date(text: str) -> datetime:
    """Return a WARC-Date, of whatever precision the standard allows; ValueError if it is none.

    >>> parse_date("2016-01")
    datetime.datetime(2016, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)
    """
    text = text.strip()
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = datetime.fromisoformat(text + "0000-01-01T00:00:00Z"[len(text) :])
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _capture(own: Member, exchange: tuple[Member, ...], name: str) -> Capture:
    if own.type == "resource":
        return _resource(own, name)
    by_type = {member.type: member for member in reversed(exchange)}
    if _is_ours(exchange[-1]):  # before it, `recover --damaged` may have put another in the place of a lost request
        by_type["metadata"] = exchange[-1]
    provenance, notes = _said_of(by_type.get("metadata"))
    message = notes.not_modified_head or (message_of(own) if own.type in PRIMARY else b"")
    head, end = parse_head(message), header_end(message)
    if end < 0 and own.type != "revisit":
        head = None
    return describe(
        "unparsable" if head is None and own.type != "revisit" else _kind(own),
        own.url,
        _date_of(own, name),
        head,
        (
            _record(own, name),
            _record(by_type["request"], name) if "request" in by_type else None,
            _record(by_type["metadata"], name) if "metadata" in by_type else None,
        ),
        payload=_payload(own, head, message[end:], notes, ours=provenance is not None),
        truncated=_truncation(own) or notes.truncated,
        ip=own.get("warc-ip-address"),
        reference=_reference(own),
        provenance=provenance,
        end=exchange[-1].end,
    )


def _is_ours(member: Member) -> bool:
    return member.type == "metadata" and is_ours(member.block)


def _said_of(metadata: Member | None) -> tuple[Provenance | None, Notes]:
    if metadata is None or not is_ours(metadata.block):
        return None, Notes()
    try:
        return decode_provenance(metadata.block), decode_notes(metadata.block)
    except (ValueError, TypeError, RecursionError):  # of a later schema, or forged: the bytes are still a capture
        return None, Notes()


def _kind(own: Member) -> Literal["response", "revisit"]:
    return "revisit" if own.type == "revisit" else "response"


def _record(member: Member, name: str) -> Record:
    return Record(name, member.offset, member.length, member.id)


def _date_of(member: Member, name: str) -> datetime:
    try:
        return parse_date(member.get("warc-date") or "")
    except ValueError as error:
        raise RecordError(name, member.offset, f"no usable WARC-Date: {error}") from error


def _payload(own: Member, head: Head | None, body: bytes, notes: Notes, *, ours: bool) -> Payload:
    declared = own.get("warc-payload-digest")
    if own.type == "revisit":
        return Payload(declared, notes.payload_length)
    if own.type != "response" or head is None:
        return Payload()
    entity = entity_under(head, body).body
    # Others took the digest of a chunked body, or of a decoded one: theirs compare with nothing.
    return Payload(declared if ours and declared else digest(entity), len(entity))


def _truncation(own: Member) -> Truncation | None:
    """Why the exchange ended early. A revisit's block is cut by design, its payload is whole."""
    reason = own.get("warc-truncated")
    if reason is None or own.type == "revisit":
        return None
    return next((name for name in get_args(Truncation) if name == reason.lower()), "unspecified")


def _reference(own: Member) -> Reference | None:
    if own.type != "revisit":
        return None
    is_304 = "server-not-modified" in (own.get("warc-profile") or "")
    refers_to = bare(own.get("warc-refers-to") or "") or None
    return Reference(refers_to, "not-modified" if is_304 else "identical")


def _resource(member: Member, name: str) -> Capture:
    return Capture(
        record=_record(member, name),
        kind="resource",
        url=member.url,
        fetched_at=_date_of(member, name),
        content_type=(member.get("content-type") or "").partition(";")[0].strip().lower() or None,
        payload_digest=member.get("warc-payload-digest"),
        payload_length=len(member.block),
        end=member.end,
    )
