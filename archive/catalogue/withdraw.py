"""Take rows back: those of records that are no longer there, and all that was worked out from them."""

from collections.abc import Mapping

from sqlite_utils import Database

from archive.catalogue.copies import forget_sketches
from archive.catalogue.indexing import unindex
from archive.catalogue.paragraphs import drop_unused
from archive.catalogue.records import refresh_site


def withdraw(db: Database, sizes: Mapping[str, int]) -> int:
    """Take back what lies beyond the end of its file, and return how many captures that were.

    A crash can leave the catalogue ahead of a WARC file that recovery then cut. Files that are not in `sizes` were
    moved elsewhere, not cut: their rows stay.
    """
    cut = [
        (name, size)
        for name, size in sizes.items()
        if db.execute("SELECT 1 FROM files WHERE name = ? AND read_to > ?", (name, size)).fetchone()
    ]
    return sum(_withdraw(db, name, size) for name, size in cut)


def _withdraw(db: Database, file: str, size: int) -> int:
    beyond = "file = :file AND ends > :size"
    where = {"file": file, "size": size}
    sites = [
        row[0] for row in db.execute(f"SELECT DISTINCT site FROM captures WHERE {beyond} AND site IS NOT NULL", where)
    ]
    for site in sites:
        forget_settled(db, site)
    count = db.execute(f"DELETE FROM captures WHERE {beyond}", where).rowcount
    db.execute("UPDATE files SET read_to = :size WHERE name = :file", where)
    for site in sites:
        refresh_site(db, site)
    _drop_unreferenced(db)
    return count


def forget_settled(db: Database, site: str) -> None:
    """Take back all that `settle` has worked out for a site, so that it begins again."""
    forget_sketches(db, site)
    unindex(db, site)
    where = {"site": site}
    articles = "SELECT id FROM articles WHERE site = :site"
    for statement in (
        f"DELETE FROM transitions WHERE article IN ({articles})",
        f"DELETE FROM article_urls WHERE article IN ({articles})",
        "DELETE FROM merges WHERE site = :site",
        "DELETE FROM memory WHERE site = :site",
        "DELETE FROM pending WHERE site = :site",
        """
        UPDATE captures
        SET address = NULL, leads_to = NULL, article = NULL, evidence = NULL, version = NULL
        WHERE site = :site
        """,
        "UPDATE captures SET reading = NULL, outcome = NULL, reader = NULL WHERE site = :site AND kind = 'revisit'",
        f"DELETE FROM version_rows WHERE article IN ({articles})",
        "DELETE FROM articles WHERE site = :site",
        "INSERT INTO pending SELECT :site, 'reading', id FROM readings WHERE site = :site",
        "UPDATE sites SET stories = 0, settled = NULL WHERE name = :site",
    ):
        db.execute(statement, where)


def _drop_unreferenced(db: Database) -> None:
    """Take out rows that only withdrawn captures had called for."""
    for statement in (
        "DELETE FROM readings WHERE id NOT IN (SELECT reading FROM captures WHERE reading IS NOT NULL)",
        "DELETE FROM pending WHERE what <> 'article' AND id NOT IN (SELECT id FROM readings)",
        "DELETE FROM readers WHERE digest NOT IN (SELECT reader FROM captures WHERE reader IS NOT NULL)",
        """
        DELETE FROM sites
        WHERE name NOT IN (SELECT site FROM captures WHERE site IS NOT NULL)
        """,
        "DELETE FROM runs WHERE id NOT IN (SELECT run FROM captures WHERE run IS NOT NULL)",
        """
        UPDATE runs
        SET (started, ended, software) = (
          SELECT min(fetched_at), max(fetched_at), min(software)
          FROM captures
          WHERE run = runs.id
        )
        """,
    ):
        db.execute(statement)
    drop_unused(db)
