"""What can be measured about each block of a page, as numbers: the signals that the vote weighs.

NAMES fixes their order; weights.txt names them one a line. None of them names a publisher.
"""

# ruff: noqa: SIM905 (lists of words read better as text)

import re
from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import dataclass
from math import log1p

from archive.reading.blocks import Block
from archive.reading.body import EAST_ASIAN, Candidate, is_prose, letters_of
from archive.reading.cues import BIT, CUES, bits
from archive.reading.lexicon import words_of
from archive.reading.markup import CLASS_BIT, TAG_BIT
from archive.reading.outlet import names_outlet

OPENING_WORDS = 2
RELATED, THIRD, WE, YOU, CREDIT = (BIT[n] for n in ("related", "third", "we", "you", "credit"))
UNDER_REACH = 7  # blocks
SHORTEST_COMPARED = 12  # letters of a text that is looked for in pieces
MOST_PLACES = 20_000  # letters of a declared text whose pieces are kept; a longer one is searched
MEMO = 16_384  # numbers of bits whose flags are remembered
QUOTE = re.compile('["“”„«»「」『』]')
TERMINALS, CLOSERS = frozenset(".!?。！？…؟۔।"), "\"”»’')]"
SENTENCE = re.compile(r"[.!?。！？…؟۔।][\"”»’')\]]*(?:\s|$)")
CAPITAL = re.compile(r"[A-ZÀ-ÖØ-ÞΑ-ΩА-ЯЁІЇЄ]")
DIGIT = re.compile("[0-9]")
DECIMAL = re.compile(r"\d")  # of any script: a text without one is asked for no sum and no date
DATED = re.compile(
    r"(?:19|20)\d\d\s?[-/.年]\s?\d{1,2}|\d{1,2}\s?[-/.]\s?\d{1,2}\s?[-/.]\s?(?:19|20)?\d\d|\d{1,2}\s?:\s?\d\d|(?:19|20)\d\d\b"
)
ADDRESS = re.compile(r"https?://|www\.|@\w")
MAIL = re.compile(r"[^\s@]@\w[\w-]*\.\w")
REPORTS = 8  # words of a sentence
CLOSING_WORDS = 6  # in which a caption names who took the picture
MONEY = re.compile(
    r"[$€£¥₹₽₩₺₴]\s?\d|\d(?:[.,]\d+)?\s?(?:[€£$¥₽₴₩円元원]|บาท|(?:zł|kr|kč|ft|lei|eur|euros?|usd|dollars?|pounds?|crowns?"
    r"|kron\w+|francs?|franken|rou?bles|руб\w*|грн|pesos|reais|rupees)\b)",
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
    " in_container container_edge"
).split()
META = ("title_overlap title_equal description description_equal jsonld_in jsonld_absent outlet meta_paywall").split()
WORDS = tuple(f"cue_{name}" for name in BIT)
OPENINGS = (
    "imperative", "related", "ad", "by", "greet", "dismiss", "message", "credit", "correction", "legal", "app",
    "newsletter", "subscribe",
)  # fmt: skip
OPENING = tuple(f"open_{name}" for name in OPENINGS)
MIXED = ("we_and_you ask_and_us third_share we_share you_share quoted_says cue_weight cue_short previous_colon").split()
CROSSED = (
    "plain_links related_links related_short under_related under_appeal under_ad grandparent_links signature_links"
    " signature_rare unheld_signature unheld_parent first_held last_held near_last held_outside unheld_inside lead_spot"
    " below_h1 lead_class_spot"
    " description_spot title_spot all_capitals appeal_unquoted appeal_dominant imperative_you bracketed marked"
    " short_number has_jsonld prose_inside plain_item plain_cell dated dated_only mail mail_you credited"
).split()
OWN = (
    *SHAPE, *TAGS, *INSIDE, *CLASSES, *FAR, *PLACE, *META, *WORDS, *OPENING, *MIXED, *CROSSED,
)  # fmt: skip
SHARED = ("candidate", "link_share", "words", "in_heading_block", "controls", "cue_weight", "same")
BESIDE = tuple(f"{side}_{name}" for side in ("previous", "next") for name in SHARED)
AROUND = ("links_around", "candidate_around", "cues_around")
NAMES = ("bias", *OWN, *BESIDE, *AROUND)

