"""What a page says of itself in JSON-LD, read with caps: no page can make this slow.

trafilatura's own reader is cubic in the number of authors and its clean-up pattern needs 5 s for a 13 kB string
without an end, so none of it is used.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from lxml.html import HtmlElement

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None

BYTES_CAP = 1_000_000  # of JSON-LD in a page
NODES_CAP = 2_000
DEPTH_CAP = 6
AUTHORS_CAP = 50
CREDIT = ("creditText", "creator", "author", "copyrightHolder")  # who made a picture

ARTICLE = re.compile(r"(?:Article|BlogPosting|Posting|Report|ClaimReview|Review|Recipe|NewsMedia)$")
MEDIA = re.compile(r"(?:Video|Audio|Image|Media)Object$|Gallery$")
TAGS = re.compile(r"<[^<>]{0,300}>")
TRAILING_COMMA = re.compile(r",(\s*[}\]])")
WRAPPED = re.compile(r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\s*\]\]>|\]\]>)\s*;?\s*$")


@dataclass(frozen=True, slots=True)
class Story:
    """The article a page declares in JSON-LD; empty where it says nothing."""

    types: tuple[str, ...] = ()
    title: str = ""
    alternative_title: str = ""
    description: str = ""
    body: str = ""
    authors: tuple[str, ...] = ()
    published: str = ""
    modified: str = ""
    language: str = ""
    section: str = ""
    tags: tuple[str, ...] = ()
    image: str = ""
    image_caption: str = ""
    image_credit: str = ""
    publisher: str = ""
    url: str = ""
    words: int = 0  # as many as it says it has
    free: bool | None = None  # False also where only a part is not


def story_of(root: HtmlElement) -> Story:
    """Return what the page's JSON-LD says of its article; the first article node leads, others fill gaps."""
    nodes = list(_nodes(root))
    by_id = {n["@id"]: n for n in nodes if isinstance(n.get("@id"), str) and len(n) > 2}
    articles = [n for n in nodes if any(ARTICLE.search(t) for t in _types(n))]
    pages = [n for n in nodes if "WebPage" in _types(n)]
    stories = [_story(n, by_id) for n in (articles or pages)[:8]]
    publisher = next((_text(n.get("name")) for n in nodes if _is_outlet(n)), "")
    return _merge(stories, publisher, tuple(t for n in nodes[:20] for t in _types(n)))


def _merge(stories: list[Story], publisher: str, types: tuple[str, ...]) -> Story:
    if not stories:
        return Story(types=types, publisher=publisher)
    first, *others = stories
    same = [s for s in others if not s.title or s.title == first.title]

    def filled(name: str) -> str:
        return next((v for s in (first, *same) if (v := getattr(s, name))), "")

    return Story(
        types=types,
        title=first.title,
        alternative_title=filled("alternative_title"),
        description=filled("description"),
        body=max((s.body for s in (first, *same)), key=len),
        authors=next((s.authors for s in (first, *same) if s.authors), ()),
        published=filled("published"),
        modified=filled("modified"),
        language=filled("language"),
        section=filled("section"),
        tags=next((s.tags for s in (first, *same) if s.tags), ()),
        image=filled("image"),
        image_caption=filled("image_caption"),
        image_credit=filled("image_credit"),
        publisher=filled("publisher") or publisher,
        url=filled("url"),
        words=max(s.words for s in (first, *same)),
        free=next((s.free for s in (first, *same) if s.free is not None), None),
    )


def _story(node: dict[str, Json], by_id: dict[Json, dict[str, Json]]) -> Story:
    def text(*keys: str) -> str:
        return next((t for k in keys if (t := _text(node.get(k)))), "")

    body = node.get("articleBody")
    picture = _picture(node.get("image"), by_id)
    section = _text(node.get("articleSection"))
    return Story(
        types=_types(node),
        title=text("headline", "name"),
        alternative_title=text("alternativeHeadline", "alternateName"),
        description=text("description", "abstract"),
        body=_plain("\n".join(b for b in body if isinstance(b, str)) if isinstance(body, list) else body),
        authors=tuple(dict.fromkeys(_names(node.get("author") or node.get("creator"), by_id))),
        published=text("datePublished", "dateCreated"),
        modified=text("dateModified"),
        language=text("inLanguage"),
        section=section,
        tags=tuple(_list(node.get("keywords"))),
        image=_url(node.get("image"), by_id) or text("thumbnailUrl"),
        image_caption=_text(picture.get("caption")) or _text(picture.get("description")),
        image_credit=next(_names([picture.get(k) for k in CREDIT], by_id), ""),
        publisher=next(_names(node.get("publisher"), by_id), ""),
        url=_url(node.get("mainEntityOfPage"), by_id) or text("url"),
        words=_count(node.get("wordCount")),
        free=_free(node),
    )


