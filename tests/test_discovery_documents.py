"""Every document under tests/discovery, with the links a careful person finds in it and each of its faults.

A case is a file and the `.links.json` beside it: the `kind` of source it was asked for as, its `format`, the `links` as
found, the `faults` as parts of the problems in their order, the `next` page, the `url` or `content_type` it came with.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import cast, get_args

import pytest

from archive.model import Link, SourceKind
from crawler.discovery import Discovery, discover

FOLDER = Path(__file__).parent / "discovery"
ANSWER = ".links.json"
CASES = sorted(p.name.removesuffix(ANSWER) for p in FOLDER.glob("*" + ANSWER))
URL = "https://courier.test/source"


@dataclass(frozen=True)
class Case:
    """One document and what must come of it."""

    body: bytes
    kind: SourceKind
    url: str
    content_type: str | None
    expected: dict[str, object]


def case_of(name: str) -> Case:
    expected: dict[str, object] = json.loads((FOLDER / (name + ANSWER)).read_text("utf-8"))
    (document,) = (p for p in FOLDER.glob(f"{name}.*") if not p.name.endswith(ANSWER))
    kind = expected.pop("kind")
    assert kind in get_args(SourceKind)
    content_type = expected.pop("content_type", None)
    return Case(
        body=document.read_bytes(),
        kind=cast("SourceKind", kind),
        url=str(expected.pop("url", URL)),
        content_type=str(content_type) if content_type else None,
        expected=expected,
    )


def found(case: Case) -> Discovery:
    return discover(case.body, case.url, kind=case.kind, source="s", content_type=case.content_type)


def as_written(link: Link) -> dict[str, object]:
    """Return a link as the `.json` files write it: what is known, and nothing else."""
    rows: dict[str, object] = {
        "url": link.url,
        "read_as": link.source_kind,
        "title": link.title,
        "published": _iso(link.published),
        "modified": _iso(link.modified),
        "language": link.language,
        "authors": list(link.authors),
        "alternates": dict(link.alternates),
    }
    return {key: value for key, value in rows.items() if value}


def _iso(time: datetime | None) -> str | None:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ") if time else None


@pytest.mark.parametrize("name", CASES)
def test_every_link_of_a_document_is_found_and_every_fault_is_named(name: str) -> None:
    case = case_of(name)

    result = found(case)

    assert [as_written(link) for link in result.links] == case.expected["links"]
    assert [link.url for link in result.next_pages] == case.expected.get("next", [])
    faults = cast("list[str]", case.expected["faults"])
    assert len(result.problems) == len(faults), result.problems
    for problem, fault in zip(result.problems, faults, strict=True):
        assert fault in problem
    assert result.format == case.expected["format"]


@pytest.mark.parametrize("name", CASES)
def test_every_link_says_where_it_was_found(name: str) -> None:
    case = case_of(name)

    for link in found(case).links:
        assert (link.found_in, link.source) == (case.url, "s")
        assert (link.role == "source") == (link.source_kind is not None)


@pytest.mark.parametrize("name", CASES)
def test_a_document_cut_anywhere_gives_no_error_and_is_never_silent(name: str) -> None:
    case = case_of(name)
    whole = {link.url for link in found(case).links}

    for part in range(8):
        cut = discover(case.body[: len(case.body) * part // 8], URL, kind=case.kind, source="s")

        assert cut.links or cut.problems
        assert len(cut.links) <= len(whole) + 1  # the address at the cut may be half of one


def test_there_are_enough_documents() -> None:
    assert len(CASES) >= 60
