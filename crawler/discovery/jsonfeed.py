"""JSON Feed 1.0 and 1.1 (jsonfeed.org); of a damaged one, the items before the damage."""

import json
import re
from collections.abc import Iterator

from archive.urls import is_http
from crawler.discovery.document import Document
from crawler.discovery.feeds import MAX_ITEMS
from crawler.discovery.findings import Discovery, Findings
from crawler.discovery.xml import MAX_CHARS

_ITEMS = re.compile(r'"items"\s*:\s*\[')
_SEPARATOR = re.compile(r"[\s,]*")


def read_json_feed(document: Document, findings: Findings) -> Discovery:
    """Return the articles a JSON Feed lists."""
    problems = document.problems
    feed, damage = _parsed(document.text[:MAX_CHARS])
    findings.language = _text(feed, "language")
    if next_url := _text(feed, "next_url"):
        findings.next_page(next_url, "feed")
    items = list(_dicts(feed.get("items")))
    if len(items) > MAX_ITEMS:
        problems += (f"{len(items)} items: the first {MAX_ITEMS} are read",)
    for item in items[:MAX_ITEMS]:
        _read(item, findings)
    return findings.discovery(document.format, (*problems, *damage))


def _read(item: dict[str, object], findings: Findings) -> None:
    guid = _text(item, "id")
    findings.article(
        _text(item, "url") or _text(item, "external_url") or (guid if guid and is_http(guid) else None),
        title=_text(item, "title"),
        published=_text(item, "date_published"),
        modified=_text(item, "date_modified"),
        language=_text(item, "language"),
        authors=tuple(
            name for author in _dicts(item.get("authors") or [item.get("author")]) if (name := _text(author, "name"))
        ),
    )


def _parsed(text: str) -> tuple[dict[str, object], tuple[str, ...]]:
    try:
        feed: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        return {"items": list(_salvaged(text))}, (f"damaged JSON: {error}",)
    if isinstance(feed, dict):
        return feed, () if isinstance(feed.get("items"), list) else ("has no list of items",)
    return {}, ("is no JSON Feed: the document is no object",)


def _salvaged(text: str) -> Iterator[object]:
    """Yield the whole items of a feed that breaks off or goes wrong behind them."""
    start = _ITEMS.search(text)
    if start is None:
        return
    decoder, at = json.JSONDecoder(), start.end()
    while separator := _SEPARATOR.match(text, at):
        try:
            item, at = decoder.raw_decode(text, separator.end())
        except (ValueError, RecursionError):
            return
        yield item


def _text(values: dict[str, object], key: str) -> str | None:
    value = values.get(key)
    return value.strip() or None if isinstance(value, str) else None


def _dicts(values: object) -> Iterator[dict[str, object]]:
    for value in values if isinstance(values, list) else ():
        if isinstance(value, dict):
            yield value
