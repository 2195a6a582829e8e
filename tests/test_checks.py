"""`dateline sites check`: what a site's file wants of its pages, held against the newest capture."""

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

from archive.ingest import catalogue_archive
from archive.layout import Layout
from archive.loader import LOADER
from archive.reading.box import Box
from archive.warc.record import Original
from crawler.cli import cli
from tests.desk import HOME, PARAGRAPHS, SITE_FILE, Desk, html

FERRIES = "2026/03/14/ferry-strike-42817"


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    with Box(LOADER, workers=1) as made:
        yield made


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory, box: Box) -> Layout:
    """Return an archive of one article: its first form, its last, and a visit that found it unchanged."""
    made = Layout(tmp_path_factory.mktemp("checks") / "archive")
    desk = Desk(made)
    desk.declare()
    desk.fetch(HOME + FERRIES, html("Ferries stop", *PARAGRAPHS[:3]))
    last = desk.fetch(HOME + FERRIES, html("Ferries stop for a day", *PARAGRAPHS))
    original = Original(last.record.id, last.url, last.fetched_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    desk.fetch(HOME + FERRIES, b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n", original=original)
    desk.store.close()
    catalogue_archive(made, box=box)
    return made


def check(layout: Layout, declared: str, *options: str) -> Result:
    (layout.sites / "courier.toml").write_text(f'{SITE_FILE}[[check]]\nurl = "/{FERRIES}"\n{declared}', "utf-8")
    return CliRunner().invoke(cli, ["--archive", str(layout.root), "sites", "check", *options])


def test_a_page_that_reads_as_it_must_passes(layout: Layout) -> None:
    done = check(
        layout,
        f"""
        title = "Ferries stop for a day"
        first = "The crews of the  three harbour ferries"
        last = "{PARAGRAPHS[-1]}"
        has = ["eleven children", "two at a time"]
        lacks = ["Dear readers"]
        appeals = []
        authors = []
        """,
        "courier",
    )

    assert done.exit_code == 0, done.output
    assert f"ok    courier  {HOME}{FERRIES}  (captured 2026-03-14 12:26)" in done.output
    assert "1 of 1 checks hold." in done.output


@pytest.mark.parametrize(
    ("declared", "miss"),
    [
        ('title = "Ferries stop"', {"key": "title", "wanted": "Ferries stop", "found": "Ferries stop for a day"}),
        ('first = "Nobody"', {"key": "first", "wanted": "Nobody", "found": PARAGRAPHS[0]}),
        ('last = "By noon"', {"key": "last", "wanted": "By noon", "found": PARAGRAPHS[-1]}),
        ('has = ["the sea", "boats"]', {"key": "has", "wanted": "the sea", "found": ""}),
        ('lacks = ["customs house"]', {"key": "lacks", "wanted": "customs house", "found": "it is there"}),
        ('appeals = ["donation"]', {"key": "appeals", "wanted": "donation", "found": ""}),
        ('authors = ["Ada Lind"]', {"key": "authors", "wanted": "Ada Lind", "found": ""}),
        ("published = 2026-03-13", {"key": "published", "wanted": "2026-03-13", "found": "2026-03-14"}),
    ],
)
def test_what_is_missed_is_named_with_what_was_found(layout: Layout, declared: str, miss: dict[str, str]) -> None:
    done = check(layout, declared, "--json")

    told = json.loads(done.output)
    assert done.exit_code == 2
    assert told["misses"] == [miss]
    assert (told["site"], told["url"], told["passed"]) == ("courier", HOME + FERRIES, False)


def test_the_rules_of_the_file_are_tried_on_what_was_captured_before_them(layout: Layout) -> None:
    wants = 'appeals = ["donation"]\nlacks = ["customs house"]\n'
    rule = "[[rules]]\nappeal.donation = [\"p:contains('customs house')\"]\n"

    without, ruled = check(layout, wants), check(layout, wants + rule)

    assert without.exit_code == 2
    assert "appeals: wanted 'donation'" in without.output
    assert ruled.exit_code == 0, ruled.output


def test_a_page_that_was_never_captured_is_a_miss_and_not_an_error(layout: Layout) -> None:
    done = check(layout, 'title = "Ferries stop for a day"\n[[check]]\nurl = "/2031/01/01/not-yet-1"\nhas = ["x"]\n')

    assert done.exit_code == 2
    assert "FAIL  courier  https://www.courier.test/2031/01/01/not-yet-1  (no capture)" in done.output
    assert "1 of 2 checks hold." in done.output


def test_a_name_that_is_no_site_and_files_without_checks_are_said_to_be_so(layout: Layout) -> None:
    (layout.sites / "courier.toml").write_text(SITE_FILE, "utf-8")
    runner = CliRunner()

    nothing = runner.invoke(cli, ["--archive", str(layout.root), "sites", "check"])
    unknown = runner.invoke(cli, ["--archive", str(layout.root), "sites", "check", "corier"])

    assert (nothing.exit_code, nothing.output) == (0, "No site file has a [[check]].\n")
    assert unknown.exit_code == 4
