"""What is restricted is not shown; what is removed is gone."""

import gzip
import json
import shutil
import sqlite3
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from warcio.archiveiterator import ArchiveIterator

from archive.catalogue import matching, study
from archive.catalogue.answers import find, record_rows
from archive.catalogue.database import open_catalogue, open_for_reading
from archive.catalogue.search import search
from archive.cdxj import merged, refresh
from archive.cli import cli
from archive.errors import BusyError, ConfigError, NotFoundError
from archive.excise import excise, find_cuts
from archive.imports import import_files
from archive.ingest import catalogue_archive
from archive.layout import Layout
from archive.loader import LOADER
from archive.manifest import read_manifests, write_manifests
from archive.publish import publish
from archive.reading.box import Box
from archive.remove import Order, remove
from archive.replay.environment import made
from archive.replay.server import serving
from archive.reread import compare_files, reread
from archive.restrictions import in_force, load, path_of, require_unrestricted
from archive.selection import Wanted, selecting
from archive.tombstones import Removal, removals, returned
from archive.verify import verify
from archive.wacz import write_wacz
from archive.warc.members import members, read_at
from archive.withhold import open_permitted
from tests.conftest import Workbench
from tests.desk import HOME, PARAGRAPHS, Desk, html, write_a_small_crawl
from tests.peers import needs_pywb

NOW = datetime(2026, 4, 1, tzinfo=UTC)
FERRY = HOME + "2026/03/14/ferry-strike-42817"
FOG = HOME + "2026/03/14/fog-over-town-42818"
WORD = "fisherman"  # in every version of both articles


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    with Box(LOADER, workers=1) as made:
        yield made


