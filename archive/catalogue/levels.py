"""What the reader is told of a site's memory: how often it repeats a passage, in few and steady steps."""

from sqlite_utils import Database

LEAST_STORIES, LEAST_SEEN = 5, 3  # other stories: below, repetition means nothing (notes/passages.md)
STEPS = 32  # a share is told to the reader in 32nds, up to 8: beyond one story in four nothing more is learned
TOP = 8


def level_of(stories: int, of_stories: int) -> int:
    """Return how often a passage is repeated, as a level that changes seldom: 0 not at all, 1 to 9 more and more.

    Readings are judged by levels, so that one more article on a site need not change what every other page was told.

    >>> level_of(3, 40), level_of(4, 40), level_of(30, 40)
    (0, 3, 9)
    """
    seen, others = stories - 1, of_stories - 1
    if seen < LEAST_SEEN or others < LEAST_STORIES:
        return 0
    return 1 + min(TOP, STEPS * seen // others)


def told(level: int) -> tuple[int, int]:
    """Return a level as the reader hears it: k of n other stories.

    >>> told(1), told(9)
    ((3, 960), (24, 96))
    """
    return (3, 960) if level <= 1 else (3 * (level - 1), 3 * STEPS)


def refresh_levels(db: Database, site: str) -> int:
    """Bring the levels of a site up to date; readings that hear another one are due to be judged again.

    Returned is how many levels changed.
    """
    (of_stories,) = db.execute("SELECT stories FROM sites WHERE name = ?", (site,)).fetchone()
    rows = db.execute(
        'SELECT "key", stories, level FROM memory WHERE site = ? AND (stories > ? OR level > 0)', (site, LEAST_SEEN)
    ).fetchall()
    changed = [(level, key) for key, stories, old in rows if (level := level_of(stories, of_stories)) != old]
    for level, key in changed:
        db.execute('UPDATE memory SET level = ? WHERE site = ? AND "key" = ?', (level, site, key))
        db.execute(
            """
            INSERT OR IGNORE INTO pending (site, what, id)
            SELECT r.site, 'reading', r.id
            FROM texts AS t
            CROSS JOIN passage_rows AS p ON p.text = t.id
            CROSS JOIN readings AS r ON r."no" = p.reading
            WHERE t."key" = ? AND r.site = ?
            """,
            (key, site),
        )
    db.execute("DELETE FROM memory WHERE site = ? AND stories < 2", (site,))
    return len(changed)


def memory_of(db: Database, reading: str) -> dict[int, tuple[int, int]]:
    """Return what the reader is told of the passages of a reading: k of n for each key that its site repeats."""
    rows = db.execute(
        """
        SELECT m."key", m.level
        FROM readings AS r
        CROSS JOIN passage_rows AS p ON p.reading = r."no"
        CROSS JOIN texts AS t ON t.id = p.text
        CROSS JOIN memory AS m ON m.site = r.site AND m."key" = t."key"
        WHERE r.id = ? AND m.level > 0
        """,
        (reading,),
    )
    return {key: told(level) for key, level in rows}
