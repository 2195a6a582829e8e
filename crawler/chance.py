"""How likely a change is by chance alone: two small tests, exact enough to wake a person at night."""

import math
from collections.abc import Sequence


def at_least(hits: int, tries: int, rate: float) -> float:
    """Return the chance of that many hits or more, if each try hits at this rate (the binomial tail).

    >>> at_least(2, 2, 0.5), at_least(0, 9, 0.1)
    (0.25, 1.0)
    """
    terms = (math.comb(tries, n) * rate**n * (1 - rate) ** (tries - n) for n in range(hits, tries + 1))
    return min(1.0, sum(terms)) if hits else 1.0


def smaller_by(sample: Sequence[float], usual: Sequence[float]) -> float:
    """Return by how many standard errors a sample lies below what is usual, by rank (Mann-Whitney); 0 if it does not.

    Ranks, because one report of 4,000 words says nothing about the next: an average would.

    >>> smaller_by([1, 2, 3, 4], [9, 8, 7, 6, 5]) > 2, smaller_by([9, 9], [1, 2, 3])
    (True, 0.0)
    """
    if not sample or not usual:
        return 0.0
    above = sum((x > y) + 0.5 * (x == y) for x in sample for y in usual)
    pairs = len(sample) * len(usual)
    error = math.sqrt(pairs * (len(sample) + len(usual) + 1) / 12)
    return max(0.0, (pairs / 2 - above) / error)