@pytest.fixture(scope="module")
def filled(box: Box, tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """An archive of two articles, one of them in two versions; nobody changes it."""
    layout = Layout(tmp_path_factory.mktemp("filled"))
    desk = Desk(layout)
    write_a_small_crawl(desk)
    desk.store.close()
    catalogue_archive(layout, box=box)
    return layout


@pytest.fixture
def layout(filled: Layout, tmp_path: Path) -> Layout:
    shutil.copytree(filled.root, tmp_path / "archive")
    return Layout(tmp_path / "archive")


def restrict(layout: Layout, *entries: str) -> None:
    path_of(layout).write_text("".join(f"[[restriction]]\n{entry}\n" for entry in entries), "utf-8")


def urls_found(layout: Layout, at: datetime | None = NOW) -> set[str]:
    with closing(open_permitted(layout, at)) as db:
        return {hit.url for hit in search(db, WORD)}


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return [tuple(row) for row in db.execute(sql)]


def remove_ferry(layout: Layout, box: Box, **options: bool) -> Removal:
    return remove(layout, Order((FERRY,), "Order 12 O 345/26", **options), NOW, box=box)


# ---------------------------------------------------------------------- restrictions


def test_an_archive_without_restrictions_shows_all_it_has(layout: Layout) -> None:
    assert urls_found(layout) == {FERRY, FOG}


def test_a_restricted_article_is_not_found_nor_shown(layout: Layout) -> None:
    restrict(layout, f'url = "{FERRY}"\nreason = "Order 12 O 345/26"')

    assert urls_found(layout) == {FOG}
    with closing(open_permitted(layout, NOW)) as db:
        assert find(db, FERRY) is None
        with pytest.raises(NotFoundError, match="12 O 345/26"):
            require_unrestricted(layout, db.conn, FERRY, NOW)


@pytest.mark.parametrize("view", ["article_text", "versions_all", "edits", "captures_located", "passages_located"])
def test_no_view_tells_what_is_restricted(layout: Layout, view: str) -> None:
    count = f"SELECT count(*) FROM {view} WHERE url = '{FERRY}'"
    restrict(layout, f'url = "{FERRY}"\nreason = "x"')

    with closing(open_for_reading(layout.catalogue)) as db, closing(open_permitted(layout, NOW)) as permitted:
        assert db.execute(count).fetchone()[0] > 0
        assert permitted.execute(count).fetchone()[0] == 0


def test_no_count_and_no_order_of_hits_betrays_what_is_restricted(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "COMMON", 0)
    monkeypatch.setattr(study, "LOOKED_UP", 0)
    with closing(open_permitted(layout, NOW)) as db:
        assert sum(span.articles for span in study.trend(db, WORD)) == 2
    restrict(layout, f'url = "{FERRY}"\nreason = "x"')

    with closing(open_permitted(layout, NOW)) as db:
        assert [(span.articles, span.of) for span in study.trend(db, WORD)] == [(1, 1)]
        assert db.execute("SELECT sum(articles) FROM coverage_by_month").fetchone()[0] == 1
        assert [hit.url for hit in search(db, WORD)] == [FOG]


def test_a_restricted_connection_still_cannot_write(layout: Layout) -> None:
    restrict(layout, f'url = "{FERRY}"\nreason = "x"')

    with closing(open_permitted(layout, NOW)) as db, pytest.raises(sqlite3.OperationalError, match="readonly"):
        db.execute("DELETE FROM main.articles")


def test_an_article_is_restricted_by_its_id_and_a_text_by_its_record(layout: Layout) -> None:
    with closing(open_for_reading(layout.catalogue)) as db:
        article = find(db, FERRY)
    assert article is not None
    old, new = article.versions

    restrict(layout, f'article = "{article.id}"\nreason = "x"')
    assert urls_found(layout) == {FOG}

    restrict(layout, f'record = "<{old.first_capture}>"\nreason = "x"')
    with closing(open_permitted(layout, NOW)) as db:
        left = find(db, FERRY)
        assert left is not None
        assert [version.id for version in left.versions] == [new.id]

    restrict(layout, f'record = "{new.first_capture}"\nreason = "x"')
    assert urls_found(layout) == {FOG}


@pytest.mark.parametrize("site", ["courier", "*"])
def test_pages_that_ask_not_to_be_archived_are_kept_and_not_shown_where_that_is_the_policy(
    box: Box, tmp_path: Path, site: str
) -> None:
    layout = Layout(tmp_path / "asked")
    desk = Desk(layout)
    desk.declare()
    asking = html("Ferries stop", *PARAGRAPHS).replace(b"Content-Type", b"X-Robots-Tag: noarchive\r\nContent-Type")
    desk.fetch(FERRY, asking)
    desk.fetch(FOG, html("Fog over the town", *reversed(PARAGRAPHS)))
    desk.store.close()
    catalogue_archive(layout, box=box)
    before = urls_found(layout)

    restrict(layout, f'noarchive = "{site}"\nreason = "the page asks so"')

    assert before == {FERRY, FOG}
    assert urls_found(layout) == {FOG}
    assert rows(publish(layout, now=NOW), "SELECT DISTINCT url FROM captures WHERE status = 200") == [(FOG,)]


def test_a_restriction_has_a_beginning_and_an_end(layout: Layout) -> None:
    restrict(layout, f'url = "{FERRY}"\nreason = "x"\nfrom = 2026-03-20\nuntil = 2026-04-01T12:00:00Z')

    assert FERRY in urls_found(layout, datetime(2026, 3, 19, 23, 59, tzinfo=UTC))
    assert FERRY not in urls_found(layout, datetime(2026, 3, 20, tzinfo=UTC))
    assert FERRY in urls_found(layout, datetime(2026, 4, 1, 12, tzinfo=UTC))
    assert FERRY not in urls_found(layout, None)


@pytest.mark.parametrize(
    "text",
    [
        "restriction = 1",
        "[[restriction]]\nurl = 'https://a.test/'",
        "[[restriction]]\nreason = 'x'",
        "[[restriction]]\nurl = 'https://a.test/'\nrecord = 'urn:x'\nreason = 'x'",
        "[[restriction]]\nurl = 'https://a.test/'\nreason = 'x'\nuntl = 2026-01-01",
        "[[restriction]]\nurl = 'https://a.test/'\nreason = 'x'\nuntil = 'tomorrow'",
        "[[restriction]]\nurl = 'https://a.test/'\nreason = 'x'\nfrom = 2026-02-01\nuntil = 2026-01-01",
        "[[restriction",
        "[restrictions]\nurl = 'https://a.test/'",
    ],
)
def test_restrictions_that_cannot_be_understood_stop_whoever_would_show_something(layout: Layout, text: str) -> None:
    path_of(layout).write_text(text, "utf-8")

    with pytest.raises(ConfigError, match=r"restrictions\.toml"):
        open_permitted(layout, NOW)
    with pytest.raises(ConfigError):
        publish(layout, now=NOW)


def test_the_published_copy_has_no_trace_of_what_is_restricted(layout: Layout) -> None:
    sole = "Nobody had told the island"  # in both articles; the title is in one alone
    restrict(layout, f'url = "{FERRY}"\nreason = "Order 12 O 345/26"')

    path = publish(layout, now=NOW)

    assert rows(path, "SELECT url FROM article_text") == [(FOG,)]
    assert rows(path, f"SELECT count(*) FROM captures WHERE url = '{FERRY}'") == [(0,)]
    assert rows(path, "SELECT rowid FROM search WHERE search MATCH 'ferries AND stop'") == []
    assert rows(path, "PRAGMA foreign_key_check") == []
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]
    assert rows(path, "SELECT count(*) FROM readings WHERE id NOT IN (SELECT reading FROM captures)") == [(0,)]
    assert b"Ferries stop" not in path.read_bytes()
    assert sole.encode() in path.read_bytes()
    logged = json.loads((layout.root / "takedown.log").read_text("utf-8"))
    assert (logged["what"], logged["articles"]) == ("publish", 1)


