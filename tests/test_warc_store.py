"""The writer of WARC files."""

import asyncio
import os
import random
import resource
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from archive.errors import NoSpaceError
from archive.model import Capture, Provenance
from archive.warc.dedup import MIN_BYTES
from archive.warc.record import Original, warc_date
from archive.warc.store import LARGE_BYTES, WarcStore
from archive.warc.walk import captures, members, page_bytes, read_at
from tests.exchanges import (
    AT,
    HTML,
    NO_HTTP,
    ODD_REPLIES,
    PAGE,
    PROVENANCE,
    Payloads,
    chunked,
    exchange,
    reply,
    store_in,
)


def test_what_append_returns_is_what_the_file_says(tmp_path: Path) -> None:
    with store_in(tmp_path, dedup=Payloads()) as store:
        stored = [
            store.append(exchange(received), PROVENANCE)
            for received in (HTML, chunked(PAGE), *ODD_REPLIES.values(), *NO_HTTP.values(), HTML)
        ]
        stored.append(store.append(exchange(HTML, truncated="length"), PROVENANCE))
        stored.append(store.append(exchange(b"", truncated="time", sent=b""), PROVENANCE))
        stored.append(
            store.append(
                exchange(ODD_REPLIES["not modified"]),
                PROVENANCE,
                original=Original(stored[0].record.id, stored[0].url, warc_date(AT)),
            )
        )

    (path,) = tmp_path.iterdir()
    assert list(captures(path)) == stored


def test_each_record_of_a_capture_opens_at_its_place(tmp_path: Path) -> None:
    with store_in(tmp_path) as store:
        store.append(exchange(HTML), PROVENANCE)
        capture = store.append(exchange(chunked(PAGE)), PROVENANCE)

    (path,) = tmp_path.iterdir()
    for record in (capture.record, capture.request, capture.metadata):
        assert record is not None
        assert record.file == path.name
        assert read_at(path, record.offset, record.length).id == record.id
    assert capture.end == path.stat().st_size


