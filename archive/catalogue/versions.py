"""Make the versions of an article of what its captures show, and keep its row and its place in the index up to date.

Everything about one article is made anew from the set of its captures whenever one of them, or the judgement of its
passages, has changed.
"""

import json
from collections.abc import Iterable, Sequence
from itertools import pairwise

from sqlite_utils import Database

from archive.catalogue.copies import edition, forget_sketch, sketch
from archive.catalogue.facets import facet_tokens, is_unspaced, segmented
from archive.catalogue.identity import day_of
from archive.catalogue.indexing import Indexed, indexed, reindex
from archive.catalogue.shown import Shown, Text, captures_showing, signs_of
from archive.catalogue.wording import compared, edit_of


def refresh_articles(db: Database, articles: Iterable[str]) -> None:
    """Make all rows of some articles anew; those that no capture shows any more are taken out."""
    before: dict[int, Indexed | None] = {}
    for article in articles:
        row = db.execute("SELECT docid, site, address FROM articles WHERE id = ?", (article,)).fetchone()
        if row is not None:
            before[row[0]] = indexed(db, row[0])
            _refresh(db, article, row[0], (row[1], row[2]))
    reindex(db, before)


def _refresh(db: Database, article: str, docid: int, place: tuple[str, str]) -> None:
    shown = captures_showing(db, article)
    _clear(db, article)
    if shown:
        first, latest = shown[0].text, shown[-1].text
        _write_versions(db, article, shown)
        _write_transitions(db, article, shown)
        _write_article(db, article, place, shown)
        _write_urls(db, article)
        sketch(
            db,
            article,
            docid,
            shown[0].at,
            edition(first.version, first.lead, first.body),
            edition(latest.version, latest.lead, latest.body),
        )
    else:
        forget_sketch(db, docid)
        db.execute("DELETE FROM articles WHERE id = ?", (article,))


# ---------------------------------------------------------------------------------------------------- rows


def _clear(db: Database, article: str) -> None:
    for statement in (
        "UPDATE captures SET version = NULL WHERE article = ? AND version IS NOT NULL",
        "DELETE FROM transitions WHERE article = ?",
        "DELETE FROM article_urls WHERE article = ?",
        "DELETE FROM version_rows WHERE article = ?",
    ):
        db.execute(statement, (article,))


def _write_versions(db: Database, article: str, shown: Sequence[Shown]) -> None:
    by_version: dict[str, list[Shown]] = {}
    for capture in shown:
        by_version.setdefault(capture.text.version, []).append(capture)
    for version, captures in by_version.items():
        text = captures[0].text
        row = {
            "id": version,
            "article": article,
            "reader": text.reader,
            "reading": text.reading,
            "first_capture": captures[0].id,
            "title": text.title,
            "text_hash": text.hash,
            "first_seen": captures[0].at,
            "last_seen": captures[-1].at,
            "captures": len(captures),
        }
        values = ", ".join(f":{column}" for column in row)
        number = db.execute(f"INSERT INTO version_rows ({', '.join(row)}) VALUES ({values})", row).lastrowid
        parts = enumerate((text.lead_texts, text.body_texts))
        db.conn.executemany(
            "INSERT INTO version_parts VALUES (?, ?, ?, ?)",
            [(number, part, n, paragraph) for part, texts in parts for n, paragraph in enumerate(texts)],
        )
        db.conn.executemany("UPDATE captures SET version = ? WHERE id = ?", [(version, c.id) for c in captures])


def _write_transitions(db: Database, article: str, shown: Sequence[Shown]) -> None:
    """Write where the text of one address changed; between a page and its AMP form is no edit, nor between readers."""
    for address in {capture.address for capture in shown}:
        here = [capture for capture in shown if capture.address == address]
        for old, new in pairwise(here):
            if old.text.hash != new.text.hash:
                db.execute(
                    "INSERT INTO transitions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (new.id, article, new.at, old.id, old.text.version, new.text.version, *_told(old.text, new.text)),
                )


