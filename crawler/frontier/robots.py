"""The robots.txt of each host, kept over runs: what it says, until when that holds, and where it is asked."""

import sqlite3
from datetime import UTC, datetime
from urllib.parse import urlsplit

from archive.model import Link
from crawler.frontier import urls
from crawler.frontier.values import Entry, RobotsAnswer, RobotsFile
from crawler.sites import group_of

MAX_HOPS = 5  # RFC 9309, 2.3.1.2: as many redirects must be followed


def host_of(url: str) -> str:
    """Return whose robots.txt speaks for a URL: scheme, name and port.

    >>> host_of("https://www.courier.test:8443/a?b")
    'https://www.courier.test:8443'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def is_robots(role: str, url: str) -> bool:
    """True if a visit asks for a robots.txt, whether for its rules or as a source that names sitemaps."""
    return role == "robots" or urlsplit(url).path == "/robots.txt"


def known_of(db: sqlite3.Connection, host: str, now: datetime) -> RobotsFile | None:
    """Return what the host's robots.txt said, None if it must be asked (again) first."""
    row = db.execute("SELECT * FROM robots WHERE host = ? AND expires > ?", (host, now.timestamp())).fetchone()
    return None if row is None else file_of(row)


def file_of(row: sqlite3.Row) -> RobotsFile:
    """Return a row of the table as a value."""
    expires = datetime.fromtimestamp(row["expires"], UTC)
    return RobotsFile(row["host"], row["polite_group"], row["body"], row["unreachable"], row["record"], expires)


def address_of(db: sqlite3.Connection, host: str) -> str:
    """Return where the host's robots.txt is to be asked now, beginning anew where it has been had before."""
    row = db.execute("SELECT url, expires FROM robots WHERE host = ?", (host,)).fetchone()
    if row is not None and row["expires"] == 0:  # on the way: it was redirected
        return str(row["url"])
    url = f"{host}/robots.txt"
    db.execute(
        """
        INSERT INTO robots (host, polite_group, url) VALUES (?, ?, ?)
        ON CONFLICT (host) DO UPDATE SET url = excluded.url, hops = 0
        """,
        (host, group_of(url), url),
    )
    return url


def row_before(db: sqlite3.Connection, row: sqlite3.Row, now: datetime) -> sqlite3.Row | None:
    """Return the row of the robots.txt that must be had before that URL; None while somebody is fetching it."""
    url = address_of(db, host_of(row["url"]))
    known = db.execute("SELECT * FROM urls WHERE site = ? AND url = ?", (row["site"], url)).fetchone()
    if known is None:
        link = Link(url, row["url"], "robots", "robots")
        urls.add(db, Entry(row["site"], url, "robots", "robots", group_of(url), link, 0), now)
        known = db.execute("SELECT * FROM urls WHERE site = ? AND url = ?", (row["site"], url)).fetchone()
    elif known["role"] not in ("robots", "source"):
        db.execute("UPDATE urls SET role = 'robots' WHERE id = ?", (known["id"],))
        known = db.execute("SELECT * FROM urls WHERE id = ?", (known["id"],)).fetchone()
    return None if known["state"] == "leased" else known


def keep_answer(db: sqlite3.Connection, url: str, answer: RobotsAnswer, record: str | None) -> None:
    """Remember what asking there came to, for every host that is waiting for it."""
    host = host_of(url)
    if url == f"{host}/robots.txt":  # asked as a source: its own host has asked too
        db.execute(
            "INSERT INTO robots (host, polite_group, url) VALUES (?, ?, ?) ON CONFLICT (host) DO NOTHING",
            (host, group_of(url), url),
        )
    expires = answer.expires.timestamp() if answer.expires else 0.0
    unreachable = answer.unreachable
    if answer.location is not None:
        db.execute(
            "UPDATE robots SET url = ?, hops = hops + 1, expires = 0 WHERE url = ? AND hops < ?",
            (answer.location, url, MAX_HOPS),
        )
        unreachable = f"more than {MAX_HOPS} redirects"
    db.execute(
        "UPDATE robots SET expires = ?, unreachable = ?, record = ?, body = ? WHERE url = ?",
        (expires, unreachable, record, answer.body, url),
    )
