"""One run of the crawl: its sites, its store, its frontier, and the order in which they are written.

The crash order of the project lives here. An exchange is in the WARC file before anything else happens; a group of them
is synced; then one frontier transaction says which visits are done and what they found. Whatever a dead process left is
put right before anything is leased.
"""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from archive.errors import NoSpaceError
from archive.layout import lock
from archive.model import Capture, Outcome
from archive.warc.store import WarcStore, require_room
from crawler.backfill import calendar_links
from crawler.capture import Crawl, Recorder
from crawler.clock import Clock
from crawler.conclude import Rules, finished
from crawler.entries import entries_of
from crawler.frontier import Entry, Finish, Frontier, RobotsFile, Visit
from crawler.ledger import parts_of, write_ledger, write_sites
from crawler.links import declared_links
from crawler.lists import ListReader
from crawler.manners import Manners
from crawler.payloads import Payloads
from crawler.plan import Plan, new_run_id
from crawler.recovery import declared_rules, job_of, take_over
from crawler.robots import rules_in
from crawler.schedule import Lane
from crawler.sites import settings_digest

logger = logging.getLogger(__name__)

GROUP_SIZE = 64  # visits a group commit holds at most: an fsync costs 8 ms, a write 0.4 (notes: capture c)
GROUP_AGE = timedelta(seconds=0.5)
SLICE = 500  # entries of a long list in one transaction: 20 ms
AFTER_THE_NEWS: frozenset[Lane] = frozenset({"recheck", "backfill"})


