"""What a page says is data: no terminal, log, spreadsheet, file name or query takes it for anything else."""

import csv
import io
import json
import logging
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from archive.ingest import catalogue_archive
from archive.layout import Layout
from archive.plainlog import plain_logs
from archive.warc.walk import captures
from crawler.cli import cli
from tests.desk import HOME, PARAGRAPHS, Desk, html
from tests.exchanges import reply
from tests.hostile.judge import LOUD

NASTY = "=cmd|' /C calc'!A0 \x1b]0;owned\x07\x1b[2J \u202etxet\u2066 <script>alert(1)</script> \x9b31m');"
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


def test_a_log_obeys_nothing_it_repeats(caplog: pytest.LogCaptureFixture) -> None:
    before = logging.getLogRecordFactory()

    def read() -> None:
        raise ValueError(f"unread: {NASTY}")

    try:
        plain_logs()
        read()
    except ValueError:
        logging.getLogger("tests").exception("%s\r\nall is well\n2026-03-14 09:26:53 [news] INFO: all is well", NASTY)
    finally:
        logging.setLogRecordFactory(before)

    assert LOUD.search(caplog.text) is None
    assert "\\u001b]0;owned" in caplog.text
    assert not [line for line in caplog.text.splitlines() if line.startswith(("all is well", "2026-03-14"))]


def test_a_warc_file_of_a_stranger_says_nothing_to_the_terminal(tmp_path: Path) -> None:
    block = html(NASTY, *PARAGRAPHS)
    fields = f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{NASTY}>\r\nWARC-Date: 2026-03-04T08:09:10Z"
    target = f"WARC-Target-URI: {HOME}a {NASTY}\r\nContent-Length: {len(block)}\r\n\r\n"
    record = f"{fields}\r\n{target}".encode() + block + b"\r\n\r\n"
    (tmp_path / "a.warc").write_bytes(record + NASTY.encode() + b"\r\n")
    command = [sys.executable, "-m", "crawler.cli", "--archive", str(tmp_path / "a")]

    said = "".join(_said([*command, *more]) for more in (["init"], ["import", str(tmp_path / "a.warc")], ["verify"]))

    assert "1 captures" in said
    assert LOUD.search(said) is None


def _said(command: list[str]) -> str:
    """Return all that a command writes: libraries that log do so where nobody has set up logging."""
    ended = subprocess.run(command, capture_output=True, check=False)
    return (ended.stdout + ended.stderr).decode()


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
