"""Pages as an outlet prints them: articles, fronts and section pages, consent pages."""

import html
import json
from collections.abc import Sequence
from datetime import datetime

from tests.newsroom.layouts import Layout, date_of, rendered
from tests.newsroom.outlets import Outlet, teaser_of
from tests.newsroom.stories import Edition

RELATED = 4


def article_page(outlet: Outlet, found: Edition, now: datetime, variant: str = "") -> str:
    """Return the page of an article; a print or AMP variant is the same text with less around it."""
    layout = outlet.layout(now)
    if found.story.gate == "consent" and layout.consent:
        return layout.consent.substitute(_slots(outlet, found, layout))
    slots = _slots(outlet, found, layout) | _around(outlet, found, layout, now)
    if variant:
        slots |= {"related": "", "outside": "", "most_read": ""}
    return layout.article.substitute(slots | {"variant": variant})


def listing_page(outlet: Outlet, heading: str, path: str, page: int, now: datetime, *, items: Sequence[Edition]) -> str:
    """Return one page of a front or section: `page_size` teasers and a link to the next page, if there is one."""
    layout, size = outlet.layout(now), outlet.page_size
    shown = items[(page - 1) * size : page * size]
    more = len(items) > page * size
    following = html.escape(page_path(outlet, path, page + 1)) if more else ""
    return layout.listing.substitute(
        lang=outlet.language,
        dir=outlet.direction,
        charset=outlet.charset,
        site=outlet.name,
        home=outlet.home,
        nav=_nav(outlet),
        heading=html.escape(heading),
        items="\n".join(_teaser(outlet, layout, e) for e in shown),
        pager=layout.markup.pager.format(path=following) if more else "",
        next_link=f'<link rel="next" href="{following}">' if more else "",
        page=page,
    )


def page_path(outlet: Outlet, path: str, page: int) -> str:
    """Return the path of the n-th page of a listing."""
    if page == 1:
        return path
    return f"{path}?page={page}" if outlet.page_query else f"{path.rstrip('/')}/page/{page}"


def _slots(outlet: Outlet, found: Edition, layout: Layout) -> dict[str, str]:
    """Return what any page of an article says of it; every value is ready for HTML."""
    story = found.story
    section = next((s.title for s in outlet.section if s.id == story.section), "")
    return {
        "lang": story.language or outlet.language,
        "dir": outlet.direction,
        "charset": outlet.charset,
        "site": html.escape(outlet.name),
        "home": outlet.home,
        "nav": _nav(outlet),
        "title": html.escape(found.title, quote=True),
        "description": html.escape(teaser_of(found), quote=True),
        "url": found.url,
        "section": section,
        "section_path": f"/{story.section}",
        "published_iso": story.published.isoformat(),
        "modified_iso": found.modified.isoformat(),
        "authors": html.escape(", ".join(story.authors), quote=True),
        "tags": html.escape(", ".join(story.tags), quote=True),
        "jsonld": _jsonld(outlet, found),
    }


def _around(outlet: Outlet, found: Edition, layout: Layout, now: datetime) -> dict[str, str]:
    """Return the text and what stands around it."""
    markup, offset = layout.markup, outlet.utc_offset_h
    places: dict[str, list[str]] = {"top": [], "end": [], "outside": []}
    inserts: list[tuple[int, str]] = []
    for appeal in outlet.appeals(found.story, now):
        if appeal.place == "middle":
            inserts.append((appeal.after, appeal.html()))
        else:
            places[appeal.place].append(appeal.html())
    lead = [b for b in found.blocks if b.kind == "lead"]
    text = rendered(markup, [b for b in found.blocks if b.kind != "lead"], inserts, offset)
    if found.story.gate == "paywall":
        text += markup.paywall
    elif found.story.gate == "soft":
        text = markup.soft.format(text=text)
    return {
        "lead": rendered(markup, lead, (), offset),
        "body": "\n".join(filter(None, (*places["top"], text, *places["end"]))),
        "outside": "\n".join(places["outside"]),
        "byline": _byline(layout, found),
        "published": date_of(markup, found.story.published, offset),
        "modified": _modified(outlet, layout, found),
        "related": _related(outlet, layout, found, now),
        "most_read": _most_read(outlet, layout, now),
    }


def _nav(outlet: Outlet) -> str:
    return "".join(f'<a href="/{s.id}">{s.title}</a> ' for s in outlet.section)


def _byline(layout: Layout, found: Edition) -> str:
    markup, story = layout.markup, found.story
    names = markup.author_separator.join(html.escape(a) for a in story.authors)
    pieces = [markup.byline.format(authors=names)] if names else []
    if story.agency:
        pieces.append(markup.agency.format(agency=html.escape(story.agency)))
    return " ".join(pieces)


def _modified(outlet: Outlet, layout: Layout, found: Edition) -> str:
    if found.modified == found.story.published:
        return ""
    date = date_of(layout.markup, found.modified, outlet.utc_offset_h)
    return layout.markup.modified.format(date=date)


def _related(outlet: Outlet, layout: Layout, found: Edition, now: datetime) -> str:
    """Older articles of the same section: they do not change when a new one appears."""
    older = [e for e in outlet.editions(now, found.story.section) if e.story.published < found.story.published]
    return "\n".join(_related_item(outlet, layout, e) for e in older[:RELATED])


def _related_item(outlet: Outlet, layout: Layout, found: Edition) -> str:
    return layout.markup.related.format(path=_path(found), title=html.escape(found.title))


def _most_read(outlet: Outlet, layout: Layout, now: datetime) -> str:
    """Five titles that change from day to day, as such boxes do."""
    all_of_them = outlet.editions(now)
    start = now.toordinal() % max(1, len(all_of_them))
    chosen = (all_of_them[start:] + all_of_them[:start])[:5]
    return "\n".join(_related_item(outlet, layout, e) for e in chosen)


def _teaser(outlet: Outlet, layout: Layout, found: Edition) -> str:
    return layout.markup.teaser.format(
        path=_path(found),
        title=html.escape(found.title),
        teaser=html.escape(teaser_of(found)),
        date=date_of(layout.markup, found.story.published, outlet.utc_offset_h),
    )


def _path(found: Edition) -> str:
    return "/" + found.url.split("/", 3)[3]


def _jsonld(outlet: Outlet, found: Edition) -> str:
    """Return the script element, or nothing."""
    if outlet.jsonld == "none" or found.story.kind == "page":
        return ""
    story = found.story
    kind = "LiveBlogPosting" if story.kind == "liveblog" else "NewsArticle"
    thing: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": kind,
        "headline": found.title,
        "datePublished": story.published.isoformat(),
        "dateModified": found.modified.isoformat(),
        "author": [{"@type": "Person", "name": a} for a in story.authors],
        "publisher": {"@type": "NewsMediaOrganization", "name": outlet.name, "url": outlet.home},
        "mainEntityOfPage": found.url,
        "inLanguage": story.language or outlet.language,
        "description": teaser_of(found),
    }
    if story.gate in ("paywall", "soft"):
        thing["isAccessibleForFree"] = False
    if outlet.jsonld == "body":
        thing["articleBody"] = "\n\n".join(b.plain for b in found.blocks if b.kind != "caption")
    text = json.dumps(thing, ensure_ascii=False).replace("</", "<\\/")
    return f'<script type="application/ld+json">{text}</script>'
