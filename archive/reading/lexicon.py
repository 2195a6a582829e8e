"""Families of words and stems, and which of them a text or a class attribute speaks of, as bits.

A declaration is plain text, one family in brackets and its entries below; `#` starts a comment:

    [ask]
    support  donat*  unterstütz*        a word, or a stem with a star
    chip_in                             two words in a row
    =寄付  =สนับสนุน                      any part of a text in a script that puts no spaces between words
"""

import re
from collections.abc import Iterable
from pathlib import Path

from archive.reading.squash import spaced

WORD = re.compile(r"[^\W_]+")
ASCII_WORD = bytes(ord(chr(i).lower()) if i < 128 and chr(i).isalnum() else 32 for i in range(256))  # half the time
CLASS_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
MEMO = 60_000  # words remembered, some 8 MB; then forgotten and learned again
SHORTEST_STEM = 2
# Indic and South-East Asian scripts, whose vowel signs are no letters to `re`, and East Asian ones.
UNSPACED = re.compile("[\u0900-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af]")


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case.

    >>> words_of("Dear_Readers, thank you!")
    ['dear', 'readers', 'thank', 'you']
    """
    text = spaced(text)
    if text.isascii():
        return text.encode("ascii").translate(ASCII_WORD).decode("ascii").split()
    return WORD.findall(text.lower())


class Lexicon:
    """Words sorted into families; `bit` maps the name of a family to its bit."""

    def __init__(self, declaration: str) -> None:
        self.bit: dict[str, int] = {}
        self._words: dict[str, int] = {}
        self._stems: dict[str, int] = {}
        self._pairs: dict[str, dict[str, int]] = {}
        self._memo: dict[str, int] = {}
        parts: dict[str, list[str]] = {}
        for family, entry in _entries(declaration):
            bit = self.bit.setdefault(family, 1 << len(self.bit))
            if entry.startswith("="):
                parts.setdefault(family, []).append(re.escape(entry[1:]))
            else:
                self._learn(entry, bit)
        self._parts = [(self.bit[family], re.compile("|".join(found))) for family, found in parts.items()]

    @classmethod
    def read(cls, path: Path) -> "Lexicon":
        """Return the lexicon declared in a file."""
        return cls(path.read_text(encoding="utf-8"))

    def _learn(self, entry: str, bit: int) -> None:
        first, _, second = entry.partition("_")
        if second:
            followers = self._pairs.setdefault(first, {})
            followers[second] = followers.get(second, 0) | bit
        elif entry.endswith("*"):
            self._stems[entry[:-1]] = self._stems.get(entry[:-1], 0) | bit
        else:
            self._words[entry] = self._words.get(entry, 0) | bit

    def of_word(self, word: str) -> int:
        """Return the families of one lower-case word."""
        found = self._memo.get(word)
        if found is None:
            found = self._words.get(word, 0)
            for length in range(SHORTEST_STEM, len(word) + 1):
                found |= self._stems.get(word[:length], 0)
            if len(self._memo) >= MEMO:
                self._memo.clear()
            self._memo[word] = found
        return found

    def of_words(self, words: Iterable[str]) -> list[int]:
        """Return the families of each word; the bits of a pair stand at its second word."""
        found, pairs, followers, known = [], self._pairs, None, self._memo
        for word in words:
            bits = known.get(word)
            if bits is None:
                bits = self.of_word(word)
            if followers:
                bits |= followers.get(word, 0)
            followers = pairs.get(word)
            found.append(bits)
        return found

    def of_unspaced(self, text: str) -> int:
        """Return the families that a text in a script without word spaces speaks of."""
        found = 0
        if not text.isascii() and UNSPACED.search(text):
            for bit, rule in self._parts:
                if rule.search(text):
                    found |= bit
        return found

    def of_classes(self, names: str) -> int:
        """Return the families that a class attribute speaks of, whatever its habit of joining words."""
        found, of_word = 0, self.of_word
        for name in CLASS_WORD.findall(names):
            found |= of_word(name.lower())
        return found


def _entries(declaration: str) -> Iterable[tuple[str, str]]:
    family = ""
    for line in declaration.splitlines():
        text = line.partition("#")[0].strip()
        if text.startswith("["):
            family = text.strip("[]")
            continue
        for entry in text.split():
            yield family, entry
