"""From what was measured of each block to what it is: the second pass, the runs, and a kind for every passage.

Pure and free of the page: `settle` calls it again with what the site's memory has learned since.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import mul

from archive.model import Kind
from archive.reading import amend, kinds, runs
from archive.reading.cues import bits
from archive.reading.facts import Facts
from archive.reading.letters import LARGEST_SHARE, letters
from archive.reading.signs import LINKED
from archive.reading.vote import ContextWeights, context_weights, contexts_of, share

Memory = tuple[int, int]
"""(k, n): a passage stands on k of n other stories of its site."""

HELD, NOT_HELD, LEAD = 0.484, 0.595, 0.45  # body score from which a block is the article's, by the candidate's vote
LEAST_KEPT = 0.25  # share of the candidate's words below which the bar comes down to its best blocks
APPEAL, HINT = 0.15, 0.05  # appeal score of a block outside the article, without and with words that ask
BETWEEN = 0.9  # body score from which a line between two appeals stays the article's
LEAD_WORDS = 8  # from which a line that nothing declares may be a lead
URGES = kinds.WANTED | bits("imperative")  # with which a headline seldom opens
ACCOUNT, RETURN = bits("account"), range(3, 6)  # words of a link that leads to an account and says what for
LEAST_STORIES, LEAST_SEEN = 5, 3  # below, repetition says nothing


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one passage is, what decided, and its body score."""

    kind: Kind
    rule: str
    score: float


def judge(
    facts: Sequence[Facts],
    texts: Sequence[str],
    memory: Mapping[int, Memory],
    context: ContextWeights | None = None,
) -> list[Verdict]:
    """Return a verdict for each passage of one page; `context` replaces the shipped weights of the second pass."""
    if not facts:
        return []
    repeated = [_repetition(memory.get(f.key)) if f.key else 0.0 for f in facts]
    body1 = [share(f.body1 - r) for f, r in zip(facts, repeated, strict=True)]
    appeal1 = [share(f.appeal1) for f in facts]
    body, appeal = _second_pass(facts, body1, appeal1, repeated, context or context_weights())
    inside = _inside(facts, body)
    asks = _never_most(facts, inside, runs.filled(facts, body, appeal) | runs.alone(facts))
    rules = ["vote"] * len(facts)
    for i, again in enumerate(repeated):
        if again and not inside[i]:
            rules[i] = "repeated"
    for i in asks:
        inside[i] = False
    letter_of: dict[int, int] = {}
    for span in letters(facts, body):
        for i in range(span.start, span.end):
            inside[i], rules[i], letter_of[i] = False, "letter", span.start
    asks -= amend.keep(facts, texts, body, asks, inside, rules)
    amend.drop(facts, texts, body, inside, rules)
    asks = {i for i in asks if not facts[i].has("title")} | set(letter_of)
    asks |= {i for i, f in enumerate(facts) if not inside[i] and _asks(f, appeal[i])}
    for i in runs.between(facts, asks):
        if body[i] < BETWEEN:
            inside[i] = False
            asks.add(i)
    asks |= runs.beside(facts, inside, asks)
    asks -= {i for i, text in enumerate(texts) if text.startswith(kinds.COPYRIGHT) and i not in letter_of}
    named = kinds.named(facts, texts, inside, asks, letter_of, repeated)
    return [
        Verdict(kind, rule if kind.in_body or rule != "vote" else reason or rule, round(score, 3))
        for (kind, reason), rule, score in zip(named, rules, body, strict=True)
    ]


def _asks(f: Facts, appeal: float) -> bool:
    """True for a block outside the article that wants something of the reader: by its score, or a word and a hint."""
    if f.opening & ACCOUNT and f.words in RETURN and not f.has("nav"):
        return True  # "Log in to reply", a link as short as that
    if appeal < (HINT if f.cues & kinds.WANTED else APPEAL) or f.has("title", "byline", "caption"):
        return False
    return f.link_share <= LINKED or bool(f.opening & URGES) or not (f.has("related") and f.has("list"))


def _repetition(seen: Memory | None) -> float:
    """Return how far repetition moves a body score (in logits): one story in four is as sure as it gets.

    Agencies repeat background paragraphs, so a share of a few in a hundred moves little.
    """
    if seen is None or seen[0] < LEAST_SEEN or seen[1] < LEAST_STORIES:
        return 0.0
    return 1.0 + 8.0 * min(1.0, 4 * seen[0] / seen[1])


def _second_pass(
    facts: Sequence[Facts],
    body1: list[float],
    appeal1: list[float],
    repeated: list[float],
    context: ContextWeights,
) -> tuple[list[float], list[float]]:
    body_weights, appeal_weights = context
    body, appeal = [], []
    around_all = contexts_of(body1, appeal1, [f.shape for f in facts], [f.group for f in facts])
    for i, (f, around) in enumerate(zip(facts, around_all, strict=True)):
        body.append(share(f.body2 - repeated[i] + _dot(body_weights, around)))
        appeal.append(share(f.appeal2 + _dot(appeal_weights, around)))
    return body, appeal


def _dot(weights: Sequence[float], values: Sequence[float]) -> float:
    return float(sum(map(mul, weights, values)))


def _inside(facts: Sequence[Facts], body: Sequence[float]) -> list[bool]:
    """Return which blocks are the article's; a page whose candidate falls nearly whole keeps its best blocks."""
    is_held = [f.has("candidate") for f in facts]
    held = [i for i, holds in enumerate(is_held) if holds]
    bar = HELD
    words = sum(facts[i].words for i in held)
    if sum(facts[i].words for i in held if body[i] >= HELD) < LEAST_KEPT * words:
        bar = min(HELD, max(0.1, 0.6 * max(body[i] for i in held)))
    first = held[0] if held else 0
    bars = [
        LEAD if f.has("lead_place") or (i < first and _may_lead(f)) else bar if is_held[i] else NOT_HELD
        for i, f in enumerate(facts)
    ]
    inside = [score >= least for score, least in zip(body, bars, strict=True)]
    if not any(inside) and not held:
        best = max(0.15, 0.6 * max(body))
        inside = [score >= best for score in body]
    return inside


def _may_lead(f: Facts) -> bool:
    """True for a line between the headline and the text that can be its standfirst, though nothing declares it."""
    return f.has("after_h1") and f.words >= LEAD_WORDS and not f.has("caption", "byline", "title", "related")


def _never_most(facts: Sequence[Facts], inside: Sequence[bool], asks: set[int]) -> set[int]:
    """Leave to the article what it would otherwise lose most of its words to: a short text about giving, say."""
    kept = [i for i, holds in enumerate(inside) if holds]
    lost = sum(facts[i].words for i in kept if i in asks)
    if lost > LARGEST_SHARE * sum(facts[i].words for i in kept):
        return {i for i in asks if not inside[i]}
    return asks
