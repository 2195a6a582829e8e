"""What the captures of an article show: its clean text at each time, and signs that it is gone or has moved."""

from dataclasses import dataclass

from sqlite_utils import Database

from archive.catalogue.identity import clean_text, text_hash, version_id
from archive.catalogue.schema import KINDS
from archive.model import Kind

_IN_BODY = ", ".join(str(number) for number, kind in KINDS.items() if Kind(kind).in_body)


@dataclass(frozen=True, slots=True)
class Text:
    """The clean text of one reading, and the version of the article that it is."""

    version: str
    reading: str
    reader: str
    title: str
    lead: str
    body: str
    lead_texts: tuple[int, ...]
    body_texts: tuple[int, ...]
    hash: str
    notes: tuple[str, ...]

    @property
    def paragraphs(self) -> list[tuple[str, str]]:
        """All that is compared: the title, the lead and the body."""
        whole = "\n\n".join(part for part in (self.lead, self.body) if part)
        return [("title", self.title), *(("body", text) for text in whole.split("\n\n"))]


@dataclass(frozen=True, slots=True)
class Shown:
    """A capture that shows the article."""

    id: str
    address: str
    url: str
    at: str
    text: Text


@dataclass(frozen=True, slots=True)
class Sign:
    """A capture that says the article is gone, or has moved to the article at another address."""

    at: str
    evidence: str
    leads_to: str


def captures_showing(db: Database, article: str) -> list[Shown]:
    """Return the captures that show the article, in order of time.

    A truncated capture shows nothing that counts, unless there are only such: then the longest, of these the first.
    """
    rows = db.execute(
        """
        SELECT id, address, url, fetched_at, reading, truncated, payload_length
        FROM captures
        WHERE article = ? AND evidence = 'shown'
        ORDER BY fetched_at, id
        """,
        (article,),
    ).fetchall()
    whole = [row for row in rows if row[5] is None]
    if rows and not whole:
        longest = max(row[6] or 0 for row in rows)
        whole = [row for row in rows if (row[6] or 0) == longest][:1]
    texts = {reading: _text(db, article, reading) for reading in {row[4] for row in whole}}
    return [Shown(row[0], row[1], row[2], row[3], texts[row[4]]) for row in whole]


def _text(db: Database, article: str, reading: str) -> Text:
    reader, title = db.execute("SELECT reader, title FROM readings WHERE id = ?", (reading,)).fetchone()
    rows = db.execute(
        f"""
        SELECT k.kind, t.text, t.id
        FROM readings AS r
        CROSS JOIN passage_rows AS p ON p.reading = r."no"
        CROSS JOIN kinds AS k ON k.id = p.kind
        CROSS JOIN texts AS t ON t.id = p.text
        WHERE r.id = ? AND p.kind IN ({_IN_BODY})
        ORDER BY p.n
        """,
        (reading,),
    ).fetchall()
    clean = clean_text(title, ((row[0], row[1]) for row in rows))
    lead = tuple(row[2] for row in rows if row[0] == Kind.LEAD)
    body = tuple(row[2] for row in rows if row[0] != Kind.LEAD)
    digest = text_hash(*clean)
    notes = tuple(row[1] for row in rows if row[0] in (Kind.NOTE, Kind.CORRECTION))
    return Text(version_id(article, digest, reader), reading, reader, *clean, lead, body, digest, notes)


def signs_of(db: Database, article: str) -> list[Sign]:
    """Return the captures that say the article is gone or has moved, in order of time."""
    rows = db.execute(
        """
        SELECT fetched_at, evidence, ifnull(leads_to, '')
        FROM captures
        WHERE article = ? AND evidence IN ('gone', 'moved')
        ORDER BY fetched_at, id
        """,
        (article,),
    )
    return [Sign(*row) for row in rows]
