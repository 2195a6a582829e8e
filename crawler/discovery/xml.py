"""Damaged XML made readable: what browsers forgive, named and mended before a parser sees it."""

import html.entities
import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from lxml import etree

MAX_CHARS = 5_000_000  # of a feed; feedparser took 24 s for 5.7 MB of 20,000 items (notes: trust 1.3)

_XML_DECLARATION = re.compile(r"<\?xml[^>]*\?>")
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]*(\[.*?\]\s*)?>", re.DOTALL)
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")  # XML 1.0, 2.2
_VERBATIM = r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)"
_LEFT_AS_IT_IS = re.compile(_VERBATIM, re.DOTALL)
_TO_MEND = re.compile(
    _VERBATIM + r"|&(?!(?:amp|lt|gt|quot|apos);)"
    r"(?:(?P<entity>[A-Za-z][A-Za-z0-9]*);|#(?:(?P<decimal>\d{1,7})|[xX](?P<hex>[0-9A-Fa-f]{1,6}));|)",
    re.DOTALL,
)
_PREFIX = re.compile(r"</?([\w.-]+):")
# A namespace with a blank in it would break Python's SAX, which puts name and namespace into one text.
_NAMESPACE = re.compile(r"""(\sxmlns(?::[\w.-]+)?\s*=\s*)(["'])([^"'<>]*)\2""")
_DECLARED = re.compile(r"\sxmlns:([\w.-]+)\s*=")
MAX_MENDS = 100_000  # what has more is no damaged feed but an attack on whoever mends it
MAX_PREFIXES = 50
_ROOT_NAME = re.compile(r"<[A-Za-z_][\w:.-]*")
_OPEN_ADDRESS = re.compile(
    r"<(?:[\w.-]+:)?(?:link|loc|guid|id|origlink)\b[^<>/]*>|<!\[CDATA\[\s*https?:", re.IGNORECASE
)
_KNOWN_PREFIXES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "image": "http://www.google.com/schemas/sitemap-image/1.1",
    "media": "http://search.yahoo.com/mrss/",
    "news": "http://www.google.com/schemas/sitemap-news/0.9",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xhtml": "http://www.w3.org/1999/xhtml",
}


@dataclass(frozen=True, slots=True)
class Mended:
    """XML as UTF-8 bytes without a document type, and what had to be mended."""

    body: bytes
    problems: tuple[str, ...]


def mended(text: str) -> Mended:
    """Return the XML of a document with lone ampersands, HTML entities and undeclared prefixes put right.

    No entity is ever expanded: the document type goes, and what it declared stays as plain text.
    """
    faults: Counter[str] = Counter()
    if match := _XML_DECLARATION.match(text):
        text = text[match.end() :].lstrip()
    text = _without_doctype(_without_half_address(text, faults), faults)
    text, unreadable = _UNREADABLE.subn("", text)
    if unreadable:
        faults["character that XML forbids"] += unreadable
    text, mends = _TO_MEND.subn(lambda m: _mend(m, faults), text, count=MAX_MENDS)
    if mends == MAX_MENDS:
        faults["more damage than is mended"] += 1
    text = _NAMESPACE.sub(lambda m: m[1] + m[2] + "".join(m[3].split()) + m[2], text)
    text = _with_namespaces(text, faults)
    return Mended(text.encode(), tuple(f"{n} x {what}" for what, n in faults.items()))


def parse(body: bytes) -> tuple[etree._Element | None, tuple[str, ...]]:
    """Return the tree of mended XML as far as it can be read, and the first thing its parser objected to."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        require_room(parser.error_log)
        return None, (f"not XML: {error.msg}",)
    require_room(parser.error_log)
    first = next(iter(parser.error_log), None)
    return root, (f"damaged XML: {first.message} (line {first.line})",) if first else ()


def require_room(log: etree._ListErrorLog) -> None:
    """Raise MemoryError if a parser ran out of memory: libxml2 goes on with what it has, as if that were all."""
    if any(entry.type == etree.ErrorTypes.ERR_NO_MEMORY for entry in log):
        raise MemoryError("no room for the tree of this document")


def local_name(element: etree._Element | None) -> str:
    """Return the name of an element without its namespace, lower-case; "" for comments and for none."""
    tag = element.tag if element is not None else None
    return _local(tag) if isinstance(tag, str) else ""


@lru_cache(maxsize=1024)
def _local(tag: str) -> str:
    return tag.rpartition("}")[2].rpartition(":")[2].lower()


def _without_half_address(text: str, faults: Counter[str]) -> str:
    """Return the text without an address that it breaks off in: half of one leads elsewhere."""
    tail = text.rfind("<")
    if not _OPEN_ADDRESS.match(text, tail):
        return text
    faults["address cut off at the end"] += 1
    return text[:tail]


def _without_doctype(text: str, faults: Counter[str]) -> str:
    start = text.find("<!DOCTYPE")
    match = _DOCTYPE.match(text, start) if start >= 0 else None
    if match is None:
        return text
    if match[1] and "<!ENTITY" in match[1].upper():
        faults["entity declarations, not obeyed"] += 1
    return text[: match.start()] + text[match.end() :]


def _mend(match: re.Match[str], faults: Counter[str]) -> str:
    text = match[0]
    if text.startswith("<"):
        return text
    if match["decimal"] or match["hex"]:
        return _numbered(match, faults)
    name = match["entity"]
    if name is None:
        faults["lone ampersand"] += 1
        return "&amp;"
    if char := html.entities.html5.get(name + ";"):
        faults["entity of HTML, not of XML"] += 1
        return "".join(f"&#{ord(c)};" for c in char)
    faults["unknown entity"] += 1
    return "&amp;" + text[1:]


def _numbered(match: re.Match[str], faults: Counter[str]) -> str:
    code = int(match["decimal"]) if match["decimal"] else int(match["hex"], 16)
    if code <= 0x10FFFF and not _UNREADABLE.match(chr(code)):
        return match[0]
    faults["character that XML forbids"] += 1
    return ""


def _with_namespaces(text: str, faults: Counter[str]) -> str:
    """Return the text with a namespace for each prefix in use; the names of the usual ones are known."""
    used = {found[1] for found in _PREFIX.finditer(_LEFT_AS_IT_IS.sub("", text))} - {"xml"}
    missing = sorted(used.difference(found[1] for found in _DECLARED.finditer(text)))[:MAX_PREFIXES]
    root = _ROOT_NAME.search(text)
    if not missing or root is None:
        return text
    faults["namespace prefix not declared: " + ", ".join(missing[:5])] = len(missing)
    names = "".join(f' xmlns:{p}="{_KNOWN_PREFIXES.get(p, "urn:undeclared:" + p)}"' for p in missing)
    return text[: root.end()] + names + text[root.end() :]
