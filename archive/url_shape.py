"""What an address looks like before anyone has opened it: an article, a listing, neither, or unclear.

A site's own patterns come first everywhere; this is for sites that declare none. It reads no language: dates, numbers
and the length of the last part tell most articles; a short list of words tells the rest of a site's furniture.
"""

import re
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

Shape = Literal["article", "listing", "other", "unclear"]

_FILE = re.compile(
    r"\.(?:jpe?g|png|gif|webp|avif|svg|ico|pdf|docx?|xlsx?|pptx?|odt|epub|zip|gz|rar|exe|apk|mp3|m4a|ogg|wav|mp4"
    r"|m4v|webm|mov|avi|m3u8|css|js|mjs|json|xml|rss|atom|rdf|ics|txt|csv|woff2?)$",
    re.IGNORECASE,
)
_PAGE = re.compile(r"\.(?:s?html?|php\d?|aspx?|jsp|cfm|ece|amp)$", re.IGNORECASE)
_DATE = re.compile(
    r"/(?:19|20)\d{2}(?:[/-](?:0?[1-9]|1[0-2]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w{0,6}"
    r"(?:[/-](?:0?[1-9]|[12]\d|3[01]))?)?(?=/|$)|/(?:19|20)\d{6}(?=/|$)",
    re.IGNORECASE,
)
_INDEX = re.compile(r"/(?:index|default)\.\w{3,5}$", re.IGNORECASE)
_PAGED = re.compile(r"/(?:page|pagina|seite|p)/?-?\d{1,5}/?$|/\d{1,3}/?$", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"\d{5,}")
_SERIAL = re.compile(r"(?=[a-f0-9-]*\d)[a-f0-9]{8}-?(?:[a-f0-9]{4}-?){3}[a-f0-9]{12}|[A-Za-z0-9_]{0,40}\d{6,}")
_IDS = frozenset(
    {"id", "p", "aid", "nid", "newsid", "news_id", "artid", "articleid", "article_id", "story", "storyid", "story_id"}
)

# Parts of a path that name a collection; what follows them is its name, however long.
_LISTINGS = frozenset(
    """
    author authors autor autoren autore auteur auteurs by category categories categoria kategorie kategorien columnist
    contributor contributors hashtag keyword label person people-topic profile profiles redaktion reporter rubric
    rubrik rubrique schlagwort section series serie staff stichwort tag tags tagged thema themen theme topic topics
    writer writers
    """.split()  # noqa: SIM905 - a list of words is read as one
)
# Parts of a path that are no journalism at all, whole and not as part of a slug.
_FURNITURE = frozenset(
    """
    abo abonnement about about-us accessibility account ads advertise advertising agb app apps basket careers
    cart cdn-cgi checkout comments contact contact-us contacto contribute cookie-policy cookies datenschutz
    donate events faq feed feedback feeds forum help impressum imprint jobs kontakt legal login logout
    mediadaten my-account newsletter newsletters password podcast-feed policies print-subscription privacy
    privacy-policy register registrieren rss search shop sign-in sign-up signin signup sitemap sitemaps
    subscribe subscribe-now subscription subscriptions suche support terms terms-and-conditions
    terms-of-service terms-of-use unsubscribe user users wp-admin wp-content wp-json wp-login
    """.split()  # noqa: SIM905 - a list of words is read as one
)


def shape_of(url: str) -> Shape:
    """Return what an address looks like.

    >>> shape_of("https://courier.test/2026/03/04/ferry-strike"), shape_of("https://courier.test/tag/ferries")
    ('article', 'listing')
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return "other"
    path = re.sub("/{2,}", "/", unquote(parts.path))[:2_048]
    path = _INDEX.sub("/", path)
    segments = [s for s in path.split("/") if s]
    if _FILE.search(path):
        return "other"
    if _is_numbered(parts.query):
        return "article"
    if not segments:
        return "listing"
    return _named(segments) or _dated(path) or _by_last(segments, path)


def _is_numbered(query: str) -> bool:
    """True if the query asks for one numbered thing: `?p=123`."""
    pairs = parse_qsl(query[:2_048])
    return any(name.lower() in _IDS and len(value) > 1 and value.isdecimal() for name, value in pairs)


def _named(segments: list[str]) -> Shape | None:
    words = [_PAGE.sub("", s).lower() for s in segments]
    if words[0] in _FURNITURE or words[-1] in _FURNITURE:
        return "other"
    is_collection = any(w in _LISTINGS for w in words[:-1][:3]) or words[-1] in _LISTINGS
    if is_collection and not _DATE.search("/" + "/".join(segments)):
        # Two levels below a collection's word (`/authors/ann-lee/a-slug-of-many-words`) an article may lie.
        is_slug = len(_WORD.findall(words[-1])) > 3 or bool(_NUMBER.search(words[-1]))
        is_deep = len(words) > 2 and words[-2] not in _LISTINGS
        return None if is_deep and is_slug else "listing"
    return None


def _dated(path: str) -> Shape | None:
    """Return what a date in the path says: an article if a name or number follows, else the issue of a day."""
    dates = list(_DATE.finditer(path))
    if not dates:
        return None
    rest = path[dates[-1].end() :].strip("/")
    if not rest:
        return "listing" if dates[-1].group().count("/") > 1 or len(dates) == len(path.strip("/").split("/")) else None
    return "listing" if _PAGED.fullmatch("/" + rest) else "article" if len(rest) > 3 else None


def _by_last(segments: list[str], path: str) -> Shape:
    last = _PAGE.sub("", segments[-1])
    words = _WORD.findall(last)
    has_number = bool(_NUMBER.search(last) or _SERIAL.fullmatch(last))
    if has_number or len(words) >= 4 or (len(words) == 3 and len(last) > 15):
        return "article"
    if len(segments) > 1 and _PAGED.search(path):
        return "listing"
    if not last.isascii() and _width(last) >= 14:  # a headline in a script that writes no hyphens
        return "article"
    is_page = last != segments[-1]
    if any(_NUMBER.search(s) for s in segments) or (is_page and len(words) > 1):
        return "article"
    return "unclear" if len(segments) > 1 or len(words) > 1 or is_page else "listing"


def _width(text: str) -> int:
    """Return the columns that a text takes: two for each character of Chinese and its kin, which say as much as two."""
    return sum(2 if ord(c) > 0x2E80 else 1 for c in text)
