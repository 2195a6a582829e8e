"""The frontier's file: one transaction for each thing that happens to a URL."""

import json
import sqlite3
import uuid
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import MappingProxyType

import sqlite_utils

from archive.layout import keep_private
from archive.sqlite_errors import told
from archive.sqlite_uri import reading_uri
from crawler.frontier import deliveries, ends, queue, robots, urls
from crawler.frontier.schema import migrations
from crawler.frontier.values import Delivery, Entry, Finish, Held, LedgerLine, Pace, RobotsFile, Visit
from crawler.schedule import Lane

Closed = Mapping[str, frozenset[Lane]]
"""The lanes that a site may not use now."""
Judge = Callable[[RobotsFile, str], str | None]
"""Why a host's robots.txt forbids a URL, None if it does not."""
Company = Callable[[Iterable[str]], set[str]]
"""Politeness groups, with those that are other names of their servers."""

ALL_OPEN: Closed = MappingProxyType({})
REFUSED_AT_ONCE = 100  # visits of one queue that robots.txt forbids, in one transaction


class Frontier:
    """The frontier of one archive. One process writes; others may open it with `readonly=True`."""

    def __init__(self, path: Path, *, readonly: bool = False) -> None:
        self._path = path
        if readonly:
            with told(path):
                self._db = sqlite3.connect(reading_uri(path), uri=True, isolation_level=None)
        else:
            # NORMAL: a power cut may undo the last commits but never damages the file, and whatever a commit said is
            # found again in the WARC files on the next start. 6,579 against 224 commits/s for FULL (notes/trust.md D2).
            keep_private(path)
            with told(path):
                self._db = sqlite3.connect(path, isolation_level=None)
                self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=5000;")
                migrations.apply(sqlite_utils.Database(self._db))
        self._db.row_factory = sqlite3.Row
        self._served: queue.Queue = ("", "")

    def close(self) -> None:
        self._db.close()

    # ------------------------------------------------------------------ runs

    def begin_run(self, run: str, sites: Sequence[str], at: datetime) -> None:
        """Remember that a run started."""
        with self._transaction():
            self._db.execute(
                "INSERT INTO runs (run, started, sites) VALUES (?, ?, ?)",
                (run, at.timestamp(), json.dumps(list(sites))),
            )

    def end_run(self, run: str, at: datetime, finish: str) -> None:
        """Remember why and when a run ended."""
        with self._transaction():
            self._db.execute("UPDATE runs SET ended = ?, finish = ? WHERE run = ?", (at.timestamp(), finish, run))

    # ------------------------------------------------------------------ what is due

    def add(self, entries: Iterable[Entry], now: datetime) -> int:
        """Remember URLs; return how many were new. A known URL keeps its state, and is noted as still listed."""
        with self._transaction():
            return sum(urls.add(self._db, entry, now) for entry in entries)

    def add_part(self, entries: Iterable[Entry], now: datetime) -> tuple[Entry, ...]:
        """Remember a part of a long list ahead of its visit's end; return those that were new (`Finish.ahead_new`)."""
        with self._transaction():
            return tuple(entry for entry in entries if urls.add(self._db, entry, now))

    def lease(
        self,
        sites: Sequence[str],
        now: datetime,
        limit: int,
        *,
        busy: Iterable[str] = (),
        closed: Closed = ALL_OPEN,
        judge: Judge | None = None,
        company: Company = set,
    ) -> list[Visit]:
        """Lease at most `limit` due URLs of those sites, at most one of each politeness group not `busy`, nor in the
        `company` of another.

        In a group, sources come before redirects, redirects before articles, a second look and the past last; lanes
        that are `closed` for a site are left out. With a `judge`, a host whose robots.txt is not known is asked for it
        first; a visit that it forbids carries the refusal, and takes nobody's turn.
        """
        taken, visits = set(busy), list[Visit]()
        with self._transaction():
            queue.wake(self._db, now.timestamp())
            taken |= queue.held(self._db, now.timestamp())
            for each in queue.queues(self._db, sites, self._served):
                if len(visits) >= limit:
                    break
                if each[1] not in taken:
                    found = list(self._lease_from(each, closed.get(each[0], queue.NO_LANES), now, taken, judge))
                    taken |= company(visit.group for visit in found if not visit.refusal)
                    visits += found
                self._served = each
        return visits

    def next_due(self, sites: Sequence[str], *, closed: Closed = ALL_OPEN) -> datetime | None:
        """Return when the next URL of those sites is due, held groups included; None if nothing ever will be."""
        moment = queue.next_moment(self._db, sites, closed)
        return None if moment is None else datetime.fromtimestamp(moment, UTC)

    def has_due(self, sites: Sequence[str], groups: Container[str], *, closed: Closed) -> bool:
        """True if something of those politeness groups could be leased now but for their pace."""
        found = queue.queues(self._db, sites, ("", ""))
        return any(
            each[1] in groups and queue.first_of(self._db, each, closed.get(each[0], queue.NO_LANES)) for each in found
        )

    def leased(self) -> dict[str, Visit]:
        """Return the visits under way, by lease: after a crash, those the dead process never finished."""
        rows = self._db.execute("SELECT * FROM urls WHERE state = 'leased'")
        return {row["lease"]: urls.visit_of(row) for row in rows}

    def release(self, leases: Iterable[str]) -> None:
        """Make leased URLs due again, as if they had never been leased."""
        with self._transaction():
            self._db.executemany(
                "UPDATE urls SET state = 'due', lease = NULL WHERE lease = ? AND state = 'leased'",
                [(lease,) for lease in leases],
            )

    def revive(self, site: str, settings: str, now: datetime) -> bool:
        """Have every list of a site read anew if its file has changed since the last run; return whether it has.

        What a list says may mean something else now, so that neither a 304 nor the same bytes will do. Lists given up
        for dead are asked again.
        """
        with self._transaction():
            known = self._db.execute("SELECT settings FROM declared WHERE site = ?", (site,)).fetchone()
            if known is not None and known[0] == settings:
                return False
            self._db.execute(
                """
                UPDATE urls INDEXED BY urls_lists
                SET digest = NULL, etag = NULL, last_modified = NULL, original = NULL, failures = 0,
                    state = iif(state = 'leased' OR outcome IN ('offsite', 'dropped'), state, 'due'),
                    due_at = ?, why = 'the site file has changed'
                WHERE site = ?
                  AND role = 'source'
                  AND visited IS NOT NULL
                """,
                (now.timestamp(), site),
            )
            self._db.execute(
                "INSERT INTO declared VALUES (?, ?) ON CONFLICT (site) DO UPDATE SET settings = excluded.settings",
                (site, settings),
            )
        return known is not None

    def hold(self, group: str, until: datetime, why: str) -> None:
        """Lease nothing of that politeness group before `until`; a longer hold stands."""
        with self._transaction():
            ends.hold(self._db, group, until, why)

    def holds(self, now: datetime) -> dict[str, datetime]:
        """Return the politeness groups that asked to be left alone, and until when."""
        rows = self._db.execute("SELECT polite_group, until FROM holds WHERE until > ?", (now.timestamp(),))
        return {row[0]: datetime.fromtimestamp(row[1], UTC) for row in rows}

    # ------------------------------------------------------------------ how it ended

    def finish(self, finishes: Sequence[Finish], run: str, *, paces: Iterable[Pace] = ()) -> None:
        """Store ended visits with all they found, in one transaction. Their records must be durable by now.

        A visit whose lease is not held any more is ignored: it has been finished before.
        """
        with self._transaction():
            for finish in finishes:
                ends.end(self._db, finish, run)
            self._db.executemany(
                """
                INSERT OR REPLACE INTO paces VALUES (?, ?, ?, ?)
                """,
                [(pace.group, pace.delay_s, pace.last.timestamp(), json.dumps(pace.addresses)) for pace in paces],
            )

    def unwritten(self, run: str | None = None) -> list[LedgerLine]:
        """Return the outcomes without bytes that no WARC file holds yet."""
        return ends.unwritten(self._db, run)

    def written(self, lines: Iterable[LedgerLine]) -> None:
        """Note that those outcomes are durable in a WARC file."""
        with self._transaction():
            self._db.executemany(
                "UPDATE visit_log SET ledger = 1 WHERE lease = ? AND run = ? AND ledger = 0",
                [(line.lease, line.run) for line in lines],
            )

    # ------------------------------------------------------------------ files that were delivered

    def deliver(self, delivery: Delivery, held: Iterable[Held], now: datetime) -> int:
        """Remember a file that was taken in, and the pages it holds; return how many articles of its site they are."""
        with self._transaction():
            return deliveries.add(self._db, delivery, held, now)

    def deliveries(self) -> list[Delivery]:
        """Return the files that were taken in."""
        return deliveries.all_of(self._db)

    # ------------------------------------------------------------------ memory of hosts and days

    def paces(self) -> list[Pace]:
        """Return how each politeness group has been paced."""
        return [
            Pace(row[0], row[1], datetime.fromtimestamp(row[2], UTC), tuple(json.loads(row[3])))
            for row in self._db.execute("SELECT polite_group, delay, last, addresses FROM paces")
        ]

    def robots_of(self, groups: Sequence[str]) -> list[RobotsFile]:
        """Return the robots.txt known of the hosts of those politeness groups, old ones too."""
        marks = ", ".join("?" * len(groups)) or "NULL"
        rows = self._db.execute(f"SELECT * FROM robots WHERE expires > 0 AND polite_group IN ({marks})", tuple(groups))
        return [robots.file_of(row) for row in rows]

    def robots_for(self, url: str, now: datetime) -> RobotsFile | None:
        """Return what is known of the robots.txt that speaks for a URL, None if it is old or was never had."""
        return robots.known_of(self._db, robots.host_of(url), now)

    def requests(self, site: str, days: Sequence[date]) -> dict[Lane, int]:
        """Return how many requests went to a site in those days (UTC), by lane."""
        marks = ", ".join("?" * len(days))
        rows = self._db.execute(
            f"SELECT lane, sum(requests) FROM days WHERE site = ? AND day IN ({marks}) GROUP BY lane",
            (site, *(day.isoformat() for day in days)),
        )
        return {row[0]: row[1] for row in rows}

    # ------------------------------------------------------------------ questions

    def rows(self, sql: str, values: Sequence[object] | dict[str, object] = ()) -> list[sqlite3.Row]:
        """Return the rows of a question to the frontier."""
        return self._db.execute(sql, values).fetchall()

    # ------------------------------------------------------------------ private

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        # IMMEDIATE: a deferred one that turns into a writer fails at once, busy_timeout or not (notes/trust.md D9).
        with told(self._path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                self._db.rollback()  # nothing to do where SQLite did so itself, as it does on a full disk
                raise

    def _lease_from(
        self, each: queue.Queue, closed: frozenset[Lane], now: datetime, taken: set[str], judge: Judge | None
    ) -> Iterator[Visit]:
        """Yield the next visit of a queue, after those that robots.txt forbids."""
        for _ in range(REFUSED_AT_ONCE):
            row = queue.first_of(self._db, each, closed)
            if row is None:
                return
            if judge is not None and not robots.is_robots(row["role"], row["url"]):
                known = robots.known_of(self._db, robots.host_of(row["url"]), now)
                refusal = judge(known, row["url"]) if known else None
                if known and refusal:
                    yield replace(self._take(row), refusal=refusal, refused_until=known.expires)
                    continue
                row = row if known else robots.row_before(self._db, row, now)
                if row is None or row["polite_group"] in taken:
                    return
            taken.add(row["polite_group"])
            yield self._take(row)
            return

    def _take(self, row: sqlite3.Row) -> Visit:
        lease = uuid.uuid4().hex
        self._db.execute("UPDATE urls SET state = 'leased', lease = ? WHERE id = ?", (lease, row["id"]))
        return replace(urls.visit_of(row), lease=lease)
