"""Letters to the reader: runs of plain paragraphs in which an outlet asks for support, taken as one thing.

No line of such a letter need look like an appeal. Each block gives signs: the outlet names itself, speaks of "us" to
"you", asks, names a sum or a month, gives thanks. A run of signs under a salutation or a line of address is a letter;
so is a stronger one without. Quotations with attribution count against it, and so does its share of the page. Where a
language has no words listed, the outlet's name, sums, the shape of a salutation and place remain.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from archive.reading.cues import bits
from archive.reading.facts import Facts
from archive.reading.signs import (
    ASK,
    DISMISS,
    GREET,
    JOIN,
    LEGAL,
    LINKED,
    PERIOD,
    READERS,
    RELATED,
    SHORT,
    THANKS,
    WANTED,
    WE,
    YOU,
    asks_other,
    heads,
    is_of_others,
    is_past_button,
    is_sum_alone,
    parts,
    reported,
    salutes,
    signs_of,
    signs_off,
)  # fmt: skip

LONGEST = 18  # blocks a letter may have
GAP = 2  # blocks without a sign inside it
NEEDED, NEEDED_BARE, STRONG = 5, 6, 8  # signs under an opening line, without one, and beyond doubt
OPENER_WORDS, NAME_WORDS = 16, 12
LARGEST_SHARE, STRONG_SHARE = 0.5, 0.65  # of the page's article words: a letter is never most of what there is
TOLD_OF = 0.15  # share of the other paragraphs that may name the outlet
NO_ASK = -8.0  # logit of an appeal below which a sum is one that is reported
SURE, UNLIKE = 0.9, -2.7  # mean vote for a run's words, and the logit of an appeal: article beyond doubt
STANDS_OUT = 0.5  # of the share of signed paragraphs in a letter that the other paragraphs may have
LOOK_BACK = 3  # blocks between a line of address and the first sign
MOST_CLOSERS, MOST_PLAIN = 5, 2  # short lines that end a letter; and those of them no listed word explains
REST = 5  # blocks that a letter known by its shape may have without any sign, up to the end of its box
MOST_ADDED = 3  # blocks by which a letter may be widened to its box
OWN_BOX = 3  # blocks of a letter in one box, from which that box bounds it

PAY, MESSAGE = bits("pay"), bits("message")


@dataclass(frozen=True, slots=True)
class Span:
    """Blocks start..end-1, and how many signs of a letter they gave."""

    start: int
    end: int
    signs: int


def letters(facts: Sequence[Facts], body: Sequence[float]) -> list[Span]:
    """Return the letters to the reader among the blocks, in page order, none overlapping."""
    run = _Page(facts, body)
    found: list[Span] = []
    start = article = 0
    while start < len(facts):
        span = run.letter_from(start) if start >= article or run.opened(start) else None
        if span is None:
            start += 1
        elif run.leaves_an_article(span):
            found.append(span)
            start = span.end
        else:  # most of the page: a letter in it has an opening line
            article = span.end
            start += 1
    return found


class _Page:
    """The blocks of one page with the signs that each gives."""

    def __init__(self, facts: Sequence[Facts], body: Sequence[float]) -> None:
        self.facts, self.body = facts, body
        self.signs = [signs_of(f) for f in facts]
        self.article = [i for i, score in enumerate(body) if score > 0.5]
        self.words = sum(facts[i].words for i in self.article)

    def letter_from(self, start: int) -> Span | None:
        """Return the letter whose first opening line or first sign this block is."""
        opened = self.opened(start)
        if not opened and not self.signs[start]:
            return None
        last, signs = self._grown(start, opened)
        if last == start and not self._asks_alone(start):
            return None
        if opened < 2 and any(self.opened(i) > 1 for i in range(start + 1 + opened * LOOK_BACK, last)):
            return None  # the letter begins further down: a sum in a report comes before it
        first = start if opened else self._addressed(start)
        span = self._whole_box(first, self._closed(first, last + 1))
        boxed, tail = self._has_own_box(span), not self._goes_on(span[1])
        headed = opened > 2
        signs += boxed + (boxed and opened > 1) + tail + 2 * headed
        signs += span[1] > last + 1 and not self.facts[span[1] - 1].has("terminal")  # a label, not a sentence
        bare = not opened and first == start and not boxed
        weak = bare or (opened < 2 and not boxed)
        enough = signs >= (NEEDED_BARE if weak else NEEDED)
        if not enough and self._asks_alone(start) and not self._goes_on(start + 1):
            span, enough = (start, start + 1), True
        return Span(*span, signs) if enough and self._is_letter(span, boxed=boxed, bare=bare, headed=headed) else None

    def leaves_an_article(self, span: Span) -> bool:
        """True unless the run is most of what the page holds: then it is the article."""
        taken = sum(self.facts[i].words for i in range(span.start, span.end) if self.body[i] > 0.5)
        return taken <= (STRONG_SHARE if span.signs >= STRONG else LARGEST_SHARE) * self.words

    def opened(self, i: int) -> int:
        """Return the signs that a block gives by being an opening line: 0 if it is none."""
        f, after = self.facts[i], self.facts[i + 1] if i + 1 < len(self.facts) else None
        long_or_link = f.words > OPENER_WORDS or f.link_share > 0.3
        if long_or_link or reported(f) or f.has("caption", "byline", "title", "related"):
            return 0
        named, terminal, short = f.has("outlet"), f.has("terminal"), f.words <= SHORT
        ours, heard = named or f.cues & (WE | READERS), f.cues & (READERS | YOU)
        led = after is not None and self.signs[i + 1] and (after.has("outlet") or after.cues & WE)
        claims = (
            (after is not None and salutes(after) and named, 3),  # a heading, and what can only be a salutation
            (after is not None and salutes(after) and heads(f), 2),
            (f.cues & MESSAGE and ours and not terminal, 2),
            (f.cues & READERS and not terminal, 2 if named else 1),
            (salutes(f), 2 if f.opening & GREET or heard else 1),
            (f.opening & GREET and short and heard, 2),
            (f.cues & (ASK | THANKS) and ours, 2 if named and f.cues & ASK else 1),
            (led and short and not f.opening & RELATED and (f.cues & YOU or not terminal), 1),
            (named and not terminal and f.words <= NAME_WORDS, 1),
            (f.cues & MESSAGE and heads(f) and after is not None and after.cues & (WE | YOU), 1),
            (True, 0),
        )
        return max(signs for holds, signs in claims if holds)

    def _grown(self, start: int, opened: int) -> tuple[int, int]:
        """Return the last block that gives a sign, and the signs of all from `start` on."""
        facts, last, signs, sums = self.facts, start, max(opened, self.signs[start]), 0
        for i in range(start + 1, min(len(facts), start + LONGEST)):
            f = facts[i]
            if self._outside(start, i) or parts(f) or (i > start + 1 and is_past_button(f, facts[i - 1])):
                break
            gained = self.signs[i]
            lasts = opened > 1 and f.cues & PERIOD and f.has("number") and not gained
            if (is_sum_alone(f, gained) or lasts) and not f.has("quoted"):
                sums += 1
                gained = int(sums == 1)  # prices and dates are no letter
            if gained or salutes(f):
                signs, last = signs + gained, i
            elif i - last > GAP + (last == start):
                break
        return last, signs

    def _outside(self, start: int, i: int) -> bool:
        """True for a block after the box that the blocks before it stand in."""
        own = self.facts[i - 1].group
        if self.facts[i].group == own:
            return False
        inside = sum(self.facts[k].group == own for k in range(start, i))
        return inside >= OWN_BOX or self.facts[start].has("controls") or bool(self.facts[i].cues & LEGAL)

    def _addressed(self, start: int) -> int:
        """Return the first of the lines just before that address the reader, speak for us, or stand over the letter."""
        facts, first = self.facts, start
        for i in range(start - 1, max(-1, start - LOOK_BACK - 1), -1):
            f = facts[i]
            if f.group != facts[start].group or reported(f) or f.has("title", "caption", "byline"):
                break
            if f.words <= OPENER_WORDS and (self.opened(i) or (f.cues & YOU and not f.has("quoted"))):
                first = i
        return first

    def _closed(self, first: int, end: int) -> int:
        """Return the end with what signs off or dismisses the letter, and without asks of another kind."""
        facts = self.facts
        own, shaped = facts[end - 1].group, any(map(salutes, facts[first : min(end, first + 2)]))
        stop, plain = end, 0
        while stop < len(facts) and stop < end + MOST_CLOSERS:
            f = facts[stop]
            wanted = f.cues & WANTED and f.words <= 2 * SHORT and f.link_share < 0.95
            speaks = f.cues & (WE | YOU) and f.words <= 2 * SHORT and not reported(f) and not f.has("heading")
            if f.group != own and not (f.cues & DISMISS and f.words <= SHORT):
                break
            if not (wanted or signs_off(f) or (speaks and not self._goes_on(stop + 1))) or (
                (f.has("related") or f.opening & RELATED) and not wanted
            ):
                break
            unexplained = f.has("terminal") and not f.cues & (WE | YOU | THANKS | WANTED)
            if unexplained and (plain or not shaped) and self._goes_on(stop + 1):
                break
            plain += not wanted
            if plain > MOST_PLAIN:
                break
            stop += 1
        if stop == end:
            stop = self._by_shape(end) if shaped else self._to_label(end)
        while stop > first + 1 and asks_other(facts[stop - 1]):
            stop -= 1
        return stop

    def _goes_on(self, i: int) -> bool:
        """True if paragraphs of the article follow."""
        near = range(i, min(len(self.facts), i + 4))
        return any(self.body[k] > 0.5 and self.facts[k].words > 2 * SHORT for k in near)

    def _to_label(self, end: int) -> int:
        """Return the end behind a label that stands a block or two further on: a button, a name."""
        for i in range(end, min(len(self.facts), end + GAP + 1)):
            f = self.facts[i]
            if f.group != self.facts[end - 1].group or reported(f) or f.has("heading", "related"):
                break
            if signs_off(f) and not f.has("terminal"):
                return i + 1
        return end

    def _by_shape(self, end: int) -> int:
        """Return the end of the box, if a short line there signs off what a salutation opened."""
        facts, stop = self.facts, end
        while stop < len(facts) and stop - end < REST and facts[stop].group == facts[end - 1].group:
            if reported(facts[stop]) or facts[stop].has("heading", "related", "caption"):
                return end
            stop += 1
        signed = stop > end and signs_off(facts[stop - 1]) and not facts[stop - 1].has("related")
        return stop if signed and not self._goes_on(stop) else end

    def _whole_box(self, start: int, end: int) -> tuple[int, int]:
        """Widen a letter to the box it stands in, if hardly anything else stands there."""
        facts = self.facts
        inside = [f.group for f in facts[start:end]]
        own = max(set(inside), key=inside.count)
        first, last = start, end - 1
        while first and facts[first - 1].group == own and not self.opened(start):
            first -= 1
        while last + 1 < len(facts) and facts[last + 1].group == own:
            last += 1
        more = [*facts[first:start], *facts[end : last + 1]]
        fits = len(inside) >= OWN_BOX and len(more) <= MOST_ADDED and not any(map(is_of_others, more))
        return (first, last + 1) if fits else (start, end)

    def _has_own_box(self, span: tuple[int, int]) -> bool:
        """True if one box holds the run and nothing of the article beside it."""
        own = {f.group for f in self.facts[slice(*span)]}
        beside = [self.facts[i].group for i in self.article if not span[0] <= i < span[1]]
        return len(own) == 1 and span[1] - span[0] >= OWN_BOX and own.isdisjoint(beside)

    def _asks_alone(self, i: int) -> bool:
        """True for one paragraph in which the outlet asks for money and says how, at the end of the article."""
        f = self.facts[i]
        ours = f.has("outlet") or f.cues & WE
        lasting = f.cues & PERIOD and (f.cues & READERS or f.has("outlet"))
        how = f.has("money") or f.cues & PAY or lasting
        return bool(ours and f.cues & (ASK | JOIN) and how and not f.has("quoted") and f.link_share < LINKED)

    def _is_letter(self, span: tuple[int, int], *, boxed: bool, bare: bool, headed: bool) -> bool:
        """True if the run speaks for the outlet, wants something, and is not what somebody else says.

        A line that names the outlet over what can only be a salutation is a letter's in any language.
        """
        run = self.facts[slice(*span)]
        quoted = sum(map(reported, run))
        if quoted * 3 > len(run) or (bare and quoted):
            return False
        named = sum(f.has("outlet") and not reported(f) for f in run)
        asks = any(f.cues & ASK and (f.cues & WE or f.has("outlet") or (f.cues & YOU and f.appeal2 > 0)) for f in run)
        sums = any((f.has("money") or (f.has("number") and f.cues & PERIOD)) and f.appeal2 > NO_ASK for f in run)
        lasts = any(f.cues & PERIOD and f.cues & WE and f.cues & YOU for f in run)
        speaks = sum(bool(f.cues & (WE | YOU)) for f in run)
        addressed = any(salutes(f) and f.cues & READERS for f in run[:2])
        shaped = headed or (any(map(salutes, run[:2])) and (named > 1 or (boxed and (addressed or (named and sums)))))
        titled = heads(run[0]) and run[0].has("outlet") and run[0].cues & READERS
        if not (asks or lasts or (sums and (speaks > 1 or titled or addressed)) or shaped):
            return False
        paid = any(f.cues & ASK and f.cues & (WE | YOU) and (f.has("money") or f.cues & PAY) for f in run)
        if not (named or addressed or ((speaks > 1 or len(run) == 1) and paid)):
            return False
        return shaped or (self._stands_out(span) and self._is_doubted(span))

    def _is_doubted(self, span: tuple[int, int]) -> bool:
        """True unless the vote is sure that the run is article, and none of its blocks looks like an appeal."""
        run, words = self.facts[slice(*span)], sum(self.facts[i].words for i in range(*span))
        held = sum(self.facts[i].words * self.body[i] for i in range(*span))
        return held < SURE * words or any(f.appeal2 > UNLIKE for f in run)

    def _stands_out(self, span: tuple[int, int]) -> bool:
        """True unless the rest of the article speaks in that way, or of the outlet: a press release, an interview."""
        rest = [i for i in self.article if not span[0] <= i < span[1] and self.facts[i].words > SHORT]
        own = [i for i in range(*span) if self.facts[i].words > SHORT]
        named = sum(self.facts[i].has("outlet") for i in rest)
        if not rest or (named > 1 and named > TOLD_OF * len(rest)):
            return False
        signed = sum(self.signs[i] > 0 for i in rest) / len(rest)
        return signed <= STANDS_OUT * sum(self.signs[i] > 0 for i in own) / max(1, len(own))
