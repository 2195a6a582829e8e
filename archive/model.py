"""The nouns of the project, as values: what every room hands to the next.

All of them are frozen, hold tuples instead of lists and aware UTC times. docs/archive-format.md says which of them
are written down, and how.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

Truncation = Literal["length", "time", "disconnect", "unspecified"]  # WARC 1.1, 5.13
Fidelity = Literal["wire", "reconstructed"]
SourceKind = Literal["feed", "news-sitemap", "sitemap", "section", "dates", "list", "warc"]
Role = Literal["robots", "source", "article", "requisite"]
"""What a URL was fetched for: the rules, a place that lists articles, a page, a part of a page."""


class Kind(StrEnum):
    """What a passage is. The part before the colon is its family; the article's own kinds have none."""

    TITLE = "title"
    LEAD = "lead"
    HEADING = "heading"
    BODY = "body"
    NOTE = "note"
    CORRECTION = "correction"
    CAPTION = "caption"
    BYLINE = "byline"
    APPEAL_DONATION = "appeal:donation"
    APPEAL_MEMBERSHIP = "appeal:membership"
    APPEAL_SUBSCRIPTION = "appeal:subscription"
    APPEAL_NEWSLETTER = "appeal:newsletter"
    APPEAL_FOLLOW = "appeal:follow"
    APPEAL_APP = "appeal:app"
    APPEAL_SURVEY = "appeal:survey"
    APPEAL_TIPLINE = "appeal:tipline"
    APPEAL_REGISTRATION = "appeal:registration"
    APPEAL_PAYWALL = "appeal:paywall"
    APPEAL_ADBLOCK = "appeal:adblock"
    APPEAL_CONSENT = "appeal:consent"
    CHROME_RELATED = "chrome:related"
    CHROME_AD = "chrome:ad"
    CHROME_PROMO = "chrome:promo"
    CHROME_LEGAL = "chrome:legal"
    CHROME_NOTICE = "chrome:notice"
    CHROME_FURNITURE = "chrome:furniture"

    @property
    def family(self) -> str:
        """`appeal`, `chrome`, or the kind itself."""
        return self.partition(":")[0]

    @property
    def in_body(self) -> bool:
        """True if the clean text of the article holds passages of this kind."""
        return self in BODY_KINDS


BODY_KINDS = frozenset({Kind.LEAD, Kind.HEADING, Kind.BODY, Kind.NOTE, Kind.CORRECTION})


@dataclass(frozen=True, slots=True)
class Record:
    """Where one WARC record lies: file name (never with `.open`), offset and length of its gzip member, record id.

    The id is the URI alone, without angle brackets: `urn:uuid:...`.
    """

    file: str
    offset: int
    length: int
    id: str


@dataclass(frozen=True, slots=True)
class Link:
    """A URL a site told us of: where it stood, and what was said about it there."""

    url: str
    found_in: str  # URL of the document that lists it; "" if declared in the site file
    source: str = ""  # key of the Source (crawler.sites) whose document that is
    role: Role = "article"
    source_kind: SourceKind | None = None  # how to read it, when it is itself a source (a child sitemap)
    title: str | None = None
    published: datetime | None = None
    modified: datetime | None = None
    language: str | None = None
    authors: tuple[str, ...] = ()
    alternates: tuple[tuple[str, str], ...] = ()  # (language, url) pairs: hreflang


@dataclass(frozen=True, slots=True)
class Exchange:
    """The bytes of one attempt on one connection, exactly as sent and received.

    `received` keeps interim (1xx) heads and what was cut, and leaves out bytes that came after the end of the response.
    `truncated` says why it is incomplete, None if it is whole. `ip` is None behind a proxy.
    """

    url: str
    method: str
    started_at: datetime
    sent: bytes
    received: bytes
    truncated: Truncation | None = None
    ip: str | None = None
    protocols: tuple[str, ...] = ("http/1.1",)  # WARC-Protocol, one header each: http/1.1, tls/1.3
    cipher: str | None = None  # IANA name
    excess: int = 0  # bytes received beyond the end, not stored
    first_byte_s: float | None = None  # seconds after started_at
    ended_s: float | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """Why an exchange took place: all that the catalogue must know and HTTP does not say.

    It travels in the exchange's `metadata` record; `site` is None for bytes that no site of ours asked for.
    """

    run: str
    site: str | None = None
    source: str | None = None  # key of the Source
    role: Role = "article"
    link: Link | None = None
    via: str | None = None  # record id of the capture that redirected here
    hops: int = 0  # redirects followed so far
    lease: str | None = None  # the frontier's name for this visit
    attempt: int = 1  # of this visit: a re-send on a dead connection is 2
    fidelity: Fidelity = "wire"
    software: str = ""
    settings: str = ""  # digest of the resolved site and crawl settings