def _nodes(root: HtmlElement) -> Iterator[dict[str, Json]]:
    left, stack = BYTES_CAP, list[tuple[Json, int]]()
    for script in root.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower() or not script.text:
            continue
        left -= len(script.text)
        if left < 0:
            break
        stack.append((_parsed(script.text), 0))
    stack.reverse()
    for _ in range(NODES_CAP):
        if not stack:
            return
        value, depth = stack.pop()
        if isinstance(value, dict):
            if value.get("@type"):
                yield value
            below: list[Json] = [v for v in value.values() if isinstance(v, dict | list)]
        else:
            below = value if isinstance(value, list) else []
        if depth < DEPTH_CAP:
            stack.extend((v, depth + 1) for v in reversed(below[:200]))


def _parsed(text: str) -> Json:
    """Return the value, after two harmless repairs; None where it is no JSON."""
    for repair in (str, _repaired):
        try:
            value: Json = json.loads(repair(text), strict=False)
        except (ValueError, RecursionError):
            continue
        return value
    return None


def _repaired(text: str) -> str:
    return TRAILING_COMMA.sub(r"\1", WRAPPED.sub("", WRAPPED.sub("", text)))


def _types(node: dict[str, Json]) -> tuple[str, ...]:
    found = node.get("@type")
    values = found if isinstance(found, list) else [found]
    return tuple(v.rpartition("/")[2] for v in values if isinstance(v, str))


def _is_outlet(node: dict[str, Json]) -> bool:
    return any(t.endswith("Organization") or t == "WebSite" for t in _types(node))


def _text(value: Json) -> str:
    if isinstance(value, list):
        value = next((v for v in value if v), "")
    if isinstance(value, dict):
        value = value.get("@value") or value.get("name") or ""
    return " ".join(_plain(value).split())


def _plain(value: Json) -> str:
    if not isinstance(value, str):
        return ""
    if "&" in value:
        value = unescape(unescape(value))
    return TAGS.sub(" ", value) if "<" in value else value


def _names(value: Json, by_id: dict[Json, dict[str, Json]]) -> Iterator[str]:
    values = value if isinstance(value, list) else [value]
    for one in values[:AUTHORS_CAP]:
        if isinstance(one, list):
            yield from _names(one, {})
            continue
        name = _person(_resolved(one, by_id)) if isinstance(one, dict) else _text(one)
        if name:
            yield name


def _person(node: dict[str, Json]) -> str:
    """Return the name of a person or an organisation; some give it in its two parts alone."""
    parts = (_text(node.get("givenName")), _text(node.get("familyName")))
    return _text(node.get("name")) or " ".join(filter(None, parts))


def _resolved(node: dict[str, Json], by_id: dict[Json, dict[str, Json]]) -> dict[str, Json]:
    """Return the node that a bare reference points to."""
    reference = node.get("@id")
    return by_id.get(reference, node) if isinstance(reference, str) and "name" not in node else node


def _url(value: Json, by_id: dict[Json, dict[str, Json]]) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        found = value.get("url") or value.get("contentUrl") or value.get("@id") or ""
        if isinstance(found, str) and found in by_id and not found.startswith("http"):
            found = by_id[found].get("url") or ""
        value = found
    return value.strip() if isinstance(value, str) else ""


def _list(value: Json) -> Iterator[str]:
    values = value.split(",") if isinstance(value, str) else value
    if isinstance(values, list):
        for one in values[:60]:
            if text := _text(one):
                yield text


def _picture(value: Json, by_id: dict[Json, dict[str, Json]]) -> dict[str, Json]:
    """Return the node of the first picture, {} where only its address is given."""
    if isinstance(value, list):
        value = value[0] if value else None
    return by_id.get(value.get("@id"), value) if isinstance(value, dict) else {}


def _count(value: Json) -> int:
    text = str(value) if isinstance(value, int | str) else ""
    return int(text) if text.isdecimal() and len(text) < 7 else 0


def _free(node: dict[str, Json]) -> bool | None:
    """Return whether everybody may read all of the article; a part that is not free speaks for the whole."""
    parts = node.get("hasPart")
    for part in (parts if isinstance(parts, list) else [parts])[:20]:
        if isinstance(part, dict) and truth_of(part.get("isAccessibleForFree")) is False:
            return False
    return truth_of(node.get("isAccessibleForFree"))


def truth_of(value: Json) -> bool | None:
    """Return a declared yes or no, None for anything else.

    >>> truth_of("http://schema.org/False"), truth_of("perhaps")
    (False, None)
    """
    if isinstance(value, bool):
        return value
    word = value.rpartition("/")[2].lower() if isinstance(value, str) else ""
    return {"true": True, "false": False}.get(word)
