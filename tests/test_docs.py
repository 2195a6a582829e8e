"""The documents say what the code does."""

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from crawler import settings
from crawler.cli import cli
from crawler.manual import commands, manual

ROOT = Path(__file__).parents[1]
DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXT = "\n".join(path.read_text("utf-8") for path in DOCS)

COMMANDS = dict(commands(cli))


def test_the_manual_is_that_of_the_commands() -> None:
    assert (ROOT / "docs" / "commands.md").read_text("utf-8") == manual(), "make docs writes it anew"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_does(name: str) -> None:
    assert COMMANDS[name].help


def test_every_command_is_listed_before_any_is_loaded() -> None:
    ask = "import sys; from crawler.cli import cli; print(*cli.list_commands(None)); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", ask], cwd=ROOT, capture_output=True, text=True, check=True)
    listed, loaded = (set(line.split()) for line in done.stdout.splitlines())

    for path in (*(ROOT / "archive").glob("commands_*.py"), *(ROOT / "crawler").glob("commands_*.py")):
        import_module(f"{path.parent.name}.{path.stem}")

    assert set(cli.commands) == listed
    assert not loaded & {"scrapy", "twisted", "sqlite_utils", "lxml", "rich", "archive.catalogue"}


@pytest.mark.parametrize("name", [name for name in dir(settings) if name.startswith("DATELINE_")])
def test_every_setting_of_ours_is_in_the_operators_document(name: str) -> None:
    assert f"`{name}`" in (ROOT / "docs" / "operations.md").read_text("utf-8") or name == "DATELINE_VERSION"


def test_every_command_the_documents_show_exists() -> None:
    known = {*COMMANDS, *(f"dateline {name}" for name in cli.commands)}
    shown = set(re.findall(r"(?<!-u )dateline (?:--archive \S+ )?([a-z][a-z-]+)", "\n".join(_code(TEXT))))

    assert {f"dateline {name}" for name in shown} <= known


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_every_link_between_documents_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text("utf-8"))

    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize(
    "target", re.findall(r"make ([a-z]+)\b", "\n".join(_ for _ in TEXT.splitlines() if "make " in _))
)
def test_every_target_the_documents_name_is_in_the_makefile(target: str) -> None:
    words = {"the", "a", "it", "room", "and", "sure", "no", "each", "one", "an"}

    assert target in words or re.search(rf"^{target}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


def _code(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", text) + [line for line in text.splitlines() if line.startswith("    ")]
