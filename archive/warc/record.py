"""Turn an exchange into WARC/1.1 records, each a gzip member of its own.

warcio writes the record headers and frames the block; it is never shown the HTTP inside, for it would write it anew:
duplicate blanks, LF-only lines and lines without a colon would be lost (docs/decisions.md, "Bytes as on the wire").
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Literal
from uuid import uuid4

from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive.model import Exchange, Provenance
from archive.warc.digest import digest, digest_of
from archive.warc.message import Head, Pieces, header_end, parse_head, split_interim
from archive.warc.metadata import MAX_UNPARSABLE, Notes, encode_provenance
from archive.warc.pack import RECORD_END, Piece, packed
from archive.warc.redact import public_uri, redact_request

VERSION = "WARC/1.1"
CONFORMS_TO = "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"
IDENTICAL = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
RESPONSE_TYPE = "application/http; msgtype=response"
REQUEST_TYPE = "application/http; msgtype=request"
FIELDS_TYPE = "application/warc-fields"
_OF_CONNECTION = frozenset({"WARC-Protocol", "WARC-Cipher-Suite"})
_DENSE_TYPES = ("image/", "video/", "audio/", "font/")  # compressed by their nature, or small

RecordType = Literal["warcinfo", "response", "revisit", "request", "metadata", "resource"]
Fields = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Original:
    """The earlier response a revisit refers to: record id, and URL and WARC-Date exactly as its record has them."""

    id: str
    url: str
    date: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What was received, taken apart once; without a whole HTTP head it is no response, and `head` is None."""

    interim: tuple[bytes, ...]
    message: bytes
    head: Head | None
    head_bytes: bytes
    digest: str  # of the entity, as the next three
    length: int = 0
    chunked: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """One record ready for the file: its id, and its gzip member in pieces."""

    id: str
    type: RecordType
    pieces: tuple[Piece, ...]

    @property
    def size_bytes(self) -> int:
        """The length of the member."""
        return sum(map(len, self.pieces))


def reply_of(received: bytes) -> Reply:
    """Return the response in the bytes received, without the interim heads before it."""
    interim, message = split_interim(received)
    end, head = header_end(message), parse_head(message)
    if head is None or end < 0:
        return Reply(interim, message, None, b"", digest(b""))
    entity = Pieces(head, message, end)
    found, length = digest_of(entity)
    return Reply(interim, message, head, message[:end], found, length, entity.chunked, entity.whole)


def exchange_records(
    exchange: Exchange,
    reply: Reply,
    provenance: Provenance,
    warcinfo_id: str,
    original: Original | None = None,
) -> tuple[Written, ...]:
    """Return the records of one exchange: response or revisit, request, and metadata, which is always last.

    With an `original` the reply is written as a revisit of it: a 304 with an empty block, its head kept in the
    metadata, because pywb replays the original only then; any other with its head as the block.
    A reply that is no HTTP leaves a request and its metadata.
    """
    common = _common_fields(exchange, warcinfo_id)
    sent, redacted = redact_request(exchange.sent)
    written = []
    if reply.head is not None:
        written.append(_revisit(reply, common, original) if original else _response(exchange, reply, common))
    if sent:
        to = [("WARC-Concurrent-To", _angled(record.id)) for record in written]
        written.append(_write("request", [*common, *to], sent, REQUEST_TYPE))
    block = encode_provenance(provenance, _notes(exchange, reply, redacted, original))
    to = [("WARC-Concurrent-To", _angled(record.id)) for record in written[:1]]
    said = [field for field in common if field[0] not in _OF_CONNECTION]
    written.append(_write("metadata", [*said, *to], block, FIELDS_TYPE))
    return tuple(written)


def resource_record(uri: str, content_type: str, block: bytes, at: datetime, warcinfo_id: str) -> Written:
    """Return a document of our own making, such as the ledger of a run."""
    fields = [
        ("WARC-Date", warc_date(at)),
        ("WARC-Target-URI", uri),
        ("WARC-Warcinfo-ID", _angled(warcinfo_id)),
        ("WARC-Payload-Digest", digest(block)),
    ]
    return _write("resource", fields, block, content_type)


def loss_record(uri: str, block: bytes, at: datetime, response: str | None) -> bytes:
    """Return, not compressed, a record that says what was lost; of an exchange, if `response` names one."""
    fields = [
        ("WARC-Type", "metadata" if response else "resource"),
        ("WARC-Record-ID", _angled(uuid4().urn)),
        ("WARC-Date", warc_date(at)),
        ("WARC-Target-URI", uri),
        ("WARC-Block-Digest", digest(block)),
    ]
    if response:
        fields.append(("WARC-Concurrent-To", _angled(response)))
    return _VERBATIM.head(fields, len(block), FIELDS_TYPE) + block + RECORD_END


