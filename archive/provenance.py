"""Show where each passage stands in the source of its page.

The passages come from a parsed tree; where their letters stand in the bytes is found here without one, by walking the
source itself: tags and comments are stepped over, entities are read, white space does not count. So the marks are a
second witness to what the reader says, and a passage that the source does not hold is shown as not found.
"""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from archive.catalogue.answers import ArticleDetail, CaptureLine, capture_named
from archive.layout import Layout
from archive.model import Kind, Passage
from archive.reading.page import encoding_of
from archive.warc.walk import page_at

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});?")
_SILENT = re.compile(r"<(script|style)\b", re.IGNORECASE)
_TAG_CAP = 1 << 16
# No letters to a reader: white space, and what a page hides inside words.
_UNSEEN = re.compile("[\\s\u00ad\u200b\u200c\u200e\u200f\u2060\ufeff]+")
_COLOURS = {"title": "#ffe08a", "lead": "#d6f0b8", "body": "#e3f3d3", "heading": "#cfe8c0", "note": "#d9ead3",
            "correction": "#ffd0a6", "caption": "#dfe7f7", "byline": "#dfe7f7", "appeal": "#f7c6d0",
            "chrome": "#e6e6e6"}  # fmt: skip
_STYLE = """
body { font: 14px/1.5 system-ui, sans-serif; margin: 2em; color: #222 }
pre { white-space: pre-wrap; overflow-wrap: anywhere; color: #888; font: 12px/1.5 ui-monospace, monospace }
mark { color: #000; border-radius: 2px }
ul.legend { list-style: none; padding: 0 } ul.legend li { display: inline; margin-right: 1em }
"""


@dataclass(frozen=True, slots=True)
class Placed:
    """A passage and the characters of the source, from `start` to before `end`, that hold it; -1: not found there."""

    n: int
    passage: Passage
    start: int
    end: int

    @property
    def is_found(self) -> bool:
        """True if the source holds the passage."""
        return self.start >= 0


def of_capture(
    db: Database, layout: Layout, article: ArticleDetail, capture: CaptureLine
) -> tuple[str, tuple[Placed, ...]]:
    """Return the source of the page that shows an article, and where its passages stand in it."""
    row = db.execute("SELECT refers_to FROM captures WHERE id = ? AND kind = 'revisit'", (capture.id,)).fetchone()
    holder = capture_named(db, row[0]) if row and row[0] else capture
    page = page_at(layout.path_of(holder.record.file), holder.record)
    source = source_of(page.body, page.headers)
    return source, place(source, article.passages)


def source_of(body: bytes, headers: Sequence[tuple[str, str]]) -> str:
    """Return the source of a page as text, in the encoding the reader found it in."""
    encoding, _ = encoding_of(body, headers)
    return body.decode(encoding, "replace")


def place(source: str, passages: Sequence[Passage]) -> tuple[Placed, ...]:
    """Return where each passage stands in the source of its page, looked for in page order."""
    letters, places = _letters(source)
    found, at = [], 0
    for n, passage in enumerate(passages):
        wanted = _UNSEEN.sub("", passage.text)
        start = letters.find(wanted, at) if wanted else -1
        if start < 0 and wanted:
            start = letters.find(wanted)
        if start < 0:
            found.append(Placed(n, passage, -1, -1))
            continue
        at = start + len(wanted)
        found.append(Placed(n, passage, places[start][0], places[at - 1][1]))
    return tuple(found)


def line_of(source: str, at: int) -> int:
    """Return the number of the line that holds that character, from 1."""
    return source.count("\n", 0, at) + 1


def as_html(source: str, placed: Iterable[Placed], title: str, facts: Sequence[tuple[str, str]]) -> str:
    """Return a page that shows the source with its passages marked; nothing of it can run, link or load."""
    told = "".join(f"<dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd>" for name, value in facts)
    placed = tuple(placed)
    missing = [one for one in placed if not one.is_found]
    lost = "".join(f"<li>{html.escape(one.passage.kind)}: {html.escape(one.passage.text)}</li>" for one in missing)
    lost = f"<h2>Not in the source as it stands</h2><ul>{lost}</ul>" if lost else ""
    legend = "".join(f'<li><mark style="background:{colour}">{name}</mark></li>' for name, colour in _COLOURS.items())
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head><body><h1>{html.escape(title)}</h1>"
        f'<dl>{told}</dl><ul class="legend">{legend}</ul><pre>{"".join(_marked(source, placed))}</pre>{lost}'
        "</body></html>\n"
    )


def _marked(source: str, placed: Iterable[Placed]) -> Iterator[str]:
    at = 0
    for one in sorted((p for p in placed if p.is_found), key=lambda p: (p.start, -p.end)):
        if one.start < at:
            continue  # inside one that is marked already
        p = one.passage
        why = html.escape(f"{one.n}: {p.kind} by {p.rule}, score {p.score:.2f}, {p.xpath}")
        yield html.escape(source[at : one.start])
        held = html.escape(source[one.start : one.end])
        yield f'<mark style="background:{_colour(p.kind)}" title="{why}">{held}</mark>'
        at = one.end
    yield html.escape(source[at:])


def _colour(kind: Kind) -> str:
    return _COLOURS.get(kind.family, "#eeeeee")


def _letters(source: str) -> tuple[str, list[tuple[int, int]]]:
    """Return the letters that a reader of the page may see, and where each of them begins and ends in the source."""
    letters: list[str] = []
    places: list[tuple[int, int]] = []
    for start, end, text in _texts(source):
        for c in text:
            if not _UNSEEN.match(c):
                letters.append(c)
                places.append((start, end))
    return "".join(letters), places


def _texts(source: str) -> Iterator[tuple[int, int, str]]:
    """Yield each character outside of tags, an entity as one, with its place."""
    at, size = 0, len(source)
    while at < size:
        c = source[at]
        if c == "<" and (end := _tag_end(source, at)):
            at = end
        elif c == "&" and (entity := _ENTITY.match(source, at)):
            yield at, entity.end(), html.unescape(entity[0])
            at = entity.end()
        else:
            yield at, at + 1, c
            at += 1


def _tag_end(source: str, at: int) -> int:
    """Return where the tag or comment that begins there ends, with the content of a script; 0 if it is no tag."""
    if source.startswith("<!--", at):
        return source.find("-->", at) + 3 if source.find("-->", at) >= 0 else len(source)
    following = source[at + 1 : at + 2]
    if not (following.isalpha() or (following and following in "/!?")):
        return 0
    end = _past_tag(source, at)
    silent = _SILENT.match(source, at)
    if silent is None:
        return end
    close = re.compile(f"</{silent[1]}", re.IGNORECASE).search(source, end)
    return _past_tag(source, close.start()) if close else len(source)


def _past_tag(source: str, at: int) -> int:
    """Return where a tag ends: at the first `>` that stands in no quoted value."""
    quote, before = "", ""
    for i in range(at + 1, min(len(source), at + _TAG_CAP)):
        c = source[i]
        if quote:
            quote = "" if c == quote else quote
        elif c == ">":
            return i + 1
        elif c in "\"'" and before == "=":
            quote = c
        before = before if c.isspace() else c
    first = source.find(">", at)  # a quote that is never closed hides no page
    return first + 1 if first >= 0 else len(source)
