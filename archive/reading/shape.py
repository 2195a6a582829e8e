"""What a block looks like, in any language: its length, its signs, its links."""

# ruff: noqa: SIM905 (lists of words read better as text)

import re
from math import log1p

from archive.reading.blocks import Block
from archive.reading.said import Said

SENTENCE = re.compile(r"[.!?。！？…؟۔।][\"”»’')\]]*(?:\s|$)")
CAPITAL = re.compile(r"[A-ZÀ-ÖØ-ÞΑ-ΩА-ЯЁІЇЄ]")
DIGIT = re.compile("[0-9]")
DATED = re.compile(
    r"(?:19|20)\d\d\s?[-/.年]\s?\d{1,2}|\d{1,2}\s?[-/.]\s?\d{1,2}\s?[-/.]\s?(?:19|20)?\d\d|\d{1,2}\s?:\s?\d\d|(?:19|20)\d\d\b"
)
ADDRESS = re.compile(r"https?://|www\.|@\w")

SHAPE = (
    "words words_squared few_words some_words digits capitals terminal colon ellipsis sentences quote question exclaim"
    " address money lower_start link_share all_link links strong all_strong controls"
).split()


def link_share(block: Block) -> float:
    """Return which share of a block is links."""
    return min(1.0, block.linked / block.size)


def word_signal(size: float) -> float:
    """Return the signal of a number of words."""
    return log1p(size) / 5


def control_signal(block: Block) -> float:
    """Return the signal of buttons and inputs."""
    return min(block.controls, 2) / 2


def shape_of(block: Block, said: Said) -> list[float]:
    """Return the signals named SHAPE."""
    text, length, size = block.text, block.size, said.size
    words, links = word_signal(size), link_share(block)
    sentences = len(SENTENCE.findall(text))
    addressed = ("://" in text or "www." in text or "@" in text) and ADDRESS.search(text) is not None
    return [
        words, words * words, size <= 3, 3 < size <= 9,
        len(DIGIT.findall(text)) / length if said.decimal else 0.0,
        len(CAPITAL.findall(text, 0, 80)) / min(80, length),
        said.terminal, text.endswith((":", "：")),
        text.endswith(("...", "…")), min(sentences, 6) / 6, said.quoted,
        "?" in text or "？" in text, "!" in text or "！" in text, addressed,
        said.money, text[:1].islower(), links, links > 0.9, log1p(block.links) / 3,
        min(1.0, block.strong / length), block.strong > 0.9 * length, control_signal(block),
    ]  # fmt: skip
