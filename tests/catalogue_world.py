"""An invented site as captures and readings, for the tests of the catalogue: what bytes and readers would say."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Literal

from sqlite_utils import Database

from archive.catalogue.database import batch
from archive.catalogue.records import add_capture, add_site_file
from archive.catalogue.settle import settle
from archive.model import Article, Capture, Kind, Link, Passage, Provenance, Reading, ReadingOutcome, Record
from archive.reading.memory import passage_key

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
READER = "reader-1"
SITE_FILE = """
id = "courier"
name = "The Harbour Courier"
home = "https://www.courier.test/"
languages = ["en"]
former_hosts = ["old-courier.test"]

[[source]]
kind = "section"
url = "https://www.courier.test/harbour"

[scope]
article = ['^/\\d{4}/']
drop_query = ["from_*"]
"""

Texts = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Found:
    """A capture, its site, and what was read in it: what the catalogue is given."""

    capture: Capture
    reading: Reading | None = None
    site: str = "courier"
    site_file: str | None = None


def article(
    title: str, *body: str, appeal: str | None = None, canonical: str | None = None, language: str = "en"
) -> Article:
    """Return a page of a title, paragraphs and a closing appeal; "lead: ..." is the standfirst.

    Its features are the kinds of its passages: what a reader of these tests needs to judge them again.
    """
    blocks: list[tuple[str, Kind]] = [(title, Kind.TITLE)]
    for text in body:
        is_lead = text.startswith("lead: ")
        blocks.append((text.removeprefix("lead: "), Kind.LEAD if is_lead else Kind.BODY))
    if appeal:
        blocks.append((appeal, Kind.APPEAL_DONATION))
    passages, start = [], 0
    for n, (text, kind) in enumerate(blocks):
        passages.append(Passage(text, kind, "vote", 0.5, f"/html/body/p[{n + 1}]", start, start + len(text)))
        start += len(text) + 1
    return Article(
        url="",
        page_kind="article",
        title=title,
        passages=tuple(passages),
        language=language,
        canonical=canonical,
        og_url=canonical,
        features=" ".join(p.kind for p in passages).encode(),
    )


def capture(
    url: str,
    hours: float = 0,
    *,
    status: int = 200,
    kind: Literal["response", "revisit", "unparsable", "resource"] = "response",
    location: str | None = None,
    of: Capture | None = None,
    name: str = "",
    file: str = "one.warc.gz",
    run: str | None = "run-1",
) -> Capture:
    """Return a capture of a URL so many hours after START; its record id follows from what it is, `of` its original."""
    told = f"{url} {hours} {status} {kind} {location} {of and of.record.id} {name}"
    digest = sha256(told.encode()).hexdigest()
    offset = int(digest[:8], 16)
    return Capture(
        record=Record(file, offset, 100, f"urn:uuid:{digest[:32]}"),
        kind=kind,
        url=url,
        fetched_at=START + timedelta(hours=hours),
        status=status,
        content_type="text/html",
        location=location,
        payload_digest=of.payload_digest if of else f"sha256:{digest}",
        payload_length=1_000,
        refers_to=of.record.id if of else None,
        profile="identical" if of else None,
        provenance=Provenance(run=run, site="courier", link=Link(url, "https://www.courier.test/rss")) if run else None,
        end=offset + 300,
    )


def page(url: str, hours: float, read: Article | None, *, outcome: ReadingOutcome = "ok", name: str = "") -> Found:
    """Return a capture of a page, and its reading."""
    return Found(capture(url, hours, name=name), Reading(outcome, READER, read))


def site_file(toml: str = SITE_FILE, hours: float = -1, run: str = "run-1") -> Found:
    """Return the resource record in which a run keeps the file of the site."""
    made = capture(f"urn:dateline:run:{run}:site:courier", hours, kind="resource", status=200, run=None)
    return Found(replace(made, status=None), site_file=toml)


def add(db: Database, *found: Found) -> None:
    """Write what was found, in this order."""
    with batch(db):
        for one in found:
            add_capture(db, one.capture, one.site, one.reading, keys)
            if one.site_file is not None:
                add_site_file(db, one.capture, one.site, one.site_file)


def keys(made: Article) -> list[int]:
    """Return the keys of the passages of an article."""
    return [passage_key(p.text) for p in made.passages]


def settled(db: Database, found: Iterable[Found] = ()) -> Database:
    """Return the catalogue with these in it, settled without a reader: the passages stay as they were read."""
    add(db, *found)
    settle(db, lambda passages, _features, _memory: tuple(passages))
    return db
