"""Reading WARC files: ours, and those of other programs."""

import gzip
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.warcwriter import WARCWriter

from archive.errors import RecordError
from archive.model import Record
from archive.warc.digest import digest
from archive.warc.record import Original, warc_date
from archive.warc.walk import captures, members, message_of, page_bytes, parse_date, read_at
from tests.exchanges import (
    AT,
    HTML,
    NO_HTTP,
    ODD_REPLIES,
    PAGE,
    PROVENANCE,
    SENT,
    URL,
    ZIPPED,
    Payloads,
    chunked,
    exchange,
    store_in,
)

Foreign = tuple[str, tuple[tuple[str, str], ...], bytes]
Pack = Callable[[Sequence[Foreign]], bytes]
RESPONSE: Foreign = (
    "response",
    (
        ("WARC-Record-ID", "<urn:uuid:0000000a-0000-4000-8000-000000000000>"),
        ("WARC-Target-URI", URL),
        ("WARC-Date", "2019-05-01T10:00:00Z"),
        ("WARC-IP-Address", "192.0.2.9"),
        ("Content-Type", "application/http;msgtype=response"),
    ),
    HTML,
)
REQUEST: Foreign = (
    "request",
    (
        ("WARC-Record-ID", "<urn:uuid:0000000b-0000-4000-8000-000000000000>"),
        ("WARC-Target-URI", URL),
        ("WARC-Date", "2019-05-01T10:00:00Z"),
        ("WARC-Concurrent-To", "<urn:uuid:0000000a-0000-4000-8000-000000000000>"),
        ("Content-Type", "application/http;msgtype=request"),
    ),
    SENT,
)
WARCINFO: Foreign = (
    "warcinfo",
    (
        ("WARC-Record-ID", "<urn:uuid:00000001-0000-4000-8000-000000000000>"),
        ("WARC-Date", "2019-05-01T09:59:59Z"),
        ("Content-Type", "application/warc-fields"),
    ),
    b"software: Another/1.0\r\n",
)
LOG: Foreign = (
    "resource",
    (
        ("WARC-Record-ID", "<urn:uuid:0000000c-0000-4000-8000-000000000000>"),
        ("WARC-Target-URI", "metadata://another.test/log"),
        ("WARC-Date", "2019-05-01T10:00:09Z"),
        ("Content-Type", "text/plain"),
    ),
    b"done\n",
)


def as_bytes(record: Foreign) -> bytes:
    kind, fields, block = record
    lines = ["WARC/1.0", f"WARC-Type: {kind}", *(f"{name}: {value}" for name, value in fields)]
    head = "\r\n".join([*lines, f"Content-Length: {len(block)}"]).encode()
    return head + b"\r\n\r\n" + block + b"\r\n\r\n"


def by_record(records: Sequence[Foreign]) -> bytes:
    return b"".join(gzip.compress(as_bytes(record)) for record in records)


def in_one_piece(records: Sequence[Foreign]) -> bytes:
    return gzip.compress(b"".join(as_bytes(record) for record in records))


def plain(records: Sequence[Foreign]) -> bytes:
    return b"".join(as_bytes(record) for record in records)


shapes = pytest.mark.parametrize(
    ("pack", "name"),
    [(by_record, "a.warc.gz"), (in_one_piece, "b.warc.gz"), (plain, "c.warc")],
    ids=["by record", "in one piece", "not compressed"],
)


@shapes
@pytest.mark.parametrize("request_first", [False, True])
def test_a_foreign_file_gives_its_captures_however_it_is_packed(
    tmp_path: Path, pack: Pack, name: str, request_first: bool
) -> None:
    pair = [REQUEST, RESPONSE] if request_first else [RESPONSE, REQUEST]
    path = tmp_path / name
    path.write_bytes(pack([WARCINFO, *pair, LOG]))

    (capture,) = captures(path)

    assert (capture.kind, capture.url, capture.status) == ("response", URL, 200)
    assert capture.fetched_at == parse_date("2019-05-01T10:00:00Z")
    assert capture.record.id == "urn:uuid:0000000a-0000-4000-8000-000000000000"
    assert capture.request is not None
    assert capture.request.id == "urn:uuid:0000000b-0000-4000-8000-000000000000"
    assert (capture.payload_digest, capture.payload_length) == (digest(ZIPPED), len(ZIPPED))
    assert (capture.content_type, capture.ip) == ("text/html", "192.0.2.9")
    assert capture.provenance is None
    assert page_bytes(path, capture).body == PAGE


