"""Train the vote: two linear passes, judged on publishers that were left out.

    python -m tests.quality.quality --write-weights      # the door: measures out of fold, then writes weights.txt

Pass one is fitted on the blocks of all training pages; pass two sees the scores that pass one gives to pages it was
not fitted on, as it will meet them later. Regularisation is strong, for publishers not seen are what counts.
"""

import os
import random
from collections import defaultdict
from collections.abc import Sequence

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np  # noqa: E402 - it reads the number of threads when it is imported
from numpy.typing import NDArray  # noqa: E402

from archive.reading.signals import NAMES  # noqa: E402
from archive.reading.vote import CONTEXT, Weights, contexts_of  # noqa: E402
from tests.quality.corpus import Sample  # noqa: E402

Array = NDArray[np.float64]
FOLDS = 5
INNER = 3
STRENGTH = 0.05  # inverse of the penalty, as scikit-learn's C over standardised signals
NEWTON_STEPS = 12
OTHER_BODY = 0.3  # weight of a block that is known to be no appeal only because it is no label


def folds_of(samples: Sequence[Sample], count: int = FOLDS, seed: int = 7) -> list[int]:
    """Return a fold for each page; the pages of a publisher group share theirs."""
    groups = defaultdict(list)
    for i, s in enumerate(samples):
        groups[s.group].append(i)
    order = sorted(groups)
    random.Random(seed).shuffle(order)
    order.sort(key=lambda g: -len(groups[g]))
    size = [0] * count
    fold = [0] * len(samples)
    for group in order:
        k = size.index(min(size))
        size[k] += len(groups[group])
        for i in groups[group]:
            fold[i] = k
    return fold


def fit(
    rows: Array,
    target: Array,
    weight: Array,
    strength: float = STRENGTH,
    start: list[Array] | None = None,
) -> Array:
    """Return logistic weights over raw signals; the first signal is the constant and is not penalised.

    `start` holds the last solution over standardised signals, and takes this one: near folds end near each other.
    """
    mean, scale = rows.mean(0), rows.std(0)
    mean[0], scale[0] = 0.0, 1.0
    still = scale < 1e-9
    scale[still] = 1.0
    x = (rows - mean) / scale
    x[:, still] = 0.0
    x[:, 0] = 1.0
    single = x.astype(np.float32)
    penalty = np.full(x.shape[1], 1 / strength)
    penalty[0] = 1e-6
    w = start[0].copy() if start else np.zeros(x.shape[1])
    loss = _loss(x, w, target, weight, penalty)
    for _ in range(NEWTON_STEPS):
        p = sigmoid(x @ w)
        gradient = x.T @ (weight * (p - target)) + penalty * w
        h = np.sqrt(np.maximum(weight * p * (1 - p), 1e-6)).astype(np.float32)
        scaled = single * h[:, None]  # half the time, and the slope stays exact
        step = np.linalg.solve((scaled.T @ scaled).astype(float) + np.diag(penalty), gradient)
        while (after := _loss(x, w - step, target, weight, penalty)) > loss and np.abs(step).max() > 1e-4:
            step /= 2
        w -= step
        loss = after
        if np.abs(step).max() < 2e-3:
            break
    if start is not None:
        start[:] = [w]
    folded = w / scale
    folded[still] = 0.0
    folded[0] = w[0] - float((folded * mean)[1:].sum())
    return np.asarray(folded, dtype=np.float64)


def _loss(x: Array, w: Array, target: Array, weight: Array, penalty: Array) -> float:
    score = x @ w
    return float((weight * (np.logaddexp(0, score) - target * score)).sum() + (penalty * w * w).sum() / 2)


