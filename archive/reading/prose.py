"""The text of a page: its blocks, whatever wraps it or draws it, and which of them are prose."""

from lxml.html import HtmlElement

from archive.reading import markup
from archive.reading.blocks import Block, walked
from archive.reading.drawn import article_in_scripts

LINE, LEAST_SHOWN = 50, 200  # letters of a sentence; of all sentences, below which a page shows nothing
LEAST_PROSE = 0.25  # share of the long texts of a page that is prose, or else the page is looked at again
MOST_LINKED = 0.4  # share of links in prose


def blocks_of(root: HtmlElement) -> list[Block]:
    """Return every visible text block of the page in page order; of a page that a script draws, what it will draw."""
    found = root.find(".//body")
    body = found if isinstance(found, HtmlElement) else root
    blocks = walked(body)
    if wrappers := _unclosed(body) if _says(blocks) < LEAST_SHOWN else _wrappers(blocks):
        blocks = walked(body, wrappers=wrappers)
    drawn = article_in_scripts(root) if _says(blocks) < LEAST_SHOWN else None
    if drawn is not None:
        hidden = walked(drawn, markup.box_of(body, None))
        return blocks + hidden if _says(hidden) >= LEAST_SHOWN else blocks
    return blocks


def _says(blocks: list[Block]) -> int:
    """Return how many letters of sentences there are."""
    return sum(b.size for b in blocks if b.size >= LINE and not b.linked)


def is_prose(block: Block) -> bool:
    """True for a run of text that is long enough, hardly linked, and in no part of the page made for other things."""
    return is_long(block) and not markup.is_set_apart(block.box)


def is_long(block: Block) -> bool:
    """True for a run of text that is long enough for prose, and hardly linked."""
    return block.size >= LINE and block.linked < MOST_LINKED * block.size


def _wrappers(blocks: list[Block]) -> frozenset[HtmlElement]:
    """Return the elements around the headline that set nearly all of a page apart: a form, "hidden", "comments-on".

    A mark that the headline bears too says nothing of a text.
    """
    headline = next((b.box for b in blocks if b.box.tag == "h1"), None)
    if headline is None or not markup.is_set_apart(headline):
        return frozenset()
    long = [b for b in blocks if is_long(b)]
    if sum(b.size for b in long if is_prose(b)) > LEAST_PROSE * sum(b.size for b in long):
        return frozenset()
    found, box = set[HtmlElement](), headline.parent
    while box is not None and markup.is_set_apart(box):
        found.add(box.node)
        box = box.parent
    return frozenset(found)


def _unclosed(body: HtmlElement) -> frozenset[HtmlElement]:
    """Return the navigation that holds an article, as it was never closed."""
    return frozenset(nav for nav in body.iter("nav") if next(nav.iter("main", "article"), None) is not None)


def is_drawn(block: Block) -> bool:
    """True for a block that the page does not show by itself: it lies in the data of a script."""
    above = block.box
    while above.parent is not None and above.tag != "article":
        above = above.parent
    parent = above.node.getparent()
    return parent is not None and parent.tag == "script"
