"""Title, authors, times, language and their like, each with the source it was taken from."""

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from archive.reading import authors, dates
from archive.reading.blocks import Block
from archive.reading.head import Head
from archive.reading.jsonld import Story
from archive.reading.lexicon import words_of
from archive.reading.squash import squash

# A town, an agency in brackets, a dash: how wire reports begin in most languages, whoever the agency is.
DATELINE = re.compile(
    r"^[^\W\d_][\w .,'’/-]{1,40}\(([A-ZÀ-ÞА-Я][\w./-]{1,20}(?: [A-ZÀ-ÞА-Я][\w./-]{1,20})?)\)\s*[-–—]+\s"
)
TITLE_LED = re.compile(r":\s+")
TELLING = 4  # letters of a word that a name is known by
SHORTEST_TITLE, SHORTEST_OUTLET = 12, 6  # letters of a headline, of a name that a host is compared with
TITLE_CUT = re.compile(r"\s+[|\-–—·•»:]\s+|\s*\|\s*")
PUBLISHED = (
    "article:published_time", "article:published", "og:published_time", "og:article:published_time",
    "datepublished", "parsely-pub-date", "sailthru.date", "cxenseparse:recs:publishtime", "date",
    "dc.date.issued", "dc.date", "dcterms.created", "dcterms.date", "dcterms.issued", "pubdate", "publishdate",
    "publish-date", "published-date", "publication_date", "last-modified",
)  # fmt: skip
MODIFIED = (
    "article:modified_time", "article:modified", "og:updated_time", "datemodified", "article:updated_time",
    "dcterms.modified", "last-modified", "lastmod",
)  # fmt: skip
AUTHOR = (
    "author", "article:author", "dc.creator", "dcterms.creator", "byl", "parsely-author", "sailthru.author",
    "cxenseparse:author", "citation_author", "creator", "article:author_name",
)  # fmt: skip
TITLE_META = ("og:title", "twitter:title", "dc.title", "parsely-title", "sailthru.title")
DESCRIPTION = ("description", "og:description", "twitter:description", "dc.description")
AGENCIES = {
    "reuters": "Reuters", "ap": "AP", "associatedpress": "AP", "theassociatedpress": "AP", "afp": "AFP",
    "agencefrancepresse": "AFP", "dpa": "dpa", "dpaafx": "dpa", "tass": "TASS", "тасс": "TASS", "interfax": "Interfax",
    "интерфакс": "Interfax", "rianovosti": "RIA Novosti", "рианovosti": "RIA Novosti", "efe": "EFE", "ansa": "ANSA",
    "apa": "APA", "pap": "PAP", "ctk": "ČTK", "čtk": "ČTK", "sid": "SID", "kna": "KNA", "epd": "epd", "anp": "ANP",
    "belga": "Belga", "ritzau": "Ritzau", "ntb": "NTB", "tt": "TT", "stt": "STT", "lusa": "Lusa", "xinhua": "Xinhua",
    "新华社": "Xinhua", "共同通信": "Kyodo", "時事通信": "Jiji", "kyodo": "Kyodo",
    "연합뉴스": "Yonhap", "yonhap": "Yonhap",
    "bloomberg": "Bloomberg", "pti": "PTI", "ians": "IANS", "anadoluagency": "AA", "aa": "AA", "upi": "UPI",
    "ukrinform": "Ukrinform", "укрінформ": "Ukrinform", "keystonesda": "Keystone-SDA", "sda": "Keystone-SDA",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Times:
    """A moment as the catalogue keeps it: aware time, the text it came from, and its source."""

    at: datetime | None
    text: str | None
    source: str


def title_of(head: Head, story: Story, host: str, blocks: Sequence[Block]) -> tuple[str | None, str]:
    """Return the headline without the outlet's name: what the page shows, if a meta tag says the same and JSON-LD knows
    no alternative; else what JSON-LD, the meta tags, the page or its title tag say.

    Search engines are often told another headline than readers.
    """
    outlet = outlet_of(head, story)
    meta = head.first(*TITLE_META)
    headlines = [h for h in head.headlines if not _names_outlet(h, outlet, host)]
    shown = headlines[0] if len(headlines) == 1 else ""
    if shown and not story.alternative_title and squash(shown) in {squash(v) for v in head.every(*TITLE_META)}:
        return shown, "h1"
    for text, source in ((story.title, "json-ld"), (meta, "meta"), (shown, "h1")):
        if text:
            return without_outlet(text, outlet, headlines), source
    if head.title:
        return _title_tag(head.title, outlet, host, {b.key for b in blocks}), "title"
    return (headlines[0], "h1") if headlines else (None, "")


def without_outlet(title: str, outlet: str, headlines: list[str]) -> str:
    """Return the title less a part that only names the outlet, where the page's headline lacks it too.

    The cut is proven, never guessed: by the name of the outlet, or by a headline that equals the rest.
    """
    shown = {squash(h) for h in headlines}
    if squash(title) in shown:
        return title
    cuts = list(TITLE_CUT.finditer(title))
    for cut in reversed(cuts[-3:]):
        rest, last = title[: cut.start()].strip(), squash(title[cut.end() :])
        named = bool(outlet) and (last in squash(outlet) or squash(outlet) in last)
        if squash(rest) in shown or (named and len(rest) > SHORTEST_TITLE):
            return rest
    return title


def _title_tag(title: str, outlet: str, host: str, lines: Container[str]) -> str:
    """Return a title tag less the outlet's name on either side: what is left must be a line of the page."""
    for cut in list(TITLE_CUT.finditer(title)) + list(TITLE_LED.finditer(title)):
        before, after = title[: cut.start()].strip(), title[cut.end() :].strip()
        for rest, name in ((before, after), (after, before)):
            if len(rest) <= SHORTEST_TITLE or _names_outlet(rest, outlet, host):
                continue
            if squash(rest) in lines or _names_outlet(name, outlet, host):
                return rest
    return title


def _names_outlet(text: str, outlet: str, host: str) -> bool:
    """True if a text is the name of the outlet, or what its host is called."""
    key, called = squash(text), squash(host)
    if key == squash(outlet) or (len(key) >= SHORTEST_OUTLET and key in called):
        return bool(key)
    telling = [word for word in words_of(text) if len(word) >= TELLING]  # not the articles, which hosts leave out
    return bool(telling) and all(word in called for word in telling) and sum(map(len, telling)) >= SHORTEST_OUTLET


def outlet_of(head: Head, story: Story) -> str:
    """Return the name by which the outlet calls itself, or ''."""
    return head.first("og:site_name", "application-name", "al:android:app_name") or story.publisher


def authors_of(head: Head, story: Story, bylines: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """Return the authors from JSON-LD, meta tags, or lines of the page marked as bylines.

    The outlet is named as author only where the page declares it and nobody else.
    """
    outlet = outlet_of(head, story)
    declared = [v for v in head.every(*AUTHOR) if not v.startswith("http")]
    sections = {squash(s) for s in (*head.every("article:section", "section"), story.section) if s}
    bylines = tuple(b for b in bylines if squash(b) not in sections)
    if story.authors or declared:  # the outlet: only a line that says "by" knows better
        bylines = tuple(b for b in bylines if authors.LEADING.match(b))
    for raw, source in ((story.authors, "json-ld"), (declared, "meta"), (bylines, "byline")):
        names = authors.clean_names(raw, outlet)
        if names:
            return names, source
    named = authors.clean_names(story.authors or declared[:1])
    return named, ("json-ld" if story.authors else "meta") if named else ""


def published_of(head: Head, story: Story) -> Times:
    """Return when the article was published: JSON-LD is right nearly always, meta tags often."""
    return _first_moment([(story.published, "json-ld"), *((head.first(n), "meta") for n in PUBLISHED)])


def modified_of(head: Head, story: Story) -> Times:
    """Return when the article says it was last changed."""
    return _first_moment([(story.modified, "json-ld"), *((head.first(n), "meta") for n in MODIFIED)])


def _first_moment(declared: list[tuple[str, str]]) -> Times:
    bare: Times | None = None
    for text, source in declared:
        at, iso = dates.moment(text) if text else (None, None)
        if at is not None:
            same_day = bare is None or bare.text is None or (iso or "")[:10] == bare.text[:10]
            return Times(at, iso, source) if same_day or bare is None else bare
        if iso is not None and bare is None:
            bare = Times(None, iso, source)
    return bare or Times(None, None, "")


def agency_of(names: tuple[str, ...], edges: tuple[str, ...]) -> tuple[str | None, str]:
    """Return the wire agency credited by a byline, a dateline or a closing credit; any name in a dateline is one.

    >>> agency_of((), ("HARBOUR TOWN (Reuters) - The ferry",))
    ('Reuters', 'credit')
    """
    for name in names:
        for part in (name, *re.split(r"[/,]", name)):
            if squash(part) in AGENCIES:
                return AGENCIES[squash(part)], "byline"
    for text in edges:
        for credit in re.findall(r"\(([^()]{2,30})\)", text[:120] + " " + text[-60:]):
            for part in re.split(r"[/,–-]", credit):
                if squash(part) in AGENCIES and (part.strip()[:1].isupper() or part.strip() in AGENCIES):
                    return AGENCIES[squash(part)], "credit"
    for text in edges[:-1] or edges:
        if unlisted := DATELINE.match(text[:120]):
            return unlisted[1], "dateline"
    return None, ""


def tags_of(head: Head, story: Story) -> tuple[tuple[str, ...], str]:
    """Return the keywords of the article, each once."""
    listed = tuple(head.first("news_keywords", "keywords").split(","))
    for declared, source in ((head.every("article:tag"), "meta"), (story.tags, "json-ld"), (listed, "meta")):
        tags = tuple(dict.fromkeys(t for d in declared if (t := " ".join(d.split()))))[:60]
        if tags:
            return tags, source
    return (), ""


def section_of(head: Head, story: Story) -> tuple[str | None, str]:
    """Return the section the page says it belongs to."""
    if story.section:
        return story.section, "json-ld"
    declared = head.first("article:section", "og:article:section", "section")
    return (declared, "meta") if declared else (None, "")


def host_of(url: str) -> str:
    """Return the host without `www.`, '' for what is no URL."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
