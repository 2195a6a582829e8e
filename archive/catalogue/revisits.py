"""Find what a revisit repeats: the capture whose page the server did not send, or the archive did not store, again.

CROSS JOIN and `+site` keep SQLite from beginning with all captures of a site, which it thinks few until ANALYZE.
"""

from sqlite_utils import Database


def repeaters(db: Database, site: str, capture: str) -> set[str]:
    """Return the addresses of revisits that this capture may be the original of."""
    rows = db.execute(
        """
        SELECT address FROM captures WHERE refers_to = :id AND +site = :site AND address IS NOT NULL
        UNION
        SELECT r.address
        FROM captures AS c
        CROSS JOIN captures AS r ON r.payload_digest = c.payload_digest
        WHERE c.id = :id AND +r.site = :site AND r.kind = 'revisit' AND r.address IS NOT NULL
        """,
        {"site": site, "id": capture},
    )
    return {row[0] for row in rows}


def read_revisits(db: Database, site: str, address: str) -> None:
    """Give each revisit at an address the reading of what it repeats, if that is in the catalogue."""
    rows = db.execute(
        "SELECT id FROM captures WHERE site = ? AND address = ? AND kind = 'revisit'", (site, address)
    ).fetchall()
    for (capture,) in rows:
        original = _original(db, capture)
        db.execute(
            """
            UPDATE captures
            SET (reader, outcome, reason, reading) = (
              SELECT reader, outcome, reason, reading FROM captures WHERE id = :original
            )
            WHERE id = :capture
            """,
            {"original": original, "capture": capture},
        )


def _original(db: Database, revisit: str) -> str | None:
    """Return the capture that a revisit repeats: the one it names, else the first with its payload, else for a 304
    the one before it at its URL."""
    found = db.execute(
        """
        SELECT o.id AS id, 1 AS way, o.fetched_at AS at
        FROM captures AS r
        CROSS JOIN captures AS o ON o.id = r.refers_to
        WHERE r.id = :id AND +o.site = r.site AND o.outcome IS NOT NULL AND o.kind <> 'revisit'
        UNION ALL
        SELECT o.id, 2, o.fetched_at
        FROM captures AS r
        CROSS JOIN captures AS o ON o.payload_digest = r.payload_digest
        WHERE r.id = :id AND +o.site = r.site AND o.outcome IS NOT NULL AND o.kind <> 'revisit'
        ORDER BY way, at, id
        LIMIT 1
        """,
        {"id": revisit},
    ).fetchone()
    if found is None:
        found = db.execute(
            """
            SELECT o.id
            FROM captures AS r
            CROSS JOIN captures AS o ON o.url = r.url
            WHERE r.id = :id AND r.profile = 'not-modified' AND r.refers_to IS NULL
              AND +o.site = r.site AND o.outcome IS NOT NULL AND o.kind <> 'revisit'
              AND (o.fetched_at, o.id) < (r.fetched_at, r.id)
            ORDER BY o.fetched_at DESC, o.id DESC
            LIMIT 1
            """,
            {"id": revisit},
        ).fetchone()
    return found[0] if found else None