@shapes
def test_records_of_every_shape_open_at_their_place(tmp_path: Path, pack: Pack, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(pack([WARCINFO, RESPONSE, REQUEST, LOG]))

    for member in members(path):
        assert read_at(path, member.offset, member.length) == member
        assert read_at(path, member.offset) == member


def test_an_arc_file_gives_its_captures(tmp_path: Path) -> None:
    version = b"1 0 Another\nURL IP-address Archive-date Content-type Archive-length\n"
    head = b"filedesc://a.arc 0.0.0.0 20050501100000 text/plain %d\n" % len(version)
    body = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + PAGE
    entry = URL.encode() + b" 192.0.2.9 20050501100001 text/html %d\n" % len(body)
    path = tmp_path / "a.arc"
    path.write_bytes(head + version + b"\n" + entry + body + b"\n")

    (capture,) = captures(path)

    assert (capture.url, capture.status, capture.content_type) == (URL, 200, "text/html")
    assert capture.fetched_at == parse_date("2005-05-01T10:00:01Z")
    assert page_bytes(path, capture).body == PAGE
    assert [again.record for again in captures(path)] == [capture.record]


def test_what_warcio_writes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    with path.open("wb") as out:
        writer = WARCWriter(out, gzip=True)
        for received in (HTML, chunked(PAGE)):
            payload = BytesIO(received)
            writer.write_record(writer.create_warc_record(URL, "response", payload=payload, length=len(received)))

    found = list(captures(path))

    assert [capture.status for capture in found] == [200, 200]
    assert found[1].payload_digest == digest(PAGE)
    assert [page_bytes(path, capture).body for capture in found] == [PAGE, PAGE]


@pytest.mark.parametrize("trailer", [b"", b"\r\n", b"\n\n"])
def test_a_foreign_record_may_end_in_other_blank_lines(tmp_path: Path, trailer: bytes) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(gzip.compress(as_bytes(RESPONSE)[:-4] + trailer) + by_record([LOG]))

    assert [member.type for member in members(path)] == ["response", "resource"]


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (b"not a record at all", "not a WARC record"),
        (b"WARC/1.0\r\nContent-Length: 9", "a record without the end of its head"),
        (b"WARC/1.0\r\nContent-Length: x\r\n\r\n", "a record without its length"),
        (b"WARC/1.0\r\nContent-Length: 9\r\n\r\nfog", "a record 6 bytes shorter than it says"),
        (b"WARC/1.0\r\nContent-Length: 1\r\n\r\nfog\r\n\r\n", "a record longer than it says"),
    ],
)
def test_the_walk_stops_before_a_record_that_is_not_right(tmp_path: Path, damage: bytes, problem: str) -> None:
    path = tmp_path / "a.warc.gz"
    sound = by_record([WARCINFO, RESPONSE])
    path.write_bytes(sound + gzip.compress(damage) + by_record([LOG]))

    walk = members(path)

    assert [member.type for member in walk] == ["warcinfo", "response"]
    assert (walk.tail.good_end, walk.tail.problem) == (len(sound), problem)


@shapes
def test_a_torn_file_of_any_shape_ends_at_its_last_whole_record(tmp_path: Path, pack: Pack, name: str) -> None:
    path = tmp_path / name
    content = pack([WARCINFO, RESPONSE])
    path.write_bytes(content[:-30])

    walk = members(path)

    assert [member.type for member in walk] == ["warcinfo"]
    assert walk.tail.problem is not None


