"""The order in which a site is looked at: what it says itself comes first, guesses only where it says nothing."""

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

from lxml import etree, html

from archive.model import Link, SourceKind
from archive.url_shape import shape_of
from archive.urls import is_under, normalise
from crawler.discovery import discover
from crawler.links import classify
from crawler.probe.seen import Answer, Listing, Robots, Survey, counted
from crawler.sites import Site

Get = Callable[[str, SourceKind], Awaitable[Answer]]
GetRobots = Callable[[str], Awaitable[Robots]]
Say = Callable[[str], None]

# Where feeds and sitemaps lie as a rule, the most usual first; asked only if the site names none.
FEED_PATHS = ("/feed/", "/rss.xml", "/rss", "/feed.xml", "/atom.xml", "/feeds/")
NEWS_PATHS = ("/news-sitemap.xml", "/sitemap-news.xml", "/sitemap_news.xml")
SITEMAP_PATHS = ("/sitemap.xml", "/sitemap_index.xml")
MAX_FEEDS, MAX_SITEMAPS, MAX_SECTIONS, SAMPLES = 5, 4, 3, 2
FEW = 2  # articles: a section that lists fewer is one by accident
NAME_CHARS = 80
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_PAGED = re.compile(r"(?:^|/)(?:page|p|seite|pagina)/?-?\d+$|^\d+$", re.IGNORECASE)
_OLD = datetime(1970, 1, 1, tzinfo=UTC)


