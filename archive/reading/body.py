"""The candidate body: what trafilatura takes for the article, found again among our blocks.

Its vote is one among many (archive.reading.signals); its metadata, its fingerprints and its memory of duplicates are
never used.
"""

import logging
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass

from lxml.html import HtmlElement
from trafilatura import bare_extraction

from archive.reading import markup
from archive.reading.blocks import Block
from archive.reading.boxes import Box
from archive.reading.prose import MOST_LINKED, is_drawn, is_prose
from archive.reading.squash import squash

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # each page it gives up on is a warning
logging.getLogger("htmldate").setLevel(logging.CRITICAL)

EAST_ASIAN = "\u2e80"
LONG = 25  # letters from which a text is found anywhere; a shorter one must be a line
PIECE = 20
FOUND = 0.5  # share of pieces that makes a partly changed block part of the candidate
NEARLY_ALL = 0.85  # of the page's prose: the container is the deepest element that holds so much
MOST = 0.6  # of the candidate's prose: the element that holds so much right below it holds the article
FEW = 800  # characters of prose: comments or a teaser may outweigh so short an article
MAX_BLOCKS = 4_000  # trafilatura needs 4 s for 4,000 linked paragraphs: bigger pages go without its vote


@dataclass(slots=True)
class Candidate:
    """For each block whether the candidate body holds it, and the share of its letters found there.

    blocks[start:end] stand below the container of the article.
    """

    holds: list[bool]
    share: list[float]
    start: int = 0
    end: int = 0


def candidate_of(root: HtmlElement, blocks: list[Block]) -> Candidate:
    """Return which blocks are probably the article's, and the range of blocks below its container.

    Where the page is clear - enough prose, and nearly all of it in one container - that prose is the candidate; where
    it is not, trafilatura decides.
    """
    container, start, end = container_of(blocks)
    prose = [i for i in range(start, end) if is_prose(blocks[i])]
    size = sum(blocks[i].size for i in prose)
    if prose and container is not None and (size >= FEW or is_drawn(blocks[prose[0]])):
        candidate = _between(blocks, prose[0], prose[-1])
    else:
        lines = _lines(root) if len(blocks) <= MAX_BLOCKS else []
        candidate = aligned(blocks, [cell for line in lines for cell in line.split("|")])
        _take_siblings(blocks, candidate)
        if prose and not any(candidate.holds):
            candidate = _between(blocks, prose[0], prose[-1])
    candidate.start, candidate.end = start, end
    return candidate


def _between(blocks: list[Block], first: int, last: int) -> Candidate:
    """Return as the candidate what may be text between the first and the last block of prose."""
    holds = [first <= i <= last and _is_text(b) for i, b in enumerate(blocks)]
    return Candidate(holds, [float(h) for h in holds])


def _is_text(block: Block) -> bool:
    return block.linked < MOST_LINKED * block.size and not markup.is_set_apart(block.box)


def container_of(blocks: list[Block]) -> tuple[HtmlElement | None, int, int]:
    """Return the deepest element that holds nearly all prose of the page, and which blocks stand in it.

    None for the element if that is the whole body: trafilatura then reads the page as it is.
    """
    prose: dict[int, int] = {}
    boxes: dict[int, Box] = {}
    spans: dict[int, tuple[int, int]] = {}
    for block in blocks:
        if not is_prose(block):
            continue
        box: Box | None = block.box
        while box is not None:
            key = id(box)
            prose[key] = prose.get(key, 0) + block.size
            boxes[key] = box
            box = box.parent
    if not prose:
        return None, 0, len(blocks)
    enough = NEARLY_ALL * max(prose.values())
    best = max((box for key, box in boxes.items() if prose[key] >= enough), key=lambda b: b.depth)
    for i, block in enumerate(blocks):
        if _stands_in(block.box, best):
            first, _ = spans.get(0, (i, i))
            spans[0] = (first, i + 1)
    start, end = spans[0]
    return (best.node if best.depth and best.tag != "body" else None), start, end


def _stands_in(box: Box | None, container: Box) -> bool:
    while box is not None and box.depth >= container.depth:
        if box is container:
            return True
        box = box.parent
    return False


def _lines(root: HtmlElement) -> list[str]:
    document = bare_extraction(root, include_comments=False, with_metadata=False)
    return (getattr(document, "text", None) or "").split("\n")


