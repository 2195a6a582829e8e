"""Saved pages as news hosts: any folder with `pages.jsonl` and gzipped HTML, spread over invented host names."""

import gzip
import hashlib
import json
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests.newsroom import listings
from tests.newsroom.answers import Answer, Ask, error, etag_of
from tests.newsroom.listings import Listed, Publication

UNDATED = datetime(2025, 1, 1, tzinfo=UTC)
SITE = """\
id = "{id}"
name = "Corpus {id}"
home = "http://{host}/"
requisites = "none"     # the pages are real: theirs lie on hosts that are

[[source]]
kind = "{kind}"
url = "http://{host}{path}"
every = "1h"

[scope]
article = ['^/article/']

[polite]
delay = "0s"
"""


@dataclass(frozen=True, slots=True)
class SavedPage:
    """One page of the corpus: where it lies, gzipped, and what its publisher called it."""

    id: str
    file: Path
    group: str
    slug: str
    title: str
    language: str
    published: datetime

    @property
    def path(self) -> str:
        return f"/article/{self.slug}--{_plain(self.id)}.html"


@dataclass(frozen=True)
class Shelf:
    """One invented host with its share of the pages; every page is listed in one document."""

    id: str
    pages: tuple[SavedPage, ...]
    source: str

    @property
    def host(self) -> str:
        return f"www.{self.id}.test"

    @property
    def source_path(self) -> str:
        return "/feed.xml" if self.source == "feed" else "/news-sitemap.xml"

    @cached_property
    def _by_path(self) -> dict[str, SavedPage]:
        return {page.path: page for page in self.pages}

    def url_of(self, page: SavedPage) -> str:
        return f"http://{self.host}{page.path}"

    def site_file(self) -> str:
        """Return the site file that lists it."""
        return SITE.format(id=self.id, host=self.host, kind=self.source, path=self.source_path)

    def answer(self, ask: Ask, now: datetime) -> Answer:
        """Return a page as it was saved; the charset is left for the page to say."""
        if ask.path == "/robots.txt":
            return Answer(b"User-agent: *\nAllow: /\n", "text/plain")
        if ask.path == self.source_path:
            body = self._listing().encode()
            return Answer(body, "application/xml", etag=etag_of(body))
        page = self._by_path.get(ask.path)
        if page is None:
            return error(404)
        stored = page.file.read_bytes()
        return Answer(b"", "text/html", etag=etag_of(stored), gzipped=stored)

    def _listing(self) -> str:
        paper = Publication(f"Corpus {self.id}", f"http://{self.host}/", "en")
        items = [Listed(self.url_of(p), p.title, p.published, p.published, language=p.language) for p in self.pages]
        if self.source == "feed":
            return listings.rss(paper, items, f"http://{self.host}{self.source_path}")
        return listings.news_sitemap(paper, items)


def read_corpus(folder: Path, pages: int | None, hosts: int, source: str) -> tuple[Shelf, ...]:
    """Return the first `pages` pages on that many shelves, evenly; a publisher group is never divided."""
    groups: dict[str, list[SavedPage]] = defaultdict(list)
    with (folder / "pages.jsonl").open(encoding="utf-8") as lines:
        for line in islice(lines, pages):
            page = _saved_page(folder, line)
            groups[page.group].append(page)
    shelves: list[list[SavedPage]] = [[] for _ in range(hosts)]
    for group in sorted(groups.values(), key=len, reverse=True):
        min(shelves, key=len).extend(group)
    return tuple(Shelf(f"corpus{n:02}", tuple(shelf), source) for n, shelf in enumerate(shelves, 1) if shelf)


def _saved_page(folder: Path, line: str) -> SavedPage:
    row = json.loads(line)
    return SavedPage(
        id=row["id"],
        file=folder / row["html"],
        group=row.get("publisher_group") or row["id"],
        slug=_slug(row.get("url") or row["id"]),
        title=row.get("title") or row["id"],
        language=row.get("language") or "en",
        published=_date(row.get("published")),
    )


def _slug(url: str) -> str:
    """Return the last telling part of an address in plain ASCII.

    >>> _slug("https://example.com/2020/01/Ferry%20strike_ends.html?x=1")
    'ferry-strike-ends'
    """
    parts = [p for p in unquote(urlsplit(url).path).split("/") if re.search("[A-Za-z]", p)]
    name = parts[-1] if parts else "page"
    name = re.sub(r"\.(s?html?|php|aspx?)$", "", name)
    return re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")[:80] or "page"


def _plain(name: str) -> str:
    """Return an id as part of a path; one with other than plain letters is told from its like by a digest.

    >>> _plain("traf-00AB.x"), _plain("traf-für")
    ('traf-00ab.x', 'traf-f-r-8525a7')
    """
    plain = re.sub("[^a-z0-9_.-]+", "-", name.lower())
    digest = hashlib.sha1(name.encode()).hexdigest()[:6]
    return plain if plain == name.lower() else f"{plain}-{digest}"


def _date(text: str | None) -> datetime:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return UNDATED
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def entity(page: SavedPage) -> bytes:
    """Return the page as it was saved, decompressed."""
    return gzip.decompress(page.file.read_bytes())