@given(st.lists(st.tuples(st.integers(0, 4000), st.binary(max_size=4))), st.integers(0, 3))
def test_no_damage_makes_a_file_more_than_unreadable(edits: list[tuple[int, bytes]], shape: int) -> None:
    content = bytearray((by_record, in_one_piece, plain)[shape % 3]([WARCINFO, RESPONSE, REQUEST]))
    for at, piece in edits:
        content[at : at + len(piece)] = piece

    with TemporaryDirectory() as folder:
        path = Path(folder, "a.warc.gz")
        path.write_bytes(content)
        for capture in captures(path):
            with suppress(RecordError):
                page_bytes(path, capture)


def test_damage_in_a_closed_file_costs_the_exchange_it_is_in(tmp_path: Path) -> None:
    with store_in(tmp_path) as store:
        stored = [store.append(exchange(HTML), PROVENANCE) for _ in range(3)]
    (path,) = tmp_path.iterdir()
    content = path.read_bytes()
    hit = stored[1]
    assert hit.request is not None
    assert hit.metadata is not None

    for record in (hit.record, hit.request, hit.metadata):
        for width in (1, record.length):
            at = record.offset + (record.length - width) // 2
            harmed = bytes(byte ^ 0xFF for byte in content[at : at + width])  # a byte may be nought already
            path.write_bytes(content[:at] + harmed + content[at + width :])
            walk = captures(path)
            found = list(walk)

            assert [capture.record for capture in (found[0], found[-1])] == [stored[0].record, stored[2].record]
            assert {capture.record for capture in found[1:-1]} <= {hit.record}
            assert walk.tail.problem is not None
            assert walk.tail.good_end == len(content)


def test_behind_damage_an_open_file_holds_nothing(tmp_path: Path) -> None:
    with store_in(tmp_path) as store:
        stored = [store.append(exchange(HTML), PROVENANCE) for _ in range(3)]
        assert store.path is not None
        with store.path.open("r+b") as file:
            file.seek(stored[1].record.offset + 20)
            file.write(b"\x00\x00")

        assert list(captures(store.path)) == stored[:1]


def test_a_follower_resumes_where_it_stopped(tmp_path: Path) -> None:
    with store_in(tmp_path) as store:
        first = store.append(exchange(HTML), PROVENANCE)
        assert store.path is not None
        assert list(captures(store.path)) == [first]

        second = store.append(exchange(HTML), PROVENANCE)
        walk = captures(store.path, first.end)
        assert list(walk) == [second]
        assert walk.tail.good_end == second.end
        assert list(captures(store.path, second.end)) == []


def test_a_follower_sees_no_exchange_before_its_last_byte(tmp_path: Path) -> None:
    with store_in(tmp_path) as store:
        first = store.append(exchange(HTML), PROVENANCE)
        second = store.append(exchange(HTML), PROVENANCE)
        assert store.path is not None
        content = store.path.read_bytes()
    growing = tmp_path / "growing.warc.gz.open"

    for cut in range(first.end, len(content), 7):
        growing.write_bytes(content[:cut])
        walk = captures(growing, first.end, name=first.record.file)
        assert list(walk) == []
        assert walk.tail.good_end == first.end
    growing.write_bytes(content)
    assert list(captures(growing, first.end, name=first.record.file)) == [second]


def test_a_page_comes_back_decoded_with_its_headers(tmp_path: Path) -> None:
    with store_in(tmp_path) as store:
        capture = store.append(exchange(HTML), PROVENANCE)
        cut = store.append(exchange(HTML[:-9], truncated="disconnect"), PROVENANCE)
    (path,) = tmp_path.iterdir()

    page, part = page_bytes(path, capture), page_bytes(path, cut)

    assert (page.body, page.complete, page.problem) == (PAGE, True, None)
    assert ("content-type", "text/html; charset=utf-8") in page.headers
    assert PAGE.startswith(part.body)
    assert (part.complete, part.problem) == (False, "gzip: ends early")


