"""What can be measured about each block of a page, as numbers: the signals that the vote weighs.

NAMES fixes their order; weights.txt names them one a line. None of them names a publisher.
"""

# ruff: noqa: SIM905 (lists of words read better as text)

import re
from collections import Counter
from dataclasses import dataclass
from math import log1p

from archive.reading.blocks import Block
from archive.reading.body import EAST_ASIAN, Candidate, letters_of
from archive.reading.cues import BIT, CUES, bits
from archive.reading.lexicon import WORD
from archive.reading.markup import CLASS_BIT, TAG_BIT

OPENING_WORDS = 2
QUOTE = re.compile('["“”„«»「」『』]')
TERMINAL = re.compile(r"[.!?。！？…؟۔।][\"”»’')\]]*$")
SENTENCE = re.compile(r"[.!?。！？…؟۔।][\"”»’')\]]*(?:\s|$)")
ADDRESS = re.compile(r"https?://|www\.|@\w")
MONEY = re.compile(
    r"[$€£¥₹₽₩₺₴]\s?\d|\d([.,]\d+)?\s?(?:€|£|\$|¥|₽|₴|₩|zł|kr|kč|ft|lei|eur|euro|usd|円|元|원|บาท)",
    re.IGNORECASE,
)

SHAPE = (
    "words words_squared few_words some_words digits capitals terminal colon ellipsis sentences quote question exclaim"
    " address money lower_start link_share all_link links strong all_strong controls"
).split()
TAGS = tuple(f"tag_{name}" for name in ("h1", "h2", "h3", "p", "li", "td", "div", "span_root"))
INSIDE = tuple(f"in_{name}" for name in TAG_BIT if name != "heading")
CLASSES = tuple(f"class_{name}" for name in CLASS_BIT)
FAR = ("far_related", "far_nav", "far_comment", "far_body", "far_appeal", "hidden")
PLACE = (
    "position before_first after_last between candidate candidate_share near_candidate signature_share parent_share"
    " same_siblings parent_links parent_letters parent_controls parent_blocks above_h1 has_h1 repeated no_candidate"
).split()
META = ("title_overlap title_equal description description_equal jsonld_in jsonld_absent outlet meta_paywall").split()
WORDS = tuple(f"cue_{name}" for name in BIT)
OPENINGS = (
    "imperative", "related", "ad", "by", "greet", "dismiss", "message", "credit", "correction", "legal", "app",
    "newsletter", "subscribe",
)  # fmt: skip
OPENING = tuple(f"open_{name}" for name in OPENINGS)
MIXED = ("we_and_you ask_and_us third_share we_share you_share quoted_says cue_weight cue_short previous_colon").split()
OWN = (
    *SHAPE, *TAGS, *INSIDE, *CLASSES, *FAR, *PLACE, *META, *WORDS, *OPENING, *MIXED,
)  # fmt: skip
SHARED = ("candidate", "link_share", "words", "in_heading_block", "controls", "cue_weight", "same")
BESIDE = tuple(f"{side}_{name}" for side in ("previous", "next") for name in SHARED)
AROUND = ("links_around", "candidate_around", "cues_around")
NAMES = ("bias", *OWN, *BESIDE, *AROUND)

