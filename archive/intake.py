"""What a capture is to the catalogue: a page to read or not, whose it is, what a run says of itself in it."""

import json
from contextlib import suppress
from dataclasses import asdict

from sqlite_utils import Database

from archive.catalogue.columns import run_of
from archive.catalogue.records import add_delivery, add_ledger, add_site_file, parse_ledger, site_file
from archive.deliveries import Delivery, delivery_in
from archive.errors import RecordError
from archive.layout import Layout
from archive.model import Article, Capture
from archive.reading.memory import passage_key
from archive.reading.siterules import Rule, rules_in
from archive.urls import host_of, registered_domain
from archive.warc.members import read_at

PAGES = frozenset({"text/html", "application/xhtml+xml", None})  # None: the server did not say; the reader will
SITE, LEDGER = "site", "ledger"  # what a resource of a run is


def is_page(capture: Capture) -> bool:
    """True if a capture is a web page whose text is wanted: robots.txt, sources and parts of pages are not."""
    role = capture.provenance.role if capture.provenance else "article"
    return (
        capture.kind == "response"
        and role == "article"
        and 200 <= (capture.status or 0) < 300
        and capture.content_type in PAGES
        and capture.payload_length != 0
    )


def passage_keys(article: Article) -> tuple[int, ...]:
    """Return the keys of an article's passages, under which a site's memory counts them."""
    return tuple(passage_key(p.text) for p in article.passages)


def site_of(capture: Capture, delivery: Delivery | None = None) -> str | None:
    """Return the site a capture belongs to; of other people's, the name its host's owner registered.

    `delivery` is how a file came that we have not fetched ourselves, if it was taken in for a site.
    """
    if capture.provenance and capture.provenance.site:
        return capture.provenance.site
    if delivery is not None:
        return delivery.site
    if capture.kind == "resource":
        what, name = _named(capture)
        return name if what == SITE else None
    return registered_domain(host_of(capture.url)) or "unknown"


class RunRules:
    """The rules by which the pages of each run are read: those of the site file that the run archived.

    A run writes its site files before it fetches, so they are met before its pages, in this walk or in an earlier one.
    What no run of ours fetched is read without rules.
    """

    def __init__(self, db: Database, layout: Layout) -> None:
        self._db, self._layout = db, layout
        self._rules: dict[tuple[str, str], tuple[Rule, ...]] = {}

    def note(self, capture: Capture) -> None:
        """Take in the site file of a run that was met on the walk; its row is not written yet."""
        what, site = _named(capture)
        run, record = run_of(capture), capture.record
        if what == SITE and run and (run, site) not in self._rules:
            with suppress(RecordError):
                block = read_at(self._layout.path_of(record.file), record.offset, record.length).block
                self._rules[run, site] = rules_in(block.decode("utf-8", "replace"))

    def of(self, run: str | None, site: str | None) -> tuple[Rule, ...]:
        """Return the rules for what a run fetched of a site."""
        if run is None or site is None:
            return ()
        if (run, site) not in self._rules:
            self._rules[run, site] = rules_in(site_file(self._db, run, site) or "")
        return self._rules[run, site]


def _named(capture: Capture) -> tuple[str, str]:
    """Return what a resource of a run is, and its name: `urn:dateline:run:ID:site:NAME`."""
    parts = capture.url.split(":", 5)
    return (parts[4], parts[5]) if len(parts) == 6 else ("", "")


def add_resource(db: Database, layout: Layout, capture: Capture, site: str | None) -> None:
    """Write what a run says of itself; a damaged one stays a capture, and `verify` names it."""
    what, _ = _named(capture)
    record = capture.record
    try:
        block = read_at(layout.path_of(record.file), record.offset, record.length).block
        if what == SITE and site:
            add_site_file(db, capture, site, block.decode("utf-8", "replace"))
        elif what == LEDGER:
            add_ledger(db, capture, parse_ledger(capture, block))
        elif delivery := delivery_in(layout, capture):
            add_delivery(db, capture, {**asdict(delivery), "hosts": json.dumps(delivery.hosts)})
    except RecordError:
        return
