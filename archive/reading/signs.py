"""The signs that one block gives of being part of a letter to the reader (archive.reading.letters)."""

from archive.reading.cues import bits
from archive.reading.facts import Facts

MOST_OF_A_BLOCK = 3  # signs
SHORT, SALUTATION_WORDS, THANKS_WORDS = 8, 6, 12
LINKED = 0.85  # share of links in a line from which it is one: the headline of another story, in a list of them

WE, YOU, READERS = bits("we"), bits("you"), bits("journalism")
ASK, JOIN = bits("ask", "pay"), bits("subscribe", "member")
THANKS, PERIOD = bits("thanks"), bits("period")
SAYS, RELATED, LEGAL = bits("says"), bits("related"), bits("legal")
GREET, DISMISS = bits("greet"), bits("dismiss")
OTHER_ASKS = bits("newsletter", "social", "app", "survey", "adblock")
SIGNS = WE | YOU | READERS | ASK | JOIN | THANKS | PERIOD
WANTED = bits("ask", "pay", "subscribe", "member", "newsletter", "account", "dismiss", "thanks", "app", "tip")


def reported(f: Facts) -> bool:
    """True for a quotation with attribution: what somebody else says."""
    return bool(f.cues & SAYS) and f.has("quoted")


def salutes(f: Facts) -> bool:
    """True for a line of a few words that ends as a salutation does, in any language."""
    if f.words > SALUTATION_WORDS or not f.has("salute") or f.has("heading", "outlet", "quoted"):
        return False
    return not f.has("colon") or bool(f.opening & GREET or f.cues & (READERS | YOU))


def signs_of(f: Facts) -> int:
    """Return how much one block says that the outlet asks its reader for support."""
    cues = f.cues
    if cues & LEGAL or not (cues & SIGNS or f.has("outlet", "money")):
        return 0
    if reported(f) or f.has("title", "caption", "byline"):
        return 0
    we, you, ask = cues & WE, cues & YOU, cues & ASK
    spoken = we or you or ask or cues & (READERS | THANKS)
    ours = f.has("outlet") and (spoken or not f.has("quoted"))
    money, lasting = f.has("money") and not f.has("quoted"), cues & PERIOD and f.has("number")
    found = (
        ours,
        ours and (we or you),
        ask and (we or you or ours),
        cues & JOIN and ((we and you) or (ours and spoken)),
        money,
        lasting and (we or you or ask),
        we and you,
        cues & READERS and (we or ours),
        cues & THANKS and (you or we or cues & READERS or f.words <= THANKS_WORDS),
    )
    return min(MOST_OF_A_BLOCK, sum(map(bool, found)))


def is_sum_alone(f: Facts, signs: int) -> bool:
    """True for a sum that nothing around it in its block explains."""
    return signs == 1 and f.has("money") and not f.has("outlet")


def parts(f: Facts) -> bool:
    """True for what no letter goes past: the headline, a heading of something else, a line of links."""
    ours = f.has("outlet") or f.cues & ASK
    return bool(f.has("title") or (f.has("heading") and not ours) or (f.link_share > LINKED and not f.cues & ASK))


def is_past_button(f: Facts, before: Facts) -> bool:
    """True for a paragraph that asks for nothing, right under a few words that do: the article goes on."""
    is_button = before.cues & WANTED and heads(before) and not before.has("outlet")
    return bool(is_button and f.words > 2 * SHORT and not f.cues & ASK and not f.has("outlet"))


def heads(f: Facts) -> bool:
    """True for a few words that can stand over a letter."""
    return f.words <= SHORT and not f.has("terminal", "title", "quoted", "caption", "byline", "related")


def signs_off(f: Facts) -> bool:
    """True for a few words that can end a letter."""
    return f.words <= SHORT and not f.has("heading", "caption", "byline") and not reported(f)


def is_of_others(f: Facts) -> bool:
    """True for what cannot be part of a letter just for standing in its box."""
    apart = f.has("title", "caption", "byline", "related") or f.opening & RELATED or f.link_share > LINKED
    speaks = f.has("outlet") or f.cues & (WE | YOU | READERS | WANTED) or f.words <= SHORT
    return bool(apart or reported(f) or not speaks or asks_other(f))


def asks_other(f: Facts) -> bool:
    """True for a line that wants something else than money: a letter ends before it."""
    return bool(f.cues & OTHER_ASKS) and not f.cues & (ASK | PERIOD | THANKS | DISMISS) and not f.has("money")
