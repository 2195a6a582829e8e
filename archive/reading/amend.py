"""What the vote gets wrong about single lines: which of them are the article's after all, and which are not."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from archive.reading import kinds
from archive.reading.cues import bits
from archive.reading.facts import Facts
from archive.reading.signs import LINKED

IDLE_WORDS = 14  # a longer one is a lead or a paragraph in bold
ANNOUNCING_WORDS = 8  # of a paragraph that announces a list
DISCLOSED, SPOKEN = 60, bits("we", "you")  # words of a line in which the page owns what it earns by links
SURE = 0.97  # body score that such a line must not reach: reports speak of commissions too
TICKER_LINES, LEAST_LEFT = 3, 0.25  # lines of a list printed twice; of its words, what other text there must be
DOUBTED = 0.2  # body score below which a line is not taken for what stands beside it
MOSTLY_LINKED = 0.5  # share of links in such a line
FEWEST_ITEMS, FEWEST_ALIKE = 3, 5  # of a list; blocks of the article in one markup
NEARLY_ALL = 0.85  # of the words of the candidate in that markup
LONG, OFTEN = 16, 3  # words of a sentence that is not repeated by chance; times a shorter line may not stand
REPEATED = kinds.WANTED | kinds.AD  # what a line that stands there often speaks of, if it is no refrain
BYLINE_WORDS, YEAR = 12, re.compile(r"\b(?:19|20)\d\d\b")
ANNOUNCED, SHORT_LINE = 0.6, 25  # share of a line that is a link, words
PLACEHOLDER = re.compile(r"(\$\$|%%|\{\{|\[\[).*(\$\$|%%|\}\}|\]\])")  # of a template, left as it was


def keep(
    facts: Sequence[Facts],
    texts: Sequence[str],
    body: Sequence[float],
    asks: AbstractSet[int],
    inside: list[bool],
    rules: list[str],
) -> set[int]:
    """Give the article what is its own for what it stands in or says; return what of it was taken for an appeal."""
    found = _keep_lists(facts, body, inside, rules)
    _keep_items(facts, body, asks - found, inside, rules)
    _keep_notes(facts, texts, asks - found, inside, rules)
    _keep_next(facts, body, asks - found, inside, rules)
    _keep_alike(facts, body, asks - found, inside, rules)
    return found


def drop(
    facts: Sequence[Facts], texts: Sequence[str], body: Sequence[float], inside: list[bool], rules: list[str]
) -> None:
    """Take from the article what is printed twice, stands over nothing, or says itself that it is no text of it."""
    _drop_idle_headings(facts, inside, rules)
    _drop_repeats(facts, inside, rules)
    _drop_marked(facts, texts, body, inside, rules)


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
            announces = inside[i] and f.has("colon") and not f.has("heading") and f.words >= ANNOUNCING_WORDS
            announced = facts[i + 1].group if announces and body[i] >= SURE and i + 1 < len(facts) else -1
    return found


def _keep_items(
    facts: Sequence[Facts], body: Sequence[float], asks: AbstractSet[int], inside: list[bool], rules: list[str]
) -> None:
    """The items of a list or the cells of a row of which half are the article's are its own, unless they ask."""
    items: defaultdict[int, list[int]] = defaultdict(list)
    for i, f in enumerate(facts):
        if f.has("item") and f.has("candidate"):
            items[f.group].append(i)
    for members in items.values():
        if len(members) >= FEWEST_ITEMS and 2 * sum(inside[i] for i in members) >= len(members):
            for i in members:
                if not inside[i] and rules[i] == "vote" and i not in asks and _may_follow(facts[i], body[i]):
                    inside[i], rules[i] = True, "item"


def _keep_next(
    facts: Sequence[Facts], body: Sequence[float], asks: AbstractSet[int], inside: list[bool], rules: list[str]
) -> None:
    """What stands right below a part of the article, in its box and its markup, and asks for nothing is one too."""
    for i in range(1, len(facts)):
        f, above = facts[i], facts[i - 1]
        follows = not inside[i] and inside[i - 1] and f.group == above.group and f.shape == above.shape
        if follows and rules[i] == "vote" and i not in asks and _is_idle(f) and _may_follow(f, body[i]):
            inside[i], rules[i] = True, "as above"


def _keep_alike(
    facts: Sequence[Facts], body: Sequence[float], asks: AbstractSet[int], inside: list[bool], rules: list[str]
) -> None:
    """A sentence of the candidate in markup that the article has nearly to itself is its own: posts of a live blog."""
    words: Counter[int] = Counter()
    kept: Counter[int] = Counter()
    count: Counter[int] = Counter()
    for i, f in enumerate(facts):
        if f.has("candidate"):
            words[f.shape] += f.words
            kept[f.shape] += inside[i] and f.words
            count[f.shape] += inside[i]
    for i, f in enumerate(facts):
        alike = not inside[i] and count[f.shape] >= FEWEST_ALIKE and kept[f.shape] >= NEARLY_ALL * words[f.shape]
        if alike and rules[i] == "vote" and i not in asks and f.has("candidate") and f.has("terminal"):
            inside[i] = _is_idle(f) and _may_follow(f, body[i])
            rules[i] = "as others" if inside[i] else "vote"


def _is_idle(f: Facts) -> bool:
    """True for a line that asks for nothing and is not known for anything else than text."""
    asks = f.cues & kinds.WANTED or f.opening & kinds.RELATED or f.appeal2 >= 0
    return not asks and not f.has("title", "byline", "caption", "related", "outlet", "mail")


def _may_follow(f: Facts, body: float) -> bool:
    """True for a line that is the article's for what it stands among: hardly linked, and not much doubted."""
    return body >= DOUBTED and f.link_share < MOSTLY_LINKED


def _keep_notes(
    facts: Sequence[Facts], texts: Sequence[str], asks: AbstractSet[int], inside: list[bool], rules: list[str]
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