def test_what_is_restricted_is_still_in_the_archive_after_its_time(layout: Layout, box: Box) -> None:
    restrict(layout, f'url = "{FERRY}"\nreason = "x"\nuntil = 2026-05-01')

    reread(layout, box=box)

    assert urls_found(layout) == {FOG}
    assert urls_found(layout, datetime(2026, 5, 1, tzinfo=UTC)) == {FERRY, FOG}


# ---------------------------------------------------------------------- removal


def test_a_removed_article_is_gone_from_files_catalogue_and_published_copy(layout: Layout, box: Box) -> None:
    publish(layout, now=NOW)

    done = remove_ferry(layout, box)

    assert len(done.removed) == 3  # two responses and the revisit of the first
    assert {one.type for one in done.removed} == {"response", "revisit"}
    for path in layout.warc_files():
        with gzip.open(path) as file:
            assert f"WARC-Target-URI: {FERRY}".encode() not in file.read()
    assert urls_found(layout, None) == {FOG}
    assert rows(layout.catalogue, f"SELECT count(*) FROM captures WHERE url = '{FERRY}'") == [(0,)]
    assert rows(layout.public / "catalogue.db", "SELECT url FROM article_text") == [(FOG,)]


def test_what_is_left_is_whole_and_every_row_leads_to_its_record(layout: Layout, box: Box) -> None:
    kept = {member.id for path in layout.warc_files() for member in members(path)}

    done = remove_ferry(layout, box)

    with closing(open_for_reading(layout.catalogue)) as db:
        report = verify(layout, rows=list(record_rows(db)))
    assert report.problems == ()
    gone = {record for one in done.removed for record in one.records}
    have = {member.id for path in layout.warc_files() for member in members(path)}
    assert kept - have == gone
    for path in layout.warc_files():
        with path.open("rb") as file:
            assert len(list(ArchiveIterator(file))) > 0


def test_the_tombstone_says_what_was_removed_and_why(layout: Layout, box: Box) -> None:
    done = remove_ferry(layout, box)
    reread(layout, box=box)

    with closing(open_for_reading(layout.catalogue)) as db:
        told = list(removals(db.conn, layout))
        assert list(returned(db.conn, told[0])) == []
    assert told == [done]
    assert told[0].reason == "Order 12 O 345/26"
    assert {one.url for one in told[0].removed} == {FERRY}
    logged = (layout.root / "takedown.log").read_text("utf-8").splitlines()
    assert json.loads(logged[0])["what"] == "remove"


