"""The names of passages: which appeal, which part of the page's furniture."""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache

from archive.model import Kind
from archive.reading.cues import bits
from archive.reading.facts import Facts

# What speaks for each appeal, by families of words: (kind, sure signs, weaker signs).
APPEALS: tuple[tuple[Kind, int, int], ...] = (
    (Kind.APPEAL_ADBLOCK, bits("adblock"), 0),
    (Kind.APPEAL_CONSENT, bits("consent"), 0),
    (Kind.APPEAL_NEWSLETTER, bits("newsletter"), 0),
    (Kind.APPEAL_PAYWALL, bits("paywall"), bits("offer")),
    (Kind.APPEAL_MEMBERSHIP, bits("member"), 0),
    (Kind.APPEAL_SUBSCRIPTION, bits("subscribe"), bits("offer", "period")),
    (Kind.APPEAL_DONATION, bits("ask", "pay"), bits("period", "journalism", "thanks")),
    (Kind.APPEAL_REGISTRATION, bits("account"), 0),
    (Kind.APPEAL_APP, bits("app"), 0),
    (Kind.APPEAL_FOLLOW, bits("social"), 0),
    (Kind.APPEAL_TIPLINE, bits("tip"), 0),
    (Kind.APPEAL_SURVEY, bits("survey"), bits("feedback")),
)
WANTED = bits(
    "adblock",
    "consent",
    "newsletter",
    "paywall",
    "subscribe",
    "member",
    "ask",
    "pay",
    "account",
    "app",
    "social",
    "tip",
    "survey",
)
SURE, WEAK = 4, 1
NAMED = {Kind.APPEAL_NEWSLETTER: 1}  # a line that says "newsletter" sells nothing, though one subscribes to it weekly
PROSE_WORDS = 6
SHORTEST_LEAD = 6  # words of a subheading that stands right under the headline
LETTER = {Kind.APPEAL_DONATION: 4, Kind.APPEAL_MEMBERSHIP: 1, Kind.APPEAL_SUBSCRIPTION: 0}
CORRECTION, RELATED, AD = bits("correction"), bits("related"), bits("ad")
LEGAL, BY, CREDIT, NOTE = bits("legal"), bits("by"), bits("credit"), bits("message")

NEWSLETTER, ACCOUNT = bits("newsletter"), bits("account")
GENERIC = frozenset((Kind.APPEAL_SUBSCRIPTION, Kind.APPEAL_REGISTRATION))  # a button says no more than that
BUTTON_WORDS, BUTTON_REACH = 6, 3  # words of a button, blocks of its box
LINKED, LINK_WORDS = 0.5, 3  # share of links in a line that leads elsewhere; words that a link to a story exceeds
LONGEST_CAPTION, LONGEST_BYLINE, AD_WORDS, LEGAL_WORDS = 80, 12, 6, 3