APPEALING = bits(
    "ask", "newsletter", "subscribe", "member", "account", "social", "app", "consent", "feedback", "thanks", "pay",
    "offer", "paywall", "adblock", "tip", "survey",
)  # fmt: skip


SOCIAL, ADDRESSED = bits("social"), bits("we", "you", "imperative", "journalism")


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
    terminal: bool
    number: bool
    mail: bool


class Measure:
    """The signals of the blocks of one page."""

    def __init__(self, blocks: list[Block], candidate: Candidate, says: PageSays) -> None:
        self.blocks, self.candidate, self.says = blocks, candidate, says
        held = [i for i, kept in enumerate(candidate.holds) if kept]
        self.first, self.last = (held[0], held[-1]) if held else (0, len(blocks) - 1)
        self.any_held = bool(held)
        self.h1 = next((i for i, b in enumerate(blocks) if b.box.tag == "h1"), -1)
        self.descriptions = [_Declared(text) for text in says.descriptions]
        self.article_body = _Declared(says.article_body)
        self._count()

    def _count(self) -> None:
        blocks, kept = self.blocks, self.candidate
        chosen = [
            b for i, b in enumerate(blocks) if kept.holds[i] or (kept.start <= i < kept.end and is_prose(b))
        ] or blocks
        total = sum(b.size for b in chosen) or 1
        self.by_signature: Counter[str] = Counter()
        self.by_parent: Counter[int] = Counter()
        for b in chosen:
            self.by_signature[b.box.signature] += b.size
            self.by_parent[id(b.box.parent or b.box)] += b.size
        self.total = total
        self.siblings = Counter(id(b.box.parent or b.box) for b in blocks)
        self.seen: Counter[str] = Counter()
        self.announced = [-1, -1, -1]  # the last short lines over related texts, an appeal, an advertisement
        self.links_by_signature: Counter[str] = Counter()
        self.size_by_signature: Counter[str] = Counter()
        self.count_by_signature: Counter[str] = Counter()
        for b in blocks:
            signature = b.box.signature
            self.links_by_signature[signature] += b.linked
            self.size_by_signature[signature] += b.size
            self.count_by_signature[signature] += 1

    def all(self, start: int, end: int) -> list[Signals]:
        """Return the signals of blocks[start:end], each with its neighbours' beside it."""
        measured = [self._own(i) for i in range(start, end)]
        rows = [_beside_row(self.blocks[start + n], s) for n, s in enumerate(measured)]
        signatures = [b.box.signature for b in self.blocks[start:end]]
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
        words = words_of(text)
        families = CUES.of_words(words)
        opening = 0
        for found in families[:OPENING_WORDS]:
            opening |= found
        cues = CUES.of_unspaced(text)
        opening |= cues if len(block.key) <= 12 else 0
        third = we = you = 0
        for found in filter(None, families):
            cues |= found
            third += found & THIRD and 1
            we += found & WE and 1
            you += found & YOU and 1
        size = letters_of(block.key) / 5 if text[:1] > EAST_ASIAN else len(words)
        description, title = self._declared(block)
        if cues & SOCIAL and len(words) > REPORTS and not cues & ADDRESSED and not block.linked:
            cues &= ~SOCIAL  # a report on a platform names it too
        outlet = names_outlet(self.says.outlets, block.key, words)
        decimal = DECIMAL.search(text) is not None
        money = decimal and MONEY.search(text) is not None
        quoted = QUOTE.search(text) is not None
        terminal = is_sentence(text)
        asked = cues & APPEALING
        weight = min(asked.bit_count(), 5) / 5
        counts = [third / (size + 3), we / (size + 3), you / (size + 3)]
        values = [1.0, *_shape(block, size, decimal=decimal, terminal=terminal, quoted=quoted, money=money)]
        values += _tags(block)
        values += INSIDE_FLAGS[box.tags]
        values += CLASS_FLAGS[box.near]
        values += FAR_FLAGS[box.all_words]
        values.append(float(box.hidden))
        values += self._place(i, block)
        values += [
            title, float(title >= 1.0), description, float(description > 0.95 and len(block.key) > 30),
            *self._jsonld(block.key), float(outlet), float(self.says.paywalled),
        ]  # fmt: skip
        values += CUE_FLAGS[cues]
        values += OPENING_FLAGS[opening]
        we_and_you = bool(cues & BIT["we"] and cues & BIT["you"])
        values += [
            float(we_and_you), float(bool(cues & BIT["ask"]) and (we_and_you or outlet)), *counts,
            float(quoted and bool(cues & BIT["says"])), weight, weight * (size < 25),
            float(i > 0 and self.blocks[i - 1].text.endswith((":", "："))),
        ]  # fmt: skip
        values += self._crossed(
            i, block, size, cues, opening, description, title, decimal=decimal, terminal=terminal, quoted=quoted
        )
        mail = "@" in text and MAIL.search(text) is not None
        closing = not terminal and any(found & CREDIT for found in families[-CLOSING_WORDS:])
        values += [float(mail), float(mail and you > 0), float(closing and size <= 80)]
        number = decimal or (not text.isascii() and any(map(str.isdigit, text)))
        return Signals(
            values, cues, opening, description, title, int(size), outlet, money, quoted, terminal, number, mail
        )  # fmt: skip

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
            self.by_signature.get(block.box.signature, 0) / self.total,
            self.by_parent.get(id(parent), 0) / self.total,
            log1p(self.siblings[id(parent)]) / 4,
            parent.linked / (parent.letters or 1),
            log1p(parent.letters) / 9,
            min(parent.controls, 3) / 3,
            log1p(parent.blocks) / 5,
            float(i < self.h1), float(self.h1 >= 0),
            float(len(block.key) > 12 and self.seen[block.key] > 1),
            float(not self.any_held),
            float(self.candidate.start <= i < self.candidate.end),
            float(i == self.candidate.start or i == self.candidate.end - 1),
        ]  # fmt: skip

    def _crossed(
        self, i: int, block: Block, size: float, cues: int, opening: int, description: float, title: float,
        *, decimal: bool, terminal: bool, quoted: bool,
    ) -> list[float]:  # fmt: skip
        """Return what two signals say together and neither alone."""
        text, box = block.text, block.box
        link_share = min(1.0, block.linked / block.size)
        grand = (box.parent or box).parent or box
        signature = block.box.signature
        related = bool(opening & RELATED)
        weight = min((cues & APPEALING).bit_count(), 5) / 5
        lead_spot = float(self.any_held and self.h1 < i < self.first and size >= 6 and link_share < 0.3)
        under = self._under(i, block, size, related=related, cues=cues, opening=opening)
        dated = decimal and size <= 25 and DATED.search(text) is not None
        held, inside = self.candidate.holds[i], self.candidate.start <= i < self.candidate.end
        return [
            link_share * (not terminal), related * link_share, float(related and size < 25), *under,
            grand.linked / (grand.letters or 1),
            self.links_by_signature[signature] / self.size_by_signature[signature],
            1 / self.count_by_signature[signature],
            (not held) * self.by_signature.get(signature, 0) / self.total,
            (not held) * self.by_parent.get(id(box.parent or box), 0) / self.total,
            float(self.any_held and i == self.first), float(self.any_held and i == self.last),
            float(self.any_held and self.last - 3 < i <= self.last),
            float(held and not inside), float(inside and not held),
            lead_spot, 1 / (i - self.h1) if 0 <= self.h1 < i <= self.first + 2 else 0.0,
            lead_spot * bool(box.near & CLASS_BIT["lead"]), lead_spot * description,
            title * (i <= self.first + 2), float(size >= 2 and text.isupper()),
            weight * (not quoted), weight * self.by_signature.get(signature, 0) / self.total,
            float(bool(opening & BIT["imperative"] and cues & BIT["you"])),
            float(text[0] in "([" and text[-1] in ")]"), float(text[0] in "-–—•>»©*|+#→▶"),
            float(decimal and size <= 8 and not terminal and bool(DIGIT.search(text))),
            float(len(self.says.article_body) >= 300),
            float(inside and is_prose(block)),
            float(inside and box.tag == "li" and link_share < 0.3),
            float(inside and box.tag in ("td", "th") and link_share < 0.3),
            float(dated), float(dated and size <= 10 and not terminal),
        ]  # fmt: skip

    def _under(self, i: int, block: Block, size: float, *, related: bool, cues: int, opening: int) -> list[float]:
        """Return how near above a short line stands that announces related texts, an appeal or an advertisement."""
        found = [max(0.0, 1 - (i - at) / UNDER_REACH) if at >= 0 else 0.0 for at in self.announced]
        if size <= 8 and not block.text.endswith((".", "。")):
            is_heading = block.box.tag in HEADINGS or block.strong > 0.9 * block.size
            ad = opening & BIT["ad"]
            if is_heading or related or ad or block.text.endswith((":", "：")):
                appealing = bool(cues & APPEALING)
                self.announced = [i if related else -1, i if appealing else -1, i if ad else -1]
        return found

    def _declared(self, block: Block) -> tuple[float, float]:
        key = block.key
        if len(key) < 8:
            return 0.0, 0.0
        description = 0.0
        for declared in self.descriptions:
            description = max(description, declared.share_of(key))
        if description < 1.0 and len(key) > 60:
            for declared in self.descriptions:
                if len(declared.text) > 50:
                    description = max(description, declared.share_in(key))
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
        share = self.article_body.share_of(key)
        return share, float(share < 0.2)


