"""Tell which of the links that a site lists are worth a visit, and say why each other one is not."""

from collections.abc import Iterator
from dataclasses import dataclass

from archive.model import Link, Outcome, SourceKind
from archive.url_shape import Shape, shape_of
from archive.urls import is_http, normalise
from crawler.sites import Site

# Whoever writes a feed or a news sitemap lists articles; a sitemap lists everything, a section page everything twice.
_LISTS_ARTICLES: tuple[SourceKind, ...] = ("feed", "news-sitemap", "list")
_HEADLINE_WORDS = 4
_HEADLINE_CHARS = 24  # of a headline in a script that puts no spaces between words: 12 characters count twice


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a link seems to be, and whether to follow it: `outcome` is None then, else how its visit ends unmade."""

    page: Shape
    reason: str
    outcome: Outcome | None = None

    @property
    def fetch(self) -> bool:
        """True if the link is worth a visit."""
        return self.outcome is None


def declared_links(site: Site) -> Iterator[Link]:
    """Yield the links a site file itself declares: its source documents, and the articles of a `list`.

    Those of a `dates` source are a matter of the calendar: crawler.backfill.
    """
    for source in site.sources:
        for url in () if source.kind == "dates" else source.urls:
            if source.kind == "list":
                yield Link(url=url, found_in="", source=source.key)
            else:
                yield Link(url=url, found_in="", source=source.key, role="source", source_kind=source.kind)


def worth_fetching(site: Site, link: Link, listed_by: SourceKind | None = None) -> Verdict:
    """Return whether a link should be visited; `listed_by` is the kind of the document that lists it.

    By default that is the kind of the link's source. What the site file itself declares is always worth it.
    """
    if not is_http(link.url):
        return Verdict("other", "not a web address", Outcome.DROPPED)
    if not link.found_in:
        return Verdict(classify(site, link, listed_by), "declared in the site file")
    scope = site.in_scope(link.url)
    if scope == "offsite":
        return Verdict(classify(site, link, listed_by), "not a host of the site", Outcome.OFFSITE)
    if scope == "ignored":
        return Verdict("other", "ignored by the site's scope", Outcome.DROPPED)
    if link.role != "article":
        return _source(site, link)
    return _article(site, link, listed_by)


def classify(site: Site, link: Link, listed_by: SourceKind | None = None) -> Shape:
    """Return what the page behind a link seems to be.

    The site's own pattern decides alone. Without one, a feed, a news sitemap, or news facts in any other document mean
    an article; else the shape of the address, and where that is unclear, an anchor text as long as a headline.
    """
    url = normalise(link.url, site.scope.drop_query)
    shape = shape_of(url)
    said = site.is_article(url)
    if said is not None:
        return "article" if said else "other" if shape == "article" else shape
    kind = listed_by or _kind_of(site, link)
    if shape == "other":  # a picture or a log-in page is none, whoever lists it
        return "other"
    if kind in _LISTS_ARTICLES or _has_news_facts(link) or (kind == "sitemap" and link.title):
        return "listing" if url == normalise(site.home) else "article"
    if shape == "unclear" and _is_headline(link.title):
        return "article"
    return shape


def _article(site: Site, link: Link, listed_by: SourceKind | None) -> Verdict:
    page = classify(site, link, listed_by)
    if page == "article":
        return Verdict(page, "an article by " + ("pattern" if site.scope.article else "its address"))
    if site.scope.article:
        return Verdict(page, "does not match the site's article patterns", Outcome.DROPPED)
    # A sitemap names pages by address alone: an unclear one is opened, and the page itself will tell.
    if page == "unclear" and (listed_by or _kind_of(site, link)) == "sitemap":
        return Verdict(page, "may be an article")
    return Verdict(page, f"looks like no article ({page})", Outcome.DROPPED)


def _source(site: Site, link: Link) -> Verdict:
    """Follow what continues or divides a declared source; feeds that a page announces only where none is declared."""
    has_feed = any(s.kind in ("feed", "news-sitemap") for s in site.sources)
    if link.source_kind == "feed" and _kind_of(site, link) == "section" and has_feed:
        return Verdict("listing", "the site file names its feeds itself", Outcome.DROPPED)
    return Verdict("listing", f"a {link.source_kind or link.role} to read")


def _kind_of(site: Site, link: Link) -> SourceKind | None:
    source = site.source(link.source)
    return source.kind if source else None


def _has_news_facts(link: Link) -> bool:
    """True if the link came with a date or an author: no anchor of a page has them, nearly every feed entry does."""
    return link.published is not None or bool(link.authors)


def _is_headline(text: str | None) -> bool:
    """True if an anchor text is as long as headlines are."""
    if not text:
        return False
    width = sum(2 if ord(c) > 0x2E80 else 1 for c in text)  # CJK and its kin
    return len(text.split()) >= _HEADLINE_WORDS or (" " not in text and width >= _HEADLINE_CHARS)