def test_after_a_reread_it_is_still_gone_and_the_rows_are_the_same(layout: Layout, box: Box, tmp_path: Path) -> None:
    remove_ferry(layout, box)
    before = tmp_path / "before.db"
    shutil.copy(layout.catalogue, before)

    reread(layout, box=box)

    assert list(compare_files(before, layout.catalogue)) == []
    assert urls_found(layout, None) == {FOG}


def test_a_removed_article_is_in_no_package_that_is_made_later(layout: Layout, box: Box, tmp_path: Path) -> None:
    remove_ferry(layout, box)
    for name in ("before.wacz", "after-a-reread.wacz"):
        with selecting(layout, NOW) as selection:
            selection.choose(Wanted())
            write_wacz(layout, selection, tmp_path / name, "everything", "Dateline/test", NOW)
        with zipfile.ZipFile(tmp_path / name) as package:
            inside = {member: package.read(member) for member in package.namelist()}
        plain = {m: gzip.decompress(part) if m.endswith(".gz") else part for m, part in inside.items()}
        listed = b"".join(part for m, part in plain.items() if m.startswith(("indexes/", "pages/")))
        (records,) = (part for m, part in plain.items() if m.startswith("archive/"))
        assert FOG.encode() in listed
        assert FERRY.encode() not in listed
        assert f"WARC-Target-URI: {FERRY}".encode() not in records  # only the tombstone names it
        reread(layout, box=box)


@needs_pywb
def test_a_removed_article_is_replayed_no_more(layout: Layout, box: Box) -> None:
    before = replayed(layout)

    remove_ferry(layout, box)
    removed = replayed(layout)
    reread(layout, box=box)

    assert (before, removed, replayed(layout)) == ({FERRY: 200, FOG: 200}, {FERRY: 404, FOG: 200}, removed)


def replayed(layout: Layout) -> dict[str, int]:
    """Return what pywb, asked for each article, answers."""
    with serving(layout, made()) as replay:
        return {url: status_of(replay.url_of(url, NOW, "id_")) for url in (FERRY, FOG)}


