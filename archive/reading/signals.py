"""What can be measured about each block of a page, as numbers: the signals that the vote weighs.

NAMES fixes their order; weights.txt names them one a line. None of them names a publisher.
"""

# ruff: noqa: SIM905 (lists of words read better as text)

from collections import Counter, defaultdict
from dataclasses import dataclass
from math import log1p
from operator import itemgetter

from archive.reading.blocks import Block
from archive.reading.body import Candidate
from archive.reading.cues import BIT, bits
from archive.reading.declared import Declared, PageSays
from archive.reading.marks import MARKUP_NAMES, WORDING_NAMES, Markup
from archive.reading.markup import CLASS_BIT, HEADINGS
from archive.reading.prose import is_prose
from archive.reading.said import Said, said_by
from archive.reading.shape import DATED, DIGIT, SHAPE, control_signal, link_share, shape_of, word_signal

RELATED = BIT["related"]
UNDER_REACH = 7  # blocks
CAPTION_WORDS = 80
FEW_WORDS, MOST_LINK = 3, 0.5  # words of a line outside the article that is passed over; share of links
SHORTEST_DECLARED, LONGEST_TITLE = 8, 400  # letters
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


@dataclass(slots=True)
class Signals:
    """One block measured: the numbers named MEASURED, the bits of its markup, what it says, and what repeats it.

    A line passed over has no numbers, unless all are asked for.
    """

    markup: Markup
    said: Said
    title: float
    is_passed_over: bool
    description: float
    values: list[float]

    def row(self) -> list[float]:
        """Return all signals, named NAMES, as the trainer takes them."""
        return [*self.values, *self.markup.marks(), *self.said.wording.marks()]


