"""What can be measured about each block of a page, as numbers: the signals that the vote weighs.

NAMES fixes their order; weights.txt names them one a line. None of them names a publisher.
"""

# ruff: noqa: SIM905 (lists of words read better as text)

from collections import Counter
from dataclasses import dataclass
from math import log1p
from operator import itemgetter

from archive.reading.blocks import Block
from archive.reading.body import EAST_ASIAN, Candidate, letters_of
from archive.reading.cues import BIT, bits, heard
from archive.reading.declared import Declared, PageSays
from archive.reading.marks import MARKUP_NAMES, WORDING_NAMES, Markup, Wording
from archive.reading.markup import CLASS_BIT, HEADINGS
from archive.reading.outlet import names_outlet
from archive.reading.prose import is_prose
from archive.reading.shape import DATED, DECIMAL, DIGIT, MAIL, MONEY, QUOTE, SHAPE, is_sentence, shape_of

SHORT_KEY = 12  # letters of a block that is all opening, where no spaces stand between words
RELATED = BIT["related"]
UNDER_REACH = 7  # blocks
REPORTS = 8  # words of a sentence
CAPTION_WORDS = 80
PLACE = (
    "position before_first after_last between candidate candidate_share near_candidate signature_share parent_share"
    " same_siblings parent_links parent_letters parent_controls parent_blocks above_h1 has_h1 repeated no_candidate"
    " in_container container_edge"
).split()
META = ("title_overlap title_equal description description_equal jsonld_in jsonld_absent outlet meta_paywall").split()
MIXED = ("we_and_you ask_and_us third_share we_share you_share quoted_says cue_weight cue_short previous_colon").split()
CROSSED = (
    "plain_links related_links related_short under_related under_appeal under_ad grandparent_links signature_links"
    " signature_rare unheld_signature unheld_parent first_held last_held near_last held_outside unheld_inside lead_spot"
    " below_h1 lead_class_spot"
    " description_spot title_spot all_capitals appeal_unquoted appeal_dominant imperative_you bracketed marked"
    " short_number has_jsonld prose_inside plain_item plain_cell dated dated_only mail mail_you credited"
).split()
OWN = (*SHAPE, "hidden", *PLACE, *META, *MIXED, *CROSSED)
SHARED = ("candidate", "link_share", "words", "in_heading_block", "controls", "cue_weight", "same")
BESIDE = tuple(f"{side}_{name}" for side in ("previous", "next") for name in SHARED)
AROUND = ("links_around", "candidate_around", "cues_around")
AROUND_REACH = 3  # blocks
MEASURED = ("bias", *OWN, *BESIDE, *AROUND)
NAMES = (*MEASURED, *MARKUP_NAMES, *WORDING_NAMES)

APPEALING = bits(
    "ask", "newsletter", "subscribe", "member", "account", "social", "app", "consent", "feedback", "thanks", "pay",
    "offer", "paywall", "adblock", "tip", "survey",
)  # fmt: skip
SOCIAL, ADDRESSED = bits("social"), bits("we", "you", "imperative", "journalism")


@dataclass(slots=True)
class Signals:
    """One block measured: the numbers named MEASURED, the bits of its markup and wording, and what later rules ask."""

    values: list[float]
    markup: Markup
    wording: Wording
    description: float
    title: float
    words: int
    outlet: bool
    money: bool
    quoted: bool
    terminal: bool
    number: bool
    mail: bool

    def row(self) -> list[float]:
        """Return all signals, named NAMES, as the trainer takes them."""
        return [*self.values, *self.markup.marks(), *self.wording.marks()]


class Measure:
    """The signals of the blocks of one page."""

    def __init__(self, blocks: list[Block], candidate: Candidate, says: PageSays) -> None:
        self.blocks, self.candidate, self.says = blocks, candidate, says
        held = [i for i, kept in enumerate(candidate.holds) if kept]
        self.first, self.last = (held[0], held[-1]) if held else (0, len(blocks) - 1)
        self.any_held = bool(held)
        self.h1 = next((i for i, b in enumerate(blocks) if b.box.tag == "h1"), -1)
        self.descriptions = [Declared(text) for text in says.descriptions]
        self.article_body = Declared(says.article_body)
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
        signatures = [None, *(b.box.signature for b in self.blocks[start:end]), None]
        beside = [_NOTHING, *rows, _NOTHING]
        held, linked, cued = ([row[k] for row in rows] for k in (0, 1, 5))
        for n, s in enumerate(measured):
            values, signature = s.values, signatures[n + 1]
            values += beside[n]
            values.append(float(signatures[n] == signature))
            values += beside[n + 2]
            values.append(float(signatures[n + 2] == signature))
            first, last = max(0, n - AROUND_REACH), min(len(rows), n + 1 + AROUND_REACH)
            values += [sum(column[first:last]) / (last - first) for column in (linked, held, cued)]
        return measured

    def _own(self, i: int) -> Signals:
        block = self.blocks[i]
        text, box = block.text, block.box
        words = block.words()
        cues, opening, third, we, you, credited = heard(words, text, short=len(block.key) <= SHORT_KEY)
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
        values = [1.0, *shape_of(block, size, decimal=decimal, terminal=terminal, quoted=quoted, money=money)]
        values.append(float(box.hidden))
        values += self._place(i, block)
        values += [
            title, float(title >= 1.0), description, float(description > 0.95 and len(block.key) > 30),
            *self._jsonld(block.key), float(outlet), float(self.says.paywalled),
        ]  # fmt: skip
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
        values += [float(mail), float(mail and you > 0), float(credited and not terminal and size <= CAPTION_WORDS)]
        number = decimal or (not text.isascii() and any(map(str.isdigit, text)))
        return Signals(
            values, Markup(box.tag, box.tags, box.near, box.all_words), Wording(cues, opening),
            description, title, int(size), outlet, money, quoted, terminal, number, mail,
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


INDEX = {name: i for i, name in enumerate(MEASURED)}
_SHARED = itemgetter(*(INDEX[name] for name in ("candidate", "link_share", "words", "controls", "cue_weight")))
_NOTHING = (0.0,) * (len(SHARED) - 1)


def _beside_row(block: Block, s: Signals) -> tuple[float, ...]:
    """Return what its neighbours are told of a block: SHARED but the last."""
    held, link_share, words, controls, cue_weight = _SHARED(s.values)
    return held, link_share, words, float(block.box.tag in HEADINGS), controls, cue_weight
