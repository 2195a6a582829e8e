"""From what was measured of each block to what it is: the second pass, the runs, and a kind for every passage.

Pure and free of the page: `settle` calls it again with what the site's memory has learned since.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import mul

from archive.model import Kind
from archive.reading import kinds, runs
from archive.reading.cues import bits
from archive.reading.facts import Facts
from archive.reading.letters import LARGEST_SHARE, letters
from archive.reading.vote import ContextWeights, context_weights, contexts_of, share

Memory = tuple[int, int]
"""(k, n): a passage stands on k of n other stories of its site."""

HELD, NOT_HELD, LEAD = 0.482, 0.595, 0.45  # body score from which a block is the article's, by the candidate's vote
LEAST_KEPT = 0.25  # share of the candidate's words below which the bar comes down to its best blocks
APPEAL, HINT = 0.15, 0.05  # appeal score of a block outside the article, without and with words that ask
BETWEEN = 0.9  # body score from which a line between two appeals stays the article's
LINKED = 0.85  # share of links in a line from which it is one: the headline of another story, in a list of them
IDLE_WORDS = 14  # a longer one is a lead or a paragraph in bold
LEAD_WORDS = 8  # from which a line that nothing declares may be a lead
DISCLOSED, SPOKEN = 60, bits("we", "you")  # words of a line in which the page owns what it earns by links
SURE = 0.97  # body score that such a line must not reach: reports speak of commissions too
TICKER_LINES, LEAST_LEFT = 3, 0.25  # lines of a list printed twice; of its words, what other text there must be
LONG, OFTEN = 16, 3  # words of a sentence that is not repeated by chance; times a shorter line may not stand
URGES = kinds.WANTED | bits("imperative")  # with which a headline seldom opens
ACCOUNT, RETURN = bits("account"), range(3, 6)  # words of a link that leads to an account and says what for
REPEATED = kinds.WANTED | kinds.AD  # what a line that stands there often speaks of, if it is no refrain
BYLINE_WORDS, YEAR = 12, re.compile(r"\b(?:19|20)\d\d\b")
ANNOUNCED, SHORT_LINE = 0.6, 25  # share of a line that is a link, words
PLACEHOLDER = re.compile(r"(\$\$|%%|\{\{|\[\[).*(\$\$|%%|\}\}|\]\])")  # of a template, left as it was
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
    asks -= _keep_lists(facts, body, inside, rules)
    _keep_notes(facts, texts, asks, inside, rules)
    _drop_idle_headings(facts, inside, rules)
    _drop_repeats(facts, inside, rules)
    _drop_marked(facts, texts, body, inside, rules)
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


def _keep_lists(facts: Sequence[Facts], body: Sequence[float], inside: list[bool], rules: list[str]) -> set[int]:
    """Return what is now the article's of the lists that a paragraph beyond doubt announces: steps, offers compared."""
    found: set[int] = set()
    announced = -1  # the group of a list
    for i, f in enumerate(facts):
        if f.group == announced and f.has("list") and f.has("candidate") and rules[i] != "letter":
            if not inside[i]:
                inside[i], rules[i] = True, "announced list"
                found.add(i)
        else:
            announces = inside[i] and f.has("colon") and not f.has("heading") and f.words >= LEAD_WORDS
            announced = facts[i + 1].group if announces and body[i] >= SURE and i + 1 < len(facts) else -1
    return found


def _keep_notes(
    facts: Sequence[Facts], texts: Sequence[str], asks: set[int], inside: list[bool], rules: list[str]
) -> None:
    """An editor's note in the candidate is the article's, unless it asks for something; so is who signs its posts."""
    for i, f in enumerate(facts):
        if inside[i]:
            continue
        may_be = i not in asks and not f.cues & kinds.WANTED and f.has("candidate")
        if may_be and kinds.EDITORS_NOTE.match(texts[i]):
            inside[i], rules[i] = True, "editor's note"
        elif i and inside[i - 1] and kinds.SIGNED.fullmatch(texts[i]):
            inside[i], rules[i] = True, "signed post"