def warcinfo_record(filename: str, at: datetime, software: str, run: str) -> Written:
    """Return the record that opens a file and says what wrote it, and in which run."""
    block = (
        f"software: {software}\r\nformat: WARC File Format 1.1\r\nconformsTo: {CONFORMS_TO}\r\ndateline-run: {run}\r\n"
    ).encode()
    fields = [("WARC-Date", warc_date(at)), ("WARC-Filename", filename)]
    return _write("warcinfo", fields, block, FIELDS_TYPE)


def warc_date(at: datetime) -> str:
    """Return the time as WARC 1.1 writes it, to the microsecond, so that a revisit's reference is exact."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _common_fields(exchange: Exchange, warcinfo_id: str) -> list[tuple[str, str]]:
    fields = [
        ("WARC-Date", warc_date(exchange.started_at)),
        ("WARC-Target-URI", public_uri(exchange.url)),
        ("WARC-Warcinfo-ID", _angled(warcinfo_id)),
    ]
    if exchange.ip:
        fields.append(("WARC-IP-Address", exchange.ip))
    fields += [("WARC-Protocol", protocol) for protocol in exchange.protocols]
    if exchange.cipher:
        fields.append(("WARC-Cipher-Suite", exchange.cipher))
    return fields


def _response(exchange: Exchange, reply: Reply, common: Fields) -> Written:
    fields = [*common, ("WARC-Payload-Digest", reply.digest)]
    if exchange.truncated:
        fields.append(("WARC-Truncated", exchange.truncated))
    dense = len(reply.message) - len(reply.head_bytes) if _is_dense(reply) else 0
    return _write("response", fields, reply.message, RESPONSE_TYPE, dense)


def _revisit(reply: Reply, common: Fields, original: Original) -> Written:
    fields = [
        *common,
        ("WARC-Refers-To", _angled(original.id)),
        ("WARC-Refers-To-Target-URI", original.url),
        ("WARC-Refers-To-Date", original.date),
    ]
    if is_not_modified(reply):
        return _write("revisit", [*fields, ("WARC-Profile", NOT_MODIFIED)], b"", RESPONSE_TYPE)
    fields += [
        ("WARC-Profile", IDENTICAL),
        ("WARC-Payload-Digest", reply.digest),
        ("WARC-Truncated", "length"),  # the block is the head alone
    ]
    return _write("revisit", fields, reply.head_bytes, RESPONSE_TYPE)


def is_not_modified(reply: Reply) -> bool:
    """True if the server says that what we have is still what it has."""
    return reply.head is not None and reply.head.status == 304


def _notes(exchange: Exchange, reply: Reply, redacted: tuple[str, ...], original: Original | None) -> Notes:
    usable = reply.head is not None
    not_modified = original is not None and is_not_modified(reply)
    return Notes(
        interim=reply.interim,
        unparsable=None if usable or not reply.message else reply.message[:MAX_UNPARSABLE],
        not_modified_head=reply.message if not_modified else None,
        payload_length=reply.length if original and not not_modified else None,
        truncated=None if usable and not not_modified else exchange.truncated,
        redacted=redacted,
        first_byte_s=exchange.first_byte_s,
        ended_s=exchange.ended_s,
        excess=exchange.excess,
        tls=next((name for name in exchange.protocols if name.startswith("tls/")), None),
        cipher=exchange.cipher,
    )


def _is_dense(reply: Reply) -> bool:
    """True if the body is compressed already, as the head tells it; a lie costs space, nothing else."""
    if reply.head is None:
        return False
    kind = reply.head.get("content-type") or ""
    is_picture = kind.startswith(_DENSE_TYPES) and not kind.startswith("image/svg")
    return is_picture or bool(reply.head.get("content-encoding"))


def _write(rtype: RecordType, fields: Fields, block: bytes, content_type: str, dense: int = 0) -> Written:
    """One record; the last `dense` bytes of its block are not worth compressing."""
    record_id = uuid4().urn
    head = [
        ("WARC-Type", rtype),
        ("WARC-Record-ID", _angled(record_id)),
        *fields,
        ("WARC-Block-Digest", digest(block)),
    ]
    return Written(record_id, rtype, tuple(packed(_VERBATIM.head(head, len(block), content_type), block, dense)))


def _angled(record_id: str) -> str:
    return f"<{record_id}>"


class _Verbatim(WARCWriter):
    """warcio's writer, kept from touching digests or the block."""

    def __init__(self) -> None:
        super().__init__(BytesIO(), gzip=False, warc_version=VERSION)

    def ensure_digest(self, record: ArcWarcRecord, block: bool = True, payload: bool = True) -> None:
        """Nothing: both digests are in the head already."""

    def head(self, fields: Fields, length: int, content_type: str) -> bytes:
        """Return the head of a record whose block has that length: as warcio frames an empty one."""
        headers = StatusAndHeaders("", fields, protocol=VERSION)
        # The type given here is not written: of a "revisit" warcio would leave out the block.
        record = ArcWarcRecord("warc", "response", headers, BytesIO(), None, content_type, length)
        out = BytesIO()
        self._write_warc_record(out, record)
        return out.getvalue().removesuffix(RECORD_END)


_VERBATIM = _Verbatim()
