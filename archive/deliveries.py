"""Whose the files are that came from elsewhere: a run that takes one in for a site says so in a record of its own.

What a file holds of that site's hosts is the site's then, by that source; the rest stays with the domain it came from.
The records lie in files that are read before all others, so that nobody reads a delivered file without knowing of it.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from archive.catalogue.database import batch
from archive.catalogue.identity import moment_of
from archive.catalogue.records import read_to
from archive.catalogue.withdraw import withdraw
from archive.errors import RecordError
from archive.layout import Layout, stored_name
from archive.model import Capture
from archive.urls import is_under
from archive.warc.members import read_at

_URI = re.compile(r"urn:dateline:run:[^:]+:delivery:")

PREFIX = "deliveries"  # of the WARC files that hold the records
CONTENT_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file of the archive that was taken in for a site: `name` is what it was called where it came from."""

    file: str
    site: str
    source: str
    name: str
    hosts: tuple[str, ...]

    def dump(self) -> bytes:
        """Return it as the block of a record."""
        values = {"file": self.file, "site": self.site, "source": self.source, "name": self.name, "hosts": self.hosts}
        return json.dumps(values, ensure_ascii=False).encode("utf-8")


def uri_of(run: str, delivery: Delivery) -> str:
    """Return the address of the record in which a run says it."""
    return f"urn:dateline:run:{run}:delivery:{delivery.site}:{delivery.file}"


def delivery_in(layout: Layout, capture: Capture) -> Delivery | None:
    """Return what such a record says, None of any other; RecordError if it cannot be read."""
    if not _URI.match(capture.url):
        return None
    record = capture.record
    try:
        values = json.loads(read_at(layout.path_of(record.file), record.offset, record.length).block)
        file, site, source, name = (str(values[key]) for key in ("file", "site", "source", "name"))
        return Delivery(file, site, source, name, tuple(str(host) for host in values["hosts"]))
    except (ValueError, KeyError, TypeError) as error:
        raise RecordError(record.file, record.offset, f"tells of no delivery: {error}") from error


def deliveries_first(paths: list[Path]) -> Iterator[Path]:
    """Yield WARC files in the order in which they are read."""
    yield from sorted(paths, key=lambda path: not stored_name(path).startswith(f"{PREFIX}-"))


class Deliveries:
    """What is known of deliveries by now; of two records about one file and site, the later one speaks."""

    def __init__(self, db: Database, layout: Layout) -> None:
        self._db, self._layout = db, layout
        self._known: dict[str, dict[str, tuple[datetime, Delivery]]] = {}
        for at, file, site, source, name, hosts in db.execute(
            "SELECT at, file, site, source, name, hosts FROM deliveries"
        ):
            self._note(moment_of(at), Delivery(file, site, source, name, tuple(json.loads(hosts))))

    def note(self, capture: Capture) -> None:
        """Take in a record that was met on the walk; its row is not written yet.

        A file that has been read as nobody's, or another's, is taken back, so that the walk reads it anew.
        """
        with suppress(RecordError):
            delivery = delivery_in(self._layout, capture)
            if delivery and self._note(capture.fetched_at, delivery) and read_to(self._db, delivery.file):
                with batch(self._db):
                    withdraw(self._db, {delivery.file: 0})

    def _note(self, at: datetime, delivery: Delivery) -> bool:
        of_file = self._known.setdefault(delivery.file, {})
        before = of_file.get(delivery.site)
        if before is not None and before[0] > at:
            return False
        of_file[delivery.site] = (at, delivery)
        return before is None or before[1] != delivery

    def of(self, capture: Capture) -> Delivery | None:
        """Return the delivery that a capture came with, None if its file was fetched, or it is of other hosts."""
        of_file = self._known.get(capture.record.file)
        if not of_file:
            return None
        found = (of_file[site][1] for site in sorted(of_file))
        return next((each for each in found if is_under(capture.url, each.hosts)), None)
