"""What tags, class names and attributes say about a block: a few families of words, each one bit."""

# ruff: noqa: SIM905 (lists of words read better as text)

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from lxml.html import HtmlElement

from archive.reading.boxes import Box
from archive.reading.lexicon import Lexicon

BLOCK_TAGS = frozenset(
    "address article aside blockquote center dd details dialog dir div dl dt fieldset figcaption figure footer form"
    " frameset h1 h2 h3 h4 h5 h6 header hgroup hr legend li main menu ol p pre search section summary table tbody"
    " td tfoot th thead tr ul".split()
)
HEADINGS = frozenset(f"h{i}" for i in range(1, 7))
SKIPPED = frozenset(
    "script style noscript template svg head select option iframe object audio video canvas textarea link meta title"
    " math map datalist picture source nav".split()
)
STRONG = frozenset(("b", "strong", "em", "i"))
CONTROLS = frozenset(("button", "input"))
NOTED_INLINE = STRONG | CONTROLS | {"a", "br", "span"}

# Families of tags, one bit each: what a block stands in.
TAG_FAMILIES = (
    "aside footer header nav form figure table list blockquote article main figcaption section heading dl dialog"
).split()
_TAG_OF = {"ul": "list", "ol": "list", "menu": "list", "hgroup": "header", "details": "dialog"}
_TAG_OF |= {f"h{i}": "heading" for i in range(1, 7)}
TAG_BIT = {name: 1 << i for i, name in enumerate(TAG_FAMILIES)}
_TAG_BIT_OF = TAG_BIT | {tag: TAG_BIT[family] for tag, family in _TAG_OF.items()}

CLASSES = Lexicon.read(Path(__file__).with_name("classes.txt"))
CLASS_BIT = CLASSES.bit
LONGEST_NAMES = 200  # letters of a class attribute that are looked at, and remembered
NO_ARTICLE = sum(TAG_BIT[n] for n in ("nav", "footer", "form", "aside", "figcaption", "dialog"))
NO_ARTICLE_CLASSES = CLASS_BIT["comment"]
_ATTRIBUTES = ("id", "role", "aria-label", "data-component", "data-testid", "data-type", "data-qa")
_ATTRIBUTE_NAMES = frozenset(_ATTRIBUTES)
# What the common style sheets call text that only screen readers are to say: "opens in a new window".
_UNSEEN = re.compile(
    r"visual(?:ly)?-?hidden|hidden-?(?:visually|text)|_hidden(?:_|\b)|sr-only|screen-?reader", re.IGNORECASE
)
# ... and what comes up when a word is pointed at: `tooltiptext`, `popover-body`, `rollover-block`.
_POPUP = re.compile(
    r"(?:tool-?tip|pop-?over|roll-?over|hover-?card)[\w-]*(?:te?xt|content|inner|body|box|block|card)\b", re.IGNORECASE
)
_CLIPPED = re.compile(r"clip(?:-path)?:\s*(?:rect|inset)")
_NOT_SHOWN = re.compile(r"display:\s*none")


@lru_cache(maxsize=20_000)
def class_words(names: str) -> int:
    """Return the families that a class attribute (and its like) speaks of, as bits."""
    return CLASSES.of_classes(names)


def box_of(node: HtmlElement, parent: Box | None) -> Box:
    """Return the record of a block-level element below `parent`."""
    tag, names, hidden = str(node.tag), "", False
    declared = node.items()
    if declared:  # asked for once: each question to an element costs as much as the rest of this
        attributes = dict(declared)
        names = attributes.get("class", "")
        name = f"{tag}.{names[:60]}"
        if len(attributes) > bool(names):
            if not _ATTRIBUTE_NAMES.isdisjoint(attributes):
                names = " ".join([names, *filter(None, map(attributes.get, _ATTRIBUTES))])
            hidden = _is_hidden(attributes)
        words = class_words(names[:LONGEST_NAMES]) if names else 0
    else:
        name, words = f"{tag}.", 0
    tags = _TAG_BIT_OF.get(tag, 0)
    if parent is None:
        return Box(node, parent, tag, name, name, 0, 0, 0, tags, hidden, 0)
    signature = f"{name}<{parent.name}"
    if tag == "body":
        return Box(node, parent, tag, signature, name, 0, 0, 0, tags, hidden, 0)
    above = parent.parent
    return Box(
        node,
        parent,
        tag,
        signature,
        name,
        words,
        words | parent.words | (above.words if above is not None else 0),
        words | parent.all_words,
        tags | parent.tags,
        hidden or parent.hidden,
        parent.depth + 1,
    )


def is_set_apart(box: Box) -> bool:
    """True for a part of the page that was made for other things than its text."""
    return box.hidden or bool(box.tags & NO_ARTICLE or box.all_words & NO_ARTICLE_CLASSES)


def unmark(box: Box) -> None:
    """Take from the record of an element what sets it apart; its parent is not."""
    box.hidden = False
    box.tags &= ~NO_ARTICLE
    box.words &= ~NO_ARTICLE_CLASSES
    box.near &= ~NO_ARTICLE_CLASSES
    box.all_words &= ~NO_ARTICLE_CLASSES


def is_unseen(node: HtmlElement) -> bool:
    """True for an inline element in a link whose text is there for screen readers alone."""
    names, style = node.get("class"), node.get("style")
    return bool((names and _UNSEEN.search(names)) or (style and _CLIPPED.search(style)))


def is_popup(node: HtmlElement) -> bool:
    """True for an inline element that shows when what stands before it is pointed at."""
    names = node.get("class")
    return names is not None and _names_popup(names[:LONGEST_NAMES])


@lru_cache(maxsize=20_000)
def _names_popup(names: str) -> bool:
    return _POPUP.search(names) is not None


def unseen_box(node: HtmlElement, parent: Box) -> Box:
    """Return the record of such an element."""
    box = box_of(node, parent)
    box.hidden = True
    return box


def _is_hidden(attributes: Mapping[str, str]) -> bool:
    style = attributes.get("style")
    if style and _NOT_SHOWN.search(style):
        return True
    return "hidden" in attributes or attributes.get("aria-hidden") == "true"
