"""How much and how fast may be asked of everybody: the budgets of sites, and the paces of politeness groups."""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from crawler.budget import Budget
from crawler.frontier import Finish, Frontier, Visit
from crawler.pace import Pacer, is_strained
from crawler.plan import Plan, delays_of
from crawler.robots import rules_in
from crawler.schedule import Lane

USUAL_DELAY_S = 3.0  # of a group that no site file speaks for: where a robots.txt was redirected to


class Manners:
    """What earlier runs have spent and learned, taken over as of `now` and kept up to date by this one."""

    def __init__(self, plan: Plan, frontier: Frontier, now: datetime) -> None:
        self._plan, self._frontier = plan, frontier
        self._delays = delays_of(plan.sites)
        self._crawl_delays: dict[str, float] = {}
        self.pacer = Pacer(self._floor_of, time.monotonic)
        self._budgets = {site.id: Budget(site, now.date(), *self._spent(site.id, now)) for site in plan.sites}
        self.note_crawl_delays(tuple(self._delays))
        self.pacer.remember(frontier.paces(), now)
        for visit in frontier.leased().values():  # asked by a process that died, nobody knows when
            self.pacer.rest(visit.group)

    def begin(self, visit: Visit, now: datetime) -> None:
        """Count a visit that is about to be made."""
        self._budgets[visit.site].spend(visit.lane, now)

    def give_back(self, visit: Visit) -> None:
        """Take a visit back that was not made."""
        self._budgets[visit.site].give_back(visit.lane)

    def end(self, finish: Finish, took_s: float) -> None:
        """Let the visit's group rest, if a request was made."""
        if finish.requests:
            self.pacer.end(finish.visit.group, finish.at, took_s=took_s, strained=is_strained(finish))

    def closed(self, now: datetime) -> dict[str, frozenset[Lane]]:
        """Return the lanes in which no more may be asked of each site now."""
        return {name: budget.closed(now) for name, budget in self._budgets.items()}

    def busy(self, in_flight: Iterable[Visit]) -> set[str]:
        """Return the groups that must not be asked now: at rest, or with a visit under way, by whatever name."""
        return self.pacer.company(visit.group for visit in in_flight) | self.pacer.resting().keys()

    def note_crawl_delays(self, groups: Sequence[str]) -> None:
        """Keep to what the robots.txt of these groups' hosts say, from now on."""
        for known in self._frontier.robots_of(groups):
            asked = rules_in(known).crawl_delay(self._plan.agent)
            self._crawl_delays[known.group] = max(asked, self._crawl_delays.get(known.group, 0.0))

    def hold_company(self, finish: Finish, until: datetime) -> None:
        """Leave the other names alone, too, of a server that asked for it."""
        group = finish.visit.group
        for other in self.pacer.company((group,)) - {group}:
            self._frontier.hold(other, until, f"{finish.reason} of {group}, at the same address")

    def may_reach(self, visit: Visit, addresses: frozenset[str], others: Iterable[Visit], now: datetime) -> bool:
        """Note where a visit leads; False if that server is at work, or wants rest, under another name.

        `others` are the visits under way besides.
        """
        self.pacer.place(visit.group, addresses)
        company = self.pacer.company((visit.group,)) - {visit.group}
        held = [until for group, until in self._frontier.holds(now).items() if group in company]
        if held:
            self._frontier.hold(visit.group, max(held), "its server asked so under another name")
        at_work = any(other.group in company for other in others)
        return not (held or at_work or visit.group in self.pacer.resting())

    def _floor_of(self, group: str) -> float:
        """Return the least delay of a group: what its sites' files say, and its robots.txt."""
        return max(self._delays.get(group, USUAL_DELAY_S), self._crawl_delays.get(group, 0.0))

    def _spent(self, site: str, now: datetime) -> tuple[Counter[Lane], Counter[Lane], Counter[Lane]]:
        """Return what was asked of a site in this run, today, and yesterday."""
        today, before = (self._frontier.requests(site, (now.date() - timedelta(days=n),)) for n in (0, 1))
        return Counter(), Counter(today), Counter(before)