DISCLOSURE = re.compile(  # what a page earns by its links
    r"affiliate[ -]?(?:link|commission|partner|programm?)|(?:earn|receive|paid|get)\b.{0,40}\bcommissions?\b"
    r"|(?:provision|kommission)\b.{0,60}\b(?:link|partner|kauf|händler)|(?:link|partner|kauf)\w*\b.{0,80}\bprovision\b"
    r"|enlaces? de afilia|links? de afilia|comisi[óo]n por (?:las )?compras|liens? (?:d[’']affiliation|affili[ée]s?)"
    r"|link (?:di )?affilia|linki? afiliac|партн[её]рск\w+ ссыл|アフィリエイト",
    re.IGNORECASE,
)
# One of these stands in each of them.
DISCLOSING = ("ffili", "afilia", "ommission", "provision", "comisi", "партн", "アフィリエイト")
COPYRIGHT = ("©", "(c)", "(C)", "Copyright ©")
READING_TIME = re.compile(  # before a text, in a line of its own
    r"(?:read(?:ing)? time|lesezeit|lesedauer|temps de lecture|tiempo de lectura|tempo (?:de leitura|di lettura)"
    r"|leestijd|czas czytania|время чтения|час читання|okuma süresi|lukuaika|lästid|lesetid|læsetid|doba čtení"
    r"|olvasási idő)\W{0,3}(?:.{1,8}\W)?\d{1,3}.{0,12}"
    r"|\d{1,3}.{0,3}min.{0,12}(?:read|lesezeit|lectura|leitura|lettura|lecture|leestijd|lästid)",
    re.IGNORECASE,
)
SIGNED = re.compile(r"[—–―-] ?.{1,80} \(@\w{1,15}\) .{4,40}")  # below an embedded post: name, handle, day
EDITORS_NOTE = re.compile(  # how an editor speaks up in an article
    r"[\[(*\s]*(?:editor(?:[’']s|ial|s)? note|note (?:from|by) the editor|anm(?:erkung|\.) der red"
    r"|red(?:aktionelle|\.) anm|(?:note|ndlr|n\.d\.l\.r)\b.{0,20}r[ée]daction"
    r"|nota (?:del?|da|do|della|de la) (?:editor|reda)|nota redac|noot van de redac|(?:od|przypis) redakcji"
    r"|от редакции|примечание редакции|від редакції|poznámka redak|editörün notu|redaktionens? anm"
    r"|toimituksen huom|a szerkesztő megj|编者按|編集部注|편집자\s?주|ملاحظة المحرر)",
    re.IGNORECASE,
)

Named = tuple[Kind, str]


def discloses(text: str) -> bool:
    """True if a line tells what the page earns by its links."""
    lower = text.lower()
    return any(stem in lower for stem in DISCLOSING) and DISCLOSURE.search(text) is not None


def named(
    facts: Sequence[Facts],
    texts: Sequence[str],
    inside: Sequence[bool],
    asks: Collection[int],
    letter_of: Mapping[int, int],
    repeated: Sequence[float],
) -> list[Named]:
    """Return (kind, what told) for every block; blocks of one letter or one run of appeals share their kind."""
    found: list[Named] = []
    first_body = next((i for i, kept in enumerate(inside) if kept), len(facts))
    for i, f in enumerate(facts):
        if inside[i]:
            found.append((_of_article(f, texts[i], first=i == first_body), "vote"))
        elif i in asks:
            found.append(
                _of_page_after_all(f, texts[i], i in letter_of) or (_of_appeal(facts, asks, letter_of, i), "appeal")
            )
        else:
            found.append(_of_page(f, texts[i], before=i < first_body))
    return _lettered(found, facts, asks, repeated)


def _of_article(f: Facts, text: str, *, first: bool) -> Kind:
    opens = first and f.has("after_h1") and f.words >= SHORTEST_LEAD
    if f.has("lead_place") or (opens and (f.has("lead_class") or f.has("heading"))):
        return Kind.LEAD
    if f.has("heading"):
        return Kind.HEADING
    noted = EDITORS_NOTE.match(text) is not None
    if f.opening & CORRECTION and f.words > 5 and not noted:
        return Kind.CORRECTION
    return Kind.NOTE if (noted or f.has("note")) and len(text) > 20 else Kind.BODY


def _of_appeal(facts: Sequence[Facts], asks: Collection[int], letter_of: Mapping[int, int], i: int) -> Kind:
    if i in letter_of:
        run = [k for k, start in letter_of.items() if start == letter_of[i]]
        return _strongest([facts[k] for k in run], LETTER)
    own = _strongest([facts[i]], {})
    if max(_weights(facts[i].cues)) >= SURE:
        return Kind.APPEAL_NEWSLETTER if own in GENERIC and _is_button_of(facts, asks, i) else own
    if facts[i].has("mail"):
        return Kind.APPEAL_TIPLINE
    beside = [k for k in (i - 2, i - 1, i + 1, i + 2) if k in asks and k not in letter_of]
    return _strongest([facts[k] for k in (i, *beside)], {})


def _is_button_of(facts: Sequence[Facts], asks: Collection[int], i: int) -> bool:
    """True for a few words, "sign up" say, beside a line that asks to take a newsletter."""
    if facts[i].words > BUTTON_WORDS:
        return False
    reach = range(max(0, i - BUTTON_REACH), min(len(facts), i + BUTTON_REACH + 1))
    return any(k in asks and facts[k].cues & NEWSLETTER for k in reach)


