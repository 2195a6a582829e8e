"""The signals that are yes or no: the tag of a block, what it stands in, and which families of words it speaks of.

They travel as the bits they were found as: a page has few patterns of them, and each is weighed once
(archive.reading.weighing).
"""

# ruff: noqa: SIM905 (lists of words read better as text)

from typing import NamedTuple

from archive.reading.cues import BIT
from archive.reading.markup import CLASS_BIT, TAG_BIT

TAGS = {
    "tag_h1": ("h1",), "tag_h2": ("h2",), "tag_h3": ("h3", "h4", "h5", "h6"), "tag_p": ("p",),
    "tag_li": ("li", "dd", "dt"), "tag_td": ("td", "th"), "tag_div": ("div",), "tag_span_root": ("body",),
}  # fmt: skip
INSIDE = {f"in_{name}": bit for name, bit in TAG_BIT.items() if name != "heading"}
CLASSES = {f"class_{name}": bit for name, bit in CLASS_BIT.items()}
FAR = {f"far_{name}": CLASS_BIT[name] for name in ("related", "nav", "comment", "body", "appeal")}
WORDS = {f"cue_{name}": bit for name, bit in BIT.items()}
OPENINGS = "imperative related ad by greet dismiss message credit correction legal app newsletter subscribe".split()
OPENING = {f"open_{name}": BIT[name] for name in OPENINGS}

MARKUP_NAMES = (*TAGS, *INSIDE, *CLASSES, *FAR)
WORDING_NAMES = (*WORDS, *OPENING)


class Markup(NamedTuple):
    """What stands around a block: its tag, the families of the tags above it, of class words near it and of all."""

    tag: str
    tags: int
    near: int
    above: int

    def marks(self) -> list[float]:
        """Return the signals named MARKUP_NAMES."""
        marks = [self.tag in tags for tags in TAGS.values()]
        return marks + _held(INSIDE, self.tags) + _held(CLASSES, self.near) + _held(FAR, self.above)


class Wording(NamedTuple):
    """The families of words anywhere in a block, and in its first two words."""

    cues: int
    opening: int

    def marks(self) -> list[float]:
        """Return the signals named WORDING_NAMES."""
        return _held(WORDS, self.cues) + _held(OPENING, self.opening)


def _held(bits: dict[str, int], found: int) -> list[float]:
    return [found & bit != 0 for bit in bits.values()]
