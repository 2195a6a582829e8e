"""The three kinds of work, each with a budget of its own: the news, a second look, the past."""

from typing import Literal, get_args

from archive.model import Role

Lane = Literal["news", "recheck", "backfill"]
LANES: tuple[Lane, ...] = get_args(Lane)

_BANDS: dict[Lane, tuple[int, int]] = {"news": (0, 3), "recheck": (4, 4), "backfill": (5, 6)}
_NEWS: dict[Role, int] = {"robots": 0, "source": 0, "article": 2, "requisite": 3}
AFTER_REDIRECT = 1
PAST = _BANDS["backfill"][0]  # ranks from here on


def priority_of(role: Role, lane: Lane = "news", *, redirected: bool = False) -> int:
    """Return the rank of a URL among those of its politeness group; 0 is fetched first.

    >>> priority_of("source"), priority_of("article"), priority_of("article", "recheck")
    (0, 2, 4)
    """
    if lane == "recheck":
        return 4
    if lane == "backfill":
        return 5 if role == "source" or redirected else 6
    return AFTER_REDIRECT if redirected else _NEWS[role]


def lane_of(priority: int) -> Lane:
    """Return the lane that a rank belongs to."""
    return next(lane for lane, (first, last) in _BANDS.items() if priority <= last or lane == "backfill")


def bands(closed: frozenset[Lane]) -> tuple[tuple[int, int], ...]:
    """Return the ranks of the lanes that are open, as few spans as possible.

    >>> bands(frozenset()), bands(frozenset({"recheck"}))
    (((0, 6),), ((0, 3), (5, 6)))
    """
    spans: list[tuple[int, int]] = []
    for lane, (first, last) in _BANDS.items():
        if lane in closed:
            continue
        if spans and spans[-1][1] == first - 1:
            spans[-1] = (spans[-1][0], last)
        else:
            spans.append((first, last))
    return tuple(spans)
