"""How an outlet answers: which document, page, redirect or refusal stands at an address at a given time."""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tests.newsroom import listings
from tests.newsroom.answers import Answer, Ask, error, etag_of, redirect
from tests.newsroom.looks import dressed, look
from tests.newsroom.outlets import Outlet, Serves
from tests.newsroom.pages import article_page, listing_page, page_path
from tests.newsroom.stories import Edition, Story

TYPES = {
    "rss": "application/rss+xml",
    "atom": "application/atom+xml",
    "json": "application/feed+json",
    "news-sitemap": "application/xml",
    "sitemap": "application/xml",
    "sitemap-index": "application/xml",
    "text": "text/plain",
}


@dataclass(slots=True)
class Paper:
    """The web server of one outlet; what it has made is kept until the clock moves, lest a benchmark wait for it."""

    outlet: Outlet
    _made: tuple[datetime | None, dict[tuple[str, str], Answer]] = (None, {})

    def answer(self, ask: Ask, now: datetime) -> Answer:
        """Return what stands at the address, with the validators and framing this outlet uses."""
        if ask.method not in ("GET", "HEAD"):
            return error(405, headers=(("Allow", "GET, HEAD"),))
        made_at, made = self._made
        if made_at != now:
            made = {}
            self._made = (now, made)  # in one step: other threads read it
        key = (ask.path, ask.query)
        if key not in made:
            made[key] = self._dressed(self._find(ask, now))
        return made[key]

    def _dressed(self, answer: Answer) -> Answer:
        outlet = self.outlet
        if answer.status != 200:
            return answer
        tag, date = (
            outlet.validators in ("both", "etag"),
            outlet.validators
            in (
                "both",
                "last-modified",
            ),
        )
        return replace(
            answer,
            etag=etag_of(answer.body) if tag else None,
            last_modified=answer.last_modified if date else None,
            chunked=outlet.chunked,
            gzip=outlet.gzip and answer.gzip,
        )

    def _find(self, ask: Ask, now: datetime) -> Answer:
        if ask.path == "/robots.txt":
            return self._robots(now)
        if found := look(ask.path):
            return found
        for serves in self.outlet.serves:
            if serves.path == ask.path or "{month}" in serves.path:
                listing = self._listing(serves, ask.path, now)
                if listing is not None:
                    return listing
        return self._page(ask, now)

    def _robots(self, now: datetime) -> Answer:
        robots = [r for r in self.outlet.robots if r.since <= now][-1]
        if robots.status != 200:
            return error(robots.status)
        text = robots.text.replace("{home}", self.outlet.home)
        return Answer(text.encode(), "text/plain; charset=utf-8", last_modified=robots.since)

    def _listing(self, serves: Serves, path: str, now: datetime) -> Answer | None:
        found = self.outlet.editions(now, serves.section)
        if "{month}" in serves.path:
            found = [e for e in found if self._month_path(serves, e) == path]
            if not found:
                return None
        found = found[: serves.limit]
        body = self._document(serves, found, self.outlet.home.rstrip("/") + path).encode()
        changed = max((e.modified for e in found), default=None)
        kind = serves.content_type or TYPES[serves.kind] + "; charset=utf-8"
        if serves.gz:
            kind, body = "application/gzip", gzip.compress(body, 6, mtime=0)
        return Answer(body, kind, last_modified=changed, gzip=not serves.gz)

    def _document(self, serves: Serves, found: Sequence[Edition], address: str) -> str:
        outlet = self.outlet
        paper, items = outlet.publication, [outlet.listed(e) for e in found]
        match serves.kind:
            case "rss":
                text = listings.rss(paper, items, address, serves.tracking)
            case "atom":
                text = listings.atom(paper, items, address)
            case "json":
                text = listings.json_feed(paper, items, address)
            case "news-sitemap":
                text = listings.news_sitemap(paper, items)
            case "sitemap":
                text = listings.sitemap(items)
            case "sitemap-index":
                text = listings.sitemap_index(self._months(found))
            case _:
                text = "".join(f"{item.url}\n" for item in items)
        return text

    def _months(self, found: Sequence[Edition]) -> list[tuple[str, datetime]]:
        """Return the children of the index, newest first: every monthly sitemap that has something to list."""
        children: dict[str, datetime] = {}
        for serves in self.outlet.serves:
            if "{month}" in serves.path:
                for e in found:
                    url = self.outlet.home.rstrip("/") + self._month_path(serves, e)
                    children[url] = max(e.modified, children.get(url, e.modified))
        return sorted(children.items(), key=lambda child: child[1], reverse=True)

    def _month_path(self, serves: Serves, found: Edition) -> str:
        return serves.path.format(month=f"{found.story.published:%Y-%m}")

    def _page(self, ask: Ask, now: datetime) -> Answer:
        path, variant = self._variant(ask)
        if path in self.outlet.paths:
            return self._story(self.outlet.paths[path], path, variant, now)
        return self._front(ask, now)

    def _variant(self, ask: Ask) -> tuple[str, str]:
        """Return the path of the article itself, and which form of it is asked for."""
        if "amp" in self.outlet.variants and ask.path.startswith("/amp/"):
            return ask.path.removeprefix("/amp"), "amp"
        if "print" in self.outlet.variants and ask.argument("print"):
            return ask.path, "print"
        return ask.path, ""

    def _story(self, story: Story, path: str, variant: str, now: datetime) -> Answer:
        end = story.end(now)
        if end and end.kind == "home":
            return redirect("/", 302)
        if end:
            return error(end.status)
        found = self.outlet.edition(story, now)
        if found is None:
            return error(404)
        slugs = story.slugs(now)
        present = self.outlet.path_of(story, slugs[-1])
        if path != present:
            earlier = path in [self.outlet.path_of(story, s) for s in slugs]
            return redirect(present) if earlier else error(404)
        return self._html(article_page(self.outlet, found, now, variant), self._changed(found, now))

    def _changed(self, found: Edition, now: datetime) -> datetime:
        """The page is as young as its text, its layout or its youngest appeal."""
        starts = [a.since for a in self.outlet.appeals(found.story, now)]
        return max([found.modified, self.outlet.layout(now).since, *starts])

    def _front(self, ask: Ask, now: datetime) -> Answer:
        for section in (None, *self.outlet.section):
            path = f"/{section.id}" if section else "/"
            page = self._page_number(ask, path)
            found = self.outlet.editions(now, section.id if section else "")
            size = self.outlet.page_size
            if page and (page - 1) * size < max(1, len(found)):
                title = section.title if section else self.outlet.name
                return self._html(
                    listing_page(self.outlet, title, path, page, now, items=found),
                    max((e.modified for e in found), default=None),
                )
        return error(404)

    def _page_number(self, ask: Ask, path: str) -> int:
        """Return which page of that listing is asked for, 0 if another one is."""
        asked = ask.path.rstrip("/") or "/"
        if self.outlet.page_query:
            number = ask.argument("page") or "1"
            return int(number) if asked == path and number.isdigit() else 0
        if asked == path:
            return 1
        number = asked.removeprefix(page_path(self.outlet, path, 0).removesuffix("0"))
        return int(number) if number.isdigit() else 0

    def _html(self, page: str, changed: datetime | None) -> Answer:
        charset = self.outlet.charset
        kind = f"text/html; charset={charset}" if self.outlet.charset_in_header else "text/html"
        return Answer(dressed(page).encode(charset, "xmlcharrefreplace"), kind, last_modified=changed)


@dataclass(frozen=True, slots=True)
class Alias:
    """A host name that only redirects to the outlet's own."""

    outlet: Outlet

    def answer(self, ask: Ask, now: datetime) -> Answer:
        query = f"?{ask.query}" if ask.query else ""
        return redirect(f"http://{self.outlet.host}{ask.path}{query}")
