"""What a site's rules say of one page: which blocks they name, and where they put its body."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from lxml.html import HtmlElement

from archive.reading.blocks import Block
from archive.reading.body import Candidate, candidate_of
from archive.reading.facts import FLAG, Facts
from archive.reading.judge import Verdict
from archive.reading.overrule import Pin, overruled
from archive.reading.selector import Matcher
from archive.reading.siterules import SITE, Rule

Said = TypeVar("Said")

MOSTLY_LINK = 0.4  # share of a block in links from which it is no candidate, inside the selected body or not


@dataclass(frozen=True, slots=True)
class Ruling:
    """The rules in force, block by block; nothing is pinned, and `inside` is empty, where they name nothing."""

    pins: tuple[Pin | None, ...] = ()
    inside: tuple[bool, ...] = ()
    body: str = ""  # the selector that found it

    def candidate(self, root: HtmlElement, blocks: list[Block]) -> Candidate:
        """Return the candidate body: inside what the rules select, else the reader's own."""
        found = _candidate_in(self.inside, blocks) if self.inside else candidate_of(root, blocks)
        for i, pin in enumerate(self.pins):
            if pin is not None:
                found.holds[i] = pin.kind is None
        return found

    def widened(self, start: int, end: int) -> tuple[int, int]:
        """Return a range of blocks, widened to hold what the rules name as text or as an appeal."""
        named = [i for i, pin in enumerate(self.pins) if pin and (pin.kind is None or pin.kind.family == "appeal")]
        return (min(start, named[0]), max(end, named[-1] + 1)) if named else (start, end)

    def noted(self, facts: list[Facts], start: int) -> list[Facts]:
        """Return the facts of the blocks from `start` on, which know now whether they are outside the selected body."""
        for f, kept in zip(facts, self.inside[start:], strict=False):
            if not kept:
                f.flags |= FLAG["outside"]
        return facts

    def applied(self, verdicts: list[Verdict], facts: Sequence[Facts], start: int) -> list[Verdict]:
        """Return the verdicts on the blocks from `start` on as the rules would have them."""
        return overruled(verdicts, facts, self.pins[start : start + len(facts)]) if self.pins else verdicts


def ruling_of(rules: Sequence[Rule], blocks: Sequence[Block], fetched_at: datetime | None) -> Ruling:
    """Return what a site's rules say of the blocks of a page captured then.

    The nearest element that a rule selects decides; of two selectors of one element, `text` before what else it is,
    then the first in the file.
    """
    in_force = [rule for rule in rules if rule.covers(fetched_at)]
    if not in_force:
        return Ruling()
    found = _Found(in_force)
    pins = tuple(found.pin_of(block.node) for block in blocks)
    bodies = [found.body_of(block.node) for block in blocks]
    body = next((selector for selector in bodies if selector), "")
    return Ruling(pins, tuple(map(bool, bodies)) if body else (), body)


def _candidate_in(inside: Sequence[bool], blocks: Sequence[Block]) -> Candidate:
    held = [kept and b.linked < MOSTLY_LINK * b.size for kept, b in zip(inside, blocks, strict=True)]
    last = max(i for i, kept in enumerate(inside) if kept)
    return Candidate(held, [float(h) for h in held], inside.index(True), last + 1)


class _Found:
    """The elements of one page that rules select; each element is asked once, those above it too."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        marks = [(selector, Pin(None, SITE + selector)) for rule in rules for selector in rule.text]
        marks += [(s, Pin(kind, SITE + s)) for rule in rules for kind, those in rule.marks for s in those]
        self._pin = _Nearest(marks)
        self._body = _Nearest([(selector, selector) for rule in rules for selector in rule.body])

    def pin_of(self, node: HtmlElement) -> Pin | None:
        """Return what the nearest selected element at or above a block says, or one that is all of the block."""
        inner = node
        while len(inner) == 1 and not (inner.text or "").strip() and not (inner[0].tail or "").strip():
            inner = inner[0]
        return self._pin.of(inner)

    def body_of(self, node: HtmlElement) -> str:
        """Return the selector that makes an element, or one above it, the body; '' if none does."""
        return self._body.of(node) or ""


class _Nearest(Generic[Said]):
    """What selectors say of elements: that of the nearest element, at or above, which one of them selects."""

    def __init__(self, says: Sequence[tuple[str, Said]]) -> None:
        self._matcher = Matcher([selector for selector, _ in says])
        self._says = [said for _, said in says]
        self._known: dict[HtmlElement, Said | None] = {}

    def of(self, node: HtmlElement) -> Said | None:
        """Return what is said of an element, None if nothing is."""
        if not self._says:
            return None
        if node not in self._known:
            own, above = self._matcher.first(node), node.getparent()
            if own is not None:
                self._known[node] = self._says[own]
            else:
                self._known[node] = None if above is None else self.of(above)
        return self._known[node]