def _of_page_after_all(f: Facts, text: str, lettered: bool) -> Named | None:
    """Name what stands among appeals, asks for nothing and says so: a disclosure, an imprint, another story."""
    if lettered:
        return None
    if discloses(text) or (f.cues & LEGAL and f.cues & WANTED == ACCOUNT):
        return Kind.CHROME_LEGAL, "wording"
    if f.opening & RELATED and not f.cues & NEWSLETTER and f.link_share > LINKED and f.words > BUTTON_WORDS:
        return Kind.CHROME_RELATED, "links"
    return None


def _strongest(run: Sequence[Facts], head_start: Mapping[Kind, int]) -> Kind:
    """Return the kind that the words of the run speak for most; a wordless box is most often a subscription's."""
    sums = [head_start.get(kind, 0) for kind, *_ in APPEALS]
    for f in run:
        sums = [a + b for a, b in zip(sums, _weights(f.cues), strict=True)]
    best = max(sums)
    return APPEALS[sums.index(best)][0] if best else Kind.APPEAL_SUBSCRIPTION


@lru_cache(maxsize=8_192)
def _weights(cues: int) -> tuple[int, ...]:
    return tuple(
        (SURE + NAMED.get(kind, 0)) * bool(cues & sure) + WEAK * (cues & weak).bit_count()
        for kind, sure, weak in APPEALS
    )


def _of_page(f: Facts, text: str, *, before: bool) -> Named:
    """Name a block that is neither the article's nor an appeal; the first claim that holds names it."""
    return _beside_the_text(f, before=before) or _by_wording(f, text) or _apart_from_it(f)


def _beside_the_text(f: Facts, *, before: bool) -> Named | None:
    if before and f.has("title"):
        return Kind.TITLE, "headline"
    if f.words <= LONGEST_CAPTION and f.has("caption", "figure"):
        return Kind.CAPTION, "markup"
    return (Kind.BYLINE, "markup") if f.has("byline", "author") else None


def _by_wording(f: Facts, text: str) -> Named | None:
    if f.opening & BY and f.words <= LONGEST_BYLINE and not f.has("terminal"):
        return Kind.BYLINE, "wording"
    is_legal = (f.cues & LEGAL and f.words >= LEGAL_WORDS) or text.startswith(COPYRIGHT) or discloses(text)
    return (Kind.CHROME_LEGAL, "wording") if is_legal else None


def _apart_from_it(f: Facts) -> Named:
    if f.words <= AD_WORDS and (f.opening & AD or f.has("ad")):
        return Kind.CHROME_AD, "markup"
    if f.opening & RELATED or (f.link_share > LINKED and f.words > LINK_WORDS) or f.has("related"):
        return Kind.CHROME_RELATED, "links"
    return (Kind.CHROME_PROMO, "markup") if f.has("promo") else (Kind.CHROME_FURNITURE, "vote")


def _lettered(
    found: list[Named], facts: Sequence[Facts], asks: Collection[int], repeated: Sequence[float]
) -> list[Named]:
    """Name repeated prose that speaks of money and of the outlet an appeal, in whatever language it is."""
    said = [i for i, (kind, _) in enumerate(found) if repeated[i] and not kind.in_body and _is_said(facts[i])]
    for run in _near(said):
        prose = [i for i in run if facts[i].words >= PROSE_WORDS]
        if len(prose) >= 2 and any(facts[i].has("money") for i in run) and any(facts[i].has("outlet") for i in run):
            kind = _strongest([facts[i] for i in run], LETTER)
            for i in run:
                if i not in asks or max(_weights(facts[i].cues)) < SURE:
                    found[i] = kind, "repeated letter"
    return found


def _is_said(f: Facts) -> bool:
    """True if a block is text to be read, and not a link, or the heading of a list of links."""
    return f.link_share < 0.3 and not f.opening & RELATED


def _near(numbers: Sequence[int]) -> list[list[int]]:
    """Return the runs of neighbours among sorted numbers."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number - runs[-1][-1] == 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs
