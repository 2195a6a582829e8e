"""What one document was found to say: links once each, in its order, and its faults counted and named."""

import html
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urljoin

from archive.model import Link, SourceKind
from archive.urls import is_http, normalise
from crawler.discovery.dates import time_of

TITLE_CHARS = 1_000
ADDRESS_CHARS = 8_000  # RFC 9110, 4.1 asks servers to take as much; nobody prints more
_TAG = re.compile(r"<[^<>]{0,2000}>")


@dataclass(frozen=True, slots=True)
class Discovery:
    """What a source document lists, how it was read, and what was wrong with it.

    `links` are articles and child sources in the order of the document; `next_pages` continue the document itself.
    A document without links has at least one problem that says so.
    """

    links: tuple[Link, ...]
    problems: tuple[str, ...]
    next_pages: tuple[Link, ...] = ()
    format: str = "unknown"


@dataclass(slots=True)
class Findings:
    """Collects the links of one document; relative addresses are resolved, duplicates merged, faults counted."""

    url: str
    source: str
    base: str = ""
    language: str | None = None
    links: dict[str, Link] = field(default_factory=dict)
    pages: dict[str, Link] = field(default_factory=dict)
    faults: Counter[str] = field(default_factory=Counter)

    def article(
        self,
        address: str | None,
        *,
        title: str | None = None,
        published: str | None = None,
        modified: str | None = None,
        language: str | None = None,
        authors: tuple[str, ...] = (),
        alternates: tuple[tuple[str, str], ...] = (),
    ) -> None:
        """Keep a link to an article as the document gives it; what has no usable address is counted as a fault."""
        url = self.absolute(address)
        if url is None:
            return
        self._keep(
            Link(
                url=url,
                found_in=self.url,
                source=self.source,
                title=plain(title),
                published=self._time(published),
                modified=self._time(modified),
                language=_tag(language) or _tag(self.language),
                authors=tuple(a for a in map(plain, authors) if a),
                alternates=alternates,
            )
        )

    def child(
        self,
        address: str | None,
        kind: SourceKind,
        *,
        title: str | None = None,
        modified: str | None = None,
    ) -> None:
        """Keep a link to a source that this document names: a child sitemap, a feed."""
        url = self.absolute(address)
        if url and normalise(url) == normalise(self.url):
            self.fault("link to itself")
        elif url:
            self._keep(self._source(url, kind, plain(title), self._time(modified)))

    def next_page(self, address: str | None, kind: SourceKind) -> None:
        """Keep the address where this document goes on."""
        url = self.absolute(address)
        if url and normalise(url) != normalise(self.url):
            self.pages.setdefault(normalise(url), self._source(url, kind, None, None))

    def fault(self, what: str) -> None:
        """Count one fault; the problems say how often each came."""
        self.faults[what] += 1

    def absolute(self, address: str | None) -> str | None:
        """Return an address of the document as a whole URL, None (and a fault) if it is no web address."""
        text = re.sub(r"\s+", "", address or "")
        if not text:
            self.fault("entry without an address")
            return None
        if len(text) > ADDRESS_CHARS:
            self.fault(f"address of over {ADDRESS_CHARS} characters")
            return None
        if "&amp;" in text:
            self.fault("address escaped twice")
            text = html.unescape(text)
        if is_http(text):
            return text
        try:
            url = urljoin(self.base or self.url, text)
        except ValueError:
            url = ""
        if is_http(url):
            return url
        self.fault("address that is no web address")
        return None

    def discovery(self, format_: str, problems: tuple[str, ...] = ()) -> Discovery:
        """Return all that was found."""
        counted = tuple(f"{n} x {what}" for what, n in self.faults.items())
        empty = () if self.links else (f"no links in this {format_}",)
        return Discovery(
            links=tuple(self.links.values()),
            problems=(*problems, *counted, *empty),
            next_pages=tuple(self.pages.values()),
            format=format_,
        )

    def _source(self, url: str, kind: SourceKind, title: str | None, modified: datetime | None) -> Link:
        return Link(
            url=url,
            found_in=self.url,
            source=self.source,
            role="source",
            source_kind=kind,
            title=title,
            modified=modified,
        )

    def _keep(self, link: Link) -> None:
        key = normalise(link.url)
        known = self.links.get(key)
        if known is None:
            self.links[key] = link
            return
        self.fault("entry listed twice")
        if not known.title and link.title:
            self.links[key] = link

    def _time(self, text: str | None) -> datetime | None:
        if not text or not text.strip():
            return None
        time = time_of(text)
        if time.at is None:
            self.fault("date that cannot be read")
        elif not time.zoned:
            self.fault("time without a zone, taken as UTC")
        return time.at


def plain(text: str | None) -> str | None:
    """Return a title or name without markup, white space collapsed; None if nothing is left.

    >>> plain(" Ferries <b>resume</b> &amp; fares rise ")
    'Ferries resume & fares rise'
    """
    unmarked = html.unescape(_TAG.sub("", html.unescape((text or "")[: 10 * TITLE_CHARS])))
    return " ".join(unmarked.split())[:TITLE_CHARS] or None


def _tag(language: str | None) -> str | None:
    """Return a language tag in its usual form (`pt-BR`), None if it is none.

    >>> _tag("pt_br"), _tag("n/a")
    ('pt-BR', None)
    """
    tag = (language or "").strip().replace("_", "-")
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", tag):
        return None
    first, *rest = tag.split("-")
    return "-".join([first.lower(), *(p.upper() if len(p) == 2 else p for p in rest)])