@dataclass(frozen=True, slots=True)
class Passage:
    """A block of a page: its text (white space collapsed), kind, and why.

    `rule` names what decided; `score` is the body score in 0..1 that was weighed; `start` and `end` count characters in
    the page's text, which is all passages joined by newlines.
    """

    text: str
    kind: Kind
    rule: str
    score: float
    xpath: str
    start: int
    end: int


PageKind = Literal["article", "liveblog", "listing", "gallery", "video", "consent", "blocked", "error", "other"]
Access = Literal["free", "metered", "paywalled", "truncated"]


@dataclass(frozen=True, slots=True)
class Image:
    """The picture a page leads with."""

    url: str
    caption: str | None = None
    credit: str | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """What one reader made of one page: metadata, and every passage in page order. Nothing of the page is left out.

    `evidence` says where each value of the metadata came from, e.g. ("published", "json-ld").
    """

    url: str
    page_kind: PageKind
    title: str | None
    passages: tuple[Passage, ...]
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    published_text: str | None = None  # as the page wrote it; a bare date has no time zone
    modified: datetime | None = None
    modified_text: str | None = None
    language: str | None = None
    section: str | None = None
    tags: tuple[str, ...] = ()
    image: Image | None = None
    agency: str | None = None
    access: Access | None = None
    canonical: str | None = None  # declared by <link rel=canonical>, absolute
    og_url: str | None = None
    jsonld_url: str | None = None
    noarchive: bool = False  # robots meta asks not to be archived
    encoding: str = "utf-8"
    encoding_source: str = "bom"
    replacement_chars: int = 0
    parse_status: Literal["ok", "deep", "truncated"] = "ok"
    evidence: tuple[tuple[str, str], ...] = ()
    features: bytes = field(default=b"", repr=False)  # what `settle` needs to judge the passages again without the page

    @property
    def lead(self) -> str | None:
        """The standfirst, or None."""
        return "\n".join(p.text for p in self.passages if p.kind is Kind.LEAD) or None

    @property
    def body(self) -> tuple[str, ...]:
        """The clean text: lead, headings, paragraphs and notes in page order; no appeals, no chrome."""
        return tuple(p.text for p in self.passages if p.kind.in_body)

    @property
    def appeals(self) -> tuple[Passage, ...]:
        """What the page asks of its reader."""
        return tuple(p for p in self.passages if p.kind.family == "appeal")

    def to_dict(self) -> dict[str, object]:
        """Return the article as plain values for JSON; the keys are a contract (docs/reading.md)."""
        return {
            "url": self.url,
            "page_kind": self.page_kind,
            "title": self.title,
            "lead": self.lead,
            "authors": list(self.authors),
            "published": self.published.isoformat() if self.published else self.published_text,
            "modified": self.modified.isoformat() if self.modified else self.modified_text,
            "language": self.language,
            "section": self.section,
            "tags": list(self.tags),
            "agency": self.agency,
            "access": self.access,
            "canonical": self.canonical,
            "body": list(self.body),
            "passages": [
                {
                    "text": p.text,
                    "kind": str(p.kind),
                    "rule": p.rule,
                    "score": p.score,
                    "xpath": p.xpath,
                }
                for p in self.passages
            ],
        }


ReadingOutcome = Literal["ok", "not_article", "blocked", "timeout", "unreadable"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of reading one capture; `article` is None unless the page could be read."""

    outcome: ReadingOutcome
    reader: str  # digest of the reader: name, versions, weights
    article: Article | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Capture:
    """One URL at one time, as a WARC file holds it; every redirect hop is one.

    `record` is the response or revisit record and the capture's key; the request record if no usable response came.
    `headers` are (lower-cased name, value) pairs decoded as latin-1; `location` is absolute.
    """

    record: Record
    kind: Literal["response", "revisit", "unparsable", "resource"]
    url: str
    fetched_at: datetime
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str | None = None
    location: str | None = None
    payload_digest: str | None = None
    payload_length: int | None = None  # of the entity, transfer-decoded, still content-encoded
    truncated: Truncation | None = None
    ip: str | None = None
    refers_to: str | None = None  # record id of the original, of a revisit
    profile: Literal["identical", "not-modified"] | None = None
    provenance: Provenance | None = None  # None in other people's WARCs
    request: Record | None = None
    metadata: Record | None = None
    end: int = 0  # offset just after the last record of this exchange
    software: str | None = None  # what wrote it, in other people's WARCs: their warcinfo's word


class Outcome(StrEnum):
    """How a visit ended; exactly one each."""

    CAPTURED = "captured"
    NOT_MODIFIED = "not_modified"
    REDIRECTED = "redirected"
    GONE = "gone"
    HTTP_ERROR = "http_error"
    TRUNCATED = "truncated"
    UNPARSABLE = "unparsable"
    ROBOTS = "robots"
    OFFSITE = "offsite"
    BUDGET = "budget"
    GUARD = "guard"
    DROPPED = "dropped"
    NETWORK = "network"
