"""What the letters and words of one line say, wherever on the page it stands."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from archive.reading.blocks import Block
from archive.reading.body import EAST_ASIAN, letters_of
from archive.reading.cues import bits, heard
from archive.reading.marks import Wording
from archive.reading.outlet import names_outlet

SHORT_KEY = 12  # letters of a block that is all opening, where no spaces stand between words
REPORTS = 8  # words of a sentence
QUOTE = re.compile('["“”„«»「」『』]')
TERMINALS, CLOSERS = frozenset(".!?。！？…؟۔।"), "\"”»’')]"
DECIMAL = re.compile(r"\d")  # of any script: a text without one is asked for no sum and no date
MAIL = re.compile(r"[^\s@]@\w[\w-]*\.\w")
MONEY = re.compile(
    r"[$€£¥₹₽₩₺₴]\s?\d|\d(?:[.,]\d+)?\s?(?:[€£$¥₽₴₩円元원]|บาท|(?:zł|kr|kč|ft|lei|eur|euros?|usd|dollars?|pounds?|crowns?"
    r"|kron\w+|francs?|franken|rou?bles|руб\w*|грн|pesos|reais|rupees)\b)",
    re.IGNORECASE,
)
SOCIAL, ADDRESSED = bits("social"), bits("we", "you", "imperative", "journalism")


@dataclass(slots=True)
class Said:
    """One line; `size` is in words, in scripts that put no spaces between them in fifths of Latin letters."""

    size: float
    wording: Wording
    third: int  # words of the third person
    we: int
    you: int
    credited: bool  # its last words name who took a picture
    outlet: bool
    decimal: bool  # it has a digit of the kind that sums and dates are written in
    money: bool
    quoted: bool
    terminal: bool
    number: bool
    mail: bool

    @property
    def words(self) -> int:
        """How many words there are."""
        return int(self.size)


def said_by(block: Block, outlets: Sequence[str]) -> Said:
    """Return what a block says; `outlets` are the squashed names of who publishes it."""
    text, words = block.text, block.words()
    key = block.key
    cues, opening, third, we, you, credited = heard(words, text, short=len(key) <= SHORT_KEY)
    if cues & SOCIAL and len(words) > REPORTS and not cues & ADDRESSED and not block.linked:
        cues &= ~SOCIAL  # a report on a platform names it too
    decimal = DECIMAL.search(text) is not None
    return Said(
        letters_of(key) / 5 if text[:1] > EAST_ASIAN else len(words),
        Wording(cues, opening),
        third,
        we,
        you,
        credited,
        names_outlet(outlets, key, words),
        decimal,
        decimal and MONEY.search(text) is not None,
        '"' in text if text.isascii() else QUOTE.search(text) is not None,
        is_sentence(text),
        decimal or (not text.isascii() and any(map(str.isdigit, text))),
        "@" in text and MAIL.search(text) is not None,
    )


def is_sentence(text: str) -> bool:
    """True if a text ends as a sentence does, whatever closes after it."""
    return text.rstrip(CLOSERS)[-1:] in TERMINALS