class Run:
    """A run: between `open` and `close` it leases visits, and makes durable what they brought."""

    def __init__(self, plan: Plan, clock: Clock) -> None:
        self.plan, self.clock = plan, clock
        self.started = clock()
        self.id = new_run_id(self.started)
        self.rules: Mapping[str, Rules] = {site.id: Rules(site, plan.retry) for site in plan.sites}
        self.in_flight: dict[str, Visit] = {}
        self.fetched = 0  # visits begun
        self._finished: list[Finish] = []
        self._first_finished: datetime | None = None
        self._is_synced = False  # what has ended is durable, and not yet in the frontier
        self._given_back: list[str] = []  # leases
        self._stack = ExitStack()
        self.is_open = False

    # ------------------------------------------------------------------ begin and end

    def open(self) -> None:
        """Take the archive's lock, put right what a dead process left, and sow what the sites declare.

        Raises BusyError if another crawl holds the archive, ConfigError if there is none, NoSpaceError, DamageError.
        """
        with ExitStack() as stack:
            layout = self.plan.layout
            layout.require()
            stack.enter_context(lock(layout.frontier, "another crawl is at work in this archive"))
            self.frontier = Frontier(layout.frontier)
            stack.callback(self.frontier.close)
            self.payloads = Payloads(layout.frontier if self.plan.dedup == "archive" else ":memory:")
            stack.callback(self.payloads.close)
            self.lists = stack.enter_context(ListReader())
            self.manners = Manners(self.plan, self.frontier, self.started)
            rules = {**declared_rules(layout, self.plan.retry), **self.rules}  # a dead run may have had other sites
            take_over(self.frontier, self.payloads, layout, self.lists, rules.get)
            self._store = stack.enter_context(self._new_store())
            self.recorder = Recorder(self._store, Crawl(self.id, self.plan.software, self._digests()))
            self.frontier.begin_run(self.id, sorted(self.rules), self.started)
            self._sow()
            self._stack = stack.pop_all()
        self.is_open = True

    def close(self, reason: str) -> None:
        """Make everything durable and end the run; `reason` is what ended it."""
        self.is_open = False
        with self._stack:
            self.flush()
            with self._until_full():
                if self.recorder.full is None:
                    write_ledger(self.frontier, self._store, self.id, self.clock)
                self.frontier.release((*self.in_flight, *self._given_back))
                self.frontier.end_run(self.id, self.clock(), self.is_over or reason)
            if self._finished:  # the frontier has no room for what the files hold: the next start adopts it
                self._store.abandon()

    def _new_store(self) -> WarcStore:
        return WarcStore(
            self.plan.layout.warc,
            run=self.id,
            software=self.plan.software,
            now=self.clock,
            dedup=None if self.plan.dedup == "off" else self.payloads,
            manifests=self.plan.layout.manifests,
            min_free=self.plan.limits.min_free // 2,  # what is in flight when the floor is reached finds room
        )

    # ------------------------------------------------------------------ visits

    def lease(self, limit: int) -> list[Visit]:
        """Return at most `limit` visits to make now, none in a politeness group that has one under way."""
        leased: list[Visit] = []
        with self._until_full():
            require_room(self.plan.layout.warc, self.plan.limits.min_free)
            leased += self._lease(limit)
        return leased

    def _lease(self, limit: int) -> list[Visit]:
        now, room = self.clock(), self._room(limit)
        if room <= 0:
            return []
        busy = self.manners.busy(self.in_flight.values())
        leased = self.frontier.lease(
            tuple(self.rules),
            now,
            room,
            busy=busy,
            closed=self._closed(now),
            judge=self._judge,
            company=self.manners.pacer.company,
        )
        visits = [visit for visit in leased if not visit.refusal]
        for visit in leased:
            if visit.refusal:
                self.failed(visit, Outcome.ROBOTS, visit.refusal)
        if visits and not self.fetched:  # not before: a timer's run that finds nothing due leaves no file
            write_sites(self._store, self.plan.sites, self.id, self.started)
        for visit in visits:
            self.in_flight[visit.lease] = visit
            self.manners.begin(visit, now)
        self.fetched += len(visits)
        return visits

    def reach(self, visit: Visit, addresses: frozenset[str]) -> bool:
        """Note where a visit leads; False if that server is at work, or wants rest, under another name.

        The visit never took place then: it is due again, and its group waits with the other.
        """
        others = (each for lease, each in self.in_flight.items() if lease != visit.lease)
        if self.manners.may_reach(visit, addresses, others, self.clock()):
            return True
        del self.in_flight[visit.lease]
        self.frontier.release((visit.lease,))
        self.manners.give_back(visit)
        self.fetched -= 1
        return False

    async def captured(self, visit: Visit, capture: Capture, *, took_s: float = 0.0) -> None:
        """Note that a visit ended with a response; the lists among them are read from the record just written."""
        job = job_of(self.plan.layout, self.payloads, visit, capture, self.rules[visit.site], self.clock())
        if job.is_small:
            self._end(job.conclude(), took_s)
        else:
            self._end(await self._stored_ahead(await asyncio.to_thread(self.lists.conclude, job)), took_s)

    async def _stored_ahead(self, finish: Finish) -> Finish:
        """Store the entries of a long list in slices, so that no host waits for 50,000 of them; return the rest."""
        new: list[Entry] = []
        for part in parts_of(finish.entries, SLICE):
            new += self.frontier.add_part(part, finish.at)
            await asyncio.sleep(0)
        return replace(finish, entries=(), ahead=len(finish.entries), ahead_new=tuple(new))

    def failed(self, visit: Visit, outcome: Outcome, reason: str, capture: Capture | None = None) -> None:
        """Note that a visit ended without a response that could be read."""
        self._end(finished(visit, outcome, reason, self.rules[visit.site], self.clock(), capture=capture))

    def not_stored(self, visit: Visit) -> None:
        """Note that the disk did not take what a visit brought: it never took place, and is given back at the end."""
        self.in_flight.pop(visit.lease, None)
        self._given_back.append(visit.lease)

    def flush(self) -> None:
        """Make everything that ended so far durable: bytes first, then the frontier's word for it."""
        if not self._finished:
            return
        with self._until_full():
            if not self._is_synced:  # a second sync says that what the first one covered is in the frontier
                self._store.sync()
                self._is_synced = True
            self.frontier.finish(self._finished, self.id, paces=self.manners.pacer.changed())
            self._finished.clear()
            self._is_synced, self._first_finished = False, None

    def flush_if_due(self, *, idle: bool = False) -> None:
        """Flush when the group is full or old, or at once when there is nothing else to do."""
        if self._first_finished is None:
            return
        if idle or len(self._finished) >= GROUP_SIZE or self.clock() - self._first_finished >= GROUP_AGE:
            self.flush()

    @property
    def is_over(self) -> str | None:
        """Why nothing new may begin, or None."""
        limits = self.plan.limits
        if self.recorder.full is not None:
            return "disk"
        if limits.pages and self.fetched >= limits.pages:
            return "max-pages"
        if limits.time and self.clock() - self.started >= limits.time:
            return "max-time"
        return None

    def next_due(self) -> datetime | None:
        """Return when there is something to do again, within the patience of the run; None if there is not.

        What only its group's rest holds up is worth waiting for in any case.
        """
        now, closed = self.clock(), self._closed(self.clock())
        resting = self.manners.pacer.resting()
        if resting and self.frontier.has_due(tuple(self.rules), resting, closed=closed):
            return now + timedelta(seconds=min(resting.values()))
        due = self.frontier.next_due(tuple(self.rules), closed=closed)
        return due if due is not None and due <= now + self.plan.limits.patience else None

    def pause(self) -> timedelta:
        """Return how long nothing can be begun unless a visit ends: until a group has rested, or the next flush."""
        rests_s = self.manners.pacer.resting().values()
        return min(GROUP_AGE, timedelta(seconds=min(rests_s, default=GROUP_AGE.total_seconds())))

    # ------------------------------------------------------------------ private

    def _end(self, finish: Finish, took_s: float = 0.0) -> None:
        visit = finish.visit
        self.in_flight.pop(visit.lease, None)
        self._finished.append(finish)
        self._first_finished = self._first_finished or finish.at
        self.manners.end(finish, took_s)
        if finish.robots is not None:  # what it says holds from the next lease on
            self.flush()
            self.manners.note_crawl_delays((visit.group,))
            self.manners.pacer.rest(visit.group)
        elif finish.hold_until is not None:  # before the next lease, not with the next group
            self.flush()
            self.manners.hold_company(finish, finish.hold_until)

    @contextmanager
    def _until_full(self) -> Iterator[None]:
        """Let the run end where the disk ends: nothing new begins, and what cannot be stored stays to be done."""
        try:
            yield
        except NoSpaceError as error:
            if self.recorder.full is None:
                logger.error("%s", error)  # noqa: TRY400  # the message says what to do; no traceback helps
            self.recorder.full = error

    def _judge(self, known: RobotsFile, url: str) -> str | None:
        """Return why the host's robots.txt forbids a URL, naming its capture; None if it does not."""
        refusal = rules_in(known).refusal(url, self.plan.agent)
        return f"{refusal} ({known.record})" if refusal and known.record else refusal

    def _closed(self, now: datetime) -> Mapping[str, frozenset[Lane]]:
        """Return the lanes that each site may not use now: what a list under way may name comes first."""
        lists = [v.site for v in self.in_flight.values() if v.role == "source" and v.lane == "news"]
        lists += [finish.visit.site for finish in self._finished if finish.poll]
        closed = self.manners.closed(now)
        return {**closed, **{name: closed[name] | AFTER_THE_NEWS for name in lists}}

    def _room(self, limit: int) -> int:
        pages = self.plan.limits.pages
        return min(limit, pages - self.fetched) if pages else limit

    def _digests(self) -> dict[str, str]:
        return {site: settings_digest(rules.site) for site, rules in self.rules.items()}

    def _sow(self) -> None:
        now = self.clock()
        for site in self.plan.sites:
            links = (*declared_links(site), *calendar_links(site, now.date()))
            self.frontier.add(entries_of(links, site, now), now)
            if self.frontier.revive(site.id, settings_digest(site), now):
                logger.info("the file of %s has changed: its lists are read anew", site.id)
