"""From the blocks of a page to the facts that are judged, and from verdicts to Passages."""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from lxml.html import HtmlElement

from archive.model import Passage
from archive.reading.blocks import Block
from archive.reading.facts import FLAG, Facts
from archive.reading.judge import Verdict
from archive.reading.markup import CLASS_BIT, HEADINGS, TAG_BIT
from archive.reading.memory import key_of
from archive.reading.outlet import name_finder
from archive.reading.shape import link_share
from archive.reading.signals import Measure, Signals
from archive.reading.weighing import shipped

LEAD_LIKE = 0.6  # share of a block that the declared description must hold to make it a lead
ITEMS = frozenset(("li", "dd", "dt", "td", "th"))
AUTHOR_LETTERS, BESIDE_NAME = 60, 12  # of a line that names the author, and of what it says besides
CAPTION_WORDS, BYLINE_WORDS = 60, 20  # a longer text is none, whatever its class says


def facts_of(measure: Measure, start: int, signals: Sequence[Signals]) -> list[Facts]:
    """Return what is to be judged of the blocks from `start` on, which gave these signals."""
    groups: dict[int, int] = {}
    shapes: dict[str, int] = {}
    found = []
    shared = _boxes_with_several(measure.blocks)
    named_in = name_finder(measure.says.outlets)
    sums_of = shipped().sums
    for n, s in enumerate(signals):
        i = start + n
        block = measure.blocks[i]
        own = id(block.box) if id(block.box) in shared else id(block.box.parent or block.box)
        body1, appeal1, body2, appeal2 = sums_of(s)
        found.append(
            Facts(
                key=key_of(block.key),
                body1=body1,
                appeal1=appeal1,
                body2=body2,
                appeal2=appeal2,
                cues=s.said.wording.cues,
                opening=s.said.wording.opening,
                flags=_flags(measure, i, block, s, outlet=s.said.outlet or named_in(block.key)),
                group=groups.setdefault(own, len(groups)) & 0xFFFF,
                shape=shapes.setdefault(block.box.signature, len(shapes)) & 0xFFFF,
                link_share=link_share(block),
                words=s.said.words,
            )
        )
    return found


def _boxes_with_several(blocks: Sequence[Block]) -> set[int]:
    """Return the boxes that hold several blocks of their own, parted by line breaks."""
    return {box for box, count in Counter(id(b.box) for b in blocks).items() if count > 1}


def _flags(measure: Measure, i: int, block: Block, s: Signals, *, outlet: bool) -> int:
    box, held = block.box, measure.candidate.holds[i]
    marks = _marks(box.tags, box.near, box.words)
    if s.said.words > CAPTION_WORDS:
        marks &= ~FLAG["caption"]
    if s.said.words > BYLINE_WORDS:
        marks &= ~FLAG["byline"]
    claims = {
        "candidate": held,
        "heading": box.tag in HEADINGS or (not s.said.terminal and _is_bold_line(block)),
        "lead_place": not s.is_passed_over
        and s.description >= LEAD_LIKE
        and _is_lead(measure, i, lead_class=bool(marks & FLAG["lead_class"])),
        "title": s.title >= 0.75,
        "hidden": box.hidden,
        "controls": block.controls or box.tags & TAG_BIT["form"],
        "quoted": s.said.quoted,
        "outlet": outlet,
        "money": s.said.money,
        "salute": block.text.endswith((":", "：", "!", "！", ",", "，", "、", "،")),
        "colon": block.text.endswith((":", "：")),
        "number": s.said.number,
        "terminal": s.said.terminal,
        "mail": s.said.mail,
        "after_h1": 0 <= measure.h1 < i,
        "item": box.tag in ITEMS,
        "author": block.size <= AUTHOR_LETTERS and _names_author(measure.says.authors, block.key),
    }
    return marks + sum([FLAG[name] for name, holds in claims.items() if holds])


@lru_cache(maxsize=16_384)
def _marks(tags: int, near: int, words: int) -> int:
    """Return the flags that the markup around a block sets, however long it is."""
    claims = {
        "lead_class": near & CLASS_BIT["lead"],
        "caption": near & CLASS_BIT["caption"],
        "byline": words & CLASS_BIT["byline"],
        "related": near & CLASS_BIT["related"],
        "ad": near & CLASS_BIT["ad"],
        "promo": near & (CLASS_BIT["promo"] | CLASS_BIT["social"]),
        "note": words & CLASS_BIT["legal"],
        "list": tags & TAG_BIT["list"],
        "figure": tags & (TAG_BIT["figure"] | TAG_BIT["figcaption"]),
        "nav": tags & TAG_BIT["nav"],
    }
    return sum(FLAG[name] for name, holds in claims.items() if holds)


def _names_author(authors: Sequence[str], key: str) -> bool:
    """True for a line that is the name of who wrote the page, and hardly more: by whom, where, when."""
    return any(name in key and len(key) - len(name) <= BESIDE_NAME for name in authors)


def _is_bold_line(block: Block) -> bool:
    """True for a short line that is all emphasis; in brackets it is an aside: who wrote the report, say."""
    return block.strong > 0.9 * block.size and block.size < 90 and not block.text.startswith(("(", "[", "（"))


def _is_lead(measure: Measure, i: int, *, lead_class: bool) -> bool:
    """True for what the description repeats, at or before the start of the candidate body.

    The candidate's own first paragraph is a lead only if its class says so: descriptions often quote that.
    """
    if i > measure.first + 1 or len(measure.blocks[i].key) < 25:
        return False
    return not measure.candidate.holds[i] or (lead_class and i <= measure.first)


def passages_of(root: HtmlElement, blocks: Sequence[Block], verdicts: Sequence[Verdict]) -> tuple[Passage, ...]:
    """Return the blocks as passages; places count characters in all texts joined by newlines."""
    path_of = root.getroottree().getpath
    paths: dict[int, str] = {}
    found, start = [], 0
    for block, verdict in zip(blocks, verdicts, strict=True):
        xpath = paths.get(id(block.node))
        if xpath is None:
            xpath = paths[id(block.node)] = path_of(block.node)
        end = start + block.size
        found.append(Passage(block.text, verdict.kind, verdict.rule, verdict.score, xpath, start, end))
        start = end + 1
    return tuple(found)
