"""Who may read an article, as its page says it, and whether this page holds it whole."""

from collections.abc import Sequence

from archive.model import Access, Kind, Passage
from archive.reading.head import Head
from archive.reading.jsonld import Story, truth_of

TIERS = ("article:content_tier", "og:article:content_tier", "article_content_tier", "content_tier")
TIER: dict[str, Access] = {"locked": "paywalled", "paid": "paywalled", "premium": "paywalled", "metered": "metered"}
TIER |= {"free": "free"}
PAY = frozenset((Kind.APPEAL_PAYWALL, Kind.APPEAL_SUBSCRIPTION, Kind.APPEAL_REGISTRATION))
REACH = 8  # passages below the text among which a page asks for payment instead of going on
PART = 0.7  # share of the declared length below which a text is a part
SHORT = 200  # words: a text that ends so soon before a bar has been cut
ENDS = tuple(".!?…。！？»”\"')]")
BROKEN = ("…", "...", "[…]", "(…)")


def access_of(head: Head, story: Story, passages: Sequence[Passage]) -> tuple[Access | None, str]:
    """Return who may read the article and who says so; None where nobody does.

    A page that asks for payment where its text stops is `truncated` if it declares that not everybody may read it and
    the text is short of what it declares, or if the text breaks off.
    """
    declared, source = _declared(head, story)
    asks = declared != "free" and _asks_at_the_end(passages)
    if asks and _is_short(story, passages, declared=declared is not None):
        return "truncated", f"{source}, text" if source else "text"
    return declared, source


def _declared(head: Head, story: Story) -> tuple[Access | None, str]:
    """Return what the page declares: a tier says more than yes or no, and JSON-LD is kept better than other tags."""
    tier = TIER.get(head.first(*TIERS).lower())
    if tier == "metered":
        return tier, "meta"
    if story.free is not None:
        return ("free" if story.free else "paywalled"), "json-ld"
    if tier:
        return tier, "meta"
    said = truth_of(head.first("isaccessibleforfree"))
    return (None, "") if said is None else ("free" if said else "paywalled", "microdata")


def _asks_at_the_end(passages: Sequence[Passage]) -> bool:
    body = [i for i, p in enumerate(passages) if p.kind.in_body]
    return bool(body) and any(p.kind in PAY for p in passages[body[-1] + 1 : body[-1] + 1 + REACH])


def _is_short(story: Story, passages: Sequence[Passage], *, declared: bool) -> bool:
    """True if the text is a part of what is declared, or else breaks off; a short one counts where pay is declared."""
    texts = [p.text for p in passages if p.kind.in_body]
    letters, words = sum(map(len, texts)), sum(len(t.split()) for t in texts)
    if story.words:
        return words < PART * story.words
    if len(story.body) > letters:
        return letters < PART * len(story.body)
    last = texts[-1].rstrip()
    broken = last.endswith(BROKEN)
    return broken or (declared and (words < SHORT or not last.endswith(ENDS)))
