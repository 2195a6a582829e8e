"""The names of things in the catalogue: the same for the same records, whoever read them and in whatever order.

Ids are 16 hexadecimal digits of a SHA-256: at a hundred million rows the chance of one collision is one in 3,700.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256

from archive.model import Article, Kind, Passage

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def hashed(*parts: str | bytes) -> str:
    """Return 16 hexadecimal digits that stand for these parts in this order.

    Lengths are hashed too, so that ("ab", "c") and ("a", "bc") differ.
    """
    digest = sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        digest.update(b"%d:" % len(raw))
        digest.update(raw)
    return digest.hexdigest()[:16]


def article_id(site: str, key: str) -> str:
    """Return the id of the article at that address of a site."""
    return hashed("article", site, key)


def reading_id(site: str, reader: str, article: Article) -> str:
    """Return the id under which captures of a site share what one reader made of them.

    The URL is left out: the same page at two addresses is one reading. The features are in: `settle` judges by them.
    """
    return hashed("reading", site, reader, _told(article), article.features)


def version_id(article: str, text: str, reader: str) -> str:
    """Return the id of the version of an article with that text hash under one reader."""
    return hashed("version", article, text, reader)


def text_hash(title: str, lead: str, body: str) -> str:
    """Return the SHA-256 of the clean text, whole: citations quote it."""
    joined = f"{title}\0{lead}\0{body}"
    return sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()


def stamp(moment: datetime) -> str:
    """Return a time as the catalogue writes it: UTC, always with microseconds, so that text order is time order.

    >>> stamp(datetime(2026, 3, 1, 12, 30, tzinfo=UTC))
    '2026-03-01T12:30:00.000000Z'
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment_of(text: str) -> datetime:
    """Return the time that `stamp` wrote."""
    return datetime.fromisoformat(text)


def day_of(published: str | None, published_text: str | None, seen: str) -> str:
    """Return the day an article is filed under: as published, else as its page wrote it, else when first seen.

    >>> day_of(None, "2026-02-28", "2026-03-01T12:30:00.000000Z")
    '2026-02-28'
    """
    written = _DAY.match(published_text or "")
    if published:
        return published[:10]
    return written[0] if written else seen[:10]


def clean_text(title: str | None, passages: Iterable[tuple[str, str]]) -> tuple[str, str, str]:
    """Return title, lead and body of (kind, text) pairs in page order; a blank line parts paragraphs."""
    rows = [(Kind(kind), text) for kind, text in passages]
    lead = "\n\n".join(text for kind, text in rows if kind is Kind.LEAD)
    body = "\n\n".join(text for kind, text in rows if kind.in_body and kind is not Kind.LEAD)
    return title or "", lead, body


def _told(article: Article) -> str:
    """Return everything an article says except its URL, written in one way."""
    image = article.image
    values = (
        article.page_kind,
        article.title,
        article.authors,
        article.published and stamp(article.published),
        article.published_text,
        article.modified and stamp(article.modified),
        article.modified_text,
        article.language,
        article.section,
        article.tags,
        image and (image.url, image.caption, image.credit),
        article.agency,
        article.access,
        article.canonical,
        article.og_url,
        article.jsonld_url,
        article.noarchive,
        article.encoding,
        article.encoding_source,
        article.replacement_chars,
        article.parse_status,
        article.evidence,
        tuple(_told_passage(p) for p in article.passages),
    )
    return repr(values)


def _told_passage(p: Passage) -> tuple[object, ...]:
    return p.text, str(p.kind), p.rule, p.score, p.xpath, p.start, p.end
