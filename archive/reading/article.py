"""Read one page: bytes in, an Article of passages out."""

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from htmldate import find_date
from lxml.html import HtmlElement

from archive.model import Article, Kind, Passage
from archive.reading import metadata
from archive.reading.access import access_of
from archive.reading.blocks import Block
from archive.reading.body import Candidate, letters_of
from archive.reading.bylines import bylines_of, unmarked_of
from archive.reading.declared import PageSays
from archive.reading.facts import pack, rounded
from archive.reading.head import Head, head_of
from archive.reading.jsonld import Story, story_of
from archive.reading.judge import Memory, judge
from archive.reading.language import language_of
from archive.reading.noarchive import noarchive_of
from archive.reading.page import Headers, Page, parse_page
from archive.reading.pagekind import page_kind_of
from archive.reading.passages import facts_of, passages_of
from archive.reading.pictures import image_of
from archive.reading.prose import blocks_of, is_drawn
from archive.reading.ruling import Ruling, ruling_of
from archive.reading.signals import Measure
from archive.reading.siterules import SITE, Rule
from archive.reading.squash import squash

ABOVE, BELOW = 20, 30  # blocks around the candidate body that are looked at
FAR = 100  # blocks above it among which its headline is sought: a lead may stand right below that
LONGEST_STEM = 9  # letters of an outlet that are never cut
SHORTEST_OUTLET = 4  # letters: shorter names hide in other words
MOST_DECLARED = 20  # titles and descriptions, each, that blocks are compared with
MOST_AUTHORS, SHORTEST_AUTHOR = 20, 6  # names that lines are compared with, and letters of one
EDGES = 5  # lines at the start of a text among which its dateline stands: a lead and a summary may come first


def read_article(
    html: bytes,
    url: str,
    *,
    fetched_at: datetime | None = None,
    headers: Headers | None = None,
    memory: Mapping[int, Memory] | None = None,
    rules: Sequence[Rule] = (),
) -> Article:
    """Return the page as an Article: metadata with its sources, and every passage with its kind and the reason.

    `fetched_at` bounds the search for a date (a page cannot be younger than its capture); without it only dates the
    page declares are found. `memory` is what the site's other stories repeat (archive.reading.memory), `rules` what
    its file says of pages of that time (archive.reading.siterules). ReadingError if the bytes hold no page.

    >>> page = b"<html><h1>Ferry resumes</h1><p>The ferry to the island resumes on Tuesday, the port said.</p></html>"
    >>> read_article(page, "https://courier.test/ferry").title
    'Ferry resumes'
    """
    with _uncollected():
        return _read(html, url, fetched_at, headers or (), memory or {}, rules)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector out: what reading makes holds no circles and goes with the page (3 % of the CPU)."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _read(
    html: bytes,
    url: str,
    fetched_at: datetime | None,
    headers: Headers,
    memory: Mapping[int, Memory],
    rules: Sequence[Rule],
) -> Article:
    page = parse_page(html, headers, url)
    head, story = head_of(page.root, url), story_of(page.root)
    blocks = blocks_of(page.root)
    ruling = ruling_of(rules, blocks, fetched_at)
    candidate = ruling.candidate(page.root, blocks)
    start, end = ruling.widened(*area_of(blocks, candidate))
    measure = Measure(blocks, candidate, says_of(head, story, url))
    facts = rounded(ruling.noted(facts_of(measure, start, measure.all(start, end)), start))  # as `settle` will see them
    features = pack(facts)
    area = blocks[start:end]
    verdicts = ruling.applied(judge(facts, [b.text for b in area], memory), facts, start)
    passages = passages_of(page.root, area, verdicts)
    article = _article(page, head, story, url, fetched_at, passages, blocks, start, features, ruling)
    return replace(article, noarchive=noarchive_of(head, headers))


def area_of(blocks: Sequence[Block], candidate: Candidate) -> tuple[int, int]:
    """Return the range of blocks that are the article or its surroundings: the whole page if no body was found."""
    held = [i for i, kept in enumerate(candidate.holds) if kept]
    if not held:
        return 0, len(blocks)
    headline = next((i for i in range(held[0], max(-1, held[0] - FAR), -1) if blocks[i].box.tag == "h1"), held[0])
    return max(0, min(held[0] - ABOVE, headline - 1)), min(len(blocks), held[-1] + 1 + BELOW)


