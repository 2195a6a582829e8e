"""Which parts of a captured page are fetched too, so that its replay looks like it."""

from collections.abc import Iterator

from archive.model import Capture, Link, Outcome
from archive.requisites import Part, PartKind, parts_of_page, parts_of_style
from crawler.frontier import Entry, Visit
from crawler.schedule import Lane, priority_of
from crawler.sites import Requisites, Site, group_of

MAX_DEPTH = 5  # style sheets that import each other, pictures that redirect
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_STYLE = "text/css"
_WANTED: dict[Requisites, frozenset[PartKind]] = {
    "none": frozenset(),
    "styles+images": frozenset({"style", "image"}),
    "all": frozenset({"style", "image", "font", "script", "media"}),
}


def names_parts(visit: Visit, capture: Capture, site: Site) -> bool:
    """True if this answer is a page or style sheet whose parts the site's file asks for."""
    if not _WANTED[site.requisites] or capture.kind != "response" or capture.truncated:
        return False
    if visit.role == "article":
        return capture.content_type in _PAGES
    return visit.role == "requisite" and capture.content_type == _STYLE and visit.hops < MAX_DEPTH


def requisites_of(visit: Visit, capture: Capture, body: bytes, site: Site) -> Iterator[Entry]:
    """Yield the parts that a page or style sheet names and the site's file asks for, wherever they lie."""
    for part in _parts(capture, body):
        if part.kind in _WANTED[site.requisites]:
            link = Link(url=part.url, found_in=capture.url, source=visit.source, role="requisite")
            yield requisite_entry(visit, link, site, hops=visit.hops + 1 if visit.role == "requisite" else 0)


def requisite_entry(visit: Visit, link: Link, site: Site, *, hops: int, via: str | None = None) -> Entry:
    """Return what the frontier remembers of a part.

    Its address stays as the page writes it: without a parameter that looks like a tracker's, the replay of the page
    would ask for what nobody has fetched.
    """
    outcome, reason = None, "a part of a page"
    if site.in_scope(link.url) == "ignored":
        outcome, reason = Outcome.DROPPED, "ignored by the site's scope"
    elif hops > MAX_DEPTH:
        outcome, reason = Outcome.BUDGET, f"a part of a part, deeper than {MAX_DEPTH}"
    lane: Lane = "backfill" if visit.lane == "backfill" else "news"
    return Entry(
        site=site.id,
        url=link.url,
        role="requisite",
        source=link.source,
        group=group_of(link.url),
        link=link,
        priority=priority_of("requisite", lane),
        hops=hops,
        via=via,
        outcome=outcome,
        reason=reason,
    )


def _parts(capture: Capture, body: bytes) -> tuple[Part, ...]:
    if capture.content_type == _STYLE:
        return parts_of_style(body, capture.url)
    declared = next((value for name, value in capture.headers if name == "content-type"), "")
    return parts_of_page(body, capture.url, _charset(declared))


def _charset(content_type: str) -> str | None:
    name = content_type.lower().partition("charset=")[2].partition(";")[0].strip(" \"'")
    return name or None
