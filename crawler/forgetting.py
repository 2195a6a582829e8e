"""Let the crawl's memory forget what was removed from the archive.

Without this the next crawl would keep a page as a revisit of a record that is gone, or ask for what has changed since.
"""

import sqlite3
from contextlib import closing

from archive.commands_share import after_removal
from archive.layout import Layout
from archive.sqlite_errors import told
from archive.tombstones import Removal


def forget(layout: Layout, removal: Removal) -> None:
    """Take the removed records out of `frontier.db`, and retire the URLs that were meant.

    Payloads in files that were written anew are forgotten altogether: their records lie elsewhere now, and the worst
    that can happen is that a body is stored once more.
    """
    if not layout.frontier.exists():
        return
    ids = [(one.id,) for one in removal.removed]
    with told(layout.frontier), closing(sqlite3.connect(layout.frontier, isolation_level=None, timeout=10)) as db:
        db.execute("BEGIN IMMEDIATE")
        if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'payloads'").fetchone():
            files = {(one.file,) for one in removal.removed}
            db.executemany("DELETE FROM payloads WHERE file = ?", sorted(files))
        db.executemany(
            """
            UPDATE urls
            SET etag = NULL, last_modified = NULL, original = NULL, digest = NULL
            WHERE original ->> 'id' = ?
            """,
            ids,
        )
        db.executemany(
            """
            UPDATE urls
            SET etag = NULL, last_modified = NULL, original = NULL, digest = NULL, state = 'retired', why = 'removed'
            WHERE url = ? AND role = 'article' AND state <> 'leased'
            """,
            sorted({(one.url,) for one in removal.removed if not _of_records(removal)}),
        )
        db.execute("COMMIT")


def _of_records(removal: Removal) -> bool:
    """True if single records were meant, and not all of their URLs."""
    return any(name.startswith("urn:") for name in removal.asked)


after_removal.append(forget)