def test_a_file_is_open_and_locked_while_written_and_renamed_when_closed(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    before = store.path
    store.append(exchange(HTML), PROVENANCE)
    path = store.path

    assert before is None
    assert path is not None
    assert path.name.endswith(f"~{os.getpid()}.warc.gz.open")
    assert path.name.startswith("dateline-20260314092653589-00000-")
    assert path.stat().st_mode & 0o777 == 0o640
    store.close()
    assert [file.name for file in tmp_path.iterdir()] == [path.name.removesuffix(".open")]


def test_a_store_that_stored_nothing_leaves_nothing(tmp_path: Path) -> None:
    with store_in(tmp_path) as store:
        store.sync()

    assert list(tmp_path.iterdir()) == []


def test_two_stores_at_the_same_moment_never_share_a_name(tmp_path: Path) -> None:
    for _ in range(2):
        with store_in(tmp_path) as first, store_in(tmp_path) as second:
            first.append(exchange(HTML), PROVENANCE)
            second.append(exchange(HTML), PROVENANCE)

    assert len(list(tmp_path.iterdir())) == 4
    assert sum(len(list(captures(path))) for path in tmp_path.iterdir()) == 4


def test_a_file_that_is_large_enough_is_followed_by_another(tmp_path: Path) -> None:
    with store_in(tmp_path, max_bytes=5000) as store:
        stored = [store.append(exchange(HTML), PROVENANCE) for _ in range(6)]

    files = sorted(tmp_path.iterdir())
    assert len(files) > 2
    assert [capture for path in files for capture in captures(path)] == stored
    assert {next(members(path)).type for path in files} == {"warcinfo"}
    assert all(max(c.record.offset for c in captures(path)) < 5000 for path in files)


def test_a_full_file_is_closed_once_its_caller_has_noted_what_is_in_it(tmp_path: Path) -> None:
    with store_in(tmp_path, max_bytes=5000) as store:
        for _ in range(3):
            store.append(exchange(HTML), PROVENANCE)
        full, *others = sorted(path.name for path in tmp_path.iterdir())

        # The first sync covers the file; that a second one comes says that the caller is past his own transaction.
        store.sync()
        assert (tmp_path / full).exists()
        store.sync()
        assert (tmp_path / full.removesuffix(".open")).exists()
        assert all((tmp_path / other).exists() for other in others)

    assert list(tmp_path.glob("*.open")) == []


NOISE = random.Random(7).randbytes(LARGE_BYTES)
LARGE = {"plain": reply(NOISE), "chunked": chunked(NOISE, 9_000), "coded": reply(NOISE, "Content-Encoding: gzip")}


@pytest.mark.parametrize("received", LARGE.values(), ids=LARGE)
def test_what_is_large_is_packed_aside_and_lies_behind_what_was_appended_meanwhile(
    tmp_path: Path, received: bytes
) -> None:
    async def append_all(store: WarcStore) -> list[Capture]:
        large = asyncio.create_task(store.append_aside(exchange(received), PROVENANCE))
        await asyncio.sleep(0)  # it has begun
        small = [await store.append_aside(exchange(HTML), PROVENANCE) for _ in range(3)]
        assert not large.done()
        store.sync()
        return [*small, await large]

    with store_in(tmp_path, dedup=Payloads()) as store:
        stored = asyncio.run(append_all(store))

    (path,) = tmp_path.iterdir()
    assert list(captures(path)) == stored
    record = stored[-1].record
    assert read_at(path, record.offset, record.length).block == received


def test_what_is_packed_while_its_file_fills_up_lies_in_the_next_and_says_so(tmp_path: Path) -> None:
    async def append_all(store: WarcStore) -> None:
        large = asyncio.create_task(store.append_aside(exchange(LARGE["plain"]), PROVENANCE))
        before = store.path
        while store.path == before:
            await store.append_aside(exchange(HTML), PROVENANCE)
            await asyncio.sleep(0)
        await large

    with store_in(tmp_path, max_bytes=5_000) as store:
        asyncio.run(append_all(store))

    for path in tmp_path.iterdir():
        (warcinfo, *others) = members(path)
        assert {member.get("warc-warcinfo-id") for member in others} == {f"<{warcinfo.id}>"}
    assert sum(len(member.block) > LARGE_BYTES for path in tmp_path.iterdir() for member in members(path)) == 1


def test_a_file_that_is_old_enough_is_followed_by_another(tmp_path: Path) -> None:
    moments = [AT + timedelta(minutes=minute) for minute in (0, 10, 61, 61)]
    store = WarcStore(tmp_path, run="r", software="s", max_age_s=3600, now=iter(moments).__next__)

    with store:
        files = [store.append(exchange(HTML), PROVENANCE).record.file for _ in range(3)]

    assert files[0] == files[1] != files[2]


def kinds_of(store: WarcStore, *replies: bytes) -> list[str]:
    """Store them one after the other, each durable before the next, and return what kind of record each became."""
    kinds: list[str] = []
    for received in replies:
        kinds.append(store.append(exchange(received), PROVENANCE).kind)
        store.sync()
    return kinds


def test_a_payload_sent_again_is_stored_once(tmp_path: Path) -> None:
    with store_in(tmp_path, dedup=Payloads()) as store:
        first = store.append(exchange(HTML), PROVENANCE)
        store.sync()
        again = store.append(exchange(HTML, url="http://harbour.test/copy"), PROVENANCE)

    (path,) = tmp_path.iterdir()
    assert (first.kind, again.kind) == ("response", "revisit")
    assert (again.refers_to, again.profile) == (first.record.id, "identical")
    assert again.record.length < first.record.length
    assert page_bytes(path, again, first.record).body == PAGE


@pytest.mark.parametrize(
    "received",
    [
        reply(PAGE, status="404 Not Found"),
        reply(b"x" * (MIN_BYTES - 1)),
        reply(PAGE)[:-1],
        ODD_REPLIES["not modified"],
    ],
    ids=["an error page", "a small body", "a cut body", "a 304"],
)
def test_what_is_not_worth_a_revisit_is_stored_each_time(tmp_path: Path, received: bytes) -> None:
    with store_in(tmp_path, dedup=Payloads()) as store:
        kinds = kinds_of(store, received, received)

    assert kinds == ["response", "response"]


def test_a_chunked_reply_is_no_revisit_of_one_that_was_not(tmp_path: Path) -> None:
    with store_in(tmp_path, dedup=Payloads()) as store:
        kinds = kinds_of(store, reply(PAGE), chunked(PAGE), chunked(PAGE, 99), reply(PAGE))

    assert kinds == ["response", "response", "revisit", "revisit"]


def test_what_a_power_cut_may_take_is_no_original(tmp_path: Path) -> None:
    with store_in(tmp_path, dedup=Payloads()) as store:
        kinds = [store.append(exchange(HTML), PROVENANCE).kind for _ in range(2)]

    assert kinds == ["response", "response"]


@pytest.mark.parametrize(
    ("received", "provenance"),
    [
        (HTML, replace(PROVENANCE, site="another")),
        (HTML, replace(PROVENANCE, role="source")),
        (HTML.replace(b"utf-8", b"koi8-r"), PROVENANCE),
        (HTML.replace(b"Encoding: gzip", b"Encoding: none"), PROVENANCE),
    ],
    ids=["another site", "another role", "another charset", "another coding"],
)
def test_equal_bytes_that_would_be_read_otherwise_are_no_revisit(
    tmp_path: Path, received: bytes, provenance: Provenance
) -> None:
    with store_in(tmp_path, dedup=Payloads()) as store:
        store.append(exchange(HTML), PROVENANCE)
        store.sync()

        assert store.append(exchange(received), provenance).kind == "response"


def test_an_original_is_for_a_304_only(tmp_path: Path) -> None:
    original = Original("urn:uuid:0e8b1f5e-0000-4000-8000-000000000001", "http://a.test/", "2026")

    with store_in(tmp_path) as store:
        changed = store.append(exchange(HTML), PROVENANCE, original=original)
        same = store.append(exchange(ODD_REPLIES["not modified"]), PROVENANCE, original=original)

    assert (changed.kind, changed.status) == ("response", 200)
    assert (same.kind, same.status, same.profile) == ("revisit", 304, "not-modified")


def test_a_redirect_leads_to_an_absolute_address(tmp_path: Path) -> None:
    def location(value: bytes) -> str | None:
        received = b"HTTP/1.1 301 Moved\r\nLocation: " + value + b"\r\n\r\n"
        return store.append(exchange(received), PROVENANCE).location

    with store_in(tmp_path) as store:
        assert location(b"../sea") == "http://harbour.test/sea"
        assert location(b"https://other.test/") == "https://other.test/"
        assert location(b"/\xc3\xa9") == "http://harbour.test/%C3%A9"
        assert location(b"http://[broken") is None
        assert store.append(exchange(HTML), PROVENANCE).location is None


def test_documents_of_our_own_are_captures_too(tmp_path: Path) -> None:
    with store_in(tmp_path) as store:
        record = store.append_resource("urn:dateline:run:7:ledger", "text/plain", b"done\n", AT)

    (path,) = tmp_path.iterdir()
    (capture,) = captures(path)
    assert capture.record == record
    assert (capture.kind, capture.url) == ("resource", "urn:dateline:run:7:ledger")
    assert page_bytes(path, capture).body == b"done\n"


def test_below_its_floor_of_free_space_a_store_takes_nothing(tmp_path: Path) -> None:
    store = WarcStore(tmp_path, run="r", software="s", now=lambda: AT, min_free=1 << 62)

    with pytest.raises(NoSpaceError, match="bytes free"):
        store.append(exchange(HTML), PROVENANCE)
    assert list(tmp_path.iterdir()) == []


FILL = """
import resource, signal, sys
from pathlib import Path
from archive.errors import NoSpaceError
from tests.exchanges import *

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
with store_in(Path(sys.argv[1])) as store:
    for number in range(99):
        try:
            store.append(exchange(reply(bytes([number]) * 9 + PAGE)), PROVENANCE)
        except NoSpaceError:
            break
    print(number)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    store.append(exchange(HTML), PROVENANCE)
"""


def test_when_the_disk_is_full_the_file_stays_whole_and_goes_on_later(tmp_path: Path) -> None:
    # A limit on the file's size cuts a write short exactly as a full disk does: first a short write, then an error.
    done = subprocess.run([sys.executable, "-c", FILL, str(tmp_path)], check=True, capture_output=True, text=True)

    (path,) = tmp_path.iterdir()
    walk = captures(path)
    found: list[Capture] = list(walk)
    assert len(found) == int(done.stdout) + 1
    assert int(done.stdout) > 3
    assert walk.tail.problem is None
    assert walk.tail.good_end == path.stat().st_size


def test_where_not_even_the_first_record_fits_nothing_is_left(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    store = store_in(tmp_path)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(NoSpaceError, match="File too large"):
            store.append(exchange(HTML), PROVENANCE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert list(tmp_path.iterdir()) == []
    store.append(exchange(HTML), PROVENANCE)
    store.close()
    assert len(list(tmp_path.iterdir())) == 1
