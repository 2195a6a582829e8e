"""How an outlet looks: page templates and the markup of each kind of block, as files of the outlet's folder."""

import html
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from itertools import groupby
from pathlib import Path
from string import Template

from tests.newsroom.stories import INLINE, Block
from tests.newsroom.tables import build


@dataclass(frozen=True, slots=True)
class Markup:
    """One format string for each kind of block; `{text}` is already escaped. `item_list` wraps a run of items.

    `paywall` stands where the text of a closed story breaks off, `soft` wraps the text of an open one.
    """

    lead: str
    paragraph: str
    heading: str
    quote: str
    item: str
    item_list: str
    note: str
    caption: str
    teaser: str
    pager: str
    entry: str = "<h4>{time}</h4><p>{text}</p>"
    paywall: str = ""
    soft: str = "{text}"
    date: str = "{day} {month} {year}"
    time: str = "{hour}:{minute}"
    months: tuple[str, ...] = ()
    byline: str = "{authors}"
    author_separator: str = ", "
    agency: str = ""
    modified: str = ""
    related: str = '<li><a href="{path}">{title}</a></li>'

    @property
    def paywall_lines(self) -> tuple[str, ...]:
        return tuple(t for t in map(str.strip, re.split("<[^>]+>", self.paywall)) if t)


@dataclass(frozen=True, slots=True)
class Layout:
    """The look of an outlet from `since` on."""

    since: datetime
    markup: Markup
    article: Template
    listing: Template
    consent: Template | None = None


def read_layout(folder: Path, since: datetime) -> Layout:
    """Return the layout that a folder holds: `markup.toml`, `article.html`, `listing.html`, perhaps `consent.html`."""
    table = tomllib.loads((folder / "markup.toml").read_text("utf-8"))
    markup = build(Markup, table)
    consent = folder / "consent.html"
    return Layout(
        since,
        markup,
        _template(folder / "article.html"),
        _template(folder / "listing.html"),
        _template(consent) if consent.exists() else None,
    )


def inline(text: str) -> str:
    """Return the text as HTML: escaped, links and emphasis as elements.

    >>> inline("See [the minutes](/m) & *wait*")
    'See <a href="/m">the minutes</a> &amp; <em>wait</em>'
    """
    return INLINE.sub(_inline, html.escape(text, quote=False))


def date_of(markup: Markup, moment: datetime, offset_h: float) -> str:
    """Return a date as the outlet prints it."""
    return markup.date.format(**_parts(markup, moment, offset_h))


def rendered(markup: Markup, blocks: Iterable[Block], inserts: Sequence[tuple[int, str]], offset_h: float) -> str:
    """Return the blocks as HTML, with each insert put after that many paragraphs, or behind the last."""
    pieces: list[str] = []
    waiting = sorted(inserts)
    paragraphs = 0
    for is_item, run in groupby(blocks, key=lambda b: b.kind == "item"):
        if is_item:
            items = "".join(markup.item.format(text=inline(b.text)) for b in run)
            pieces.append(markup.item_list.format(text=items))
            continue
        for block in run:
            pieces.append(_one(markup, block, offset_h))
            paragraphs += block.kind in ("paragraph", "entry")
            while waiting and waiting[0][0] <= paragraphs:
                pieces.append(waiting.pop(0)[1])
    return "\n".join((*pieces, *(text for _, text in waiting)))


def _one(markup: Markup, block: Block, offset_h: float) -> str:
    form: str = getattr(markup, block.kind)
    when = block.at or datetime(2025, 1, 1, tzinfo=UTC)
    clock = markup.time.format(**_parts(markup, when, offset_h))
    return form.format(
        text=inline(block.text),
        credit=html.escape(block.credit),
        time=clock,
        iso=when.isoformat(),
        image=_image(block.text),
    )


def _image(caption: str) -> str:
    return f"/img/{sum(caption.encode()) % 9000 + 1000}.png"


def _parts(markup: Markup, moment: datetime, offset_h: float) -> dict[str, str]:
    local = moment.astimezone(timezone(timedelta(hours=offset_h)))
    return {
        "day": str(local.day),
        "month": markup.months[local.month - 1] if markup.months else f"{local:%m}",
        "year": str(local.year),
        "hour": f"{local:%H}",
        "minute": f"{local:%M}",
        "iso": local.isoformat(),
    }


def _inline(match: re.Match[str]) -> str:
    if match[3]:
        return f"<em>{match[3]}</em>"
    return f'<a href="{match[2]}">{match[1]}</a>'


def _template(path: Path) -> Template:
    return Template(path.read_text("utf-8"))
