"""What goes into the frontier and comes out of it."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from archive.model import Link, Outcome, Role
from crawler.schedule import Lane, Next, Poll, lane_of


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
    priority: int = 2
    digest: str | None = None  # of the payload of its last whole capture
    captured: datetime | None = None  # its first whole capture
    refusal: str | None = None  # what the host's robots.txt says against it: no request may be made then
    refused_until: datetime | None = None

    @property
    def lane(self) -> Lane:
        """Return whose budget the visit is on."""
        return lane_of(self.priority)


@dataclass(frozen=True, slots=True)
class RobotsAnswer:
    """What asking for a robots.txt came to: its text, why it could not be had, or where it is to be asked instead."""

    body: str = ""
    unreachable: str | None = None
    location: str | None = None
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class RobotsFile:
    """The robots.txt of one host as last had; `record` is its capture."""

    host: str
    group: str
    body: str
    unreachable: str | None
    record: str | None
    expires: datetime


@dataclass(frozen=True, slots=True)
class Pace:
    """How a politeness group is paced: the delay its answers have taught, when the last exchange ended, and where."""

    group: str
    delay_s: float
    last: datetime
    addresses: tuple[str, ...] = ()


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
    due_at: datetime | None = None  # its place among equals
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
    poll: Poll | None = None  # of a source: `next` is then decided where its history is known
    robots: RobotsAnswer | None = None
    captured: datetime | None = None  # a whole capture
    digest: str | None = None
    requests: int = 1  # 0: it ended without one
    ahead: int = 0  # entries of a long list that were stored before it
    ahead_new: tuple[Entry, ...] = ()  # those of them never seen before


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file of a `warc` source that was taken in: as it was then, and under which names the archive has it.

    `articles` are those of the site that it holds; `problem` is why nothing was taken from it.
    """

    site: str
    source: str
    path: str
    size_bytes: int
    mtime_ns: int
    at: datetime
    files: tuple[str, ...] = ()
    articles: int = 0
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A page of a site that a delivered file holds; `is_article` if its address alone says that it is one."""

    entry: Entry
    at: datetime
    is_article: bool


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
    run: str = ""


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
