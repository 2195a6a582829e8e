"""How far one text holds another, by pieces of ten letters: a block, and what its page declares."""

from collections.abc import Container
from dataclasses import dataclass

SHORTEST_COMPARED = 12  # letters of a text that is looked for in pieces
MOST_PLACES = 20_000  # letters of a declared text whose pieces are kept; a longer one is searched


@dataclass(frozen=True, slots=True)
class PageSays:
    """What the page declares that a block can be compared with; all texts squashed."""

    titles: tuple[str, ...] = ()
    descriptions: tuple[str, ...] = ()
    article_body: str = ""
    outlets: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    paywalled: bool = False


def contained(key: str, other: str) -> float:
    """Return the share of a text's ten-letter pieces that the other text holds."""
    return Declared(key).share_in(other)


class Declared:
    """A text that many others are compared with, by the ten letters that stand at each place."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._pieces: list[str] | None = None
        self._every: Container[str] | None = None

    def share_of(self, key: str) -> float:
        """Return the share of another text's pieces that this one holds."""
        if not key or not self.text:
            return 0.0
        if key in self.text:
            return 1.0
        if len(key) < SHORTEST_COMPARED:
            return 0.0
        if self._every is None:
            self._every = self.text if len(self.text) > MOST_PLACES else set(_pieces(self.text, 1))
        pieces = _pieces(key, _step(key))
        return sum(map(self._every.__contains__, pieces)) / len(pieces)

    def share_in(self, other: str) -> float:
        """Return the share of this text's pieces that another one holds."""
        if not self.text or not other:
            return 0.0
        if self.text in other:
            return 1.0
        if len(self.text) < SHORTEST_COMPARED:
            return 0.0
        if self._pieces is None:
            self._pieces = _pieces(self.text, _step(self.text))
        return sum(map(other.__contains__, self._pieces)) / len(self._pieces)


def _step(text: str) -> int:
    return max(5, len(text) // 40)


def _pieces(text: str, step: int) -> list[str]:
    return [text[j : j + 10] for j in range(0, len(text) - 9, step)]
