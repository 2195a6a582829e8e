"""How a visit ended, as the tables keep it: the URL's next turn, the habits of a source, the log, the day's count."""

import json
import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from crawler.frontier import robots, urls
from crawler.frontier.values import Entry, Finish, LedgerLine, Validators
from crawler.schedule import Next, Rhythm, polled
from crawler.schedule.rhythm import dump_rhythm, load_rhythm

logger = logging.getLogger(__name__)


def end(db: sqlite3.Connection, finish: Finish, run: str) -> None:
    """Store how a visit ended; nothing if its lease is not held any more."""
    visit, at = finish.visit, finish.at.timestamp()
    held = db.execute(
        "SELECT id FROM urls WHERE site = ? AND url = ? AND lease = ? AND state = 'leased'",
        (visit.site, visit.url, visit.lease),
    ).fetchone()
    if held is None:
        return
    fresh = [*finish.ahead_new, *(entry for entry in finish.entries if urls.add(db, entry, finish.at))]
    following = _decide(db, held["id"], finish, fresh) if finish.poll else finish.next
    db.execute(
        """
        UPDATE urls
        SET state = :state, due_at = :due_at, why = :why, lease = NULL, failures = :failures, visited = :at,
            priority = coalesce(:priority, priority), outcome = :outcome, status = :status,
            captured = iif(digest IS NULL, coalesce(:captured, captured), captured), digest = coalesce(:digest, digest)
        WHERE id = :id
        """,
        {
            "id": held["id"],
            "state": following.state,
            "due_at": following.due_at.timestamp() if following.due_at else at,
            "why": following.why,
            "failures": following.failures,
            "priority": following.priority,
            "outcome": finish.outcome,
            "status": finish.status,
            "captured": finish.captured.timestamp() if finish.captured else None,
            "digest": finish.digest,
            "at": at,
        },
    )
    if finish.validators is not None:
        _keep(db, held["id"], finish.validators)
    if finish.hold_until is not None:
        hold(db, visit.group, finish.hold_until, finish.reason)
    if finish.robots is not None:
        robots.keep_answer(db, visit.url, finish.robots, finish.record)
    _log(db, held["id"], finish, run, len(fresh))


def _decide(db: sqlite3.Connection, url_id: int, finish: Finish, fresh: Sequence[Entry]) -> Next:
    """Return when a source is polled again, by its history, which this poll is added to."""
    assert finish.poll is not None
    row = db.execute("SELECT rhythm FROM habits WHERE url_id = ?", (url_id,)).fetchone()
    known = load_rhythm(row[0]) if row else Rhythm()
    published = tuple(entry.link.published for entry in fresh if entry.role == "article" and not entry.outcome)
    rhythm, following = polled(known, finish.poll, published, finish.visit.failures)
    if following.state == "retired":
        logger.warning("%s of %s is given up: %s", finish.visit.url, finish.visit.site, following.why)
    db.execute(
        "INSERT INTO habits VALUES (?, ?) ON CONFLICT (url_id) DO UPDATE SET rhythm = excluded.rhythm",
        (url_id, dump_rhythm(rhythm)),
    )
    return following


def _log(db: sqlite3.Connection, url_id: int, finish: Finish, run: str, fresh: int) -> None:
    visit = finish.visit
    db.execute(
        """
        INSERT INTO visit_log
          (url_id, lease, run, lane, ended, outcome, status, reason, record, links, fresh, ledger)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (
            url_id,
            visit.lease,
            run,
            visit.lane,
            finish.at.timestamp(),
            finish.outcome,
            finish.status,
            finish.reason,
            finish.record,
            finish.ahead + len(finish.entries),
            fresh,
            int(finish.record is not None),
        ),
    )
    db.execute(
        """
        INSERT INTO days VALUES (?, ?, ?, ?)
        ON CONFLICT (site, day, lane) DO UPDATE SET requests = requests + excluded.requests
        """,
        (visit.site, finish.at.astimezone(UTC).date().isoformat(), visit.lane, finish.requests),
    )


def _keep(db: sqlite3.Connection, url_id: int, validators: Validators) -> None:
    db.execute(
        "UPDATE urls SET etag = ?, last_modified = ?, original = ? WHERE id = ?",
        (
            validators.etag,
            validators.last_modified,
            json.dumps(asdict(validators.original)) if validators.original else None,
            url_id,
        ),
    )


def unwritten(db: sqlite3.Connection, run: str | None) -> list[LedgerLine]:
    """Return the outcomes without bytes that no WARC file holds yet, of one run or of all."""
    where, values = ("", ()) if run is None else ("AND run = ?", (run,))
    rows = db.execute(f"SELECT * FROM visits WHERE ledger = 0 {where} ORDER BY ended, lease", values)
    return [
        LedgerLine(
            row["lease"],
            row["site"],
            row["url"],
            row["source"],
            datetime.fromtimestamp(row["ended"], UTC),
            row["outcome"],
            row["reason"],
            row["run"],
        )
        for row in rows
    ]


def hold(db: sqlite3.Connection, group: str, until: datetime, why: str) -> None:
    """Leave a politeness group alone; a longer hold stands."""
    db.execute(
        """
        INSERT INTO holds (polite_group, until, why) VALUES (?, ?, ?)
        ON CONFLICT (polite_group) DO UPDATE SET until = excluded.until, why = excluded.why
        WHERE excluded.until > until
        """,
        (group, until.timestamp(), why),
    )