def _told(old: Text, new: Text) -> tuple[bool, str | None, str | None]:
    """Return whether an edit was noted on the page, and the numbers and names it put in the place of others."""
    edit = edit_of(compared(old.paragraphs, new.paragraphs))
    numbers, names = (json.dumps(p, ensure_ascii=False) if p else None for p in (edit.numbers, edit.names))
    return bool(set(new.notes) - set(old.notes)), numbers, names


def _write_article(db: Database, article: str, place: tuple[str, str], shown: Sequence[Shown]) -> None:
    site, address = place
    last = shown[-1]
    at_home = [capture for capture in shown if capture.address == address] or shown
    after = [sign for sign in signs_of(db, article) if sign.at > last.at]
    moved_to = _article_at(db, site, after[-1].leads_to) if after and after[-1].evidence == "moved" else None
    page = _page_columns(db, last.text.reading)
    day = day_of(page["published"], page.pop("published_text"), shown[0].at)
    row = {
        "id": article,
        "url": at_home[-1].url,
        "state": after[-1].evidence if after else "live",
        "version": last.text.version,
        "first_seen": shown[0].at,
        "last_seen": last.at,
        "gone_since": after[0].at if after else None,
        "moved_to": moved_to,
        "day": day,
        "facets": facet_tokens(site, day, page["language"]),
        "segmented": _segmented(last.text),
        **page,
    }
    columns = ", ".join(f"{column} = :{column}" for column in row)
    db.execute(f"UPDATE articles SET {columns} WHERE id = :id", row)


def _page_columns(db: Database, reading: str) -> dict[str, str | None]:
    """Return what the page says of itself, of which the article's row keeps a copy."""
    names = ("published", "published_text", "modified", "language", "section", "agency", "access")
    row = db.execute(f"SELECT {', '.join(names)} FROM readings WHERE id = ?", (reading,)).fetchone()
    return dict(zip(names, row, strict=True))


def _segmented(text: Text) -> str | None:
    parts = (text.title, text.lead, text.body)
    return json.dumps([segmented(p) for p in parts], ensure_ascii=False) if any(map(is_unspaced, parts)) else None


def _article_at(db: Database, site: str, address: str) -> str | None:
    """Return the article that a redirect to an address leads to, over any number of hops."""
    row = db.execute(
        """
        WITH RECURSIVE hop (address, step) AS (
          SELECT :address, 0
          UNION
          SELECT c.leads_to, step + 1
          FROM hop
          JOIN captures AS c ON c.site = :site AND c.address = hop.address AND c.leads_to IS NOT NULL
          WHERE step < 20
        )
        SELECT c.article
        FROM hop
        JOIN captures AS c ON c.site = :site AND c.address = hop.address AND c.evidence = 'shown'
        ORDER BY hop.step, c.article
        LIMIT 1
        """,
        {"site": site, "address": address},
    ).fetchone()
    return row[0] if row else None


def _write_urls(db: Database, article: str) -> None:
    """Write every URL that is known for the article, each with the first capture that proves it."""
    rows = db.execute(
        """
        SELECT url, 'captured', id, fetched_at FROM captures WHERE article = :id AND evidence = 'shown'
        UNION ALL
        SELECT url, 'redirect', id, fetched_at FROM captures WHERE article = :id AND evidence = 'alias'
        UNION ALL
        SELECT r.declared_canonical, 'canonical', c.id, c.fetched_at
        FROM captures AS c
        JOIN readings AS r ON r.id = c.reading
        JOIN articles AS a ON a.id = c.article
        JOIN merges AS m ON m.site = c.site AND m.address = c.address
        WHERE c.article = :id AND c.evidence = 'shown' AND m.capture = c.id
        ORDER BY 4, 3
        """,
        {"id": article},
    ).fetchall()
    db.conn.executemany(
        "INSERT OR IGNORE INTO article_urls (article, url, how, capture) VALUES (?, ?, ?, ?)",
        [(article, url, how, capture) for url, how, capture, _ in rows],
    )
