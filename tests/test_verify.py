"""Proving that an archive holds what it says."""

import gzip
import json
import os
import random
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from archive.cdxj import refresh
from archive.cdxj_lines import SUFFIX
from archive.layout import Layout
from archive.verify import Row, verify
from archive.warc.record import Original
from archive.warc.walk import captures, members
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
    store_in,
)

REPLIES = (HTML, chunked(PAGE), HTML, *ODD_REPLIES.values(), *NO_HTTP.values())


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """An archive of one closed file."""
    found = Layout(tmp_path)
    found.create()
    with store_in(found.warc, dedup=Payloads()) as store:
        for received in REPLIES:
            store.append(exchange(received), PROVENANCE)
            store.sync()
        store.append_resource("urn:dateline:run:7:ledger", "text/plain", b"done\n", AT)
    return found


def warc_of(layout: Layout) -> Path:
    (path,) = layout.warc_files()
    return path


def rows_of(layout: Layout) -> list[Row]:
    found = [capture.record for path in layout.warc_files() for capture in captures(path)]
    return [(record.file, record.offset, record.length, record.id) for record in found]


def test_a_sound_archive_is_clean(layout: Layout) -> None:
    report = verify(layout, rows=rows_of(layout))

    assert report.problems == ()
    assert report.is_clean
    assert (report.files, report.captures) == (1, len(REPLIES) + 1)
    assert report.records == len(list(members(warc_of(layout))))
    assert report.size_bytes == warc_of(layout).stat().st_size


def test_several_files_are_checked_side_by_side(layout: Layout) -> None:
    for _ in range(2):
        with store_in(layout.warc) as store:
            store.append(exchange(HTML), PROVENANCE)
    seen: dict[str, int] = {}

    report = verify(layout, rows=rows_of(layout), progress=seen.__setitem__)

    assert report.is_clean
    assert report.files == len(seen) == 3
    assert sum(seen.values()) == report.size_bytes


def test_every_flipped_bit_that_changes_a_byte_is_found(layout: Layout) -> None:
    path = warc_of(layout)
    sound, chance = path.read_bytes(), random.Random(14)
    text = gzip.decompress(sound)

    for _ in range(150):
        at, bit = chance.randrange(len(sound)), 1 << chance.randrange(8)
        path.write_bytes(sound[:at] + bytes([sound[at] ^ bit]) + sound[at + 1 :])
        report = verify(layout)

        # A few bits of a gzip head say nothing: when it was made, and on which system.
        if report.is_clean:
            assert gzip.decompress(path.read_bytes()) == text
        else:
            assert all(problem.file == path.name for problem in report.problems)
            assert report.problems[0].offset <= at


