"""Runs of blocks that belong together: a letter to the reader is one thing, however plain its middle.

No line of such a letter need look like an appeal; an opener that names the outlet, the outlet speaking of itself and to
its reader, the ask, a sum of money and a closing label together do. All rules go by structure and by families of words
in many languages; where a language has no words listed, outlet, money and place remain.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from archive.reading.cues import bits
from archive.reading.facts import Facts

LONGEST = 16  # blocks a letter may have
GAP = 2  # blocks without a sign inside it
NEEDED = 5  # points
OPENER_WORDS = 16
CLOSER_WORDS = 8
ATTRIBUTED = 0.34  # share of quoted and attributed blocks that makes it a report
LARGEST_SHARE = 0.5  # of the page's article words: a letter is never most of what there is

WE, YOU, ASK = bits("we"), bits("you"), bits("ask", "pay")
READERS, THANKS, PERIOD = bits("journalism"), bits("thanks"), bits("period")
SAYS, MESSAGE, GREET, DISMISS = bits("says"), bits("message"), bits("greet"), bits("dismiss")
WANTED = bits("ask", "pay", "subscribe", "member", "newsletter", "account", "dismiss", "thanks", "app", "tip")
KNOWN = bits("we", "you", "ask", "third", "by", "period", "thanks", "journalism")


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
            span = _whole_container(facts, body, span)
        if span is None or _taken(facts, body, span) > LARGEST_SHARE * total:
            start += 1
            continue
        found.append(span)
        start = span.end
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
    if f.opening & GREET and f.cues & (READERS | YOU) and f.words <= CLOSER_WORDS:
        return 2
    if f.cues & (ASK | THANKS) and (f.has("outlet") or f.cues & WE):
        return 2 if f.has("outlet") and f.cues & ASK else 1
    if f.has("outlet") and (f.has("salute") or f.has("heading")) and f.words <= 12:
        return 1
    return 0


def _points(f: Facts, *, foreign: bool) -> int:
    """Return how much one block says that the outlet asks its reader for support."""
    we, you, ours = bool(f.cues & WE), bool(f.cues & YOU), f.has("outlet")
    asks, readers = bool(f.cues & ASK), bool(f.cues & READERS)
    money = f.has("money") and f.cues & (PERIOD | ASK) and (asks or you or we)
    if money or (asks and ((we and you) or (ours and (we or you)))):
        return 2
    speaks = (we and you and (ours or readers)) or (we and ours)
    thanks = f.cues & THANKS and (you or readers)
    greets = f.opening & GREET and (readers or you) and f.words <= CLOSER_WORDS
    if speaks or thanks or greets or (asks and (we or you)):
        return 1
    return 2 * f.has("money") + ours if foreign and not f.has("quoted") else 0


def _letter_at(facts: Sequence[Facts], start: int) -> Span | None:
    points, last, quoted = _opens(facts[start]), None, 0
    stop = min(len(facts), start + LONGEST)
    foreign = _is_foreign(facts[start:stop])
    if foreign:
        points += facts[start].has("outlet")
    for i in range(start + 1, stop):
        f = facts[i]
        if f.link_share > 0.85 and not f.cues & ASK:
            break
        gained = _points(f, foreign=foreign)
        quoted += bool(f.has("quoted") and f.cues & SAYS)
        if gained:
            points, last = points + gained, i
        elif i - (last if last is not None else start) > GAP + (last is None) * 2:
            break
    if last is None or points < NEEDED or quoted > ATTRIBUTED * (last - start + 1):
        return None
    return Span(_with_salutation(facts, start), _with_closers(facts, last), points)


def _is_foreign(run: Sequence[Facts]) -> bool:
    """True if the words of the run are in no language listed: hardly a block knows a pronoun."""
    long = [f for f in run if f.words >= 6]
    return bool(long) and sum(bool(f.cues & KNOWN) for f in long) < 0.34 * len(long)


def _with_salutation(facts: Sequence[Facts], start: int) -> int:
    """Include a line just before that opens the letter too."""
    while start and facts[start - 1].words <= OPENER_WORDS and _opens(facts[start - 1]):
        start -= 1
    return start


def _with_closers(facts: Sequence[Facts], last: int) -> int:
    """Include what signs off or dismisses the letter: short lines right after it, no headings, no quotations."""
    end, plain = last + 1, 0
    while end < len(facts) and end <= last + 5:
        f = facts[end]
        short = f.words <= CLOSER_WORDS and not f.has("heading", "quoted", "caption", "byline")
        wanted = f.cues & WANTED and f.words <= 2 * CLOSER_WORDS and f.link_share < 0.95
        if not (short or wanted) or (f.has("related") and not wanted):
            break
        plain += not wanted
        if plain > 2:
            break
        end += 1
    return end


def _whole_container(facts: Sequence[Facts], body: Sequence[float], span: Span) -> Span:
    """Widen a letter to the container it stands in, when the article's own text stands elsewhere."""
    inside = [facts[i].group for i in range(span.start, span.end)]
    own = max(set(inside), key=inside.count)
    words: dict[int, int] = {}
    for f, score in zip(facts, body, strict=True):
        words[f.group] = words.get(f.group, 0) + f.words * (score > 0.5)
    taken = sum(facts[i].words for i in range(span.start, span.end))
    if sum(f.words for f in facts if f.group == own) > 2 * taken or own == max(words, key=lambda g: words[g]):
        return span
    start, end = span.start, span.end
    while start and facts[start - 1].group == own:
        start -= 1
    while end < len(facts) and facts[end].group == own:
        end += 1
    return Span(start, end, span.points)


def filled(facts: Sequence[Facts], body: Sequence[float], appeal: Sequence[float]) -> set[int]:
    """Return the blocks that are surely appeals, and what stands between or trails them.

    Never started from the appeal score alone: a block that is surely the article's starts nothing.
    """
    sure = [i for i, (b, a) in enumerate(zip(body, appeal, strict=True)) if a >= 0.5 and b < 0.7]
    found = set(sure)
    for left, right in pairwise(sure):
        between = range(left + 1, right)
        if len(between) <= 3 and all(_may_join(facts[i], body[i], appeal[i]) for i in between):
            found.update(between)
    for i in sure:
        for step in (-1, 1):
            k = i + step
            while 0 <= k < len(facts) and abs(k - i) <= 4 and appeal[k] >= 0.15 and body[k] < 0.9:
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
