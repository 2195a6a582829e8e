"""Stories: texts in files, with a timetable of what becomes of each, and what a reader would find at a given time.

A story file is TOML front matter between `+++` lines, then blocks set apart by blank lines. The first characters of
a block say what it is:

    ^ standfirst      ## heading      > quotation      - list item (one a line)      ~ editor's note
    ! caption | credit                @2025-03-12T09:40Z entry of a live blog        anything else: a paragraph

`[text](address)` makes a link, `*text*` an emphasis.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from tests.newsroom.tables import build, build_all

BlockKind = Literal["lead", "paragraph", "heading", "quote", "item", "note", "caption", "entry"]
ChangeKind = Literal["correct", "edit", "move", "delete", "home"]

MARKS: dict[str, BlockKind] = {
    "^": "lead",
    "##": "heading",
    ">": "quote",
    "~": "note",
    "!": "caption",
}
TEXT_KINDS = frozenset({"lead", "paragraph", "heading", "quote", "item", "note", "entry"})
INLINE = re.compile(r"\[([^\]]+)\]\(([^)]+)\)|\*([^*\n]+)\*")


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a text; `at` is the time of a live blog's entry, `credit` that of a picture."""

    kind: BlockKind
    text: str
    at: datetime | None = None
    credit: str = ""

    @property
    def plain(self) -> str:
        """The text as a reader sees it, without link addresses and emphasis marks."""
        return INLINE.sub(lambda m: m[1] or m[3], self.text)


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to a story at a time.

    `correct` is owned up to (new modification date, and a note where there is one); `edit` is silent; `move` gives it
    another slug; `delete` answers with `status` from then on; `home` redirects to the front page.
    """

    at: datetime
    kind: ChangeKind
    replace: tuple[tuple[str, str], ...] = ()
    title: str = ""
    lead: str = ""
    append: str = ""
    note: str = ""
    slug: str = ""
    status: int = 404


@dataclass(frozen=True, slots=True)
class Story:
    """One work of one outlet, as first published, and its timetable.

    `gate` puts something in the reader's way: `paywall` ends the page after `free` paragraphs, `consent` shows a
    consent page in its place, `soft` wraps the whole text in a container of that name and hides nothing.
    """

    id: int
    slug: str
    title: str
    published: datetime
    section: str
    blocks: tuple[Block, ...] = ()
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    agency: str = ""
    kind: Literal["article", "liveblog", "page"] = "article"
    gate: Literal["", "paywall", "soft", "consent"] = ""
    free: int = 2
    language: str = ""
    change: tuple[Change, ...] = ()

    def slugs(self, now: datetime) -> tuple[str, ...]:
        """Return every slug it has had by then, the present one last."""
        moves = [c.slug for c in self.change if c.kind == "move" and c.at <= now]
        return (self.slug, *moves)

    def end(self, now: datetime) -> Change | None:
        """Return the change that took it off the web, or None while it is there."""
        ends = [c for c in self.change if c.kind in ("delete", "home") and c.at <= now]
        return ends[-1] if ends else None


@dataclass(frozen=True, slots=True)
class Event:
    """An entry of the timetable: what becomes of the story with that slug at that time."""

    at: datetime
    outlet: str
    slug: str
    kind: Literal["appear", "entry"] | ChangeKind


@dataclass(frozen=True, slots=True)
class Plea:
    """One line of something asked of the reader; `kind` is the part after `appeal:` in the kinds of passages."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Edition:
    """A story as it stands at one time: the truth that an archive of it is measured against.

    `body` is the clean text (standfirst, headings, paragraphs, notes); what a paywall holds back is not in it, and of a
    story behind a consent page there is none. `appeals` are the lines of letters, boxes and paywalls on the page,
    without the labels of buttons beside them.
    """

    story: Story
    url: str
    title: str
    modified: datetime
    blocks: tuple[Block, ...]
    appeals: tuple[Plea, ...] = ()

    @property
    def lead(self) -> str | None:
        return next((b.plain for b in self.blocks if b.kind == "lead"), None)

    @property
    def body(self) -> tuple[str, ...]:
        return tuple(b.plain for b in self.blocks if b.kind in TEXT_KINDS)


def read_story(path: Path) -> Story:
    """Return the story in a file; its slug is the file's name."""
    _, front, text = path.read_text("utf-8").split("+++\n", 2)
    table = tomllib.loads(front)
    changes = build_all(Change, table.pop("change", ()))
    return build(Story, {"slug": path.stem, **table, "change": changes, "blocks": tuple(_blocks(text))})


def edition(story: Story, now: datetime) -> Edition | None:
    """Return the story as it stands then (its address still unknown), or None before it appears or after its end."""
    if story.published > now or story.end(now):
        return None
    shown = tuple(b for b in story.blocks if b.at is None or b.at <= now)
    times = [b.at for b in shown if b.at]
    standing = Edition(story, "", story.title, max([story.published, *times]), shown)
    for change in story.change:
        if change.at <= now:
            standing = _changed(standing, change)
    return standing


def moved_to(story: Story, published: datetime) -> Story:
    """Return the story as if it appeared at that time; everything that happens to it keeps its distance."""
    later = published - story.published
    return replace(
        story,
        published=published,
        blocks=tuple(replace(b, at=b.at + later) if b.at else b for b in story.blocks),
        change=tuple(replace(c, at=c.at + later) for c in story.change),
    )


def events_of(story: Story, outlet: str) -> Iterator[Event]:
    """Yield everything that happens to a story, by kind."""
    yield Event(story.published, outlet, story.slug, "appear")
    for block in story.blocks:
        if block.at and block.at > story.published:
            yield Event(block.at, outlet, story.slug, "entry")
    for change in story.change:
        yield Event(change.at, outlet, story.slug, change.kind)


def _changed(old: Edition, change: Change) -> Edition:
    blocks = tuple(_edited(b, change) for b in old.blocks)
    if change.kind in ("edit", "correct") and change.replace and blocks == old.blocks:
        raise ValueError(f"{old.story.slug}: the change of {change.at} finds nothing to replace")
    for kind, text in (("paragraph", change.append), ("note", change.note)):
        if text:
            blocks += (Block("note" if kind == "note" else "paragraph", text),)
    silent = change.kind in ("edit", "move")
    return replace(
        old,
        title=change.title or old.title,
        modified=old.modified if silent else change.at,
        blocks=blocks,
    )


def _edited(block: Block, change: Change) -> Block:
    text = change.lead if change.lead and block.kind == "lead" else block.text
    for old, new in change.replace:
        text = text.replace(old, new)
    return replace(block, text=text)


def _blocks(text: str) -> Iterator[Block]:
    for chunk in re.split(r"\n\s*\n", text.strip()):
        if chunk.startswith("- "):
            yield from (Block("item", line[2:].strip()) for line in chunk.splitlines())
        elif chunk:
            yield _block(" ".join(chunk.splitlines()))


def _block(line: str) -> Block:
    mark, _, rest = line.partition(" ")
    if mark.startswith("@"):
        return Block("entry", rest, at=datetime.fromisoformat(mark[1:]))
    if mark == "!":
        caption, _, credit = rest.partition(" | ")
        return Block("caption", caption, credit=credit)
    return Block(MARKS[mark], rest) if mark in MARKS else Block("paragraph", line)
