"""`make demo`: the main job, end to end, against the bundled newsroom, with the commands a person would type."""

import os
import shlex
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

from tests.newsroom.newsroom import OPENING, Newsroom

ARCHIVE = Path("demo-archive")


def main() -> None:
    """Crawl, look again two days later, verify, search, show an appeal kept apart and the bytes of a page."""
    if ARCHIVE.exists():
        shutil.rmtree(ARCHIVE)
    with Newsroom() as newsroom:
        say(
            f"A newsroom with {len(newsroom.outlets)} invented outlets answers on port {newsroom.port} of this machine."
        )
        dateline("init")
        newsroom.write_sites(ARCHIVE / "sites")
        newsroom.write_resolve(ARCHIVE / "resolve.txt")
        dateline("sites", "list")
        say("The first visit:")
        crawl(OPENING)
        say("Two days later there are new articles, corrections and deletions; what has not changed costs a 304:")
        newsroom.now = OPENING + timedelta(days=2)
        crawl(newsroom.now)
    ask()


def crawl(now: datetime) -> None:
    """Run `dateline crawl` with its clock set to the newsroom's."""
    dateline("crawl", "--all", "--resolve", f"@{ARCHIVE / 'resolve.txt'}", now=now)


def ask() -> None:
    """Ask the archive what it holds."""
    say("Every record is whole, and every row of the catalogue leads to its bytes:")
    dateline("verify")
    say("A search:")
    dateline("search", "ferry OR Fähre OR переправа", "--limit", "3")
    letter = most_asking()
    say(f"What {letter} asks of its reader, set apart from the article, with the evidence:")
    dateline("show", letter, "--appeals")
    say("The article without it:")
    dateline("show", letter)
    say("And the bytes that the text was read from, as the site sent them:")
    shown = subprocess.run(command("show", letter, "--raw"), capture_output=True, check=True).stdout
    head, _, body = shown.partition(b"\r\n\r\n")
    print(head.decode("latin-1"))
    print(f"... and {len(body):,} bytes of body\n")
    say(f"The archive lies in {ARCHIVE}; try: .venv/bin/dateline --archive {ARCHIVE} status")


def most_asking() -> str:
    """Return the URL of the Harbour Courier's article with the longest letter to its readers."""
    import sqlite3  # noqa: PLC0415  # as a researcher would, with nothing but SQL

    db = sqlite3.connect(ARCHIVE / "public" / "catalogue.db")
    try:
        query = """
            SELECT url, count(*) FROM appeals
            WHERE asks_for = 'donation' AND site = 'harbour-courier'
            GROUP BY url
            ORDER BY 2 DESC, 1
            LIMIT 1
        """
        return str(db.execute(query).fetchone()[0])
    finally:
        db.close()


def dateline(*arguments: str, now: datetime | None = None) -> None:
    """Run a command, showing it first; a command that fails ends the demo."""
    print(f"$ dateline {shlex.join(arguments)}", flush=True)
    clock = {"DATELINE_CLOCK": now.isoformat()} if now else {}
    done = subprocess.run(command(*arguments), env={**os.environ, **clock}, check=False)
    print(flush=True)
    if done.returncode:
        raise SystemExit(done.returncode)


def command(*arguments: str) -> list[str]:
    """Return `dateline` as this Python runs it."""
    return [sys.executable, "-m", "crawler.cli", "--archive", str(ARCHIVE), *arguments]


def say(text: str) -> None:
    """Print a line of the story."""
    print(f"\n== {text}", flush=True)


if __name__ == "__main__":
    main()