class Measure:
    """The signals of the blocks of one page; with `every`, also the numbers of lines that are passed over."""

    def __init__(self, blocks: list[Block], candidate: Candidate, says: PageSays, *, every: bool = False) -> None:
        self.blocks, self.candidate, self.says, self.every = blocks, candidate, says, every
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
        self.by_signature: defaultdict[str, int] = defaultdict(int)
        self.by_parent: defaultdict[int, int] = defaultdict(int)
        for b in chosen:
            self.by_signature[b.box.signature] += b.size
            self.by_parent[id(b.box.parent or b.box)] += b.size
        self.total = total
        self.siblings = Counter(id(b.box.parent or b.box) for b in blocks)
        self.seen: defaultdict[str, int] = defaultdict(int)
        self.announced = [-1, -1, -1]  # the last short lines over related texts, an appeal, an advertisement
        self.links_by_signature: defaultdict[str, int] = defaultdict(int)
        self.size_by_signature: defaultdict[str, int] = defaultdict(int)
        self.count_by_signature: defaultdict[str, int] = defaultdict(int)
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
            if not values:
                continue
            values += beside[n]
            values.append(signatures[n] == signature)
            values += beside[n + 2]
            values.append(signatures[n + 2] == signature)
            first, last = max(0, n - AROUND_REACH), min(len(rows), n + 1 + AROUND_REACH)
            values += [sum(column[first:last]) / (last - first) for column in (linked, held, cued)]
        return measured

    def _own(self, i: int) -> Signals:
        block = self.blocks[i]
        box, said, key = block.box, said_by(block, self.says.outlets), block.key
        under = self._under(i, block, said)
        self.seen[key] += 1
        is_passed_over = self._is_passed_over(i, block, said)
        title = self._title_share(key)
        is_measured = self.every or not is_passed_over
        description = self._description_share(key) if is_measured else 0.0
        markup = Markup(box.tag, box.tags, box.near, box.all_words)
        measured = Signals(markup, said, title, is_passed_over, description, [])
        if is_measured:
            measured.values = self._values(i, block, measured, under)
        return measured

    def _is_passed_over(self, i: int, block: Block, said: Said) -> bool:
        """True for a line that is next to never the article's or an appeal: outside, a link or few words, and idle."""
        outside = not self.candidate.holds[i] and not self.candidate.start <= i < self.candidate.end
        idle = outside and not (said.mail or said.money or said.wording.cues & APPEALING)
        return idle and (said.words <= FEW_WORDS or block.linked > MOST_LINK * block.size)

    def _values(self, i: int, block: Block, measured: Signals, under: list[float]) -> list[float]:
        """Return the numbers named MEASURED, less those of the neighbours."""
        said, title, description = measured.said, measured.title, measured.description
        cues, size = said.wording.cues, said.size
        weight = min((cues & APPEALING).bit_count(), 5) / 5
        we_and_you = bool(cues & BIT["we"] and cues & BIT["you"])
        asks_for_us = bool(cues & BIT["ask"]) and (we_and_you or said.outlet)
        return [
            1.0, *shape_of(block, said), block.box.hidden, *self._place(i, block),
            title, title >= 1.0, description, description > 0.95 and len(block.key) > 30,
            *self._jsonld(block.key), said.outlet, self.says.paywalled,
            we_and_you, asks_for_us, said.third / (size + 3), said.we / (size + 3), said.you / (size + 3),
            said.quoted and bool(cues & BIT["says"]), weight, weight * (size < 25),
            i > 0 and self.blocks[i - 1].text.endswith((":", "：")),
            *self._crossed(i, block, measured, under), said.mail, said.mail and said.you > 0,
            said.credited and not said.terminal and size <= CAPTION_WORDS,
        ]  # fmt: skip

    def _place(self, i: int, block: Block) -> list[float]:
        box, held = block.box, self.candidate.holds
        parent = box.parent or box
        span = max(1, self.last - self.first)
        return [
            min(1.5, max(-0.5, (i - self.first) / span)),
            log1p(max(0, self.first - i)) / 3 if self.any_held else 0.0,
            log1p(max(0, i - self.last)) / 3 if self.any_held else 0.0,
            self.any_held and self.first <= i <= self.last,
            held[i], self.candidate.share[i],
            sum(held[max(0, i - 2) : i + 3]) / 5,
            self.by_signature.get(block.box.signature, 0) / self.total,
            self.by_parent.get(id(parent), 0) / self.total,
            log1p(self.siblings[id(parent)]) / 4,
            parent.linked / (parent.letters or 1),
            log1p(parent.letters) / 9,
            min(parent.controls, 3) / 3,
            log1p(parent.blocks) / 5,
            i < self.h1, self.h1 >= 0,
            len(block.key) > 12 and self.seen[block.key] > 1,
            not self.any_held,
            self.candidate.start <= i < self.candidate.end,
            i == self.candidate.start or i == self.candidate.end - 1,
        ]  # fmt: skip

    def _crossed(self, i: int, block: Block, measured: Signals, under: list[float]) -> list[float]:
        """Return what two signals say together and neither alone."""
        said, title = measured.said, measured.title
        (cues, opening), size, terminal = said.wording, said.size, said.terminal
        text, box = block.text, block.box
        links = link_share(block)
        grand = (box.parent or box).parent or box
        signature = block.box.signature
        related = bool(opening & RELATED)
        weight = min((cues & APPEALING).bit_count(), 5) / 5
        lead_spot = self.any_held and self.h1 < i < self.first and size >= 6 and links < 0.3
        dated = said.decimal and size <= 25 and DATED.search(text) is not None
        held, inside = self.candidate.holds[i], self.candidate.start <= i < self.candidate.end
        return [
            links * (not terminal), related * links, related and size < 25, *under,
            grand.linked / (grand.letters or 1),
            self.links_by_signature[signature] / self.size_by_signature[signature],
            1 / self.count_by_signature[signature],
            (not held) * self.by_signature.get(signature, 0) / self.total,
            (not held) * self.by_parent.get(id(box.parent or box), 0) / self.total,
            self.any_held and i == self.first, self.any_held and i == self.last,
            self.any_held and self.last - 3 < i <= self.last,
            held and not inside, inside and not held,
            lead_spot, 1 / (i - self.h1) if 0 <= self.h1 < i <= self.first + 2 else 0.0,
            lead_spot * bool(box.near & CLASS_BIT["lead"]), lead_spot * measured.description,
            title * (i <= self.first + 2), size >= 2 and text.isupper(),
            weight * (not said.quoted), weight * self.by_signature.get(signature, 0) / self.total,
            bool(opening & BIT["imperative"] and cues & BIT["you"]),
            text[0] in "([" and text[-1] in ")]", text[0] in "-–—•>»©*|+#→▶",
            said.decimal and size <= 8 and not terminal and bool(DIGIT.search(text)),
            len(self.says.article_body) >= 300,
            inside and is_prose(block),
            inside and box.tag == "li" and links < 0.3,
            inside and box.tag in ("td", "th") and links < 0.3,
            dated, dated and size <= 10 and not terminal,
        ]  # fmt: skip

    def _under(self, i: int, block: Block, said: Said) -> list[float]:
        """Return how near above a short line stands that announces related texts, an appeal or an advertisement."""
        found = [max(0.0, 1 - (i - at) / UNDER_REACH) if at >= 0 else 0.0 for at in self.announced]
        if said.size <= 8 and not block.text.endswith((".", "。")):
            is_heading = block.box.tag in HEADINGS or block.strong > 0.9 * block.size
            cues, opening = said.wording
            related, ad, appealing = opening & RELATED, opening & BIT["ad"], cues & APPEALING
            if is_heading or related or ad or block.text.endswith((":", "：")):
                self.announced = [i if announces else -1 for announces in (related, appealing, ad)]
        return found

    def _description_share(self, key: str) -> float:
        """Return how much of a block a description of the page holds, or a long block of a description."""
        if len(key) < SHORTEST_DECLARED:
            return 0.0
        found = max((declared.share_of(key) for declared in self.descriptions), default=0.0)
        if found < 1.0 and len(key) > 60:
            long = (declared for declared in self.descriptions if len(declared.text) > 50)
            found = max(found, max((declared.share_in(key) for declared in long), default=0.0))
        return found

    def _title_share(self, key: str) -> float:
        """Return how much of a block is a title of the page, or how much of a title it is."""
        found = 0.0
        if SHORTEST_DECLARED <= len(key) < LONGEST_TITLE:
            for title in self.says.titles:
                if key == title:
                    return 1.0
                if len(title) > 8 and (key in title or title in key):
                    found = max(found, min(len(key), len(title)) / max(len(key), len(title)))
        return found

    def _jsonld(self, key: str) -> tuple[float, float]:
        if len(self.says.article_body) < 300 or len(key) < 20:
            return 0.0, 0.0
        share = self.article_body.share_of(key)
        return share, share < 0.2


INDEX = {name: i for i, name in enumerate(MEASURED)}
_SHARED = itemgetter(*(INDEX[name] for name in ("candidate", "link_share", "words", "controls", "cue_weight")))
_NOTHING = (0.0,) * (len(SHARED) - 1)


def _beside_row(block: Block, measured: Signals) -> tuple[float, ...]:
    """Return what its neighbours are told of a block: SHARED but the last."""
    is_heading = block.box.tag in HEADINGS
    if not measured.values:  # it is passed over: no candidate, and asks for nothing
        size, controls = word_signal(measured.said.size), control_signal(block)
        return 0.0, link_share(block), size, is_heading, controls, 0.0
    held, links, words, controls, cue_weight = _SHARED(measured.values)
    return held, links, words, is_heading, controls, cue_weight