def says_of(head: Head, story: Story, url: str) -> PageSays:
    """Return what the page declares of its article, squashed for comparing with blocks."""
    names = {metadata.outlet_of(head, story), story.publisher, head.first("og:site_name")}
    host = metadata.host_of(url)
    names |= {host, host.partition(".")[0]}
    titles = (story.title, *head.every(*metadata.TITLE_META), head.title, *head.headlines)
    authors, _ = metadata.authors_of(head, story, ())
    told = _keys((story.description, story.alternative_title, *head.every(*metadata.DESCRIPTION)))[:MOST_DECLARED]
    return PageSays(
        titles=_keys(titles)[:MOST_DECLARED],
        descriptions=tuple(key for key in told if not any(key in other for other in told if key != other)),
        article_body=squash(story.body),
        outlets=tuple(_stem(k) for k in _keys(names) if len(k) >= SHORTEST_OUTLET),
        authors=tuple(k for k in _keys(authors[:MOST_AUTHORS]) if letters_of(k) >= SHORTEST_AUTHOR),
        paywalled=story.free is False,
    )


def _stem(name: str) -> str:
    """Return a name less what many languages bend: its last letters."""
    return name[: max(LONGEST_STEM, len(name) * 4 // 5)]


def _keys(texts: Sequence[str] | set[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for text in dict.fromkeys(texts) if (key := squash(text))))


def _article(
    page: Page,
    head: Head,
    story: Story,
    url: str,
    fetched_at: datetime | None,
    passages: tuple[Passage, ...],
    blocks: Sequence[Block],
    start: int,
    features: bytes,
    ruling: Ruling,
) -> Article:
    host = metadata.host_of(url)
    title, title_source = metadata.title_of(head, story, host, blocks)
    bylines = bylines_of(blocks)
    names, names_source = metadata.authors_of(head, story, bylines)
    if not names:
        names, names_source = unmarked_of(page.root, blocks)
    published = metadata.published_of(head, story)
    if published.text is None and fetched_at is not None:
        published = _searched(page.root, url, fetched_at)
    modified = metadata.modified_of(head, story)
    body = [p.text for p in passages if p.kind.in_body]
    language, language_source = language_of(" ".join(body)[:2000], head.language or story.language)
    kind, kind_source = page_kind_of(head, story, title or head.title, passages)
    section, section_source = metadata.section_of(head, story)
    tags, tags_source = metadata.tags_of(head, story)
    agency, agency_source = metadata.agency_of((*names, *bylines), tuple(body[:EDGES] + body[-1:]))
    access, access_source = access_of(head, story, passages)
    image, image_sources = image_of(head, story, blocks[start : start + len(passages)], passages)
    evidence = {
        "title": title_source,
        "lead": next((p.rule for p in passages if p.kind is Kind.LEAD), ""),
        "authors": names_source,
        "published": published.source,
        "modified": modified.source,
        "language": language_source,
        "section": section_source,
        "tags": tags_source,
        **image_sources,
        "agency": agency_source,
        "access": access_source,
        "page_kind": kind_source,
        "body": (ruling.body and SITE + ruling.body) or (any(map(is_drawn, blocks[-1:])) and "script"),
    }
    return Article(
        url=url,
        page_kind=kind,
        title=title,
        passages=passages,
        authors=names,
        published=published.at,
        published_text=published.text,
        modified=modified.at,
        modified_text=modified.text,
        language=language,
        section=section,
        tags=tags,
        image=image,
        agency=agency,
        access=access,
        canonical=head.canonical or None,
        og_url=head.first("og:url") or None,
        jsonld_url=story.url or None,
        encoding=page.encoding,
        encoding_source=page.encoding_source,
        replacement_chars=page.replacement_chars,
        parse_status=page.parse_status,
        evidence=tuple((k, v) for k, v in evidence.items() if v),
        features=features,
    )


def _searched(root: HtmlElement, url: str, fetched_at: datetime) -> metadata.Times:
    """Return the day htmldate finds in the page; its deep search is off, as one page needed a second for it."""
    day = find_date(root, url=url, extensive_search=False, original_date=True, max_date=fetched_at.date().isoformat())
    return metadata.Times(None, day, "htmldate") if day else metadata.Times(None, None, "")
