"""The rows of URLs: how one is remembered, and the visit that it stands for."""

import json
import sqlite3
from datetime import UTC, datetime
from typing import Literal

from crawler.frontier.values import Entry, Original, Validators, Visit, dump_link, load_link
from crawler.schedule.lanes import PAST


def add(db: sqlite3.Connection, entry: Entry, now: datetime) -> int:
    """Remember a URL; return 1 if it is new, or worth a visit only now, else 0."""
    at = now.timestamp()
    state: Literal["due", "retired"] = "due" if entry.outcome is None else "retired"
    cursor = db.execute(
        """
        INSERT INTO urls (site, url, role, source, polite_group, state, priority, due_at, why,
                          hops, via, link, outcome, first_seen, last_seen)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (url, site) DO NOTHING
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
    return _listed_again(db, entry, at)


def _listed_again(db: sqlite3.Connection, entry: Entry, at: float) -> int:
    """Note that a known URL is still listed; one that was never worth a visit may be now, by another's word."""
    db.execute("UPDATE urls SET last_seen = ? WHERE site = ? AND url = ?", (at, entry.site, entry.url))
    if entry.outcome is not None:
        return 0
    cursor = db.execute(
        """
        UPDATE urls
        SET role = ?, source = ?, state = 'due', priority = ?, due_at = ?, why = ?, hops = ?, via = ?, link = ?,
            outcome = NULL
        WHERE site = ?
          AND url = ?
          AND state = 'retired'
          AND visited IS NULL
          AND (captured IS NULL OR ? < ?)  -- held by a file that was delivered: news alone is fetched
        """,
        (
            entry.role, entry.source, entry.priority, at, entry.reason or "found", entry.hops, entry.via,
            dump_link(entry.link), entry.site, entry.url, entry.priority, PAST,
        ),
    )  # fmt: skip
    return cursor.rowcount


def visit_of(row: sqlite3.Row) -> Visit:
    """Return the visit that a row of the table stands for."""
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
        priority=row["priority"],
        digest=row["digest"],
        captured=datetime.fromtimestamp(row["captured"], UTC) if row["captured"] is not None else None,
    )
