"""Say what reading everything anew would change, site by site, before it does: `dateline reread --dry-run`."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from archive.catalogue.database import open_catalogue, open_for_reading
from archive.errors import ConfigError
from archive.ingest import Progress, fill
from archive.layout import Layout, lock
from archive.reading.box import Box
from archive.reread import reader_of

EXAMPLES = 3  # articles named for each site

# An article by its id: what its latest version says under each of the two readers. (Before 3.39 no FULL JOIN.)
_BOTH = """
    SELECT i.site, coalesce(b.url, a.url) AS url, v.id AS before, w.id AS after, v.text_hash AS was,
           w.text_hash AS is_now, v.title IS NOT w.title AS retitled
    FROM (SELECT id, site FROM old.articles UNION SELECT id, site FROM new.articles) AS i
    LEFT JOIN old.articles AS a ON a.id = i.id
    LEFT JOIN new.articles AS b ON b.id = i.id
    LEFT JOIN old.version_rows AS v ON v.id = a.version
    LEFT JOIN new.version_rows AS w ON w.id = b.version
"""


@dataclass(frozen=True, slots=True)
class Example:
    """An article whose latest text would be another; None where it would have none, or has none now."""

    url: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class SiteChange:
    """What would become of the articles of a site."""

    site: str
    articles: int
    lost: int
    found: int
    changed: int
    retitled: int
    appeals_before: int
    appeals_after: int
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """Two readers over the same records."""

    reader_before: str | None
    reader_after: str | None
    sites: tuple[SiteChange, ...]


def preview(layout: Layout, *, progress: Progress = lambda _: None, box: Box | None = None) -> Preview:
    """Read everything anew into a catalogue that is thrown away, and return in what it differs from the one there is.

    It takes the time of a `reread`, and the room of a second catalogue in the archive's folder.
    """
    if not layout.catalogue.exists():
        raise ConfigError(layout.catalogue, "", "there is no catalogue yet; `dateline catalogue` makes it")
    with (
        lock(layout.catalogue, "another program is filling the catalogue"),
        TemporaryDirectory(prefix=".preview-", dir=layout.root) as folder,
    ):
        trial = Path(folder) / "catalogue.db"
        with closing(open_catalogue(trial)) as db:
            fill(db, layout, progress=progress, box=box)
            after = reader_of(db)
        with closing(open_for_reading(layout.catalogue)) as old:
            before = reader_of(old)
        with closing(_side_by_side(layout.catalogue, trial)) as both:
            return Preview(before, after, tuple(_changes(both)))


def _side_by_side(old: Path, new: Path) -> sqlite3.Connection:
    db = sqlite3.connect("", uri=True, isolation_level=None)
    for name, path in (("old", old), ("new", new)):
        db.execute(f"ATTACH ? AS {name}", (f"{path.absolute().as_uri()}?mode=ro",))
    return db


def _changes(db: sqlite3.Connection) -> Iterator[SiteChange]:
    db.execute(f"CREATE TABLE both AS {_BOTH}")
    rows = db.execute(
        """
        SELECT site, count(*), sum(after IS NULL), sum(before IS NULL), sum(was <> is_now),
               sum(was <> is_now AND retitled)
        FROM both
        GROUP BY site
        ORDER BY site
        """
    ).fetchall()
    for site, articles, lost, found, changed, retitled in rows:
        counts = (
            articles,
            lost,
            found,
            changed or 0,
            retitled or 0,
            _appeals(db, "old", site),
            _appeals(db, "new", site),
        )
        yield SiteChange(site, *counts, tuple(_examples(db, site)))


def _appeals(db: sqlite3.Connection, where: str, site: str) -> int:
    row = db.execute(
        f"""
        SELECT count(*)
        FROM {where}.readings AS r
        JOIN {where}.passage_rows AS p ON p.reading = r."no"
        WHERE r.site = ? AND p.kind >= 100
        """,
        (site,),
    ).fetchone()
    return int(row[0])


def _examples(db: sqlite3.Connection, site: str) -> Iterator[Example]:
    rows = db.execute(
        "SELECT url, before, after FROM both WHERE site = ? AND was IS NOT is_now ORDER BY url LIMIT ?",
        (site, EXAMPLES),
    ).fetchall()
    for url, before, after in rows:
        yield Example(url, _text(db, "old", before), _text(db, "new", after))


def _text(db: sqlite3.Connection, where: str, version: str | None) -> str | None:
    row = db.execute(f"SELECT title, lead, body FROM {where}.versions WHERE id = ?", (version,)).fetchone()
    return "\n\n".join(part for part in row if part) if row else None
