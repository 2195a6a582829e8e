"""Runs of blocks that belong together: a letter to the reader is one thing, however plain its middle.

No line of such a letter need look like an appeal; an opener that names the outlet, the outlet speaking of itself and to
its reader, the ask, a sum of money and a closing label together do. All rules go by structure and by families of words
in many languages; where a language has no words listed, outlet, money and place remain.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise

from archive.reading.cues import bits
from archive.reading.facts import Facts

LONGEST = 16  # blocks a letter may have
GAP = 2  # blocks without a sign inside it
NEEDED = 5  # points
MOST_ADDED = 3  # blocks by which a letter may be widened to its container
OPENER_WORDS = 16
CLOSER_WORDS = 8
SALUTATION_WORDS = 5
ATTRIBUTED = 0.34  # share of quoted and attributed blocks that makes it a report
TRAILING = 0.6  # body score from which a block beside an appeal is not drawn to it
BESIDE = 3  # blocks
LAST_BLOCKS = 4  # of the article, among which an ask without an opener closes it
SHORTEST_ARTICLE = 5  # blocks
LARGEST_SHARE = 0.5  # of the page's article words: a letter is never most of what there is

WE, YOU, ASK = bits("we"), bits("you"), bits("ask", "pay")
READERS, THANKS, PERIOD = bits("journalism"), bits("thanks"), bits("period")
RELATED = bits("related")
SAYS, MESSAGE, GREET, DISMISS = bits("says"), bits("message"), bits("greet"), bits("dismiss")
WANTED = bits("ask", "pay", "subscribe", "member", "newsletter", "account", "dismiss", "thanks", "app", "tip")


@dataclass(frozen=True, slots=True)
class Span:
    """Blocks start..end-1 and how many signs of a letter they gave."""

    start: int
    end: int
    points: int


def letters(facts: Sequence[Facts], body: Sequence[float]) -> list[Span]:
    """Return the letters to the reader among the blocks, in page order, none overlapping."""
    total = sum(f.words for f, score in zip(facts, body, strict=True) if score > 0.5)
    found: list[Span] = []
    start = 0
    while start < len(facts):
        span = _letter_at(facts, start) if _opens(facts[start]) else None
        if span is not None:
            span = _whole_container(facts, span)
        if span is None or _taken(facts, body, span) > LARGEST_SHARE * total:
            start += 1
            continue
        found.append(span)
        start = span.end
    for span in closing_appeals(facts, body):
        apart = all(span.end <= s.start or span.start >= s.end for s in found)
        if apart and _taken(facts, body, span) <= LARGEST_SHARE * total:
            found.append(span)
    return found


def _taken(facts: Sequence[Facts], body: Sequence[float], span: Span) -> int:
    return sum(facts[i].words for i in range(span.start, span.end) if body[i] > 0.5)


def _opens(f: Facts) -> int:
    """Return the points of an opening line: a heading or a salutation that speaks for the outlet or to its readers."""
    if f.words > OPENER_WORDS or f.link_share > 0.3 or f.has("quoted", "caption", "byline"):
        return 0
    ours = f.has("outlet") or f.cues & (WE | READERS)
    if f.cues & MESSAGE and ours:
        return 2
    greets = f.opening & GREET and f.words <= CLOSER_WORDS
    if greets and (f.cues & (READERS | YOU) or _salutes(f)):
        return 2
    if f.cues & (ASK | THANKS) and (f.has("outlet") or f.cues & WE):
        return 2 if f.has("outlet") and f.cues & ASK else 1
    return int(f.has("outlet") and not f.has("terminal", "title") and f.words <= 12)


def _points(f: Facts) -> int:
    """Return how much one block says that the outlet asks its reader for support.

    Outlet and money count in any language, unless they are quoted.
    """
    we, you, ours = bool(f.cues & WE), bool(f.cues & YOU), f.has("outlet")
    asks, readers = bool(f.cues & ASK), bool(f.cues & READERS)
    money = f.has("money") and f.cues & (PERIOD | ASK) and (asks or you or we)
    if money or (asks and ((we and you) or (ours and (we or you)))):
        return 2
    speaks = we and (ours or readers)
    thanks = f.cues & THANKS and (you or readers)
    greets = f.opening & GREET and (readers or you) and f.words <= CLOSER_WORDS
    named = (ours or f.has("money")) and not f.has("quoted")
    return int(bool(speaks or thanks or greets or named or (asks and (we or you))))


def _letter_at(facts: Sequence[Facts], start: int) -> Span | None:
    points, last, quoted = _opens(facts[start]), None, 0
    asked = sums = 0
    stop = min(len(facts), start + LONGEST)
    if start + 1 < stop and facts[start].has("outlet") and _salutes(facts[start + 1]):
        points, asked = points + 2, 1  # a line that names the outlet, and one that can only be a salutation
    if start and _salutes(facts[start]) and _heads(facts[start - 1]):
        points, asked = points + 1, 1
    boxed = facts[start].has("controls")  # a box with a button to press ends where the box does
    for i in range(start + 1, stop):
        f = facts[i]
        if (f.link_share > 0.85 and not f.cues & ASK) or (boxed and f.group != facts[start].group):
            break
        gained = _points(f)
        asked += gained > 1
        if gained == 1 and f.has("money") and not f.has("outlet"):
            sums += 1
            gained = int(sums == 1)  # prices are no letter
        quoted += bool(f.has("quoted") and f.cues & SAYS)
        if gained or (points >= NEEDED - 2 and f.cues & WE and f.cues & YOU and not f.has("quoted")):
            points, last = points + gained, i
        elif i - (last if last is not None else start) > GAP + (last is None) * 2:
            break
    if last is None or not asked or quoted > ATTRIBUTED * (last - start + 1):
        return None
    end = _with_closers(facts, last)
    points += end > last + 1 and not facts[end - 1].has("terminal")  # a label, not a sentence
    return Span(_with_salutation(facts, start), end, points) if points >= NEEDED else None


def _salutes(f: Facts) -> bool:
    """True for a line of a few words that ends as a salutation does, in any language."""
    return f.words <= SALUTATION_WORDS and f.has("salute") and not f.has("heading", "outlet")


def _with_salutation(facts: Sequence[Facts], start: int) -> int:
    """Include the lines just before that open the letter too: its heading, its salutation."""
    while start and facts[start - 1].words <= OPENER_WORDS and _opens(facts[start - 1]):
        start -= 1
    return start - bool(start and _salutes(facts[start]) and _heads(facts[start - 1]))


def _heads(f: Facts) -> bool:
    """True for a few words that can stand over a letter."""
    return f.words <= CLOSER_WORDS and not f.has("terminal", "title", "quoted", "caption", "byline", "related")


def _with_closers(facts: Sequence[Facts], last: int) -> int:
    """Include what signs off or dismisses the letter: short lines right after it, no headings, no quotations."""
    end, plain = last + 1, 0
    while end < len(facts) and end <= last + 5:
        f = facts[end]
        short = f.words <= CLOSER_WORDS and not f.has("heading", "quoted", "caption", "byline")
        wanted = f.cues & WANTED and f.words <= 2 * CLOSER_WORDS and f.link_share < 0.95
        if not (short or wanted) or ((f.has("related") or f.opening & RELATED) and not wanted):
            break
        plain += not wanted
        if plain > 2:
            break
        end += 1
    return end


def _whole_container(facts: Sequence[Facts], span: Span) -> Span:
    """Widen a letter to the container it stands in, if hardly anything else stands there."""
    inside = [f.group for f in facts[span.start : span.end]]
    own = max(set(inside), key=inside.count)
    if inside.count(own) < len(inside) - 1:
        return span
    first = next(i for i, f in enumerate(facts) if f.group == own)
    last = next(i for i in range(len(facts) - 1, -1, -1) if facts[i].group == own)
    before, after = facts[first : span.start], facts[span.end : last + 1]
    strange = any(f.group != own and f.words > CLOSER_WORDS for f in (*before, *after))
    if len(before) + len(after) > MOST_ADDED or strange or not all(map(_is_ours, before)):
        return span
    return Span(min(first, span.start), max(last + 1, span.end), span.points)


def beside(facts: Sequence[Facts], inside: Sequence[bool], asks: AbstractSet[int]) -> set[int]:
    """Return the blocks outside the article that share a container with an appeal right beside them."""
    found: set[int] = set()
    for i in asks:
        for step in (-1, 1):
            k = i + step
            while 0 <= k < len(facts) and abs(k - i) <= BESIDE and facts[k].group == facts[i].group:
                f = facts[k]
                other = f.has("title", "byline", "caption", "nav", "related", "heading")
                if inside[k] or other or f.opening & RELATED or f.link_share > 0.8:
                    break
                found.add(k)
                k += step
    return found


def closing_appeals(facts: Sequence[Facts], body: Sequence[float]) -> list[Span]:
    """Return the asks for money or membership that close an article without any opener.

    One block asks for the outlet and names a sum, a period or an account; what leads to it speaks of the outlet.
    """
    inside = [i for i, score in enumerate(body) if score > 0.5]
    if len(inside) < SHORTEST_ARTICLE:
        return []
    tail = [i for i in inside[-LAST_BLOCKS:] if _asks_for_itself(facts[i])]
    if not tail:
        return []
    start, end = tail[0], inside[-1] + 1
    if any(_reported(facts[i]) for i in range(start, end)):
        return []
    while start and inside[-1] - start < LONGEST and _leads_to_ask(facts[start - 1]):
        start -= 1
    rest = [i for i in range(tail[-1] + 1, end) if not _leads_to_ask(facts[i])]
    return [Span(start, rest[0] if rest else end, NEEDED)]


def _asks_for_itself(f: Facts) -> bool:
    ours = f.has("outlet") or f.cues & WE
    wanted = f.cues & bits("ask", "subscribe", "member")
    lasting = f.cues & PERIOD and (f.cues & READERS or f.has("outlet"))
    terms = f.has("money") or f.cues & bits("pay") or lasting
    return bool(ours and wanted and terms and not f.has("quoted") and f.link_share < 0.9)


def _leads_to_ask(f: Facts) -> bool:
    ours = f.has("outlet") or f.cues & (WE | READERS) or (f.cues & ASK and f.words <= OPENER_WORDS)
    return bool(ours) and not f.has("quoted", "caption", "byline")


def _is_ours(f: Facts) -> bool:
    """True for a block in which the outlet speaks of itself or to its reader."""
    return f.has("outlet") or bool(f.cues & (WE | YOU | READERS)) or f.words <= CLOSER_WORDS


def filled(facts: Sequence[Facts], body: Sequence[float], appeal: Sequence[float]) -> set[int]:
    """Return the blocks that are surely appeals, and what stands between or trails them.

    Never started from the appeal score alone: a block that is surely the article's starts nothing.
    """
    sure = [
        i
        for i, (b, a) in enumerate(zip(body, appeal, strict=True))
        if a >= 0.5 and b < (0.45 if facts[i].has("lead_place", "lead_class") else 0.7)
    ]
    found = set(sure)
    for left, right in pairwise(sure):
        between = range(left + 1, right)
        if len(between) <= 3 and all(_may_join(facts[i], body[i], appeal[i]) for i in between):
            found.update(between)
    for i in sure:
        for step in (-1, 1):
            k = i + step
            while 0 <= k < len(facts) and abs(k - i) <= 4 and appeal[k] >= 0.15 and body[k] < TRAILING:
                if _reported(facts[k]):
                    break
                found.add(k)
                k += step
    return found


def _may_join(f: Facts, body: float, appeal: float) -> bool:
    """True for a block between two appeals that is not itself clearly the article's."""
    return not _reported(f) and (appeal >= 0.15 or body < 0.9)


def _reported(f: Facts) -> bool:
    return bool(f.has("quoted") and f.cues & SAYS)
