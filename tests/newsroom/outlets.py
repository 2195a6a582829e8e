"""An outlet: its stories, listings, rules and letters, read from a folder, and what stands there at a given time."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Literal

from tests.newsroom.layouts import Layout, inline, read_layout
from tests.newsroom.listings import Listed, Publication
from tests.newsroom.stories import Block, Edition, Plea, Story, edition, read_story
from tests.newsroom.tables import build, build_all

ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
Place = Literal["top", "middle", "end", "outside"]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the paper with a page of its own at `/ID`."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Serves:
    """A document that lists articles: the `limit` newest, of one section or of all; `gz` keeps it compressed."""

    kind: Literal["rss", "atom", "json", "news-sitemap", "sitemap", "sitemap-index", "text"]
    path: str
    limit: int = 1000
    section: str = ""
    gz: bool = False
    tracking: str = ""
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Robots:
    """The robots.txt from a time on."""

    text: str
    since: datetime = ALWAYS
    status: int = 200


@dataclass(frozen=True, slots=True)
class Appeal:
    """Something asked of the reader on every article page of some sections, between two times.

    `text` is set in paragraphs: the first takes the form `first`, the last `last`, the others `line`. It stands before
    the text (`top`), after `after` paragraphs of it (`middle`), right behind its last block in the same container
    (`end`), or where the template puts what is outside.
    """

    kind: str
    text: str
    place: Place = "end"
    line: str = "<p>{text}</p>"
    first: str = ""
    last: str = ""
    before: str = ""
    behind: str = ""
    after: int = 3
    since: datetime = ALWAYS
    until: datetime = datetime(2100, 1, 1, tzinfo=UTC)
    sections: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(" ".join(p.split()) for p in self.text.strip().split("\n\n"))

    def shown(self, story: Story, now: datetime) -> bool:
        """True if the page of that story carries it at that time."""
        placed = not self.sections or story.section in self.sections
        return placed and story.slug not in self.skip and self.since <= now < self.until

    def html(self) -> str:
        """Return it in the outlet's markup."""
        last = len(self.lines) - 1
        forms = [self.line] * (last + 1)
        forms[last] = self.last or self.line
        forms[0] = self.first or forms[0]
        pieces = [f.format(text=inline(t)) for f, t in zip(forms, self.lines, strict=True)]
        return "\n".join((self.before, *pieces, self.behind)).strip()


@dataclass(frozen=True)
class Outlet:
    """A publication. The tables of its `outlet.toml` say how it serves; its stories say what."""

    id: str
    name: str
    host: str
    language: str
    path: str
    stories: tuple[Story, ...]
    layouts: tuple[Layout, ...]
    section: tuple[Section, ...]
    serves: tuple[Serves, ...]
    robots: tuple[Robots, ...]
    appeal: tuple[Appeal, ...] = ()
    alias_hosts: tuple[str, ...] = ()
    direction: Literal["ltr", "rtl"] = "ltr"
    charset: str = "utf-8"
    charset_in_header: bool = True
    chunked: bool = False
    gzip: bool = True
    validators: Literal["both", "etag", "last-modified", "none"] = "both"
    jsonld: Literal["none", "plain", "body"] = "none"
    utc_offset_h: float = 0
    page_size: int = 8
    page_query: bool = True
    variants: tuple[str, ...] = ()

    @property
    def home(self) -> str:
        return f"http://{self.host}/"

    @property
    def publication(self) -> Publication:
        return Publication(self.name, self.home, self.language)

    @cached_property
    def paths(self) -> Mapping[str, Story]:
        """Every path that any story has ever had or will have."""
        end = datetime(2100, 1, 1, tzinfo=UTC)
        return {self.path_of(s, slug): s for s in self.stories for slug in s.slugs(end)}

    def path_of(self, story: Story, slug: str) -> str:
        """Return the path of a story under one of its slugs."""
        if story.kind == "page":
            return f"/{slug}"
        day = story.published
        return self.path.format(
            slug=slug,
            id=story.id,
            section=story.section,
            yyyy=f"{day:%Y}",
            mm=f"{day:%m}",
            dd=f"{day:%d}",
        )

    def url_of(self, story: Story, now: datetime) -> str:
        """Return the address under which a story stands at that time."""
        return f"http://{self.host}{self.path_of(story, story.slugs(now)[-1])}"

    def layout(self, now: datetime) -> Layout:
        return [lay for lay in self.layouts if lay.since <= now][-1]

    def edition(self, story: Story, now: datetime) -> Edition | None:
        """Return the story as its page shows it at that time, or None while there is none."""
        found = edition(story, now)
        if found is None:
            return None
        blocks = found.blocks
        appeals = [Plea(a.kind, line) for a in self.appeals(story, now) for line in a.lines]
        if story.gate == "paywall":
            blocks = tuple(_free(found))
            appeals += [Plea("paywall", t) for t in self.layout(now).markup.paywall_lines]
        elif story.gate == "consent":
            blocks = ()
        return replace(found, url=self.url_of(story, now), blocks=blocks, appeals=tuple(appeals))

    def editions(self, now: datetime, section: str = "") -> list[Edition]:
        """Return the articles that can be read at that time, newest first; no about page and the like."""
        found = [
            e for s in self.stories if s.kind != "page" and section in ("", s.section) and (e := self.edition(s, now))
        ]
        return sorted(found, key=lambda e: (e.story.published, e.story.id), reverse=True)

    def appeals(self, story: Story, now: datetime) -> tuple[Appeal, ...]:
        if story.kind == "page" or story.gate == "consent":
            return ()
        return tuple(a for a in self.appeal if a.shown(story, now))

    def listed(self, found: Edition) -> Listed:
        """Return an article as a listing shows it."""
        story = found.story
        return Listed(
            found.url,
            found.title,
            story.published,
            found.modified,
            teaser_of(found),
            story.authors,
            story.tags,
            story.language or self.language,
        )


def teaser_of(found: Edition) -> str:
    """Return the standfirst, or how the text begins."""
    return found.lead or (found.body[0][:160] if found.body else "")


def read_outlet(folder: Path) -> Outlet:
    """Return the outlet that a folder holds: `outlet.toml`, layouts, `stories/` and `pages/`."""
    table = tomllib.loads((folder / "outlet.toml").read_text("utf-8"))
    layouts = table.pop("layout", [{"folder": "layout"}])
    tables = {
        "layouts": tuple(read_layout(folder / lay["folder"], lay.get("since", ALWAYS)) for lay in layouts),
        "section": build_all(Section, table.pop("section")),
        "serves": build_all(Serves, table.pop("serves")),
        "robots": build_all(Robots, table.pop("robots")),
        "appeal": build_all(Appeal, table.pop("appeal", ())),
        "stories": tuple(read_story(p) for p in sorted(folder.glob("*/*.md"))),
    }
    return build(Outlet, {"id": folder.name, **table, **tables})


def _free(found: Edition) -> Iterator[Block]:
    """Yield what a paywall lets through."""
    paragraphs = 0
    for block in found.blocks:
        paragraphs += block.kind == "paragraph"
        if paragraphs > found.story.free:
            return
        yield block
