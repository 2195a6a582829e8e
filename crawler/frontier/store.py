"""The frontier's file: one transaction for each thing that happens to a URL."""

import json
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import sqlite_utils

from crawler.frontier.schema import migrations
from crawler.frontier.values import (
    Entry,
    Finish,
    LedgerLine,
    Original,
    Validators,
    Visit,
    dump_link,
    load_link,
)


class Frontier:
    """The frontier of one archive. One process writes; others may open it with `readonly=True`."""

    def __init__(self, path: Path, *, readonly: bool = False) -> None:
        if readonly:
            self._db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
        else:
            self._db = sqlite3.connect(path, isolation_level=None)
            # NORMAL: a power cut may undo the last commits but never damages the file, and whatever a commit said is
            # found again in the WARC files on the next start. 6,579 against 224 commits/s for FULL (notes/trust.md D2).
            self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=5000;")
            migrations.apply(sqlite_utils.Database(self._db))
        self._db.row_factory = sqlite3.Row

    def close(self) -> None:
        self._db.close()

    # ------------------------------------------------------------------ runs

    def begin_run(self, run: str, sites: Sequence[str], at: datetime) -> None:
        """Remember that a run started."""
        self._db.execute(
            "INSERT INTO runs (run, started, sites) VALUES (?, ?, ?)",
            (run, at.timestamp(), json.dumps(list(sites))),
        )

    def end_run(self, run: str, at: datetime, finish: str) -> None:
        """Remember why and when a run ended."""
        self._db.execute("UPDATE runs SET ended = ?, finish = ? WHERE run = ?", (at.timestamp(), finish, run))

    # ------------------------------------------------------------------ what is due

    def add(self, entries: Iterable[Entry], now: datetime) -> int:
        """Remember URLs; return how many were new. A known URL keeps its state, and is noted as still listed."""
        with self._transaction():
            return sum(self._add(entry, now) for entry in entries)

    def lease(self, sites: Sequence[str], now: datetime, limit: int, *, busy: Iterable[str] = ()) -> list[Visit]:
        """Lease at most `limit` due URLs of those sites, at most one of each politeness group not `busy`.

        Sources come before redirects, redirects before articles, and among equals the one due first.
        """
        taken = frozenset(busy)
        with self._transaction():
            groups = [group for group in self._groups(now) if group not in taken]
            rows = [row for group in groups if (row := self._first_due(group, sites, now))]
            rows.sort(key=lambda row: (row["priority"], row["due_at"]))
            return [self._take(row) for row in rows[:limit]]

    def next_due(self, sites: Sequence[str]) -> datetime | None:
        """Return when the next URL of those sites is due, held groups included; None if nothing ever will be."""
        row = self._db.execute(
            f"""
            SELECT min(max(iif(state = 'due', 0, due_at), coalesce((SELECT until FROM holds h WHERE h.polite_group = u.polite_group), 0)))
            FROM urls u
            WHERE state IN ('due', 'waiting')
              AND site IN ({_marks(sites)})
            """,
            tuple(sites),
        ).fetchone()
        return None if row[0] is None else datetime.fromtimestamp(row[0], UTC)

    def leased(self) -> dict[str, Visit]:
        """Return the visits under way, by lease: after a crash, those the dead process never finished."""
        rows = self._db.execute("SELECT * FROM urls WHERE state = 'leased'")
        return {row["lease"]: _visit(row) for row in rows}

    def release(self, leases: Iterable[str]) -> None:
        """Make leased URLs due again, as if they had never been leased."""
        with self._transaction():
            self._db.executemany(
                "UPDATE urls SET state = 'due', lease = NULL WHERE lease = ? AND state = 'leased'",
                [(lease,) for lease in leases],
            )

    def hold(self, group: str, until: datetime, why: str) -> None:
        """Lease nothing of that politeness group before `until`; a longer hold stands."""
        with self._transaction():
            self._hold(group, until, why)

    # ------------------------------------------------------------------ how it ended

    def finish(self, finishes: Sequence[Finish], run: str) -> None:
        """Store ended visits with all they found, in one transaction. Their records must be durable by now.

        A visit whose lease is not held any more is ignored: it has been finished before.
        """
        with self._transaction():
            for finish in finishes:
                self._finish(finish, run)

    def unwritten(self, run: str | None = None) -> list[LedgerLine]:
        """Return the outcomes without bytes that no WARC file holds yet."""
        where, values = ("", ()) if run is None else ("AND run = ?", (run,))
        rows = self._db.execute(
            f"SELECT * FROM visits WHERE ledger = 0 {where} ORDER BY ended, lease", values
        ).fetchall()
        return [
            LedgerLine(
                row["lease"],
                row["site"],
                row["url"],
                row["source"],
                datetime.fromtimestamp(row["ended"], UTC),
                row["outcome"],
                row["reason"],
            )
            for row in rows
        ]

    def written(self, lines: Iterable[LedgerLine]) -> None:
        """Note that those outcomes are durable in a WARC file."""
        with self._transaction():
            self._db.executemany("UPDATE visits SET ledger = 1 WHERE lease = ?", [(line.lease,) for line in lines])

    # ------------------------------------------------------------------ questions

    def rows(self, sql: str, values: Sequence[object] | dict[str, object] = ()) -> list[sqlite3.Row]:
        """Return the rows of a question to the frontier."""
        return self._db.execute(sql, values).fetchall()

    # ------------------------------------------------------------------ private

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        # IMMEDIATE: a deferred one that turns into a writer fails at once, busy_timeout or not (notes/trust.md D9).
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _groups(self, now: datetime) -> list[str]:
        # A loose index scan: one step a group instead of one a URL. SQLite has no such plan of its own for DISTINCT.
        rows = self._db.execute(
            """
            WITH RECURSIVE g (name) AS (
              SELECT min(polite_group) FROM urls WHERE state IN ('due', 'waiting')
              UNION ALL
              SELECT (SELECT min(polite_group) FROM urls WHERE state IN ('due', 'waiting') AND polite_group > g.name)
              FROM g
              WHERE g.name IS NOT NULL
            )
            SELECT name
            FROM g
            WHERE name IS NOT NULL
              AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.polite_group = g.name AND h.until > ?)
            """,
            (now.timestamp(),),
        )
        return [row[0] for row in rows]

    def _first_due(self, group: str, sites: Sequence[str], now: datetime) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._db.execute(
            f"""
            SELECT *
            FROM urls
            WHERE polite_group = ?
              AND state IN ('due', 'waiting')
              AND (state = 'due' OR due_at <= ?)    -- a clock that was set back must not hold up what is due
              AND site IN ({_marks(sites)})
            ORDER BY priority, due_at, url
            LIMIT 1
            """,
            (group, now.timestamp(), *sites),
        ).fetchone()
        return row

    def _take(self, row: sqlite3.Row) -> Visit:
        lease = uuid.uuid4().hex
        self._db.execute(
            "UPDATE urls SET state = 'leased', lease = ? WHERE site = ? AND url = ?",
            (lease, row["site"], row["url"]),
        )
        return replace(_visit(row), lease=lease)

    def _add(self, entry: Entry, now: datetime) -> int:
        at = now.timestamp()
        state: Literal["due", "retired"] = "due" if entry.outcome is None else "retired"
        cursor = self._db.execute(
            """
            INSERT INTO urls (site, url, role, source, polite_group, state, priority, due_at, why,
                              hops, via, link, outcome, first_seen, last_seen)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (site, url) DO NOTHING
            """,
            (
                entry.site,
                entry.url,
                entry.role,
                entry.source,
                entry.group,
                state,
                entry.priority,
                entry.due_at.timestamp() if entry.due_at else at,
                entry.reason or "found",
                entry.hops,
                entry.via,
                dump_link(entry.link),
                entry.outcome,
                at,
                at,
            ),
        )
        if cursor.rowcount:
            return 1
        return self._listed_again(entry, at)

    def _listed_again(self, entry: Entry, at: float) -> int:
        """Note that a known URL is still listed; one that was never worth a visit may be now, by another's word."""
        self._db.execute("UPDATE urls SET last_seen = ? WHERE site = ? AND url = ?", (at, entry.site, entry.url))
        if entry.outcome is not None:
            return 0
        cursor = self._db.execute(
            """
            UPDATE urls
            SET role = ?, source = ?, state = 'due', priority = ?, due_at = ?, why = ?, hops = ?, via = ?, link = ?,
                outcome = NULL
            WHERE site = ?
              AND url = ?
              AND state = 'retired'
              AND visited IS NULL
            """,
            (
                entry.role, entry.source, entry.priority, at, entry.reason or "found", entry.hops, entry.via,
                dump_link(entry.link), entry.site, entry.url,
            ),
        )  # fmt: skip
        return cursor.rowcount

    def _finish(self, finish: Finish, run: str) -> None:
        visit, at = finish.visit, finish.at.timestamp()
        held = self._db.execute(
            "SELECT 1 FROM urls WHERE site = ? AND url = ? AND lease = ? AND state = 'leased'",
            (visit.site, visit.url, visit.lease),
        ).fetchone()
        if held is None:
            return
        fresh = sum(self._add(entry, finish.at) for entry in finish.entries)
        due_at = finish.next.due_at.timestamp() if finish.next.due_at else at
        self._db.execute(
            """
            UPDATE urls
            SET state = ?, due_at = ?, why = ?, lease = NULL, failures = ?, outcome = ?, status = ?, visited = ?
            WHERE site = ? AND url = ?
            """,
            (
                finish.next.state,
                due_at,
                finish.next.why,
                finish.next.failures,
                finish.outcome,
                finish.status,
                at,
                visit.site,
                visit.url,
            ),
        )
        if finish.validators is not None:
            self._keep(visit, finish.validators)
        if finish.hold_until is not None:
            self._hold(visit.group, finish.hold_until, finish.reason)
        self._db.execute(
            "INSERT INTO visits VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                visit.lease,
                visit.site,
                visit.url,
                visit.role,
                visit.source,
                run,
                at,
                finish.outcome,
                finish.status,
                finish.reason,
                finish.record,
                len(finish.entries),
                fresh,
                int(finish.record is not None),
            ),
        )

    def _keep(self, visit: Visit, validators: Validators) -> None:
        self._db.execute(
            "UPDATE urls SET etag = ?, last_modified = ?, original = ? WHERE site = ? AND url = ?",
            (
                validators.etag,
                validators.last_modified,
                json.dumps(asdict(validators.original)) if validators.original else None,
                visit.site,
                visit.url,
            ),
        )

    def _hold(self, group: str, until: datetime, why: str) -> None:
        self._db.execute(
            """
            INSERT INTO holds (polite_group, until, why) VALUES (?, ?, ?)
            ON CONFLICT (polite_group) DO UPDATE SET until = excluded.until, why = excluded.why
            WHERE excluded.until > until
            """,
            (group, until.timestamp(), why),
        )


def _visit(row: sqlite3.Row) -> Visit:
    original = Original(**json.loads(row["original"])) if row["original"] else None
    return Visit(
        lease=row["lease"] or "",
        site=row["site"],
        url=row["url"],
        role=row["role"],
        source=row["source"],
        group=row["polite_group"],
        link=load_link(row["link"]),
        hops=row["hops"],
        via=row["via"],
        failures=row["failures"],
        validators=Validators(row["etag"], row["last_modified"], original),
    )


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values)) or "NULL"
