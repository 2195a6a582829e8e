"""What a page is: an article, a list of others, or a wall in front of one."""

import re
from collections.abc import Sequence

from archive.model import Kind, PageKind, Passage
from archive.reading.head import Head
from archive.reading.jsonld import Story

ENOUGH = 60  # words of body that no wall and no error page has
WALL = re.compile(
    r"just a moment|attention required|access (?:to this page has been )?denied|are you (?:a )?(?:human|robot)|captcha"
    r"|verify(?:ing)? (?:that )?you are|security check|checking your browser|pardon our interruption|bot detection"
    r"|request unsuccessful|enable javascript and cookies|unusual traffic",
    re.IGNORECASE,
)
CONSENT = re.compile(r"consent|cookies?|privacy|datenschutz|einwilligung|zustimm|rgpd|gdpr", re.IGNORECASE)
ERROR = re.compile(
    r"\b(?:404|403|410|500|502|503)\b|not found|nicht gefunden|introuvable|no encontrad[ao]|non trovata|niet gevonden"
    r"|nie znaleziono|не найдена|page (?:does not|doesn't) exist|internal server error|service unavailable"
    r"|bad gateway|forbidden",
    re.IGNORECASE,
)


def page_kind_of(head: Head, story: Story, title: str, passages: Sequence[Passage]) -> tuple[PageKind, str]:
    """Return the kind of the page by what it declares and by what was found in it, and which of them decided."""
    words = sum(len(p.text.split()) + _unspaced(p.text) for p in passages if p.kind.in_body)
    declared = " ".join(story.types)
    if words < ENOUGH:
        wall = _wall(title, passages)
        if wall:
            return wall, "text"
    if "LiveBlogPosting" in declared:
        return "liveblog", "json-ld"
    is_article = "Article" in declared or "Posting" in declared or _og_type(head) == "article"
    media = _media(head, declared) if words < ENOUGH else None
    if media:
        return media
    if _is_listing(head, declared, passages, is_article=is_article, words=words):
        return "listing", "text"
    if is_article:
        return "article", "meta" if _og_type(head) == "article" else "json-ld"
    return "article" if words >= ENOUGH else "other", "text"


def _media(head: Head, declared: str) -> tuple[PageKind, str] | None:
    """Name the page that is a video or a gallery with few words, and who says so."""
    if "VideoObject" in declared:
        return "video", "json-ld"
    if _og_type(head).startswith("video"):
        return "video", "meta"
    return ("gallery", "json-ld") if "ImageGallery" in declared else None


def _wall(title: str, passages: Sequence[Passage]) -> PageKind | None:
    """Name the wall or error that a nearly empty page is, by its title or its few lines."""
    few = " ".join(p.text for p in passages[:12])[:600] if len(passages) <= 40 else ""
    if WALL.search(title) or (len(passages) <= 15 and WALL.search(few)):
        return "blocked"
    if ERROR.search(title):
        return "error"
    asks = [p for p in passages if p.kind is Kind.APPEAL_CONSENT]
    if len(passages) <= 40 and (CONSENT.search(title) or len(asks) * 3 > max(3, len(passages))):
        return "consent"
    return None


def _is_listing(head: Head, declared: str, passages: Sequence[Passage], *, is_article: bool, words: int) -> bool:
    """A page of links to others: declared as a collection, or no article by any sign and mostly links."""
    if is_article:
        return False
    if "CollectionPage" in declared or "ItemList" in declared:
        return words < 300
    related = sum(p.kind in (Kind.CHROME_RELATED, Kind.HEADING) for p in passages)
    return _og_type(head) in ("website", "") and related > 15 and words < 4 * related * 5


def _og_type(head: Head) -> str:
    return head.first("og:type").lower()


def _unspaced(text: str) -> int:
    return len(text) // 3 if text[:1] > "\u2e80" else 0
