"""What a page says is data: no terminal, log, spreadsheet, file name or query takes it for anything else."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from archive.ingest import catalogue_archive
from archive.layout import Layout
from archive.warc.walk import captures
from crawler.cli import cli
from tests.desk import HOME, PARAGRAPHS, Desk, html
from tests.exchanges import reply

NASTY = "=cmd|' /C calc'!A0 \x1b]0;owned\x07\x1b[2J \u202etxet\u2066 <script>alert(1)</script> \x9b31m');"
# What no command may print, whatever a page says: controls but for newline and tab, and what turns the writing around.
LOUD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
URL = HOME + "2026/03/14/ferry-strike-42817"


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    found = Layout(tmp_path_factory.mktemp("nasty") / "archive")
    desk = Desk(found)
    desk.declare()
    text = NASTY.replace("<", "&lt;").replace("\x1b", "&#27;").replace("\x07", "&#7;").replace("\x9b", "&#x9b;")
    desk.fetch(URL, html(text, f"{PARAGRAPHS[0]} {text}", *PARAGRAPHS[1:]))
    head = b"X-Nasty: \x1b[31m\x9b=cmd\r\nContent-Type: text/html"
    desk.fetch(HOME + "2026/03/14/fog-\x1b[2J\u202e-42818", reply(b"<h1>Fog</h1>", head.decode("latin-1")))
    desk.store.close()
    catalogue_archive(found)
    return found


COMMANDS = (
    ("search", "school"),
    ("search", NASTY.replace("\x00", "")),
    ("search", "school", "--format", "jsonl"),
    ("search", "school", "--format", "csv"),
    ("show", URL),
    ("show", URL, "--passages"),
    ("show", URL, "--appeals"),
    ("show", URL, "--json"),
    ("show", "\x1b[31mno such thing"),
    ("why", URL),
    ("why", URL, "--json"),
    ("status",),
    ("status", "--json"),
    ("verify",),
    ("verify", "--json"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: " ".join(c)[:30])
def test_no_command_prints_what_a_terminal_would_obey(layout: Layout, command: tuple[str, ...]) -> None:
    ended = CliRunner().invoke(cli, ["--archive", str(layout.root), *command])

    assert LOUD.search(ended.output) is None
    assert "Traceback" not in ended.output
    assert ended.exit_code in (0, 1), ended.output


def test_json_gives_the_title_back_whole(layout: Layout) -> None:
    ended = CliRunner().invoke(cli, ["--archive", str(layout.root), "search", "school", "--format", "jsonl"])

    (hit,) = [json.loads(line) for line in ended.output.splitlines()]
    assert "<script>alert(1)</script>" in hit["title"]
    assert "\u202etxet" in hit["title"]


def test_a_spreadsheet_runs_nothing(layout: Layout) -> None:
    ended = CliRunner().invoke(cli, ["--archive", str(layout.root), "search", "school", "--format", "csv"])

    cells = [cell for row in csv.reader(io.StringIO(ended.output)) for cell in row]
    assert [cell for cell in cells if re.match(r"[=+@]|-(?!\d)", cell)] == []  # a score may be a negative number
    assert any(cell.startswith("'=cmd|") for cell in cells)


def test_warc_headers_are_printable_ascii_and_files_have_names_of_ours(layout: Layout) -> None:
    urls = [capture.url for path in layout.warc_files() for capture in captures(path)]

    assert all(url.isascii() and url.isprintable() for url in urls)
    assert all(re.fullmatch(r"[A-Za-z0-9.~_-]+", path.name) for path in Path(layout.root).rglob("*"))


def test_files_are_not_for_everybody(layout: Layout) -> None:
    modes = {path.name: path.stat().st_mode & 0o007 for path in layout.warc.iterdir()}

    assert set(modes.values()) == {0}
