"""Append exchanges to WARC files, so that what was acknowledged is there after any crash.

A file is NAME.warc.gz.open and locked while it is written, NAME.warc.gz once it is closed. A file of an earlier process
is never appended to: behind a torn tail everything would be unreadable (archive.warc.recover mends it instead).
"""

import os
import re
import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from archive.errors import NoSpaceError
from archive.model import Capture, Exchange, Provenance, Record
from archive.warc.describe import Payload, Reference, describe
from archive.warc.openfile import OpenFile
from archive.warc.record import (
    Original,
    RecordType,
    Reply,
    exchange_records,
    is_not_modified,
    reply_of,
    resource_record,
    warc_date,
    warcinfo_record,
)
from archive.warc.redact import public_provenance, public_uri

MAX_BYTES = 1_000_000_000  # the ceiling the standard suggests; warcprox, Heritrix, Browsertrix agree
MIN_DEDUP_BYTES = 1024  # a revisit costs some 700 bytes, and tiny bodies are equal by accident


class Dedup(Protocol):
    """The memory of payloads already stored, so that one sent again is kept as a revisit of the first.

    `chunked` is part of the key: replay tools put the head of the revisit before the stored bytes of the original.
    """

    def lookup(self, digest: str, length: int, chunked: bool) -> Original | None:
        """Return the response record that holds this payload, if it is durable; never a revisit."""

    def remember(self, digest: str, length: int, chunked: bool, original: Original) -> None:
        """Note a response record just written; it may be returned by `lookup` only after the next sync."""


class WarcStore:
    """The writer of one process. The first exchange makes the first file; nothing fetched, no file.

    Not for several threads at once.
    """

    def __init__(
        self,
        directory: Path,
        *,
        prefix: str = "dateline",
        run: str,
        software: str,
        max_bytes: int = MAX_BYTES,
        max_age_s: float | None = None,
        now: Callable[[], datetime],
        dedup: Dedup | None = None,
        min_free: int = 0,
    ) -> None:
        self._directory, self._prefix, self._run, self._software = directory, prefix, run, software
        self._max_bytes, self._now, self._dedup, self._min_free = max_bytes, now, dedup, min_free
        self._max_age = None if max_age_s is None else timedelta(seconds=max_age_s)
        self._serial = 0
        self._file: OpenFile | None = None
        # A full file stays `.open` until the sync after the one that covers it: only then has the caller noted, in a
        # transaction of its own, what is in it. After a crash before that, `recover` hands it all back.
        self._full: list[OpenFile] = []
        self._synced: list[OpenFile] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def path(self) -> Path | None:
        """The file being written, `.open` and all; None before the first record and after `close`."""
        return self._file.path if self._file else None

    def append(self, exchange: Exchange, provenance: Provenance, *, original: Original | None = None) -> Capture:
        """Store one exchange and return where it lies. It is durable after the next `sync`.

        `original` is the response that a conditional request asked about: a 304 becomes a revisit of it. On
        NoSpaceError nothing of the exchange is kept, and the file is whole up to the exchange before.
        """
        provenance = public_provenance(provenance)
        reply = reply_of(exchange.received)
        if not is_not_modified(reply):
            original = self._duplicate(exchange, reply)
        file = self._writable()
        written = exchange_records(exchange, reply, provenance, file.warcinfo_id, original)
        positions = file.append(written)
        by_type = {record.type: at for record, at in zip(written, positions, strict=True)}
        capture = _capture(exchange, reply, provenance, by_type, original)
        if self._dedup and capture.kind == "response" and _is_worth_sharing(exchange, reply):
            itself = Original(capture.record.id, capture.url, warc_date(exchange.started_at))
            self._dedup.remember(reply.digest, len(reply.entity.body), reply.entity.chunked, itself)
        return capture

    def append_resource(self, uri: str, content_type: str, block: bytes, at: datetime) -> Record:
        """Store a document of our own, such as the ledger of a run, and return where it lies."""
        file = self._writable()
        written = resource_record(uri, content_type, block, at, file.warcinfo_id)
        return file.append((written,))[0]

    def has_room(self) -> bool:
        """True while the disk has more free bytes than the floor: ask before fetching."""
        disk = os.statvfs(self._directory)
        return disk.f_bavail * disk.f_frsize >= self._min_free

    def sync(self) -> None:
        """Make everything appended so far durable."""
        noted, self._synced, self._full = self._synced, self._full, []
        for file in noted:
            file.close()
        for file in (*self._synced, *([self._file] if self._file else ())):
            file.sync()

    def close(self) -> None:
        """Make everything durable and give the files their final names; the next append begins another."""
        files = [*self._synced, *self._full, *([self._file] if self._file else ())]
        self._synced, self._full, self._file = [], [], None
        for file in files:
            file.close()

    def _duplicate(self, exchange: Exchange, reply: Reply) -> Original | None:
        if self._dedup is None or not _is_worth_sharing(exchange, reply):
            return None
        return self._dedup.lookup(reply.digest, len(reply.entity.body), reply.entity.chunked)

    def _writable(self) -> OpenFile:
        if not self.has_room():
            raise NoSpaceError(self._directory, f"less than {self._min_free} bytes free")
        if self._file and self._is_full(self._file):
            self._full.append(self._file)
            self._file = None
        if self._file is None:
            self._file = self._begin()
        return self._file

    def _is_full(self, file: OpenFile) -> bool:
        if file.size >= self._max_bytes:
            return True
        return self._max_age is not None and self._now() - file.begun_at >= self._max_age

    def _begin(self) -> OpenFile:
        while True:
            at = self._now()
            name = file_name(self._prefix, at, self._serial)
            self._serial += 1
            file = OpenFile.create(self._directory / name, at)
            if file:
                file.begin(warcinfo_record(name, at, self._software, self._run))
                return file


def file_name(prefix: str, at: datetime, serial: int) -> str:
    """Return the name the standard suggests (annex C): PREFIX-TIMESTAMP-SERIAL-HOST~PID.warc.gz."""
    host = re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname()) or "localhost"
    stamp = at.strftime("%Y%m%d%H%M%S%f")[:17]
    return f"{prefix}-{stamp}-{serial:05d}-{host}~{os.getpid()}.warc.gz"


def _capture(
    exchange: Exchange,
    reply: Reply,
    provenance: Provenance,
    by_type: dict[RecordType, Record],
    original: Original | None,
) -> Capture:
    request, metadata = by_type.get("request"), by_type["metadata"]
    own = by_type.get("response") or by_type.get("revisit") or request or metadata
    not_modified = is_not_modified(reply)
    usable = reply.head is not None
    reference = None
    if "revisit" in by_type and original:
        reference = Reference(original.id, "not-modified" if not_modified else "identical")
    has_payload = usable and not (reference and not_modified)
    return describe(
        "revisit" if reference else "response" if usable else "unparsable",
        public_uri(exchange.url),
        exchange.started_at,
        reply.head,
        (own, request, metadata),
        payload=Payload(reply.digest, len(reply.entity.body)) if has_payload else Payload(),
        truncated=exchange.truncated,
        ip=exchange.ip,
        reference=reference,
        provenance=provenance,
        end=metadata.offset + metadata.length,
    )


def _is_worth_sharing(exchange: Exchange, reply: Reply) -> bool:
    """True if the payload is whole, and large enough for a revisit to save anything."""
    is_whole = reply.entity.whole and exchange.truncated is None
    is_page = reply.head is not None and reply.head.status == 200
    return is_whole and is_page and len(reply.entity.body) >= MIN_DEDUP_BYTES
