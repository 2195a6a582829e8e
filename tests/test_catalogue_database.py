"""One writer, whole batches, and an error of ours for whatever the disk does."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlite_utils import Database

from archive.catalogue.compare import compare
from archive.catalogue.database import WAL_BYTES, batch, known, open_catalogue, open_for_reading
from archive.catalogue.records import add_capture, parse_ledger, read_to, set_read_to
from archive.catalogue.search import search
from archive.catalogue.settle import settle
from archive.catalogue.withdraw import withdraw
from archive.errors import BusyError, ConfigError, DamageError, NoSpaceError, RecordError
from archive.model import Capture, Passage, Record
from tests.catalogue_world import Found, add, article, capture, keys, page, settled, site_file

HOME = "https://www.courier.test/2026/"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "catalogue.db"


@pytest.fixture
def db(path: Path) -> Iterator[Database]:
    with closing(open_catalogue(path)) as opened:
        yield opened


def pages(count: int) -> list[Found]:
    return [page(f"{HOME}report-{n}", n, article(f"Report {n}", f"The harbour saw {n} ships.")) for n in range(count)]


def test_foreign_keys_hold(db: Database) -> None:
    with pytest.raises(sqlite3.IntegrityError), batch(db):
        db.execute("INSERT INTO authors VALUES ('no such reading', 0, 'Nobody')")


def test_a_batch_is_written_whole_or_not_at_all(db: Database) -> None:
    def fails() -> None:
        with batch(db):
            set_read_to(db, "one.warc.gz", 99)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()

    assert read_to(db, "one.warc.gz") == 0


def test_texts_that_another_connection_took_out_are_written_again(db: Database, path: Path) -> None:
    titles = ("Ferry", "Ferry", "Fog")
    ferry, again, fog = (page(f"{HOME}{n}", n, article(title, f"{n}.")) for n, title in enumerate(titles))
    add(db, ferry)
    add(db, again)  # from here on its title is known by its number
    with closing(open_catalogue(path)) as elsewhere:
        with batch(elsewhere):
            set_read_to(elsewhere, "one.warc.gz", 1 << 40)
            withdraw(elsewhere, {"one.warc.gz": 0})
        add(elsewhere, fog)  # whose title gets that number
    add(db, ferry)

    texts = [row[0] for row in db.execute("SELECT text FROM passages")]
    assert sorted(texts) == ["0.", "2.", "Ferry", "Fog"]


def test_no_long_text_of_a_page_is_remembered(db: Database) -> None:
    for hours in range(2):
        add(db, page(f"{HOME}{hours}", hours, article("Ferry", "It sails at dawn.", "x" * 5_000, f"Hour {hours}.")))

    assert {text for text, _ in known(db).texts} == {"Ferry", "It sails at dawn."}
    assert len(db.execute("SELECT text FROM passages").fetchall()) == 8


def test_a_batch_that_failed_leaves_no_name_behind(db: Database) -> None:
    def fails(found: Found) -> None:
        with batch(db):
            add_capture(db, found.capture, found.site, found.reading, keys)
            raise RuntimeError

    long, short = page(HOME, 1, article("Ferry", *(f"Line {n}." for n in range(9)))), page(HOME, 2, article("Fog"))
    with pytest.raises(RuntimeError):
        fails(long)
    add(db, short, long)

    rows = db.execute("SELECT xpath FROM passages GROUP BY xpath ORDER BY xpath")
    assert [row[0] for row in rows] == sorted(f"/html/body/p[{n}]" for n in range(1, 11))


def test_a_full_disk_costs_the_batch_and_nothing_before_it(db: Database, path: Path) -> None:
    add(db, *pages(3))
    (size,) = db.execute("PRAGMA page_count").fetchone()
    db.execute(f"PRAGMA max_page_count = {size}")

    with pytest.raises(NoSpaceError):
        add(db, *pages(400))

    db.execute("PRAGMA max_page_count = 1000000")
    add(db, *pages(400))
    assert db.execute("SELECT count(*) FROM captures").fetchone()[0] == 400
    assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_a_second_writer_is_told_to_wait(db: Database, path: Path) -> None:
    with closing(open_catalogue(path)) as other:
        other.execute("PRAGMA busy_timeout = 0")
        with batch(db), pytest.raises(BusyError), batch(other):
            pass


def test_what_is_no_database_is_damage(path: Path) -> None:
    path.write_bytes(b"no database at all" * 100)

    with pytest.raises(DamageError):
        open_catalogue(path)


def test_a_catalogue_that_is_not_there_is_a_matter_of_configuration(path: Path) -> None:
    with pytest.raises(ConfigError):
        open_for_reading(path)
    with pytest.raises(ConfigError):
        open_catalogue(path / "no" / "folder")


def test_readers_cannot_write(db: Database, path: Path) -> None:
    with closing(open_for_reading(path)) as reader, pytest.raises(sqlite3.OperationalError):
        reader.execute("DELETE FROM captures")


def test_vacuum_leaves_the_index_in_order(db: Database) -> None:
    settled(db, pages(20))
    db.execute("DELETE FROM kinship")
    settled(db, [page(f"{HOME}report-3", 99, article("Report 3", "The tram returned."))])

    db.execute("VACUUM")

    assert [hit.url for hit in search(db, "tram")] == [f"{HOME}report-3"]
    db.execute("INSERT INTO search (search, rank) VALUES ('integrity-check', 1)")


def test_a_settle_that_was_killed_goes_on_where_it_stopped(db: Database, tmp_path: Path) -> None:
    letter = " ".join(["Dear readers, the presses must be paid for, and nobody pays for them but you."] * 2)
    found = [
        page(f"{HOME}report-{n}", n, article(f"Report {n}", f"{n} ships in the harbour.", letter)) for n in range(9)
    ]
    left = 5

    def judge(passages: Sequence[Passage], _: bytes, memory: Mapping[int, tuple[int, int]]) -> tuple[Passage, ...]:
        nonlocal left
        left -= 1
        if left == 0:
            raise KeyboardInterrupt
        return tuple(passages)

    add(db, *found)
    with pytest.raises(KeyboardInterrupt):
        settle(db, judge)
    settle(db, judge)

    with closing(open_catalogue(tmp_path / "whole.db")) as whole:
        settled(whole, found)
        assert list(compare(db, whole)) == []


def test_a_capture_is_written_once(db: Database) -> None:
    one = pages(1)[0]
    with batch(db):
        written = [add_capture(db, one.capture, "courier", one.reading, keys) for _ in range(2)]

    assert written == [True, False]


@pytest.mark.parametrize("order", [1, -1])
def test_of_a_record_in_two_files_the_first_by_name_is_kept(db: Database, order: int) -> None:
    one = pages(1)[0]
    other = replace(one, capture=_moved(one.capture, "another.warc.gz"))

    settled(db, [one, other][::order])

    assert db.execute("SELECT file, offset, ends FROM captures").fetchone()[:] == ("another.warc.gz", 500, 700)


def test_a_long_reader_stops_nobody_and_the_log_shrinks_after_it(db: Database, path: Path) -> None:
    add(db, *pages(3))
    log = path.with_name("catalogue.db-wal")
    with closing(open_for_reading(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM captures").fetchone()
        for _ in range(4):
            with batch(db):
                db.execute("UPDATE sites SET toml = hex(randomblob(2000000))")
        assert log.stat().st_size > WAL_BYTES

    with batch(db):
        db.execute("UPDATE sites SET toml = hex(randomblob(6000000))")

    assert log.stat().st_size <= WAL_BYTES


def test_a_batch_beside_a_reading_of_its_own_connection_is_written(db: Database) -> None:
    add(db, *pages(3))
    reading = db.execute("SELECT * FROM captures")
    reading.fetchone()

    with batch(db):
        db.execute("UPDATE sites SET toml = hex(randomblob(2000000))")

    assert db.execute("SELECT length(toml) FROM sites").fetchone()[0] == 4_000_000
    assert reading.fetchone() is not None


def test_texts_that_utf8_cannot_write_are_written_all_the_same(db: Database) -> None:
    settled(db, [page(f"{HOME}odd", 0, article("Half a \ud83d smile", "A paragraph with \udc00 in it."))])

    assert db.execute("SELECT title, body FROM versions").fetchone()[:] == (
        "Half a ? smile",
        "A paragraph with ? in it.",
    )


@pytest.mark.parametrize(
    "block", [b"{", b"[]", b'{"url": "x"}', b"\xff", b'{"url": 1, "outcome": "robots", "at": "soon"}']
)
def test_a_damaged_ledger_is_an_error_that_names_its_record(block: bytes) -> None:
    with pytest.raises(RecordError, match=r"one\.warc\.gz"):
        parse_ledger(capture("urn:dateline:run:run-1:ledger:0", kind="resource"), block)


def test_withdrawn_captures_leave_no_trace(db: Database, tmp_path: Path) -> None:
    kept, lost = [site_file(), *pages(6)], [page(f"{HOME}lost", 7, article("Lost", "Never on disk."))]
    cut = [Found(_moved(one.capture, "two.warc.gz"), one.reading, "gazette") for one in lost]
    settled(db, [*kept, *cut])
    with batch(db):
        set_read_to(db, "two.warc.gz", 10_000)

    with batch(db):
        assert withdraw(db, {"two.warc.gz": 400, "one.warc.gz": 1 << 40}) == 1
    settled(db)

    with closing(open_catalogue(tmp_path / "whole.db")) as whole:
        settled(whole, kept)
        with batch(whole):
            set_read_to(whole, "two.warc.gz", 400)
        assert list(compare(db, whole)) == []


def _moved(one: Capture, file: str) -> Capture:
    """Return a capture that lies in another file."""
    return replace(one, record=Record(file, 500, 100, one.record.id), end=700)