class Data:
    """The blocks of many pages as one matrix."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self.samples = samples
        self.x = np.array([r for s in samples for r in s.rows])
        self.page = np.array([i for i, s in enumerate(samples) for _ in s.rows])
        self.body = np.array([b for s in samples for b in s.body], float)
        self.appeal = np.array([a for s in samples for a in s.appeal], float)
        self.weight = np.array([w for s in samples for w in s.body_weight])
        self.last: dict[tuple[int, bool], list[Array]] = defaultdict(list)
        self.bounds = np.searchsorted(self.page, np.arange(len(samples) + 1))

    def fit_both(self, x: Array, pages: Array, strength: float = STRENGTH) -> tuple[Array, Array]:
        """Return weights of the body and of the appeal score, fitted on the chosen pages."""
        chosen = pages[self.page]
        known = chosen & (self.body >= 0)
        body = fit(x[known], self.body[known], self.weight[known], strength, self.last[x.shape[1], True])
        known = chosen & (self.appeal >= 0)
        weight = np.where((self.appeal == 0) & (self.body != 1), OTHER_BODY, 1.0) * self.weight
        return body, fit(x[known], self.appeal[known], weight[known], strength, self.last[x.shape[1], False])

    def context(self, body1: Array, appeal1: Array) -> Array:
        """Return the neighbours' scores of every block."""
        b, a = sigmoid(body1), sigmoid(appeal1)
        rows = []
        for sample, start, end in zip(self.samples, self.bounds, self.bounds[1:], strict=False):
            bs, aps = b[start:end].tolist(), a[start:end].tolist()
            shapes, groups = [f.shape for f in sample.facts], [f.group for f in sample.facts]
            rows += contexts_of(bs, aps, shapes, groups)
        return np.array(rows)


def sigmoid(x: Array) -> Array:
    found: Array = 1 / (1 + np.exp(-np.clip(x, -30, 30)))
    return found


def trained(data: Data, pages: Array, strength: float = STRENGTH, mask: Array | None = None) -> Weights:
    """Return both passes trained on the chosen pages."""
    x = data.x if mask is None else data.x * mask
    inner = np.array(folds_of(data.samples, INNER, seed=11))
    body1, appeal1 = np.zeros(len(x)), np.zeros(len(x))
    for k in range(INNER):
        b, a = data.fit_both(x, pages & (inner != k), strength)
        held = (inner == k)[data.page]
        body1[held], appeal1[held] = x[held] @ b, x[held] @ a
    first = data.fit_both(x, pages, strength)
    both = np.hstack([x, data.context(body1, appeal1)])
    second = data.fit_both(both, pages, strength)
    n = len(NAMES)
    return Weights(
        tuple(first[0]), tuple(first[1]), tuple(second[0][:n]), tuple(second[1][:n]),
        tuple(second[0][n:]), tuple(second[1][n:]),
    )  # fmt: skip


def out_of_fold(
    data: Data, strength: float = STRENGTH, fold: Sequence[int] | None = None, mask: Array | None = None
) -> list[Weights]:
    """Return for each page the weights trained without its publisher group."""
    folds = np.array(fold if fold is not None else folds_of(data.samples))
    by_fold = {k: trained(data, folds != k, strength, mask) for k in sorted(set(folds))}
    return [by_fold[k] for k in folds]


def text_of(weights: Weights, record: str) -> str:
    """Return the weights as the text that archive.reading.vote reads: one signal a line, heaviest first."""
    lines = [f"# {line}".rstrip() for line in record.splitlines()]
    lines += ["", f"{'# signal':22}{'body1':>9}{'appeal1':>9}{'body2':>9}{'appeal2':>9}"]
    columns = zip(weights.body1, weights.appeal1, weights.body2, weights.appeal2, strict=True)
    rows = sorted(zip(NAMES, columns, strict=True), key=lambda row: -max(map(abs, row[1])))
    lines += [f"{name:22}" + "".join(f"{w:9.3f}" for w in ws) for name, ws in rows if any(ws)]
    lines += ["", f"{'# scores around it':22}{'body2':>9}{'appeal2':>9}"]
    beside = zip(CONTEXT, weights.body_context, weights.appeal_context, strict=True)
    lines += [f"~{name:21}{b:9.3f}{a:9.3f}" for name, b, a in beside]
    return "\n".join(lines) + "\n"
