"""Imports run one way: the house of docs/decisions.md, kept by reading the source."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(path for folder in ("archive", "crawler") for path in (ROOT / folder).rglob("*.py"))
WINGS = ("archive.warc", "archive.reading", "archive.catalogue")


EDGES = ("cli", "commands_")  # where a command begins: the time is read there, and handed on


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name_of(path) for path in MODULES}


def imports_of(path: Path) -> set[str]:
    """Return the modules that a file imports when it is loaded."""
    return {name for node in ast.walk(ast.parse(path.read_text("utf-8"))) for name in _named(node)}


def _named(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module
        yield from (full for alias in node.names if (full := f"{node.module}.{alias.name}") in NAMES)


def is_in(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_the_archive_knows_neither_the_crawler_nor_a_network(path: Path) -> None:
    if not is_in(name_of(path), "archive"):
        return
    strangers = ("crawler", "scrapy", "twisted", "socketserver", "urllib.request", "http.client", "requests", "aiohttp")

    assert {name for name in imports_of(path) if any(is_in(name, stranger) for stranger in strangers)} == set()


@pytest.mark.parametrize("wing", WINGS)
def test_the_three_wings_do_not_know_each_other(wing: str) -> None:
    others = [other for other in WINGS if other != wing]
    inside = [path for path in MODULES if is_in(name_of(path), wing)]

    known = {(name_of(path), name) for path in inside for name in imports_of(path) for o in others if is_in(name, o)}

    assert known == set()


def test_no_import_runs_in_a_circle() -> None:
    graph = {name_of(path): (imports_of(path) & NAMES) - {name_of(path)} for path in MODULES}
    packages = {name for name in graph if any(other.startswith(name + ".") for other in graph)}
    # A package's __init__ gathers what lies in it; a module that imports a sibling does not depend on the gathering.
    edges = {name: {d for d in needs if d not in packages or not is_in(name, d)} for name, needs in graph.items()}

    try:
        tuple(TopologicalSorter(edges).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_the_archive_has_no_clock_of_its_own() -> None:
    clocks = ("datetime.now(", "datetime.utcnow(", "date.today(", "time.time(")
    found = {
        f"{name_of(path)}: {clock}"
        for path in MODULES
        if is_in(name_of(path), "archive") and not path.name.startswith(EDGES)
        for clock in clocks
        if clock in path.read_text("utf-8")
    }

    assert found == set()
