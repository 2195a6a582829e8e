"""Block-level elements as the reader remembers them."""

from dataclasses import dataclass

from lxml.html import HtmlElement


@dataclass(slots=True, eq=False)
class Box:
    """A block-level element while the page is walked, and the sums over what it holds."""

    node: HtmlElement
    parent: "Box | None"
    tag: str
    signature: str  # tag and class of it and its parent
    name: str  # tag and class
    words: int  # class-word families of its own (archive.reading.markup)
    near: int  # ... of itself and its two nearest ancestors
    all_words: int  # ... of itself and all ancestors below the body
    tags: int  # tag families of itself and all ancestors
    hidden: bool
    depth: int
    letters: int = 0
    linked: int = 0
    links: int = 0
    controls: int = 0  # buttons and visible inputs
    blocks: int = 0