APPEALING = bits(
    "ask", "newsletter", "subscribe", "member", "account", "social", "app", "consent", "feedback", "thanks", "pay",
    "offer", "paywall", "adblock", "tip", "survey",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PageSays:
    """What the page declares that a block can be compared with; all texts squashed."""

    titles: tuple[str, ...] = ()
    descriptions: tuple[str, ...] = ()
    article_body: str = ""
    outlets: tuple[str, ...] = ()
    paywalled: bool = False


@dataclass(slots=True)
class Signals:
    """One block measured: the numbers, and the bits of words that later rules ask for."""

    values: list[float]
    cues: int
    opening: int
    description: float
    title: float
    words: int
    outlet: bool
    money: bool
    quoted: bool


class Measure:
    """The signals of the blocks of one page."""

    def __init__(self, blocks: list[Block], candidate: Candidate, says: PageSays) -> None:
        self.blocks, self.candidate, self.says = blocks, candidate, says
        held = [i for i, kept in enumerate(candidate.holds) if kept]
        self.first, self.last = (held[0], held[-1]) if held else (0, len(blocks) - 1)
        self.any_held = bool(held)
        self.h1 = next((i for i, b in enumerate(blocks) if b.box.tag == "h1"), -1)
        self._count(held)

    def _count(self, held: list[int]) -> None:
        blocks = self.blocks
        chosen = [blocks[i] for i in held] or blocks
        total = sum(b.size for b in chosen) or 1
        self.by_signature: Counter[str] = Counter()
        self.by_parent: Counter[int] = Counter()
        for b in chosen:
            self.by_signature[_signature(b)] += b.size
            self.by_parent[id(b.box.parent or b.box)] += b.size
        self.total = total
        self.siblings = Counter(id(b.box.parent or b.box) for b in blocks)
        self.seen: Counter[str] = Counter()

    def all(self, start: int, end: int) -> list[Signals]:
        """Return the signals of blocks[start:end], each with its neighbours' beside it."""
        measured = [self._own(i) for i in range(start, end)]
        rows = [_beside_row(self.blocks[start + n], s) for n, s in enumerate(measured)]
        signatures = [_signature(b) for b in self.blocks[start:end]]
        nothing = [0.0] * (len(SHARED) - 1)
        for n, s in enumerate(measured):
            for m in (n - 1, n + 1):
                inside = 0 <= m < len(rows)
                s.values += rows[m] if inside else nothing
                s.values.append(float(inside and signatures[m] == signatures[n]))
            around = rows[max(0, n - 3) : n + 4]
            s.values.append(sum(r[1] for r in around) / len(around))
            s.values.append(sum(r[0] for r in around) / len(around))
            s.values.append(sum(r[5] for r in around) / len(around))
        return measured

    def _own(self, i: int) -> Signals:
        block = self.blocks[i]
        text, box = block.text, block.box
        words = WORD.findall(text.lower())
        families = CUES.of_words(words)
        opening = 0
        for found in families[:OPENING_WORDS]:
            opening |= found
        cues = CUES.of_unspaced(text)
        opening |= cues if len(block.key) <= 12 else 0
        for found in families:
            cues |= found
        size = letters_of(block.key) / 5 if text[:1] > EAST_ASIAN else len(words)
        description, title = self._declared(block)
        outlet = any(name in block.key for name in self.says.outlets)
        money = bool(MONEY.search(text))
        quoted = bool(QUOTE.search(text))
        asked = cues & APPEALING
        weight = min(asked.bit_count(), 5) / 5
        counts = [sum(1 for f in families if f & BIT[n]) / (size + 3) for n in ("third", "we", "you")]
        values = [1.0, *_shape(block, size, quoted=quoted, money=money)]
        values += _tags(block)
        values += _flags(box.tags, INSIDE_BITS)
        values += _flags(box.near, CLASS_BITS)
        far = box.all_words
        values += [
            *_flags(far, FAR_BITS),
            float(box.hidden),
        ]
        values += self._place(i, block)
        values += [
            title, float(title >= 1.0), description, float(description > 0.95 and len(block.key) > 30),
            *self._jsonld(block.key), float(outlet), float(self.says.paywalled),
        ]  # fmt: skip
        values += _flags(cues, CUE_BITS)
        values += _flags(opening, OPENING_BITS)
        we_and_you = bool(cues & BIT["we"] and cues & BIT["you"])
        values += [
            float(we_and_you), float(bool(cues & BIT["ask"]) and (we_and_you or outlet)), *counts,
            float(quoted and bool(cues & BIT["says"])), weight, weight * (size < 25),
            float(i > 0 and self.blocks[i - 1].text.endswith((":", "："))),
        ]  # fmt: skip
        return Signals(values, cues, opening, description, title, int(size), outlet, money, quoted)

    def _place(self, i: int, block: Block) -> list[float]:
        box, held = block.box, self.candidate.holds
        parent = box.parent or box
        span = max(1, self.last - self.first)
        self.seen[block.key] += 1
        return [
            min(1.5, max(-0.5, (i - self.first) / span)),
            log1p(max(0, self.first - i)) / 3 if self.any_held else 0.0,
            log1p(max(0, i - self.last)) / 3 if self.any_held else 0.0,
            float(self.any_held and self.first <= i <= self.last),
            float(held[i]), self.candidate.share[i],
            sum(held[max(0, i - 2) : i + 3]) / 5,
            self.by_signature[_signature(block)] / self.total,
            self.by_parent[id(parent)] / self.total,
            log1p(self.siblings[id(parent)]) / 4,
            parent.linked / (parent.letters or 1),
            log1p(parent.letters) / 9,
            min(parent.controls, 3) / 3,
            log1p(parent.blocks) / 5,
            float(i < self.h1), float(self.h1 >= 0),
            float(len(block.key) > 12 and self.seen[block.key] > 1),
            float(not self.any_held),
        ]  # fmt: skip

    def _declared(self, block: Block) -> tuple[float, float]:
        key = block.key
        if len(key) < 8:
            return 0.0, 0.0
        description = max((contained(key, d) for d in self.says.descriptions), default=0.0)
        title = 0.0
        if len(key) < 400:
            for other in self.says.titles:
                if key == other:
                    return description, 1.0
                if len(other) > 8 and (key in other or other in key):
                    title = max(title, min(len(key), len(other)) / max(len(key), len(other)))
        return description, title

    def _jsonld(self, key: str) -> tuple[float, float]:
        if len(self.says.article_body) < 300 or len(key) < 20:
            return 0.0, 0.0
        share = contained(key, self.says.article_body)
        return share, float(share < 0.2)


def contained(key: str, other: str) -> float:
    """Return the share of a text's ten-letter pieces that the other text holds."""
    if not key or not other:
        return 0.0
    if key in other:
        return 1.0
    if len(key) < 12:
        return 0.0
    places = range(0, len(key) - 9, max(5, len(key) // 40))
    return sum(key[j : j + 10] in other for j in places) / len(places)


def _signature(block: Block) -> str:
    parent = block.box.parent
    return f"{block.box.signature}<{parent.signature if parent else ''}"


def _flags(found: int, which: tuple[int, ...]) -> list[float]:
    return [1.0 if found & bit else 0.0 for bit in which]


def _shape(block: Block, size: float, *, quoted: bool, money: bool) -> list[float]:
    text, length = block.text, block.size
    words = log1p(size) / 5
    link_share = min(1.0, block.linked / length)
    sentences = len(SENTENCE.findall(text))
    return [
        words, words * words, float(size <= 3), float(3 < size <= 9),
        sum(map(text.count, "0123456789")) / length,
        sum(1 for c in text[:80] if c.isupper()) / min(80, length),
        float(bool(TERMINAL.search(text))), float(text.endswith((":", "："))),
        float(text.endswith(("...", "…"))), min(sentences, 6) / 6, float(quoted),
        float("?" in text or "？" in text), float("!" in text or "！" in text), float(bool(ADDRESS.search(text))),
        float(money), float(text[:1].islower()), link_share, float(link_share > 0.9), log1p(block.links) / 3,
        min(1.0, block.strong / length), float(block.strong > 0.9 * length), min(block.controls, 2) / 2,
    ]  # fmt: skip


def _tags(block: Block) -> list[float]:
    tag = block.box.tag
    return [
        float(tag == "h1"), float(tag == "h2"), float(tag in ("h3", "h4", "h5", "h6")), float(tag == "p"),
        float(tag in ("li", "dd", "dt")), float(tag in ("td", "th")), float(tag == "div"), float(tag == "body"),
    ]  # fmt: skip


def _beside_row(block: Block, s: Signals) -> list[float]:
    values = s.values
    return [
        values[INDEX["candidate"]], values[INDEX["link_share"]], values[INDEX["words"]],
        float(block.box.tag in HEADINGS), values[INDEX["controls"]], values[INDEX["cue_weight"]],
    ]  # fmt: skip


HEADINGS = frozenset(f"h{i}" for i in range(1, 7))
INDEX = {name: i for i, name in enumerate(NAMES)}
INSIDE_BITS = tuple(bit for name, bit in TAG_BIT.items() if name != "heading")
CLASS_BITS = tuple(CLASS_BIT.values())
FAR_BITS = tuple(CLASS_BIT[n] for n in ("related", "nav", "comment", "body", "appeal"))
CUE_BITS = tuple(BIT.values())
OPENING_BITS = tuple(BIT[n] for n in OPENINGS)