class Surveyor:
    """Looks at one site with the two functions that fetch; `say` hears a line for each thing seen."""

    def __init__(self, site: Site, get: Get, robots: GetRobots, say: Say) -> None:
        self.site, self._get, self._robots, self._say = site, get, robots, say
        self._missed: dict[str, str] = {}
        self._seen: set[str] = set()
        self._in_sitemaps: set[str] = set()

    async def look(self) -> Survey:
        """Return what the site shows."""
        robots = await self._look_at_robots()
        front, page = await self._look_at_front()
        if front is None:
            return Survey(self.site.home, robots=robots, missed=tuple(self._missed.items()))
        feeds = await self._look_for_feeds(front)
        sitemaps = await self._look_for_sitemaps(robots)
        news = tuple(s for s in sitemaps if s.kind == "news-sitemap")
        sections = () if feeds or news else await self._look_at_sections(front)
        name, languages = about(page)
        found = Survey(
            front.url,
            name,
            languages,
            robots,
            front,
            feeds,
            news,
            tuple(s for s in sitemaps if s.kind == "sitemap"),
            sections,
            tuple(self._missed.items()),
        )
        return replace(found, samples=await self._look_at_articles(found), missed=tuple(self._missed.items()))

    async def _look_at_robots(self) -> Robots:
        robots = await self._robots(self.site.home)
        said = robots.problem or f"status {robots.status}, {counted(len(robots.sitemaps), 'sitemap')}"
        delay = f", asks for {robots.crawl_delay:g} s between requests" if robots.crawl_delay else ""
        self._say(f"robots.txt   {said}{delay}")
        return robots

    async def _look_at_front(self) -> tuple[Listing | None, bytes]:
        answer = await self._get(self.site.home, "section")
        listing = self._listing(answer, "section", "the home page")
        if listing is None:
            return None, b""
        articles = sum(classify(self.site, link, "section") == "article" for link in listing.articles)
        announced = f"{counted(len(listing.children), 'feed')} announced"
        self._say(f"home page    {counted(len(listing.articles), 'link')}, {articles} like articles; {announced}")
        return listing, answer.body

    async def _look_for_feeds(self, front: Listing) -> tuple[Listing, ...]:
        announced = [link.url for link in front.children if link.source_kind == "feed"]
        found = [feed for url in announced[:MAX_FEEDS] if (feed := await self._list(url, "feed", "announced"))]
        for path in FEED_PATHS if not found else ():
            feed = await self._list(urljoin(front.url, path), "feed", "a usual place")
            if feed:
                return (feed,)
        return tuple(found)

    async def _look_for_sitemaps(self, robots: Robots) -> tuple[Listing, ...]:
        found: list[Listing] = []
        for url in robots.sitemaps[:MAX_SITEMAPS]:
            found += await self._sitemap(url, "named by robots.txt")
        if not any(s.kind == "news-sitemap" for s in found):
            found += await self._first(NEWS_PATHS)
        if not found:
            found += await self._first(SITEMAP_PATHS)
        return tuple(found)

    async def _first(self, paths: Iterable[str]) -> list[Listing]:
        for path in paths:
            found = await self._sitemap(urljoin(self.site.home, path), "a usual place")
            if found:
                return found
        return []

    async def _sitemap(self, url: str, how: str) -> list[Listing]:
        """Return a sitemap; of an index also the child that most likely holds the news."""
        listing = await self._list(url, "sitemap", how)
        if listing is None:
            return []
        if listing.format == "news-sitemap":
            return [replace(listing, kind="news-sitemap")]
        if not listing.children:
            return [listing]
        child = await self._list(_likeliest(listing.children).url, "sitemap", f"in {url}")
        if child and child.format == "news-sitemap":
            return [listing, replace(child, kind="news-sitemap")]
        return [replace(listing, articles=child.articles if child else ())]

    async def _look_at_sections(self, front: Listing) -> tuple[Listing, ...]:
        candidates = [link.url for link in front.articles if self._is_section(link)]
        found: list[Listing] = []
        for url in candidates[: 2 * MAX_SECTIONS]:
            section = await self._list(url, "section", "linked from the home page")
            if section and len(found) < MAX_SECTIONS:
                found.append(section)
        return tuple(found)

    def _is_section(self, link: Link) -> bool:
        path = urlsplit(link.url).path.strip("/")
        is_ours = is_under(link.url, self.site.hosts) and not _PAGED.search(path)
        return is_ours and 0 < path.count("/") + bool(path) <= 2 and shape_of(normalise(link.url)) == "listing"

    def _is_article(self, link: Link) -> bool:
        """True for what looks like an article, and for what a sitemap names and is not plainly something else."""
        shape = classify(self.site, link, "section")
        return shape == "article" or (shape == "unclear" and normalise(link.url) in self._in_sitemaps)

    async def _look_at_articles(self, found: Survey) -> tuple[Answer, ...]:
        links = list(found.listed)
        if not links and found.front:
            pages = (*found.sections, found.front)
            links = [link for page in pages for link in page.articles if self._is_article(link)]
        ours = {normalise(link.url): link for link in links if is_under(link.url, self.site.hosts)}
        newest = sorted(ours.values(), key=lambda link: link.published or link.modified or _OLD, reverse=True)
        answers = [await self._get(link.url, "list") for link in newest[:SAMPLES]]
        return tuple(answer for answer in answers if self._is_usable(answer))

    async def _list(self, url: str, kind: SourceKind, how: str) -> Listing | None:
        """Return what a document lists, None if it lists nothing or was seen already."""
        if normalise(url) in self._seen:
            return None
        self._seen.add(normalise(url))
        listing = self._listing(await self._get(url, kind), kind, how)
        if listing is None:
            return None
        if kind == "section":
            listing = replace(listing, articles=tuple(filter(self._is_article, listing.articles)))
        if len(listing.articles) < (FEW if kind == "section" else 1) and not listing.children:
            self._missed[url] = "; ".join(listing.problems) or "lists no articles"
            return None
        if kind == "sitemap":
            self._in_sitemaps |= {normalise(link.url) for link in listing.articles}
        parts = (
            counted(len(listing.children), "part") if listing.children else counted(len(listing.articles), "article")
        )
        self._say(f"{listing.format:<12} {listing.url}  {parts}, {how}")
        return listing

    def _listing(self, answer: Answer, kind: SourceKind, how: str) -> Listing | None:
        if not self._is_usable(answer):
            return None
        found = discover(answer.body, answer.url, kind=kind, source="probe", headers=answer.headers)
        if found.format in ("unknown", "html") and kind != "section":
            self._missed[answer.asked] = "; ".join(found.problems)
            return None
        articles = tuple(link for link in found.links if link.role == "article")
        children = tuple(link for link in found.links if link.role == "source")
        return Listing(answer.url, kind, how, found.format, articles, children, found.problems)

    def _is_usable(self, answer: Answer) -> bool:
        if not answer.is_good:
            self._missed[answer.asked] = answer.problem or f"status {answer.status}"
        return answer.is_good


def about(page: bytes) -> tuple[str, tuple[str, ...]]:
    """Return what a front page calls itself, and the language it says it is in; "" and () where it says nothing.

    >>> about(b'<html lang="de"><title>Bote - Nachrichten</title><meta property="og:site_name" content="Der Bote">')
    ('Der Bote', ('de',))
    """
    try:
        root = html.document_fromstring(page)
    except (etree.ParserError, ValueError):
        return "", ()
    named = [m.get("content") for m in root.iter("meta") if m.get("property") == "og:site_name"]
    title = next((t.text_content() for t in root.iter("title")), "")
    name = " ".join((next(filter(None, named), None) or re.split(r"\s[|–—:·-]\s|[｜|]", title)[0]).split())
    language = (root.get("lang") or "").strip()
    tags = (_tag(language),) if _LANGUAGE.fullmatch(language) else ()
    return name[:NAME_CHARS], tags


def _tag(language: str) -> str:
    first, *rest = language.replace("_", "-").split("-")
    return "-".join([first.lower(), *(part.upper() if len(part) == 2 else part for part in rest)])


def _likeliest(children: tuple[Link, ...]) -> Link:
    """Return the part of a sitemap index that most likely lists the newest articles."""
    named = [link for link in children if "news" in urlsplit(link.url).path.lower()]
    return max(named or children, key=lambda link: (link.modified or _OLD, link.url))