def _take_siblings(blocks: list[Block], candidate: Candidate) -> None:
    """Take the prose in markup like most of the candidate's: trafilatura leaves a body that is split at its first part.

    Alike are paragraphs right below one element, and those whose tag and class, and their parent's, are the same; what
    stands above the candidate may be a lead.
    """
    held: Counter[int | str] = Counter()
    places = [_places_of(block) if is_prose(block) else () for block in blocks]
    for block, holds, own in zip(blocks, candidate.holds, places, strict=True):
        if holds:
            held.update(dict.fromkeys(own, block.size))
    whole = sum(b.size for b, holds, own in zip(blocks, candidate.holds, places, strict=True) if holds and own)
    alike = {place for place, size in held.items() if size >= MOST * whole}
    first = candidate.holds.index(True) if alike else len(blocks)
    for i in range(first, len(blocks)):
        if not candidate.holds[i] and not alike.isdisjoint(places[i]):
            candidate.holds[i], candidate.share[i] = True, 1.0


def _places_of(block: Block) -> tuple[int | str, ...]:
    parent, signature = block.box.parent, block.box.signature
    return (id(parent), signature) if any(name.partition(".")[2] for name in signature.split("<")) else (id(parent),)


def letters_of(key: str) -> int:
    """Return the length of a squashed text in Latin letters; an East Asian character says as much as two."""
    return len(key) * 2 if key[:1] > EAST_ASIAN else len(key)


def aligned(blocks: list[Block], lines: list[str]) -> Candidate:
    """Return where the lines of a text stand among the blocks.

    Long blocks that occur in the text form a chain in page order; the others must fit between their neighbours.
    """
    keys = [key for line in lines if (key := squash(line))]
    whole, line_keys = "".join(keys), set(keys)
    spans: list[tuple[int, int] | None] = [None] * len(blocks)
    share = [0.0] * len(blocks)
    anchors = [(i, at) for i, b in enumerate(blocks) if (at := _place(b.key, whole)) >= 0]
    for i, at in _increasing(anchors):
        spans[i], share[i] = (at, at + len(blocks[i].key)), 1.0
    _fit_between(blocks, spans, share, whole, line_keys)
    return Candidate([s is not None for s in spans], share)


def _place(key: str, whole: str) -> int:
    """Return where a long text stands, -1 if nowhere or twice: then only its neighbours can tell."""
    if letters_of(key) < LONG:
        return -1
    at = whole.find(key)
    return at if at >= 0 and whole.find(key, at + 1) < 0 else -1


def _increasing(anchors: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest run of anchors whose places grow."""
    tails: list[int] = []
    chain: list[int] = []
    before: list[int] = []
    for n, (_, at) in enumerate(anchors):
        k = bisect_left(tails, at)
        before.append(chain[k - 1] if k else -1)
        tails[k : k + 1], chain[k : k + 1] = [at], [n]
    kept, n = [], chain[-1] if chain else -1
    while n >= 0:
        kept.append(anchors[n])
        n = before[n]
    return kept[::-1]


def _fit_between(
    blocks: list[Block],
    spans: list[tuple[int, int] | None],
    share: list[float],
    whole: str,
    line_keys: set[str],
) -> None:
    starts = [len(whole)] * (len(blocks) + 1)
    for i in range(len(blocks) - 1, -1, -1):
        span = spans[i]
        starts[i] = span[0] if span else starts[i + 1]
    low = 0
    for i, block in enumerate(blocks):
        span, key = spans[i], block.key
        if span is not None:
            low = span[1]
            continue
        if not key or low >= starts[i + 1]:
            continue
        if letters_of(key) >= LONG or key in line_keys or whole.startswith(key, low):
            at = whole.find(key, low, starts[i + 1])
            if at >= 0:
                spans[i], share[i] = (at, at + len(key)), 1.0
                low = at + len(key)
                continue
        share[i] = _pieces_found(key, whole)
        if share[i] >= FOUND:
            spans[i] = (low, low)


def _pieces_found(key: str, whole: str) -> float:
    width = PIECE // 2 if key[:1] > EAST_ASIAN else PIECE
    if len(key) < 2 * width:
        return 0.0
    pieces = [key[j : j + width] for j in range(0, len(key) - width + 1, width // 2)]
    return sum(p in whole for p in pieces) / len(pieces)
