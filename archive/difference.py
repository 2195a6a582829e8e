"""What changed on the page of an article between two captures, as a value and as a page for a browser."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape

from sqlite_utils import Database

from archive.catalogue.answers import passages_of
from archive.catalogue.lines import ArticleDetail, CaptureLine
from archive.catalogue.wording import Change, Edit, compared, edit_of
from archive.errors import NotFoundError
from archive.model import Kind, Passage


@dataclass(frozen=True, slots=True)
class Difference:
    """Two captures of an article, paragraph by paragraph; `appeals` are what they asked of their readers."""

    article: str
    site: str
    url: str
    title: str
    old: CaptureLine
    new: CaptureLine
    hours_after: float | None
    text: tuple[Change, ...]
    appeals: tuple[Change, ...]
    edit: Edit
    is_noted: bool

    @property
    def is_changed(self) -> bool:
        """True if title, lead or body differ."""
        return any(change.mark != "same" for change in self.text)

    def to_dict(self) -> dict[str, object]:
        """Return the difference as plain values with stable keys."""
        return {
            "article": self.article,
            "site": self.site,
            "url": self.url,
            "from": _side(self.old),
            "to": _side(self.new),
            "hours_after_publication": self.hours_after,
            "text": [_plain(change) for change in self.text],
            "appeals": [_plain(change) for change in self.appeals],
            "numbers": [list(pair) for pair in self.edit.numbers],
            "names": [list(pair) for pair in self.edit.names],
            "noted": self.is_noted,
        }


def difference(db: Database, article: ArticleDetail, old: str | None = None, new: str | None = None) -> Difference:
    """Return what changed between two captures of an article.

    Each is named by a version, a capture or a time. If none is: the two between which the text last changed, or, of a
    text that never did, the first and the last capture.
    """
    shown = tuple(c for c in article.captures if c.evidence == "shown" and c.reading is not None)
    before, after = _last_change(shown)
    newer = _named(article, shown, new) if new else after
    older = _named(article, shown, old) if old else (before if not new else _before(shown, newer))
    return _compared(db, article, older, newer)


def _last_change(shown: tuple[CaptureLine, ...]) -> tuple[CaptureLine, CaptureLine]:
    for n in range(len(shown) - 1, 0, -1):
        if shown[n].version != shown[n - 1].version:
            return shown[n - 1], shown[n]
    return shown[0], shown[-1]


def _before(shown: tuple[CaptureLine, ...], newer: CaptureLine) -> CaptureLine:
    """Return the last capture before this one that shows another text, else the first."""
    other = [c for c in shown if c.fetched_at < newer.fetched_at and c.version != newer.version]
    return other[-1] if other else shown[0]


def _named(article: ArticleDetail, shown: tuple[CaptureLine, ...], name: str) -> CaptureLine:
    for capture in shown:
        if name in (capture.version, capture.id):
            return capture
    try:
        at = datetime.fromisoformat(name)
    except ValueError:
        raise NotFoundError(name, f"neither a time nor a version or capture of {article.url}") from None
    until = (at if at.tzinfo else at.replace(tzinfo=UTC)) + timedelta(days=len(name) <= 10)
    by_then = [c for c in shown if c.fetched_at <= until]
    if not by_then:
        raise NotFoundError(name, f"{article.url} was first captured at {shown[0].fetched_at:%Y-%m-%d %H:%M}")
    return by_then[-1]


def _compared(db: Database, article: ArticleDetail, old: CaptureLine, new: CaptureLine) -> Difference:
    a, b = passages_of(db, old.reading or ""), passages_of(db, new.reading or "")
    text = compared(*(_paragraphs(db, c, p) for c, p in ((old, a), (new, b))))
    appeals = compared(*([(str(p.kind), p.text) for p in side if p.kind.family == "appeal"] for side in (a, b)))
    born = article.published or article.first_seen
    return Difference(
        article=article.id,
        site=article.site,
        url=article.url,
        title=article.version.title,
        old=old,
        new=new,
        hours_after=round((new.fetched_at - born).total_seconds() / 3600, 1),
        text=text,
        appeals=appeals,
        edit=edit_of(text),
        is_noted=bool(_notes(b) - _notes(a)),
    )


def _paragraphs(db: Database, capture: CaptureLine, passages: tuple[Passage, ...]) -> list[tuple[str, str]]:
    (title,) = db.execute("SELECT title FROM readings WHERE id = ?", (capture.reading,)).fetchone()
    return [("title", title or ""), *((str(p.kind), p.text) for p in passages if p.kind.in_body)]


def _notes(passages: tuple[Passage, ...]) -> set[str]:
    return {p.text for p in passages if p.kind in (Kind.NOTE, Kind.CORRECTION)}


def _side(capture: CaptureLine) -> dict[str, object]:
    return {"capture": capture.id, "version": capture.version, "at": capture.fetched_at.isoformat()}


def _plain(change: Change) -> dict[str, object]:
    words = [[piece.mark, piece.text] for piece in change.pieces]
    return {"mark": change.mark, "kind": change.label, "old": change.old, "new": change.new, "words": words}


# ---------------------------------------------------------------------------------------------------- for a browser

_STYLE = """
body{font:17px/1.5 Georgia,serif;max-width:44em;margin:2em auto;padding:0 1em;color:#1b1b1b;background:#fffdf8}
h1{font-size:1.3em} .facts{font:13px/1.5 sans-serif;color:#555} del{background:#fbd9d3;color:#7a1f10}
ins{background:#d5efd2;color:#0d4a17;text-decoration:none} .kind{font:11px sans-serif;color:#777;margin-right:.6em}
.same{color:#777} section{border-top:1px solid #ccc;margin-top:2em}
"""
_TAGS = {"removed": "del", "added": "ins"}


def html_of(found: Difference) -> str:
    """Return a whole page that shows a difference; it loads nothing and runs nothing."""
    facts = [f"{found.site} · {found.url}", f"{_when(found.old)} → {_when(found.new)}"]
    if found.hours_after is not None:
        facts.append(f"{found.hours_after:g} hours after publication")
    facts.append("a note on the page says so" if found.is_noted else "no note on the page says so")
    rows = "\n".join(f"<p class=facts>{escape(fact)}</p>" for fact in facts)
    parts = [f"<section><h2>Text</h2>{_rows(found.text)}</section>"]
    if found.appeals:
        parts.append(f"<section><h2>Asked of the reader</h2>{_rows(found.appeals)}</section>")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(found.title)}: what changed'
        f"</title><style>{_STYLE}</style></head>\n<body><h1>{escape(found.title)}</h1>\n{rows}\n"
        + "\n".join(parts)
        + "\n</body></html>"
    )


def _rows(changes: tuple[Change, ...]) -> str:
    return "\n".join(
        f'<p class="{change.mark}"><span class=kind>{escape(change.label)}</span>{_words(change)}</p>'
        for change in changes
    )


def _words(change: Change) -> str:
    if change.mark == "changed":
        return "".join(_marked(piece.mark, piece.text) for piece in change.pieces)
    return _marked(change.mark, change.old if change.mark == "removed" else change.new)


def _marked(mark: str, text: str) -> str:
    tag = _TAGS.get(mark)
    return f"<{tag}>{escape(text)}</{tag}>" if tag else escape(text)


def _when(capture: CaptureLine) -> str:
    return f"{capture.fetched_at:%Y-%m-%d %H:%M} UTC"
