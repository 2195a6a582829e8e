"""The site's own rules over the vote: a passage that its file decides is what the file says, now and after `settle`.

Cheap to import: the catalogue judges again without the parsers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from archive.model import Kind, Passage
from archive.reading.facts import Facts
from archive.reading.judge import Verdict
from archive.reading.siterules import SITE

OUTSIDE = SITE + "outside the body"


@dataclass(frozen=True, slots=True)
class Pin:
    """What a rule says a passage is; no kind: the article's, of whichever of its kinds."""

    kind: Kind | None
    rule: str


def overruled(verdicts: Sequence[Verdict], facts: Sequence[Facts], pins: Sequence[Pin | None]) -> list[Verdict]:
    """Return the verdicts with those of the site's rules in their places; a lead may stand outside the body."""
    return [_overruled(v, f, pin) for v, f, pin in zip(verdicts, facts, pins, strict=True)]


def pins_of(passages: Sequence[Passage]) -> list[Pin | None]:
    """Return what rules have said of passages that were read before."""
    return [Pin(p.kind, p.rule) if p.rule.startswith(SITE) and p.rule != OUTSIDE else None for p in passages]


def _overruled(verdict: Verdict, f: Facts, pin: Pin | None) -> Verdict:
    if pin is not None:
        usual = verdict.kind if verdict.kind.in_body else Kind.HEADING if f.has("heading") else Kind.BODY
        return replace(verdict, kind=pin.kind or usual, rule=pin.rule)
    if f.has("outside") and verdict.kind.in_body and verdict.kind is not Kind.LEAD:
        return replace(verdict, kind=Kind.CHROME_FURNITURE, rule=OUTSIDE)
    return verdict
