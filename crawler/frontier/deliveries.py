"""Files in which articles came, each taken in once; and the articles that the archive holds because of them."""

import json
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime

from crawler.frontier import urls
from crawler.frontier.values import Delivery, Held
from crawler.schedule.lanes import PAST

_HELD = f"""
UPDATE urls
SET captured = coalesce(captured, :at),
    outcome = iif(state = 'due' AND priority >= {PAST}, 'captured', outcome),
    why = iif(state = 'due' AND priority >= {PAST}, :why, why),
    state = iif(state = 'due' AND priority >= {PAST}, 'retired', state)
WHERE site = :site
  AND url = :url
  AND role = 'article'
"""


def add(db: sqlite3.Connection, delivery: Delivery, held: Iterable[Held], now: datetime) -> int:
    """Remember that a file was taken in, and what of the site it holds; return how many articles that were.

    What the past was still to bring is had now, and is not fetched; news is, for the page may say more today.
    """
    articles = 0
    for each in held:
        if each.is_article:
            urls.add(db, each.entry, now)
        values = {"site": each.entry.site, "url": each.entry.url, "at": each.at.timestamp(), "why": each.entry.reason}
        articles += db.execute(_HELD, values).rowcount
    db.execute(
        """
        INSERT OR REPLACE INTO deliveries (site, path, source, size, mtime, at, files, articles, problem)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        (
            delivery.site, delivery.path, delivery.source, delivery.size_bytes, delivery.mtime_ns,
            delivery.at.timestamp(), json.dumps(delivery.files), articles, delivery.problem,
        ),
    )  # fmt: skip
    return articles


def all_of(db: sqlite3.Connection) -> list[Delivery]:
    """Return the files that were taken in, none of a frontier that an earlier version has written."""
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'deliveries'").fetchone():
        return []
    return [
        Delivery(
            row["site"],
            row["source"],
            row["path"],
            row["size"],
            row["mtime"],
            datetime.fromtimestamp(row["at"], UTC),
            tuple(json.loads(row["files"])),
            row["articles"],
            row["problem"],
        )
        for row in db.execute("SELECT * FROM deliveries ORDER BY site, at, path")
    ]
