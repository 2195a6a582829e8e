"""The weighing: two linear passes over the signals, with weights that a person can read in weights.txt.

The first pass looks at a block and its neighbours' markup; the second adds what the first pass thought of the blocks
around it. Each pass gives two numbers: is it the article's, and does it ask something of the reader.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, compress
from math import exp
from operator import itemgetter, mul
from pathlib import Path

FILE = Path(__file__).with_name("weights.txt")
REACH = 3  # blocks on either side whose first scores the second pass sees
WINDOW = 6
CONTEXT = (
    *(f"{what}{offset:+d}" for what in ("body", "appeal") for offset in range(-REACH, REACH + 1)),
    "body_before", "body_after", "appeal_before", "appeal_after", "body_so_far", "body_to_come",
    "body_alike", "appeal_alike", "body_beside", "appeal_beside",
)  # fmt: skip


Sums = tuple[float, float, float, float]
"""A block weighed by its own signals: body1, appeal1, body2, appeal2."""

ContextWeights = tuple[tuple[float, ...], tuple[float, ...]]
"""The weights of CONTEXT for the body score and for the appeal score."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of both passes, in the order of the signals and of CONTEXT."""

    body1: tuple[float, ...]
    appeal1: tuple[float, ...]
    body2: tuple[float, ...]
    appeal2: tuple[float, ...]
    body_context: tuple[float, ...]
    appeal_context: tuple[float, ...]

    def own(self, values: Sequence[float]) -> Sums:
        """Return the four sums over the signals of a block, or over the first of them; noughts are passed over."""
        chosen = list(compress(range(len(values)), values))
        if len(chosen) < 2:
            chosen = sorted({0, 1, *chosen})  # itemgetter returns no tuple for one
        pick = itemgetter(*chosen)
        numbers = pick(values)
        return (
            sum(map(mul, pick(self.body1), numbers)),
            sum(map(mul, pick(self.appeal1), numbers)),
            sum(map(mul, pick(self.body2), numbers)),
            sum(map(mul, pick(self.appeal2), numbers)),
        )


def read_weights(text: str, names: Sequence[str]) -> Weights:
    """Return the weights of a file: `signal body1 appeal1 body2 appeal2` a line, `~context body2 appeal2` below.

    A signal that the file does not name weighs nothing.
    """
    rows: dict[str, list[float]] = {}
    for line in text.splitlines():
        fields = line.partition("#")[0].split()
        if fields:
            rows[fields[0]] = [float(f) for f in fields[1:]]
    own = [rows.get(name, [0.0] * 4) for name in names]
    context = [rows.get("~" + name, [0.0] * 2) for name in CONTEXT]
    columns = [tuple(row[k] for row in own) for k in range(4)]
    beside = [tuple(row[k] for row in context) for k in range(2)]
    return Weights(*columns, *beside)


@cache
def context_weights() -> ContextWeights:
    """Return the weights of the neighbours alone: all that judging again needs."""
    weights = read_weights(FILE.read_text(encoding="utf-8"), ())
    return weights.body_context, weights.appeal_context


def share(logit: float) -> float:
    """Return a logit as a number between 0 and 1."""
    return 1 / (1 + exp(-logit if -30.0 < logit < 30.0 else -30.0 if logit > 0 else 30.0))


def contexts_of(
    body: Sequence[float], appeal: Sequence[float], shapes: Sequence[int], groups: Sequence[int]
) -> list[tuple[float, ...]]:
    """Return for each block what the first pass thought of the others, in the order of CONTEXT.

    Alike are the blocks of the same tags and classes, beside it those of the same container.
    """
    count = len(body)
    columns: list[Sequence[float]] = []
    for scores in (body, appeal):
        padded = [*_EDGE, *scores, *_EDGE]
        columns += [padded[at : at + count] for at in range(2 * REACH + 1)]
    sums = _running(body), _running(appeal)
    for running in sums:
        columns += [_before(running, count), _after(running, count)]
    columns.append([sums[0][i] / (i or 1) for i in range(count)])
    columns.append([min(sums[0][count] - so_far, 10.0) / 10 for so_far in sums[0][1:]])
    columns += [_others(scores, places) for places in (shapes, groups) for scores in (body, appeal)]
    return list(zip(*columns, strict=True))


_EDGE = (0.0,) * REACH


def _before(running: Sequence[float], count: int) -> list[float]:
    """Return the mean of up to WINDOW scores before each."""
    early = [running[i] / (i or 1) for i in range(min(WINDOW, count))]
    return early + [(running[i] - running[i - WINDOW]) / WINDOW for i in range(WINDOW, count)]


def _after(running: Sequence[float], count: int) -> list[float]:
    """Return the mean of up to WINDOW scores after each."""
    late = max(0, count - WINDOW)
    most = [(running[i + 1 + WINDOW] - running[i + 1]) / WINDOW for i in range(late)]
    return most + [(running[count] - running[i + 1]) / (count - i - 1 or 1) for i in range(late, count)]


def _running(values: Sequence[float]) -> list[float]:
    return [0.0, *accumulate(values)]


def _others(scores: Sequence[float], places: Sequence[int]) -> list[float]:
    """Return the mean score of the other blocks of each block's place, drawn to a half where there are few."""
    total: dict[int, float] = {}
    count: dict[int, int] = {}
    for place, score in zip(places, scores, strict=True):
        total[place] = total.get(place, 0.0) + score
        count[place] = count.get(place, 0) + 1
    return [(total[p] - s + 0.5) / count[p] for p, s in zip(places, scores, strict=True)]
