"""The shared corpus as the trainer sees it: pages read into measured blocks, each block with what is known of it.

The corpus lies outside the project (`DATELINE_CORPUS`, else ../shared/corpus) and nothing of it is copied here.
"""

import gzip
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from archive.reading.article import area_of, says_of
from archive.reading.blocks import Block
from archive.reading.body import Candidate, aligned, candidate_of, letters_of
from archive.reading.declared import contained
from archive.reading.facts import Facts
from archive.reading.head import head_of
from archive.reading.jsonld import story_of
from archive.reading.page import parse_page
from archive.reading.passages import facts_of
from archive.reading.prose import blocks_of
from archive.reading.signals import Measure
from archive.reading.squash import squash

HERE = Path(__file__).parent
CORPUS = Path(os.environ.get("DATELINE_CORPUS", HERE.parents[2] / "shared" / "corpus"))
LABEL_LONG = 20  # letters of a label from which a block may hold more than the label

Candidates = Callable[[object, list[Block]], Candidate]


@dataclass(slots=True)
class Sample:
    """One page measured: rows of signals, the facts of each block, and targets with their weights.

    A target is 1, 0, or -1 where nothing is known.
    """

    id: str
    group: str
    language: str
    rows: list[list[float]]
    facts: list[Facts]
    texts: list[str]
    is_passed_over: list[bool]
    body: list[int] = field(default_factory=list)
    appeal: list[int] = field(default_factory=list)
    body_weight: list[float] = field(default_factory=list)


def pages() -> list[dict]:  # type: ignore[type-arg]  # rows of the corpus, as its scorers take them
    with (CORPUS / "pages.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def html_of(page: dict) -> bytes:  # type: ignore[type-arg]
    return gzip.decompress((CORPUS / page["html"]).read_bytes())


def labels_of(page: dict) -> dict | None:  # type: ignore[type-arg]
    return json.loads((CORPUS / page["labels"]).read_text("utf-8")) if page["labels"] else None


def sample_of(page: dict) -> Sample | None:  # type: ignore[type-arg]
    """Return the page measured and marked, None if it cannot be parsed."""
    url = page["url"] or ""
    parsed = parse_page(html_of(page))
    head, story = head_of(parsed.root, url), story_of(parsed.root)
    blocks = blocks_of(parsed.root)
    candidate = candidate_of(parsed.root, blocks)
    start, end = area_of(blocks, candidate)
    measure = Measure(blocks, candidate, says_of(head, story, url), every=True)
    signals = measure.all(start, end)
    sample = Sample(
        page["id"], page["publisher_group"], page["language"], [s.row() for s in signals],
        facts_of(measure, start, signals), [b.text for b in blocks[start:end]], [s.is_passed_over for s in signals],
    )  # fmt: skip
    _mark(sample, page, blocks[start:end], labels_of(page), measure.says.titles, measure.says.descriptions)
    return sample


def _mark(sample, page, blocks, labels, titles, descriptions) -> None:  # type: ignore[no-untyped-def]
    count = len(blocks)
    body, appeal, weight = [-1] * count, [-1] * count, [1.0] * count
    if page["gold"]:
        body = _by_gold(page, blocks, labels, descriptions)
    for text in page["with"] or ():
        _mark_snippet(blocks, body, weight, squash(text), 1, titles)
    for text in page["without"] or ():
        _mark_snippet(blocks, body, weight, squash(text), 0, titles)
    if labels:
        appeal = [0] * count
        for family in ("chrome", "appeals"):
            for label in labels[family]:
                for i in _matching(blocks, squash(label["text"])):
                    body[i], weight[i] = 0, 2.0
                    appeal[i] = int(family == "appeals")
        for label in labels["hard_negatives"]:
            for i in _matching(blocks, squash(label["text"])):
                body[i], appeal[i], weight[i] = 1, 0, 3.0
    for i, f in enumerate(sample.facts):
        if body[i] == 1 and f.has("candidate"):
            weight[i] *= 1.5
    sample.body, sample.appeal, sample.body_weight = body, appeal, weight


def _by_gold(page, blocks, labels, descriptions) -> list[int]:  # type: ignore[no-untyped-def]
    flawed = set(labels["contaminated_gold"]) if labels else set()
    gold = [g for i, g in enumerate(page["gold"]) if i not in flawed]
    lines = [line for g in gold for line in g.split("\n")]
    found = aligned(blocks, lines)
    whole = squash("".join(lines))
    marks = []
    for block, holds, share in zip(blocks, found.holds, found.share, strict=True):
        if holds:
            marks.append(1 if share >= 0.75 else -1)
        elif letters_of(block.key) >= 25 and block.key in whole:
            marks.append(-1)
        else:
            marks.append(0 if share < 0.2 else -1)
    first = marks.index(1) if 1 in marks else 0
    if page["set"] == "sh":  # its gold leaves leads out: they are no mistake
        for i in range(first):
            if len(blocks[i].key) > 25 and any(contained(blocks[i].key, d) > 0.6 for d in descriptions):
                marks[i] = -1
    return marks


def _mark_snippet(blocks, body, weight, key, value, titles) -> None:  # type: ignore[no-untyped-def]
    if len(key) < 4:
        return
    holding = [i for i, b in enumerate(blocks) if key in b.key]
    if len(holding) > 4:
        return
    for i in holding:
        if value and blocks[i].key in titles:
            continue
        body[i], weight[i] = value, 2.0


def _matching(blocks: Sequence[Block], key: str) -> Iterator[int]:
    for i, b in enumerate(blocks):
        holds = len(key) >= LABEL_LONG and key in b.key and len(key) > 0.6 * len(b.key)
        if b.key == key or holds or (len(b.key) >= LABEL_LONG and b.key in key):
            yield i
