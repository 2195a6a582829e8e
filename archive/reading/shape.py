"""What the letters of a block look like, in any language: signs, sums, dates, ends of sentences."""

# ruff: noqa: SIM905 (lists of words read better as text)

import re
from math import log1p

from archive.reading.blocks import Block

QUOTE = re.compile('["“”„«»「」『』]')
TERMINALS, CLOSERS = frozenset(".!?。！？…؟۔।"), "\"”»’')]"
SENTENCE = re.compile(r"[.!?。！？…؟۔।][\"”»’')\]]*(?:\s|$)")
CAPITAL = re.compile(r"[A-ZÀ-ÖØ-ÞΑ-ΩА-ЯЁІЇЄ]")
DIGIT = re.compile("[0-9]")
DECIMAL = re.compile(r"\d")  # of any script: a text without one is asked for no sum and no date
DATED = re.compile(
    r"(?:19|20)\d\d\s?[-/.年]\s?\d{1,2}|\d{1,2}\s?[-/.]\s?\d{1,2}\s?[-/.]\s?(?:19|20)?\d\d|\d{1,2}\s?:\s?\d\d|(?:19|20)\d\d\b"
)
ADDRESS = re.compile(r"https?://|www\.|@\w")
MAIL = re.compile(r"[^\s@]@\w[\w-]*\.\w")
MONEY = re.compile(
    r"[$€£¥₹₽₩₺₴]\s?\d|\d(?:[.,]\d+)?\s?(?:[€£$¥₽₴₩円元원]|บาท|(?:zł|kr|kč|ft|lei|eur|euros?|usd|dollars?|pounds?|crowns?"
    r"|kron\w+|francs?|franken|rou?bles|руб\w*|грн|pesos|reais|rupees)\b)",
    re.IGNORECASE,
)

SHAPE = (
    "words words_squared few_words some_words digits capitals terminal colon ellipsis sentences quote question exclaim"
    " address money lower_start link_share all_link links strong all_strong controls"
).split()


def is_sentence(text: str) -> bool:
    """True if a text ends as a sentence does, whatever closes after it."""
    return text.rstrip(CLOSERS)[-1:] in TERMINALS


def shape_of(
    block: Block, size: float, *, decimal: bool, terminal: bool, quoted: bool, money: bool
) -> list[float]:  # fmt: skip
    """Return the signals named SHAPE."""
    text, length = block.text, block.size
    words = log1p(size) / 5
    link_share = min(1.0, block.linked / length)
    sentences = len(SENTENCE.findall(text))
    addressed = ("://" in text or "www." in text or "@" in text) and ADDRESS.search(text) is not None
    return [
        words, words * words, float(size <= 3), float(3 < size <= 9),
        len(DIGIT.findall(text)) / length if decimal else 0.0,
        len(CAPITAL.findall(text, 0, 80)) / min(80, length),
        float(terminal), float(text.endswith((":", "："))),
        float(text.endswith(("...", "…"))), min(sentences, 6) / 6, float(quoted),
        float("?" in text or "？" in text), float("!" in text or "！" in text), float(addressed),
        float(money), float(text[:1].islower()), link_share, float(link_share > 0.9), log1p(block.links) / 3,
        min(1.0, block.strong / length), float(block.strong > 0.9 * length), min(block.controls, 2) / 2,
    ]  # fmt: skip
