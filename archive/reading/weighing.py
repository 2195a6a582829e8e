"""The weights at work: the four sums over the signals of a block, what repeats from block to block remembered."""

from collections.abc import Sequence
from functools import cache

from archive.reading.marks import MARKUP_NAMES, Markup, Wording
from archive.reading.signals import MEASURED, NAMES, Signals
from archive.reading.vote import FILE, Sums, Weights, read_weights

PASSED_OVER = (-6.5, -7.5, -7.5, -9.0)  # about the median of what they would weigh
MEMO = 16_384  # patterns of marks whose sums are remembered, twice some 6 MB; then forgotten and summed again


class Weighing:
    """Weights for the signals that this version measures."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._markup = _Remembered(weights, len(MEASURED))
        self._wording = _Remembered(weights, len(MEASURED) + len(MARKUP_NAMES))

    def sums(self, signals: Signals) -> Sums:
        """Return the sums over `signals.row()`; those of a line passed over are the same for all."""
        if signals.is_passed_over:
            return PASSED_OVER
        body1, appeal1, body2, appeal2 = self._weights.own(signals.values)
        m, w = self._markup[signals.markup], self._wording[signals.said.wording]
        return body1 + m[0] + w[0], appeal1 + m[1] + w[1], body2 + m[2] + w[2], appeal2 + m[3] + w[3]


class _Remembered(dict[Markup | Wording, Sums]):
    """The sums over the marks of a pattern, which stand in a row from `start` on."""

    def __init__(self, weights: Weights, start: int) -> None:
        super().__init__()
        self._weights, self._before = weights, [0.0] * start

    def __missing__(self, pattern: Markup | Wording) -> Sums:
        if len(self) >= MEMO:
            self.clear()
        marks: Sequence[float] = pattern.marks()
        sums = self[pattern] = self._weights.own([*self._before, *marks])
        return sums


@cache
def shipped() -> Weighing:
    """Return the weights of weights.txt at work."""
    return Weighing(read_weights(FILE.read_text(encoding="utf-8"), NAMES))