def test_the_page_of_a_revisit_is_that_of_its_original_in_whatever_file(tmp_path: Path) -> None:
    seen, older, newer = Payloads(), tmp_path / "older", tmp_path / "newer"
    for folder in (older, newer):
        folder.mkdir()
    with store_in(older, dedup=seen) as store:
        first = store.append(exchange(HTML), PROVENANCE)
    with store_in(newer, dedup=seen) as store:
        again = store.append(exchange(HTML), PROVENANCE)
        same = store.append(
            exchange(ODD_REPLIES["not modified"]),
            PROVENANCE,
            original=Original(first.record.id, first.url, warc_date(AT)),
        )
    (path,) = older.iterdir()

    for revisit in (again, same):
        page = page_bytes(path, revisit, first.record)
        assert page.body == PAGE
        assert ("content-encoding", "gzip") in page.headers
        with pytest.raises(RecordError, match="no body"):
            page_bytes(path, revisit)


def test_what_was_no_http_has_no_page(tmp_path: Path) -> None:
    with store_in(tmp_path) as store:
        capture = store.append(exchange(NO_HTTP["garbage"]), PROVENANCE)
    (path,) = tmp_path.iterdir()

    with pytest.raises(RecordError, match="no body"):
        page_bytes(path, capture)


def test_a_message_is_what_was_received_without_interim_heads(tmp_path: Path) -> None:
    with store_in(tmp_path) as store:
        record = store.append(exchange(ODD_REPLIES["only LF"]), PROVENANCE).record
    (path,) = tmp_path.iterdir()

    assert message_of(read_at(path, record.offset)) == ODD_REPLIES["only LF"]


def test_a_place_where_no_record_begins_is_an_error(tmp_path: Path) -> None:
    with store_in(tmp_path) as store:
        record = store.append(exchange(HTML), PROVENANCE).record
    (path,) = tmp_path.iterdir()

    for wrong in (
        Record(record.file, record.offset + 1, record.length, record.id),
        Record(record.file, record.offset, record.length - 1, record.id),
        Record(record.file, record.offset, record.length + 1, record.id),
        Record(record.file, path.stat().st_size, 10, record.id),
    ):
        with pytest.raises(RecordError, match=path.name):
            read_at(path, wrong.offset, wrong.length)
    with pytest.raises(RecordError, match="no record there"):
        read_at(path, path.stat().st_size)


def test_a_file_keeps_its_captures_under_another_name(tmp_path: Path) -> None:
    with store_in(tmp_path) as store:
        store.append(exchange(HTML), PROVENANCE)
    (path,) = tmp_path.iterdir()
    copy = shutil.copy(path, tmp_path / "imported.warc.gz")

    assert [capture.record.file for capture in captures(Path(copy))] == ["imported.warc.gz"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2019", "2019-01-01T00:00:00+00:00"),
        ("2019-05-01T10:00Z", "2019-05-01T10:00:00+00:00"),
        ("2019-05-01T10:00:00.123456789Z", "2019-05-01T10:00:00.123456+00:00"),
        ("2019-05-01T12:00:00+02:00", "2019-05-01T10:00:00+00:00"),
    ],
)
def test_dates_of_every_precision_are_read(text: str, expected: str) -> None:
    assert parse_date(text).isoformat() == expected


FORGED = (
    b"dateline-schema: 2\r\n",
    b'dateline-schema: 1\r\nlink: {"alternates": [1]}\r\n',
    b"dateline-schema: 1\r\nlink: " + b"[" * 100_000,
    b'dateline-schema: 1\r\ninterim: ["not base64!"]\r\n',
    b"dateline-schema: 1\r\nlink: \xff",
)


@pytest.mark.parametrize("block", FORGED, ids=["later", "wrong type", "deep", "no base64", "no text"])
def test_a_metadata_record_that_cannot_be_read_leaves_the_capture(tmp_path: Path, block: bytes) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(by_record([RESPONSE, ("metadata", REQUEST[1], block)]))

    (capture,) = captures(path)

    assert (capture.status, capture.provenance) == (200, None)
    assert page_bytes(path, capture).body == PAGE
