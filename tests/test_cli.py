"""The commands, as a person or a program calls them, on an archive that a real crawl has filled."""

import csv
import io
import json
import shutil
import sqlite3
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from archive.catalogue.compare import compare
from archive.catalogue.database import open_for_reading
from archive.layout import Layout
from archive.reread import reread
from crawler.cli import cli
from tests.conftest import Workbench

FERRY = "http://www.harbour-courier.test/2025/03/14/ferry-crews-return-after-nine-days-a1201"


class Ran:
    """What a command printed and how it ended."""

    def __init__(self, layout: Layout, *arguments: str) -> None:
        result = CliRunner().invoke(cli, ["--archive", str(layout.root), *arguments])
        self.code, self.out, self.err = result.exit_code, result.stdout, result.stderr
        self.raw = result.stdout_bytes


@pytest.fixture
def copy(crawled: Workbench, tmp_path: Path) -> Layout:
    """The crawled archive, to be changed."""
    shutil.copytree(crawled.layout.root, tmp_path / "copy")
    return Layout(tmp_path / "copy")


def test_every_article_is_catalogued_and_found(crawled: Workbench) -> None:
    with sqlite3.connect(crawled.layout.catalogue) as db:
        urls = {row[0] for row in db.execute("SELECT url FROM captures WHERE outcome = 'ok'")}
    db.close()

    readable = {edition.url for edition in crawled.newsroom.editions() if edition.url}
    assert len(readable & urls) >= len(readable) - 2  # a consent wall and a listing are not articles
    assert urls <= readable


def test_search_prints_hits_for_people(crawled: Workbench) -> None:
    ran = Ran(crawled.layout, "search", "ferry", "strike")

    assert ran.code == 0
    assert "Ferry crews return" in ran.out


@pytest.mark.parametrize(
    "outlet", ["wesselauer-bote", "gazette-morvane", "vestnik-zarechinsk", "al-marfa", "kirihama-shimpo"]
)
def test_search_finds_the_words_of_any_script(crawled: Workbench, outlet: str) -> None:
    edition = next(e for e in crawled.newsroom.editions(outlet) if not e.story.gate)
    word = max(edition.title.replace("\u3000", " ").split(), key=len).strip("\"'«»„“”:,.?!()")

    found = Ran(crawled.layout, "search", word, "--site", outlet, "--limit", "200", "--format", "jsonl").out

    assert edition.url in {json.loads(line)["url"] for line in found.splitlines()}


def test_diacritics_are_folded(crawled: Workbench) -> None:
    assert "Kettenfähre" in Ran(crawled.layout, "search", "kettenfahre").out


def test_search_prints_lines_for_programs(crawled: Workbench) -> None:
    lines = Ran(crawled.layout, "search", "ferry", "--format", "jsonl").out.splitlines()
    rows = list(csv.DictReader(io.StringIO(Ran(crawled.layout, "search", "ferry", "--format", "csv").out)))

    hits = [json.loads(line) for line in lines]
    assert {"url", "title", "site", "day", "version", "file", "offset", "length"} <= set(hits[0])
    assert [hit["url"] for hit in hits] == [row["url"] for row in rows]


def test_search_is_narrowed_by_site_and_day(crawled: Workbench) -> None:
    ran = Ran(
        crawled.layout, "search", "ferry", "--site", "harbour-courier", "--from", "2025-03-14", "--to", "2025-03-14",
        "--format", "jsonl",
    )  # fmt: skip

    assert [json.loads(line)["url"] for line in ran.out.splitlines()] == [FERRY]


@pytest.mark.parametrize("query", ["", '"', "can't", "a AND", "((", "NEAR(", "-", "*", "title:", "\x00", "x" * 5000])
def test_no_query_fails(crawled: Workbench, query: str) -> None:
    assert Ran(crawled.layout, "search", query).code == 0


def test_show_gives_the_article_without_its_letter(crawled: Workbench) -> None:
    body = Ran(crawled.layout, "show", FERRY, "--body").out

    assert "The first boat to Gannet Island" in body
    assert "Dear readers" not in body


def test_show_says_where_each_value_was_told(crawled: Workbench) -> None:
    lines = Ran(crawled.layout, "show", FERRY).out.splitlines()

    told = {line.split()[0]: line for line in lines if line.startswith("  ")}
    assert "[json-ld]" in told["published"] or "[meta]" in told["published"]
    assert {"authors", "language", "page_kind"} <= {key for key, line in told.items() if line.endswith("]")}
    assert "title " in told["from"]


def test_show_gives_the_letter_apart(crawled: Workbench) -> None:
    appeals = " ".join(Ran(crawled.layout, "show", FERRY, "--appeals").out.split())

    assert "appeal:donation" in appeals
    assert "Dear readers" in appeals


def test_show_raw_gives_the_bytes_as_the_site_sent_them(crawled: Workbench) -> None:
    assert Ran(crawled.layout, "show", FERRY, "--raw").raw.startswith(b"HTTP/1.1 200 OK\r\n")


