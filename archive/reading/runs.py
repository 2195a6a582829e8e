"""Appeals and what stands beside them: the blocks that the scores alone would leave behind."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from itertools import pairwise

from archive.reading.cues import bits
from archive.reading.facts import Facts
from archive.reading.signs import reported

TRAILING = 0.57  # body score from which a block beside an appeal is not drawn to it
BESIDE = 3  # blocks
ALONE_WORDS = 35
TOLD_WORDS = 9
HELD = 0.45  # body score from which such a sentence stays the article's
OWN_SCORE = 1.0  # logit of an appeal by a block's own signals, whatever stands around it
RELATED, BY, LEGAL, WE, SAYS = bits("related"), bits("by"), bits("legal"), bits("we"), bits("says")
YOU, URGES = bits("you"), bits("imperative")
SPOKEN = bits("we", "you", "ask", "pay", "newsletter", "account", "app", "subscribe", "member", "thanks", "dismiss")
OFFERS = bits("newsletter", "subscribe", "app", "social", "tip", "survey")


def beside(facts: Sequence[Facts], inside: Sequence[bool], asks: AbstractSet[int]) -> set[int]:
    """Return the blocks outside the article that share a container with an appeal right beside them."""
    found: set[int] = set()
    for i in asks:
        for step in (-1, 1):
            k = i + step
            while 0 <= k < len(facts) and abs(k - i) <= BESIDE and facts[k].group == facts[i].group:
                f = facts[k]
                other = f.has("title", "byline", "caption", "nav", "related", "heading")
                if inside[k] or other or f.cues & LEGAL or f.opening & (RELATED | BY) or f.link_share > 0.8:
                    break
                found.add(k)
                k += step
    return found


def filled(facts: Sequence[Facts], body: Sequence[float], appeal: Sequence[float]) -> set[int]:
    """Return the blocks that are surely appeals, and what stands between or trails them.

    Never started from the appeal score alone: a block that is surely the article's starts nothing.
    """
    sure = [
        i
        for i, (b, a) in enumerate(zip(body, appeal, strict=True))
        if a >= 0.5 and b < (0.45 if facts[i].has("lead_place", "lead_class") or _tells(facts[i]) else 0.7)
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
                if reported(facts[k]):
                    break
                found.add(k)
                k += step
    return found


def alone(facts: Sequence[Facts]) -> set[int]:
    """Return the single lines amid an article in which the outlet wants something: a channel, its app, a message."""
    return {i for i, f in enumerate(facts) if f.words <= ALONE_WORDS and (_offers(f) or _asks_to_write(f))}


def _offers(f: Facts) -> bool:
    """True for a line that offers a channel, the app, a newsletter of the outlet."""
    wants = f.appeal2 >= OWN_SCORE and f.cues & OFFERS and (f.opening & (OFFERS | URGES) or f.cues & YOU)
    ours = wants and (f.cues & WE or f.has("outlet"))
    return bool(ours and not f.has("title", "heading", "caption", "byline", "quoted"))


def _asks_to_write(f: Facts) -> bool:
    """True for a line that says "you" and gives an address to write to: have you seen something, tell us."""
    return bool(f.cues & YOU and not f.cues & SAYS and f.has("mail") and not f.has("title", "caption", "quoted"))


def between(facts: Sequence[Facts], asks: AbstractSet[int]) -> list[int]:
    """Return the lines that want something too and stand right between two that do, in one box."""
    return [
        i
        for i in range(1, len(facts) - 1)
        if i not in asks
        and i - 1 in asks
        and i + 1 in asks
        and facts[i].cues & OFFERS
        and facts[i].words <= ALONE_WORDS
        and facts[i - 1].group == facts[i].group == facts[i + 1].group
        and not facts[i].has("title")
        and not reported(facts[i])
    ]


def _may_join(f: Facts, body: float, appeal: float) -> bool:
    """True for a block between two appeals that is not itself clearly the article's."""
    return not reported(f) and (appeal >= 0.15 or body < 0.9) and not (body >= HELD and _tells(f))


def _tells(f: Facts) -> bool:
    """True for a sentence that speaks to nobody and for nobody: what a report is made of."""
    return f.words >= TOLD_WORDS and f.has("terminal") and not f.cues & SPOKEN and not f.has("controls", "outlet")
