"""Lines of the page that name who wrote it: marked as an author's, standing near the headline, or beside the time."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

from archive.reading import authors
from archive.reading.blocks import Block, collapse
from archive.reading.markup import CLASS_BIT, HEADINGS, TAG_BIT

REACH, LONGEST = 12, 70  # blocks around the headline, characters of a byline
MARKED_CAP = 10
LED_TO = re.compile(r"^.*\b(?:by|von|par|por|door|av|af)\s", re.IGNORECASE)  # "View all posts by"
MOST_WORDS = 4  # of a name
PARTICLES = frozenset("de da do dos del della der den van von y la le di af al bin ben zu zum".split())  # noqa: SIM905


def bylines_of(blocks: Sequence[Block]) -> tuple[str, ...]:
    """Return the lines near the headline whose class says that they name who wrote it.

    Those that begin with "by" are believed, others only if they look like names.
    """
    near = _near_headline(blocks)
    marked = [b for b in near if b.box.near & CLASS_BIT["byline"] and b.size < LONGEST and _may_name(b)]
    led = [b.text for b in marked if authors.LEADING.match(b.text)]
    named = [b.text for b in marked if all(_is_name(part, least=1) for part in authors.SEPARATOR.split(b.text))]
    return tuple(led or named)[:2]


def unmarked_of(root: HtmlElement, blocks: Sequence[Block]) -> tuple[tuple[str, ...], str]:
    """Return the names that links or items say are an author's, or else one in a line that begins with "by", or one
    that stands beside the time of the page.

    They are only asked where nothing else names an author: every story of a list may have such a link or line.
    """
    for text in dict.fromkeys(collapse(node.text_content()) for node in islice(_marked(root), MARKED_CAP)):
        names = authors.clean_names([LED_TO.sub("", text)]) if len(text) < LONGEST and not _has_digit(text) else ()
        if names:
            return names, "markup"
    near = _near_headline(blocks)
    for block in near:
        led = authors.LEADING.match(block.text) if block.size < LONGEST and not _has_digit(block.text) else None
        if led and _is_name(block.text[led.end() :].strip(" |,.·•–—-/"), least=1):
            return authors.clean_names([block.text]), "byline"
    for block in near:
        if name := _beside_time(block):
            return (name,), "time"
    return (), ""


def _marked(root: HtmlElement) -> Iterator[HtmlElement]:
    """Yield the elements that say they name an author; XPath needs longer, or the square of their number."""
    for node in root.iter(etree.Element):
        says = "author" in node.get("rel", "") or node.get("itemprop") == "author"
        if says and node.tag not in ("meta", "link"):
            yield node


def _near_headline(blocks: Sequence[Block]) -> Sequence[Block]:
    h1 = next((i for i, b in enumerate(blocks) if b.box.tag == "h1"), 0)
    return blocks[max(0, h1 - REACH // 3) : h1 + REACH]


def _may_name(block: Block) -> bool:
    """False for headings, captions and breadcrumbs, and for one word with a byline only around it: a section, say."""
    if block.box.tags & TAG_BIT["figcaption"] or ">" in block.text:
        return False
    if block.box.tag in HEADINGS:
        return bool(authors.LEADING.match(block.text))
    return bool(block.box.words & CLASS_BIT["byline"]) or " " in block.text or not block.text.isascii()


def _beside_time(block: Block) -> str:
    """Return the name that a line holds beside a `time` element and nothing else, '' for any other line."""
    time = block.node.find(".//time") if block.size < LONGEST else None
    said = collapse(time.text_content()) if time is not None else ""
    name = block.text.replace(said, "").strip(" |,·•–—-/") if said else ""
    return name if _is_name(name, least=2) else ""


def _is_name(text: str, *, least: int) -> bool:
    """True for two to four words that begin with capitals, and are no role."""
    words = [w for w in text.replace(",", " ").split() if w not in PARTICLES]
    named = least <= len(words) <= MOST_WORDS and not any(w[0].islower() for w in words) and text[:1].isalpha()
    return named and not _has_digit(text) and not authors.ROLE.search(text)


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))