def test_what_is_not_there_is_said_to_be_not_there(crawled: Workbench) -> None:
    assert Ran(crawled.layout, "show", "http://nowhere.test/").code == 1
    assert "never seen" in Ran(crawled.layout, "why", "http://nowhere.test/").err


def test_why_tells_where_a_url_was_found_and_what_became_of_it(crawled: Workbench) -> None:
    told = Ran(crawled.layout, "why", FERRY).out

    assert "found in http://www.harbour-courier.test/" in told
    assert "captured 200" in told
    assert "read as ok" in told


def test_verify_is_clean(crawled: Workbench) -> None:
    ran = Ran(crawled.layout, "verify", "--json")

    assert ran.code == 0
    assert json.loads(ran.out)["problems"] == []


def test_verify_names_damage_and_says_so_by_its_exit_code(copy: Layout) -> None:
    path = copy.warc_files()[0]
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 0xFF
    path.write_bytes(damaged)

    ran = Ran(copy, "verify")

    assert ran.code == 5
    assert path.name in ran.out


def test_reread_makes_the_same_rows(copy: Layout) -> None:
    before = copy.catalogue.with_name("before.db")
    shutil.copy(copy.catalogue, before)

    report = reread(copy)

    live, again = open_for_reading(before), open_for_reading(copy.catalogue)
    assert list(compare(live, again)) == []
    assert report.captures > 100
    live.close()
    again.close()


def test_status_counts_what_there_is(crawled: Workbench) -> None:
    told = json.loads(Ran(crawled.layout, "status", "--json").out)

    assert {site["site"] for site in told["sites"]} == set(crawled.newsroom.site_files)
    assert told["last_finish"] == "finished"


def test_sites_are_listed_and_shown_with_the_origin_of_each_value(crawled: Workbench) -> None:
    assert "harbour-courier" in Ran(crawled.layout, "sites", "list").out
    shown = Ran(crawled.layout, "sites", "show", "harbour-courier", "--resolved").out
    assert "polite.delay" in shown
    assert "line " in shown
    assert "default" in shown


def test_a_mistake_in_a_site_file_is_named_with_file_and_key(copy: Layout) -> None:
    (copy.sites / "harbour-courier.toml").write_text('home = "http://a.test/"\nlangauges = ["en"]\n')

    ran = Ran(copy, "sites", "list")

    assert ran.code == 4
    assert "harbour-courier.toml" in ran.err
    assert "languages" in ran.err


def test_a_folder_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    ran = Ran(Layout(tmp_path / "none"), "status")

    assert ran.code == 4
    assert "dateline init" in ran.err


def test_init_makes_an_archive_with_an_example(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "new")

    assert Ran(layout, "init", "--contact", "desk@archive.test").code == 0
    assert "desk@archive.test" in layout.settings.read_text()
    assert (layout.sites / "example.toml.txt").is_file()


@pytest.mark.parametrize(
    "before",
    [
        "[alarm]\ncommand = 'mail desk'\n",
        "# ours\ncontact = 'old@archive.test'  # until May\n\n[alarm]\ncommand = [\n'mail',\n]\ncontact = 'nobody'\n",
        "note = 'contact = 1'\r\n[alarm]\r\ncontact = 'nobody'\r\n",
    ],
    ids=["absent", "another", "of a table"],
)
def test_a_new_contact_leaves_the_other_settings_alone(tmp_path: Path, before: str) -> None:
    layout = Layout(tmp_path)
    layout.settings.write_text(before, newline="")

    assert Ran(layout, "init", "--contact", "desk@archive.test").code == 0

    now = layout.settings.read_bytes().decode()
    assert tomllib.loads(now) == {**tomllib.loads(before), "contact": "desk@archive.test"}
    assert set(before.splitlines()) - set(now.splitlines()) <= {"contact = 'old@archive.test'  # until May"}


@pytest.mark.parametrize("before", ["contact = '''\nold\n'''\n", "\"contact\" = 'old'\n", "contact =\n"])
def test_a_contact_that_cannot_be_changed_safely_is_left(tmp_path: Path, before: str) -> None:
    layout = Layout(tmp_path)
    layout.settings.write_text(before)

    ran = Ran(layout, "init", "--contact", "desk@archive.test")

    assert (ran.code, layout.settings.read_text()) == (4, before)
    assert "archive.toml" in ran.err


def test_the_published_copy_opens_read_only_and_answers(crawled: Workbench) -> None:
    path = crawled.layout.public / "catalogue.db"
    with sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True) as db:
        (count,) = db.execute("SELECT count(*) FROM article_text").fetchone()
        (mode,) = db.execute("PRAGMA journal_mode").fetchone()
    db.close()

    assert count > 100
    assert mode == "delete"


def test_the_crawl_says_when_nothing_is_due(crawled: Workbench, copy: Layout) -> None:
    ended = Workbench(copy, crawled.newsroom).crawl("northern-ledger")

    assert ended.code == 0
    assert "nothing was due" in ended.out
