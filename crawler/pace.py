"""How fast each politeness group is asked: never two requests closer than its delay, whatever the network does.

The rest begins when an exchange has ended, as we saw it, so the server sees the next request later than its delay after
it has sent the last byte. (Counted from request to request it did not: a Crawl-delay of 0.1 s gave arrivals 0.087 s
apart, for the first of two had waited for its connection.)
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from archive.model import Outcome
from crawler.frontier import Finish, Pace

SLOW_FACTOR = 5.0  # Heritrix's delayFactor: a server that takes 2 s to answer is left alone for 10
SLOW_LONGEST_S = 30.0  # and its bound
STRAIN_FACTOR = 2.0
STRAIN_FIRST_S = 1.0  # where no delay was set
STRAIN_LONGEST_S = 120.0
STRAINED = frozenset({429, 502, 503, 504})
RELIEF = 0.9  # a good answer takes a tenth of what was added


@dataclass(slots=True)
class _Group:
    delay_s: float  # taught by its answers; the floor is not in it
    ready_s: float = 0.0
    rests_since_s: float | None = None
    ended: datetime | None = None
    addresses: frozenset[str] = frozenset()


class Pacer:
    """The pace of every group of a run; `monotonic` is the clock it is kept by.

    Groups that are reached at one address keep each other's rests: the longer delay of the two lies between them.
    """

    def __init__(self, floor_of: Callable[[str], float], monotonic: Callable[[], float]) -> None:
        self._floor_of, self._monotonic = floor_of, monotonic
        self._groups: dict[str, _Group] = {}
        self._changed: set[str] = set()
        self._placed: set[str] = set()  # in this run
        self._at: defaultdict[str, set[str]] = defaultdict(set)  # groups by address

    def remember(self, paces: Iterable[Pace], now: datetime) -> None:
        """Take over from the last run: a rest that had begun there is finished here."""
        for pace in paces:
            group = self._group(pace.group)
            group.delay_s, group.ended = pace.delay_s, pace.last
            group.rests_since_s = self._monotonic() - max(0.0, (now - pace.last).total_seconds())
            group.ready_s = group.rests_since_s + self.delay_of(pace.group)
            self._move(pace.group, frozenset(pace.addresses))

    def place(self, group: str, addresses: frozenset[str]) -> None:
        """Note at which addresses a host of a group is reached; what an earlier run knew of the group is forgotten."""
        known = self._group(group)
        self._move(group, addresses | known.addresses if group in self._placed else addresses)
        self._placed.add(group)
        for other in self.company((group,)) - {group}:
            if (since := self._group(other).rests_since_s) is not None:
                known.ready_s = max(known.ready_s, since + max(self.delay_of(group), self.delay_of(other)))

    def company(self, groups: Iterable[str]) -> set[str]:
        """Return these groups, and all that are reached at an address of theirs."""
        groups = set(groups)
        return groups.union(*(self._at[address] for group in groups for address in self._group(group).addresses))

    def end(self, group: str, at: datetime, *, took_s: float, strained: bool) -> None:
        """Note that an exchange has ended that took so long on the wire.

        `strained` is true if the server asked for less, or could not keep up.
        """
        known, floor = self._group(group), self._floor_of(group)
        if strained:
            known.delay_s = min(max(self.delay_of(group) * STRAIN_FACTOR, STRAIN_FIRST_S), STRAIN_LONGEST_S)
        elif floor:
            slow_s = min(took_s * SLOW_FACTOR, SLOW_LONGEST_S)
            known.delay_s = max(slow_s if slow_s > floor else 0.0, known.delay_s * RELIEF)
        else:
            known.delay_s *= RELIEF
        known.delay_s = known.delay_s if known.delay_s > floor else 0.0
        known.ended = at
        self._changed.add(group)
        self.rest(group)

    def rest(self, group: str) -> None:
        """Leave the group alone for its delay, from now on, and its company with it."""
        now, delay_s = self._monotonic(), self.delay_of(group)
        self._group(group).rests_since_s = now
        for other in self.company((group,)):
            known = self._group(other)
            known.ready_s = max(known.ready_s, now + max(delay_s, self.delay_of(other)))

    def delay_of(self, group: str) -> float:
        """Return the seconds between two requests to the group as things stand."""
        return max(self._floor_of(group), self._group(group).delay_s)

    def resting(self) -> dict[str, float]:
        """Return the groups that must be left alone now, with the seconds that takes."""
        now = self._monotonic()
        return {name: group.ready_s - now for name, group in self._groups.items() if group.ready_s > now}

    def changed(self) -> list[Pace]:
        """Return the paces to be remembered since the last call."""
        found = [
            Pace(name, group.delay_s, group.ended, tuple(sorted(group.addresses)))
            for name in sorted(self._changed)
            if (group := self._groups[name]).ended is not None
        ]
        self._changed.clear()
        return found

    def _move(self, name: str, addresses: frozenset[str]) -> None:
        group = self._group(name)
        for address in group.addresses - addresses:
            self._at[address].discard(name)
        for address in addresses:
            self._at[address].add(name)
        group.addresses = addresses

    def _group(self, name: str) -> _Group:
        return self._groups.setdefault(name, _Group(0.0))


def is_strained(finish: Finish) -> bool:
    """True if the server asked for less, or could not keep up."""
    if finish.outcome is Outcome.NETWORK:
        return finish.reason.startswith(("timeout", "refused"))
    return finish.status in STRAINED
