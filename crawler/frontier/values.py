"""What goes into the frontier and comes out of it."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from archive.model import Link, Outcome, Role
from crawler.schedule import Next


@dataclass(frozen=True, slots=True)
class Original:
    """The response record that a 304 stands for; `date` exactly as its WARC-Date says."""

    id: str
    url: str
    date: str


@dataclass(frozen=True, slots=True)
class Validators:
    """What to send so that an unchanged document costs a 304."""

    etag: str | None = None
    last_modified: str | None = None
    original: Original | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """The right to fetch one URL once; `lease` names it everywhere."""

    lease: str
    site: str
    url: str
    role: Role
    source: str
    group: str
    link: Link
    hops: int = 0
    via: str | None = None
    failures: int = 0
    validators: Validators = Validators()


@dataclass(frozen=True, slots=True)
class Entry:
    """A URL to be remembered: due at once, unless `outcome` says why it never will be."""

    site: str
    url: str
    role: Role
    source: str
    group: str
    link: Link
    priority: int = 2
    hops: int = 0
    via: str | None = None
    due_at: datetime | None = None
    outcome: Outcome | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Finish:
    """How a visit ended, with everything that must be stored in the same transaction."""

    visit: Visit
    outcome: Outcome
    reason: str
    next: Next
    at: datetime
    status: int | None = None
    record: str | None = None
    entries: tuple[Entry, ...] = ()
    validators: Validators | None = None  # None keeps what is known
    hold_until: datetime | None = None  # Retry-After, of the whole politeness group


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """An outcome that has no bytes, as it goes into a WARC file."""

    lease: str
    site: str
    url: str
    source: str
    at: datetime
    outcome: str
    reason: str


def dump_link(link: Link) -> str:
    """Return a Link as JSON, without what is not known of it."""
    known = {key: value for key, value in asdict(link).items() if value not in (None, "", ())}
    return json.dumps(known, default=datetime.isoformat)


def load_link(text: str) -> Link:
    """Return the Link that `dump_link` wrote."""
    known = json.loads(text)
    for key in ("published", "modified"):
        if key in known:
            known[key] = datetime.fromisoformat(known[key])
    known["authors"] = tuple(known.get("authors", ()))
    known["alternates"] = tuple((language, url) for language, url in known.get("alternates", ()))
    return Link(**{"found_in": "", **known})