def _drop_idle_headings(facts: Sequence[Facts], inside: list[bool], rules: list[str]) -> None:
    """A heading over nothing of the article goes with what it stands over; one that opens the text may be its lead."""
    first = inside.index(True) if True in inside else 0
    for i in range(len(facts) - 1, first, -1):
        f = facts[i]
        short = inside[i] and f.words <= IDLE_WORDS and f.has("heading") and not f.has("lead_place")
        if short and not any(inside[i + 1 : i + 4]):
            inside[i], rules[i] = False, "idle heading"


def _drop_repeats(facts: Sequence[Facts], inside: list[bool], rules: list[str]) -> None:
    """A sentence printed twice is kept once, in markup like the most of the text: not as the quote pulled out of it.

    A short line that asks for something, printed often, is kept nowhere.
    """
    _drop_tickers(facts, inside, rules)
    often = Counter(f.key for f in facts if f.key and f.words < LONG)
    common: Counter[int] = Counter()
    copies: defaultdict[int, list[int]] = defaultdict(list)
    for i, f in enumerate(facts):
        if inside[i]:
            common[f.shape] += f.words
            if f.key and f.words >= LONG:
                copies[f.key].append(i)
    for same in copies.values():
        kept = max(same, key=lambda i: (common[facts[i].shape], -i))
        for i in same:
            if i != kept:
                inside[i], rules[i] = False, "printed twice"
    for i, f in enumerate(facts):
        if inside[i] and often[f.key] >= OFTEN and f.cues & REPEATED:
            inside[i], rules[i] = False, "printed often"


def _drop_tickers(facts: Sequence[Facts], inside: list[bool], rules: list[str]) -> None:
    """A list of which every long line stands on the page once more is a ticker, unless little other text is left."""
    count = Counter(f.key for f in facts if f.key and f.words >= LONG)
    lists: defaultdict[int, list[int]] = defaultdict(list)
    left = 0
    for i, f in enumerate(facts):
        if inside[i] and f.words >= LONG and f.key:
            if f.has("list"):
                lists[f.group].append(i)
            if count[f.key] == 1:
                left += f.words
    for members in lists.values():
        twice = len(members) >= TICKER_LINES and all(count[facts[i].key] > 1 for i in members)
        if twice and left >= LEAST_LEFT * sum(facts[i].words for i in members):
            for i in members:
                inside[i], rules[i] = False, "ticker"


def _drop_marked(
    facts: Sequence[Facts], texts: Sequence[str], body: Sequence[float], inside: list[bool], rules: list[str]
) -> None:
    """A line that says itself what it is, a link under a word that announces one or a copyright, is no paragraph."""
    has_begun = False
    for i, f in enumerate(facts):
        if not inside[i]:
            continue
        has_begun = has_begun or f.has("terminal")
        if not has_begun and f.opening & kinds.BY and f.words <= BYLINE_WORDS and YEAR.search(texts[i]):
            inside[i], rules[i] = False, "dated byline"
        elif f.has("author") and not f.has("terminal", "colon", "quoted"):
            inside[i], rules[i] = False, "author's name"
        elif f.words <= BYLINE_WORDS and kinds.READING_TIME.fullmatch(texts[i]):
            inside[i], rules[i] = False, "reading time"
        elif f.opening & kinds.RELATED and f.link_share >= ANNOUNCED and f.words <= SHORT_LINE:
            inside[i], rules[i] = False, "announced link"
        elif f.words <= SHORT_LINE and texts[i].startswith(kinds.COPYRIGHT):
            inside[i], rules[i] = False, "copyright line"
        elif f.words <= DISCLOSED and f.cues & SPOKEN and body[i] < SURE and kinds.discloses(texts[i]):
            inside[i], rules[i] = False, "disclosure"
        elif f.link_share > LINKED and f.has("hidden"):
            inside[i], rules[i] = False, "hidden link"
        elif f.words <= SHORT_LINE and PLACEHOLDER.fullmatch(texts[i]):
            inside[i], rules[i] = False, "placeholder"
