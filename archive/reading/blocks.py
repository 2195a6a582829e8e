"""The text blocks of a page, in order, with what the markup says about each.

A block is a run of inline text between block-level tags; two line breaks in a row also end it, and so does one that
follows the end of a sentence.
"""

import re
from collections.abc import Container
from dataclasses import dataclass, field
from unicodedata import is_normalized

from lxml import etree
from lxml.html import HtmlElement

from archive.reading import markup
from archive.reading.boxes import Box
from archive.reading.lexicon import words_of
from archive.reading.squash import squash

SENTENCE_END = re.compile(r"[.!?:;…。！？：؟۔।]['\"”’»)\]]*\s*$")
SOFT = re.compile("[\u00ad\u200b\u200c\u200e\u200f\u2060\ufeff]+")  # invisible in a line
TEXT_CAP = 100_000  # letters of one block; longer ones are data, not prose


@dataclass(slots=True, eq=False)
class Block:
    """One run of text."""

    box: Box
    node: HtmlElement
    text: str
    linked: int
    strong: int
    links: int
    controls: int
    size: int  # letters of the text, white space collapsed
    _key: str | None = None

    @property
    def key(self) -> str:
        """The text squashed to letters and digits, for comparing; half of all blocks are never compared."""
        if self._key is None:
            self._key = squash(self.text)
        return self._key

    def words(self) -> list[str]:
        """Return the words of the text in lower case; joined they are its key too, if it is in compatibility form."""
        words = words_of(self.text)
        if self._key is None and is_normalized("NFKC", self.text):
            self._key = "".join(words)
        return words


@dataclass(slots=True)
class _Run:
    """The text collected since the last boundary."""

    pieces: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)  # said to screen readers alone, or shown when pointed at
    unseen_in: HtmlElement | None = None
    box: Box | None = None
    linked: int = 0
    strong: int = 0
    links: int = 0
    controls: int = 0
    breaks: int = 0


def collapse(text: str) -> str:
    """Return the text as a reader sees it: white space collapsed, invisible characters gone."""
    text = " ".join(text.split())
    if not text.isascii() and not text.isprintable():
        text = " ".join(SOFT.sub("", text).split())
    return text


def walked(body: HtmlElement, inside: Box | None = None, wrappers: Container[HtmlElement] = ()) -> list[Block]:
    """Return the text blocks of an element in page order; what marks the wrappers is passed over."""
    return _Walk(inside, wrappers).over(body)


class _Walk:
    """One pass over the tree; written for speed, as every page of an archive goes through it."""

    def __init__(self, inside: Box | None, wrappers: Container[HtmlElement]) -> None:
        self.wrappers = wrappers
        self.blocks: list[Block] = []
        self.run = _Run()
        self.box = inside
        self.in_link = 0
        self.in_strong = 0
        self.unseen: HtmlElement | None = None

    def over(self, body: HtmlElement) -> list[Block]:
        walk = etree.iterwalk(body, events=("start", "end"))
        block_tags, inline_seen, skipped = markup.BLOCK_TAGS, markup.NOTED_INLINE, markup.SKIPPED
        wrappers, has_wrappers = self.wrappers, bool(self.wrappers)
        for event, node in walk:
            tag = node.tag
            is_box = tag in block_tags or node is body or (has_wrappers and node in wrappers)
            if event == "start":
                if is_box:
                    self._open(node)
                elif tag in skipped:
                    if tag == "nav":  # a box like others, but nothing in it was written by an editor
                        self._flush()
                    walk.skip_subtree()
                    continue
                elif tag in inline_seen or self.in_link:
                    self._note(node)
                text = node.text
            else:
                if is_box:
                    self._flush()
                    self._close()
                elif self.in_link or tag in inline_seen:
                    self._end(node)
                text = node.tail if node is not body else None
            if text:
                if not text.isspace():
                    self._add(text)
                elif self.run.box is not None:
                    self.run.pieces.append(" ")
        return self.blocks

    def _open(self, node: HtmlElement) -> None:
        if self.run.box is not None or self.run.links or self.run.controls:  # most open where nothing has been read
            self._flush()
        self.box = markup.box_of(node, self.box)
        if node in self.wrappers:
            markup.unmark(self.box)

    def _close(self) -> None:
        box = self.box
        assert box is not None
        parent = box.parent
        if parent is not None and (box.blocks or box.links or box.controls):
            parent.letters += box.letters
            parent.linked += box.linked
            parent.links += box.links
            parent.controls += box.controls
            parent.blocks += box.blocks
        self.box = parent

    def _end(self, node: HtmlElement) -> None:
        if node.tag == "a":
            self.in_link -= 1
        elif node.tag in markup.STRONG:
            self.in_strong -= 1
        elif node.tag == "button":
            self.run.pieces.append(" ")
        elif node is self.unseen:
            self.unseen = None

    def _note(self, node: HtmlElement) -> None:
        run, tag = self.run, node.tag
        if tag == "a":
            self.in_link += 1
            run.links += 1
            if self.box is not None:
                self.box.links += 1
        elif tag == "br":
            self._break()
        elif tag in markup.STRONG:
            self.in_strong += 1
        elif tag in markup.CONTROLS:
            if tag == "button" or node.get("type") != "hidden":
                run.pieces.append(" ")  # it has a border of its own
                run.controls += 1
                if self.box is not None:
                    self.box.controls += 1
        elif self.unseen is None and (markup.is_unseen(node) if self.in_link else markup.is_popup(node)):
            self.unseen = node

    def _break(self) -> None:
        run = self.run
        if not run.pieces:
            return
        run.breaks += 1
        if run.breaks > 1 or SENTENCE_END.search(run.pieces[-1]):
            self._flush()
        else:
            run.pieces.append(" ")

    def _add(self, text: str) -> None:
        run = self.run
        if run.box is None:
            run.box = self.box
        run.breaks = 0
        if self.unseen is not None:
            run.unseen.append(text)
            run.unseen_in = self.unseen
            return
        run.pieces.append(text)
        if self.in_link or self.in_strong:
            size = len(text.strip())
            run.linked += size * bool(self.in_link)
            run.strong += size * bool(self.in_strong)

    def _flush(self) -> None:
        run = self.run
        box = run.box
        if box is not None:
            text = collapse("".join(run.pieces))[:TEXT_CAP]
            unseen = collapse(" ".join(run.unseen))[:TEXT_CAP] if run.unseen else ""
            if text or unseen:
                self._keep(run, box, text or unseen)
            if text and unseen and run.unseen_in is not None:
                self._keep(_Run(linked=len(unseen)), markup.unseen_box(run.unseen_in, box), unseen)
        elif not run.links and not run.controls:
            return  # most boxes begin and end where nothing has been read
        self.run = _Run()

    def _keep(self, run: _Run, box: Box, text: str) -> None:
        size = len(text)
        box.letters += size
        box.linked += run.linked
        box.blocks += 1
        self.blocks.append(Block(box, box.node, text, run.linked, run.strong, run.links, run.controls, size))