def status_of(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_manifests_are_written_anew(layout: Layout, box: Box) -> None:
    write_manifests(layout)

    remove_ferry(layout, box)

    manifests, unreadable = read_manifests(layout)
    assert unreadable == ()
    assert set(manifests) == {path.name for path in layout.warc_files()}  # the tombstone's file too
    assert verify(layout).problems == ()


def test_the_readings_of_an_older_reader_forget_it_too(layout: Layout, box: Box) -> None:
    older = layout.root / "readings" / "0lder.db"
    older.parent.mkdir()
    shutil.copy(layout.catalogue, older)

    remove_ferry(layout, box)

    assert rows(older, "SELECT url FROM article_text") == [(FOG,)]
    with closing(open_for_reading(older)) as db:
        for file, offset, length, record in record_rows(db):
            assert read_at(layout.path_of(file), offset, length).id == record


def test_a_crawl_that_brings_it_back_does_not_bring_it_to_light(layout: Layout, box: Box) -> None:
    remove_ferry(layout, box)

    assert [restriction.name for restriction in in_force(layout, NOW)] == [FERRY]

    path_of(layout).unlink()
    remove(layout, Order((FOG,), 'He said "no" \\ twice', restrict=False), NOW, box=box)
    assert load(layout) == ()


def test_a_reason_of_any_letters_stays_a_reason(layout: Layout, box: Box) -> None:
    remove(layout, Order((FOG,), 'He said "no"\nand \\ went, 東京 😀'), NOW, box=box)

    assert load(layout)[0].reason == 'He said "no" and \\ went, 東京 😀'


def test_one_record_takes_its_revisits_with_it_and_leaves_the_others(layout: Layout, box: Box) -> None:
    with closing(open_for_reading(layout.catalogue)) as db:
        article = find(db, FERRY)
    assert article is not None
    old, new = article.versions

    done = remove(layout, Order((old.first_capture,), "x"), NOW, box=box)

    assert len(done.removed) == 2
    assert load(layout) == ()
    with closing(open_for_reading(layout.catalogue)) as db:
        left = find(db, FERRY)
        assert left is not None
        assert [version.text_hash for version in left.versions] == [new.text_hash]
        assert verify(layout, rows=list(record_rows(db))).problems == ()


def test_a_file_still_being_written_is_left_alone(layout: Layout, box: Box) -> None:
    path = layout.warc_files()[0]
    path.rename(path.with_name(path.name + ".open"))
    before = path.with_name(path.name + ".open").read_bytes()

    with pytest.raises(BusyError):
        remove_ferry(layout, box)

    assert path.with_name(path.name + ".open").read_bytes() == before
    assert len(layout.warc_files()) == 1


def test_what_is_not_there_cannot_be_removed(layout: Layout, box: Box) -> None:
    with pytest.raises(NotFoundError):
        remove(layout, Order((FERRY, "https://nowhere.test/"), "x"), NOW, box=box)

    assert urls_found(layout) == {FERRY, FOG}


@pytest.mark.parametrize("packing", ["plain", "one piece"])
def test_records_are_cut_out_of_files_packed_otherwise(layout: Layout, tmp_path: Path, packing: str) -> None:
    whole = gzip.decompress(layout.warc_files()[0].read_bytes())
    path = tmp_path / ("other.warc" if packing == "plain" else "other.warc.gz")
    path.write_bytes(whole if packing == "plain" else gzip.compress(whole))
    ids = [member.id for member in members(path)]

    (cut,) = find_cuts([path], frozenset({ids[2]}), lambda _: None)
    excise(cut)

    assert [member.id for member in members(path)] == [one for one in ids if one not in cut.removed[0].records]


def test_damage_in_a_file_is_neither_spread_nor_healed(layout: Layout) -> None:
    path = layout.warc_files()[0]
    found = list(members(path))
    data = bytearray(path.read_bytes())
    hurt = next(member for member in found if member.url == FOG)
    data[hurt.offset + 40] ^= 0xFF
    path.write_bytes(data)
    ids = [member.id for member in members(path, past_damage=True)]
    doomed = next(member.id for member in found if member.url == FERRY)

    (cut,) = find_cuts([path], frozenset({doomed}), lambda _: None)
    excise(cut)

    gone = {record for one in cut.removed for record in one.records}
    assert [member.id for member in members(path, past_damage=True)] == [one for one in ids if one not in gone]


def test_a_catalogue_can_be_filled_again_after_a_crash_between_rows_and_file(layout: Layout, box: Box) -> None:
    with closing(open_catalogue(layout.catalogue)) as db:
        db.execute("UPDATE files SET read_to = 0")

    done = remove_ferry(layout, box)

    assert len(done.removed) == 3
    assert urls_found(layout, None) == {FOG}


# ---------------------------------------------------------------------- what goes out, and comes back


def test_restricted_captures_have_no_place_in_the_index_until_the_restriction_ends(layout: Layout) -> None:
    refresh(layout, NOW)
    whole = set(merged(layout))
    restrict(layout, f'url = "{FERRY}"\nreason = "x"\nuntil = 2026-05-01')

    refresh(layout, NOW)
    without = set(merged(layout))
    refresh(layout, datetime(2026, 5, 1, tzinfo=UTC))

    assert whole - without == {line for line in whole if FERRY in line}
    assert len(whole - without) == 3
    assert set(merged(layout)) == whole


def test_restricted_captures_are_not_exported(layout: Layout) -> None:
    with selecting(layout, NOW) as selection:
        selection.choose(Wanted())
        whole = selection.count()
    restrict(layout, f'url = "{FERRY}"\nreason = "x"')

    with selecting(layout, NOW) as selection:
        selection.choose(Wanted())

        assert selection.count() == whole - 3
        assert FERRY not in {page.url for page in selection.pages()}


def test_a_removed_record_that_comes_back_is_named(layout: Layout, box: Box, tmp_path: Path) -> None:
    path = layout.warc_files()[0]
    shutil.copy(path, tmp_path / "backup.warc.gz")
    done = remove_ferry(layout, box)

    shutil.copy(tmp_path / "backup.warc.gz", layout.warc / "restored.warc.gz")
    catalogue_archive(layout, box=box)

    with closing(open_for_reading(layout.catalogue)) as db:
        assert len(list(returned(db.conn, done))) == 3
    remove_ferry(layout, box)
    with closing(open_for_reading(layout.catalogue)) as db:
        assert [list(returned(db.conn, removal)) for removal in removals(db.conn, layout)] == [[], []]


def test_an_import_leaves_out_what_was_removed_and_says_so(layout: Layout, box: Box, tmp_path: Path) -> None:
    backup = tmp_path / "backup.warc.gz"
    shutil.copy(layout.warc_files()[0], backup)
    content = backup.read_bytes()
    done = remove_ferry(layout, box)
    layout.catalogue.unlink()  # the tombstones themselves are asked

    (imported,) = import_files(layout, [backup], link=True)
    (again,) = import_files(layout, [backup])
    catalogue_archive(layout, box=box)

    kept = {member.id for path in layout.warc_files() for member in members(path)}
    assert kept.isdisjoint(record for one in done.removed for record in one.records)
    assert (imported.withheld, again.withheld, len(done.removed)) == (3, 3, 3)
    assert "3 captures left out: they were removed from this archive" in imported.summary()
    assert not again.is_new
    assert backup.read_bytes() == content
    with closing(open_for_reading(layout.catalogue)) as db:
        assert list(returned(db.conn, done)) == []
    assert verify(layout).is_clean


def test_the_commands_tell_why_nothing_is_shown(layout: Layout, box: Box) -> None:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["--archive", str(layout.root), *arguments])

    restrict(layout, f'url = "{FERRY}"\nreason = "Order 12 O 345/26"')
    assert "Ferries stop" not in run("search", WORD).stdout
    shown = run("show", FERRY)
    assert shown.exit_code == 1
    assert "Order 12 O 345/26" in shown.stderr

    remove_ferry(layout, box)
    verified = run("verify")
    assert verified.exit_code == 0
    assert "3 captures of 1 URLs (9 records) removed from 1 files: Order 12 O 345/26" in verified.stdout


