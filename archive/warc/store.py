"""Append exchanges to WARC files, so that what was acknowledged is there after any crash.

A file is NAME.warc.gz.open and locked while it is written, NAME.warc.gz once it is closed. A file of an earlier process
is never appended to: behind a torn tail everything would be unreadable (archive.warc.recover mends it instead).
"""

import asyncio
import os
import re
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from archive.errors import NoSpaceError
from archive.model import Capture, Exchange, Provenance, Record
from archive.warc.dedup import Dedup, Likeness, likeness_of
from archive.warc.describe import Payload, Reference, describe
from archive.warc.openfile import OpenFile
from archive.warc.record import (
    Original,
    RecordType,
    Reply,
    Written,
    exchange_records,
    is_not_modified,
    reply_of,
    resource_record,
    warc_date,
    warcinfo_record,
)
from archive.warc.redact import public_provenance, public_uri

LARGE_BYTES = 256 << 10  # from here on digests and deflate take 10 ms, of 56 MB that are noise 2 s
MAX_BYTES = 1_000_000_000  # the ceiling the standard suggests; warcprox, Heritrix, Browsertrix agree


class WarcStore:
    """The writer of one process. The first exchange makes the first file; nothing fetched, no file.

    Not for several threads at once; it has one of its own for what is large.
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
        manifests: Path | None = None,
    ) -> None:
        self._directory, self._prefix, self._run, self._software = directory, prefix, run, software
        self._max_bytes, self._now, self._dedup, self._min_free = max_bytes, now, dedup, min_free
        self._manifests = manifests  # where they go; None: there are none
        self._max_age = None if max_age_s is None else timedelta(seconds=max_age_s)
        self._packer = ThreadPoolExecutor(1, "warc-pack")  # one at a time: each holds its exchange twice
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
        provenance, reply = public_provenance(provenance), reply_of(exchange.received)
        place = self._place(exchange, reply, provenance, original)
        return self._put(exchange, reply, provenance, place, place.records(exchange, reply, provenance))

    async def append_aside(
        self, exchange: Exchange, provenance: Provenance, *, original: Original | None = None
    ) -> Capture:
        """Do as `append`, but digest and compress a large exchange in a thread, while the event loop goes on.

        Others may be appended meanwhile: it lies behind them, whole. Await it before the store is closed.
        """
        if len(exchange.received) < LARGE_BYTES:
            return self.append(exchange, provenance, original=original)
        loop, provenance = asyncio.get_running_loop(), public_provenance(provenance)
        reply = await loop.run_in_executor(self._packer, reply_of, exchange.received)
        while True:
            place = self._place(exchange, reply, provenance, original)
            written = await loop.run_in_executor(self._packer, place.records, exchange, reply, provenance)
            if place.file is self._file:  # else it has become full meanwhile, and the records name it as theirs
                return self._put(exchange, reply, provenance, place, written)

    def append_resource(self, uri: str, content_type: str, block: bytes, at: datetime) -> Record:
        """Store a document of our own, such as the ledger of a run, and return where it lies."""
        file = self._writable()
        written = resource_record(uri, content_type, block, at, file.warcinfo_id)
        return file.append((written,))[0]

    def sync(self) -> None:
        """Make everything appended so far durable."""
        noted, self._synced, self._full = self._synced, self._full, []
        for file in noted:
            file.close(self._manifests)
        for file in (*self._synced, *([self._file] if self._file else ())):
            file.sync()
        if self._dedup:
            self._dedup.durable()

    def close(self) -> None:
        """Make everything durable and give the files their final names; the next append begins another."""
        files = [*self._synced, *self._full, *([self._file] if self._file else ())]
        self._synced, self._full, self._file = [], [], None
        for file in files:
            file.close(self._manifests)
        if self._dedup:
            self._dedup.durable()

    def abandon(self) -> None:
        """Leave the files as a crash would: `.open`, for the next recovery to hand back what they hold."""
        for file in (*self._synced, *self._full, *([self._file] if self._file else ())):
            file.abandon()
        self._synced, self._full, self._file = [], [], None

    def _place(self, exchange: Exchange, reply: Reply, provenance: Provenance, original: Original | None) -> "_Place":
        like = likeness_of(exchange, reply, provenance) if self._dedup else None
        if not is_not_modified(reply):
            original = self._dedup.lookup(like) if self._dedup and like else None
        return _Place(self._writable(), like, original)

    def _put(
        self, exchange: Exchange, reply: Reply, provenance: Provenance, place: "_Place", written: Sequence[Written]
    ) -> Capture:
        positions = place.file.append(written)
        by_type = {record.type: at for record, at in zip(written, positions, strict=True)}
        capture = _capture(exchange, reply, provenance, by_type, place.original)
        if self._dedup and place.like and capture.kind == "response":
            itself = Original(capture.record.id, capture.url, warc_date(exchange.started_at))
            self._dedup.remember(place.like, itself, capture.record)
        return capture

    def _writable(self) -> OpenFile:
        require_room(self._directory, self._min_free)
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


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an exchange is to lie, and what it is a revisit of."""

    file: OpenFile
    like: Likeness | None
    original: Original | None

    def records(self, exchange: Exchange, reply: Reply, provenance: Provenance) -> tuple[Written, ...]:
        """Return the records to write; in any thread."""
        return exchange_records(exchange, reply, provenance, self.file.warcinfo_id, self.original)


def require_room(directory: Path, floor_bytes: int) -> None:
    """Raise NoSpaceError if the disk has fewer free bytes than that: ask before fetching."""
    disk = os.statvfs(directory)
    if disk.f_bavail * disk.f_frsize < floor_bytes:
        raise NoSpaceError(directory, f"less than {floor_bytes:,} bytes free")


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
        payload=Payload(reply.digest, reply.length) if has_payload else Payload(),
        truncated=exchange.truncated,
        ip=exchange.ip,
        reference=reference,
        provenance=provenance,
        end=metadata.offset + metadata.length,
    )