def contained(key: str, other: str) -> float:
    """Return the share of a text's ten-letter pieces that the other text holds."""
    return _Declared(key).share_in(other)


class _Declared:
    """A text that many others are compared with, by the ten letters that stand at each place."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._pieces: list[str] | None = None
        self._every: Container[str] | None = None

    def share_of(self, key: str) -> float:
        """Return the share of another text's pieces that this one holds."""
        if not key or not self.text:
            return 0.0
        if key in self.text:
            return 1.0
        if len(key) < SHORTEST_COMPARED:
            return 0.0
        if self._every is None:
            self._every = self.text if len(self.text) > MOST_PLACES else set(_pieces(self.text, 1))
        pieces = _pieces(key, _step(key))
        return sum(map(self._every.__contains__, pieces)) / len(pieces)

    def share_in(self, other: str) -> float:
        """Return the share of this text's pieces that another one holds."""
        if not self.text or not other:
            return 0.0
        if self.text in other:
            return 1.0
        if len(self.text) < SHORTEST_COMPARED:
            return 0.0
        if self._pieces is None:
            self._pieces = _pieces(self.text, _step(self.text))
        return sum(map(other.__contains__, self._pieces)) / len(self._pieces)


def _step(text: str) -> int:
    return max(5, len(text) // 40)


def _pieces(text: str, step: int) -> list[str]:
    return [text[j : j + 10] for j in range(0, len(text) - 9, step)]


def is_sentence(text: str) -> bool:
    """True if a text ends as a sentence does, whatever closes after it."""
    return text.rstrip(CLOSERS)[-1:] in TERMINALS


class _Flags(dict[int, tuple[float, ...]]):
    """For a number of bits which of some bits it holds, as signals; remembered, as pages repeat themselves."""

    def __init__(self, which: Iterable[int]) -> None:
        super().__init__()
        self.which = tuple(which)

    def __missing__(self, found: int) -> tuple[float, ...]:
        if len(self) >= MEMO:
            self.clear()
        flags = self[found] = tuple(1.0 if found & bit else 0.0 for bit in self.which)
        return flags


def _shape(
    block: Block, size: float, *, decimal: bool, terminal: bool, quoted: bool, money: bool
) -> list[float]:  # fmt: skip
    text, length = block.text, block.size
    words = log1p(size) / 5
    link_share = min(1.0, block.linked / length)
    sentences = len(SENTENCE.findall(text))
    addressed = ("://" in text or "www." in text or "@" in text) and ADDRESS.search(text) is not None
    return [
        words, words * words, float(size <= 3), float(3 < size <= 9),
        len(DIGIT.findall(text)) / length if decimal else 0.0,
        len(CAPITAL.findall(text, 0, 80)) / min(80, length),
        float(terminal), float(text.endswith((":", "："))),
        float(text.endswith(("...", "…"))), min(sentences, 6) / 6, float(quoted),
        float("?" in text or "？" in text), float("!" in text or "！" in text), float(addressed),
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
INSIDE_FLAGS = _Flags(bit for name, bit in TAG_BIT.items() if name != "heading")
CLASS_FLAGS = _Flags(CLASS_BIT.values())
FAR_FLAGS = _Flags(CLASS_BIT[n] for n in ("related", "nav", "comment", "body", "appeal"))
CUE_FLAGS = _Flags(BIT.values())
OPENING_FLAGS = _Flags(BIT[n] for n in OPENINGS)