@pytest.fixture
def crawled_twice(workbench: Workbench) -> Workbench:
    day = datetime(2025, 3, 15, 12, tzinfo=UTC)
    for now in (day, day + timedelta(days=2)):
        workbench.newsroom.now = now
        ended = workbench.crawl("harbour-courier", now=now)
        assert ended.code == 0, ended.err
    return workbench


def test_a_crawl_after_a_removal_leaves_an_archive_that_verifies(crawled_twice: Workbench) -> None:
    bench = crawled_twice
    url = str(rows(bench.layout.catalogue, "SELECT url FROM articles WHERE url LIKE '%ferry%' ORDER BY url")[0][0])
    removed = bench.dateline("remove", url, "--reason", "Order 12 O 345/26", "--yes")
    assert removed.code == 0, removed.err

    later = datetime(2025, 3, 19, 12, tzinfo=UTC)
    bench.newsroom.now = later
    assert bench.crawl("harbour-courier", now=later).code == 0

    verified = bench.dateline("verify")
    assert verified.code == 0, verified.out
    assert "Order 12 O 345/26" in verified.out
    assert bench.dateline("show", url).code == 1
    assert rows(bench.layout.public / "catalogue.db", f"SELECT count(*) FROM articles WHERE url = '{url}'") == [(0,)]
    assert bench.frontier_rows("SELECT count(*) FROM urls WHERE url = ? AND original IS NOT NULL", url) == [(0,)]