def test_damage_is_named_once_and_hides_nothing_behind_it(layout: Layout) -> None:
    path, rows = warc_of(layout), rows_of(layout)
    content = bytearray(path.read_bytes())
    _, early, length, _ = rows[2]
    _, late, _, late_id = rows[9]
    content[early + length // 2] ^= 0x10
    content[late + 200] ^= 0x10
    path.write_bytes(content)

    problems = verify(layout, rows=rows).problems

    assert {problem.offset for problem in problems} == {early, late}
    assert any(late_id in problem.what for problem in problems)


def test_every_cut_off_the_border_of_an_exchange_is_found(layout: Layout) -> None:
    path = warc_of(layout)
    sound, chance = path.read_bytes(), random.Random(15)
    borders = {capture.end for capture in captures(path)} | {0, len(sound)}
    borders.add(min(capture.record.offset for capture in captures(path)))

    for _ in range(150):
        cut = chance.randrange(len(sound))
        path.write_bytes(sound[:cut])

        assert verify(layout).is_clean == (cut in borders)


def test_a_record_put_together_anew_with_other_bytes_is_found(layout: Layout) -> None:
    path = warc_of(layout)
    text = gzip.decompress(path.read_bytes())
    assert text.count(b"until the end") == 1
    *whole, last = text.replace(b"until the end", b"until the END").split(b"WARC/1.1\r\nWARC-Type")[1:]
    path.write_bytes(b"".join(gzip.compress(b"WARC/1.1\r\nWARC-Type" + part) for part in [*whole, last]))

    problems = [problem.what for problem in verify(layout).problems]

    assert problems == [
        "block digest differs: the bytes are not those that were stored",
        "payload digest differs",
    ]


def test_a_row_that_leads_nowhere_and_a_capture_without_a_row_are_found(layout: Layout) -> None:
    first, second, third, *others = rows_of(layout)
    file, offset, length, record_id = second
    broken = [(file, offset, length + 1, record_id), (file, 7, 7, "urn:uuid:x"), *others]
    lost = ("lost.warc.gz", 0, 9, "urn:uuid:y")

    report = verify(layout, rows=[*broken, third, lost])

    assert [(problem.offset, problem.what.split(" ")[0]) for problem in report.problems] == [
        (7, "the"),
        (first[1], "not"),
        (offset, "the"),
        (0, "the"),
    ]
    assert report.problems[-1].what.startswith("the file is missing; 1 row")


def test_a_file_still_being_written_may_end_anywhere(layout: Layout) -> None:
    path = warc_of(layout)
    content = path.read_bytes()
    path.with_name("live.warc.gz.open").write_bytes(content[:-7])

    report = verify(layout, rows=rows_of(layout))

    assert report.is_clean
    assert report.open_files == ("live.warc.gz",)


def test_a_revisit_whose_original_is_gone_is_found(layout: Layout) -> None:
    with store_in(layout.warc) as store:
        gone = Original("urn:uuid:00000000-0000-4000-8000-000000000000", "http://a.test/", "2026")
        revisit = store.append(exchange(ODD_REPLIES["not modified"]), PROVENANCE, original=gone).record

    (problem,) = verify(layout).problems

    assert (problem.file, problem.offset) == (revisit.file, revisit.offset)
    assert problem.what == f"a revisit of {gone.id}, which is no response of this archive"


def test_a_report_is_plain_values_for_programs(layout: Layout) -> None:
    path = warc_of(layout)
    path.write_bytes(path.read_bytes()[:-1])

    report = json.loads(json.dumps(verify(layout).to_dict()))

    counts = {"files", "records", "captures", "bytes", "indexes", "manifests", "without_manifest"}
    assert set(report) == {*counts, "open", "problems"}
    assert report["problems"][0]["what"] == "the file ends inside a gzip member"


def test_an_index_agrees_line_for_line_with_its_file(layout: Layout) -> None:
    refresh(layout)
    index = layout.indexes / (warc_of(layout).name + SUFFIX)
    lines = index.read_text("ascii").splitlines(keepends=True)
    as_made = index.stat().st_mtime_ns

    def changed_to(*told: str) -> list[tuple[str, int, str]]:
        index.write_text("".join(told), "ascii")
        os.utime(index, ns=(as_made, as_made))
        return [(p.file, p.offset, p.what.partition(";")[0]) for p in verify(layout).problems]

    assert (verify(layout).indexes, changed_to(*lines)) == (1, [])
    second, length = json.loads(lines[1].split(" ", 2)[2]), sum(map(len, lines))
    elsewhere = lines[1].replace(f'"offset": "{second["offset"]}"', '"offset": "7"')
    assert changed_to(lines[0], elsewhere, *lines[2:]) == [
        (index.name, len(lines[0]), "no record is what this line says"),
        (index.name, length - len(second["offset"]) + 1, f"without the record at {second['offset']}"),
    ]
    assert changed_to(*lines[1:]) == [
        (index.name, length - len(lines[0]), f"without the record at {json.loads(lines[0].split(' ', 2)[2])['offset']}")
    ]
    assert changed_to(lines[-1], *lines[:-1])[0][2] == "a line out of order: no reader finds it"


def test_an_index_that_is_made_anew_before_its_next_use_proves_nothing(layout: Layout) -> None:
    refresh(layout)
    (index,) = layout.indexes.glob("*" + SUFFIX)
    index.write_text("of another day\n", "ascii")
    index.with_name("gone.warc.gz" + SUFFIX).write_text("", "ascii")

    (problem,) = verify(layout).problems

    assert problem.file == "gone.warc.gz.cdxj"
    assert problem.what.startswith("an index of no file that is here")


def test_a_record_without_a_date_is_found(layout: Layout) -> None:
    path = warc_of(layout)
    first = next(members(path))
    sound = gzip.decompress(path.read_bytes()[: first.length])
    path.write_bytes(gzip.compress(sound.replace(b"WARC-Date: 2026", b"WARC-Date: long")))

    assert [problem.what for problem in verify(layout).problems] == ["record without a usable date"]


def test_an_id_used_twice_is_found(layout: Layout) -> None:
    path = warc_of(layout)
    content = path.read_bytes()
    path.write_bytes(content + content)

    assert "used twice" in verify(layout).problems[0].what


def test_other_programs_accept_every_file(layout: Layout) -> None:
    path = warc_of(layout)
    script = Path(sysconfig.get_path("scripts")) / "fastwarc"

    subprocess.run([sys.executable, script, "check", path], check=True, capture_output=True)
    with path.open("rb") as file:
        types = [record.rec_type for record in ArchiveIterator(file)]

    assert types == [member.type for member in members(path)]


def test_warcio_finds_our_digests_right_but_for_those_of_chunked_bodies(layout: Layout) -> None:
    path = warc_of(layout)
    chunked_at = {member.offset for member in members(path) if b"chunked" in member.block and member.type == "response"}

    with path.open("rb") as file:
        records = ArchiveIterator(file, check_digests=True)
        wrong = set()
        for record in records:
            while record.raw_stream.read(8192):
                pass
            if record.digest_checker.passed is False:
                wrong.add(records.get_record_offset())

    # warcio issue 74: it takes the digest over the chunk framing, the standard does not.
    assert wrong == chunked_at
