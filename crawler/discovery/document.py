"""From the bytes of a source document to text of a known format, within bounds."""

import codecs
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from w3lib.encoding import http_content_type_encoding, read_bom, resolve_encoding

_Feed = Literal["rss", "rdf", "atom", "json-feed"]
_Sitemap = Literal["sitemap", "news-sitemap", "sitemap-index", "url-list", "robots"]
Format = _Feed | _Sitemap | Literal["html", "unknown"]

MAX_BYTES = 50 * 1024 * 1024  # the sitemap protocol's own limit, after decompression
_GZIP = b"\x1f\x8b"
_STEP = 64 * 1024
_LAYERS = 2  # a .xml.gz sent with Content-Encoding: gzip by a server that compresses twice

_XML_ENCODING = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]+)""")
_START = re.compile(
    r"<(?:\?xml\b|!DOCTYPE\b|(?:[\w.-]+:)?(?:rss|rdf|feed|channel|urlset|sitemapindex|html|opml)\b)", re.IGNORECASE
)
_ROOT = re.compile(r"<(?:!DOCTYPE\s+|[\w.-]+:)?(rss|rdf|feed|channel|urlset|sitemapindex|html|opml)\b", re.IGNORECASE)
_SKIPPED = re.compile(
    r"\s*(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE(?!\s+html)[^\[>]*(?:\[.*?\]\s*)?>)", re.DOTALL | re.IGNORECASE
)
_MARKUP = re.compile(r"</?(?:head|body|title|div|p|a|table|form|script|h1|span|br)\b", re.IGNORECASE)
_NEWS = re.compile(r"<news:news\b|<(?:\w+:)?publication_date\b|sitemap-news/0\.9")
_ROBOTS = re.compile(r"^[ \t]*(?:user-agent|sitemap)[ \t]*:", re.IGNORECASE | re.MULTILINE)
_ROOTS: dict[str, Format] = {
    "rss": "rss",
    "channel": "rss",
    "rdf": "rdf",
    "feed": "atom",
    "urlset": "sitemap",
    "sitemapindex": "sitemap-index",
    "html": "html",
}


@dataclass(frozen=True, slots=True)
class Document:
    """A source document as text; `problems` are what was wrong with its bytes."""

    text: str
    format: Format
    problems: tuple[str, ...] = ()


def open_document(body: bytes, content_type: str | None) -> Document:
    """Return the document that these bytes are: unpacked, decoded, and of the format it shows, not claims."""
    unpacked, packing = _unpacked(body)
    text, coding = _decoded(unpacked, content_type)
    text = text.replace("\x00", "").lstrip("\ufeff \t\r\n")
    text, before = _from_its_start(text)
    format_ = _format_of(text)
    return Document(text, format_, (*packing, *coding, *before, *_mislabelled(format_, content_type)))


def _unpacked(body: bytes) -> tuple[bytes, tuple[str, ...]]:
    problems: tuple[str, ...] = ()
    for _ in range(_LAYERS):
        if not body.startswith(_GZIP):
            break
        body, problems = _gunzipped(body)
    if body.startswith(_GZIP):
        return b"", ("packed more than twice",)
    if len(body) > MAX_BYTES:
        return body[:MAX_BYTES], (*problems, f"over {MAX_BYTES // 1024**2} MB: the rest is not read")
    return body, problems


def _gunzipped(body: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Return what gzip members hold, as far as they can be read and within bounds: a bomb costs its bound."""
    found = bytearray()
    unpacker = zlib.decompressobj(wbits=31)
    try:
        for start in range(0, len(body), _STEP):
            packed = body[start : start + _STEP]
            while packed and len(found) <= MAX_BYTES:
                if unpacker.eof:
                    unpacker = zlib.decompressobj(wbits=31)
                found += unpacker.decompress(packed, MAX_BYTES + 1 - len(found))
                packed = unpacker.unused_data
    except zlib.error:
        return bytes(found), ("the packed bytes are damaged: what comes after is lost",)
    return bytes(found), () if unpacker.eof or len(found) > MAX_BYTES else ("packed bytes cut off",)


def _decoded(body: bytes, content_type: str | None) -> tuple[str, tuple[str, ...]]:
    """Return the text, trusting BOM, then UTF-8 if it is that, then what is declared.

    Text that is valid UTF-8 by accident hardly exists; a wrong label is everyday.
    """
    bom, encoding = _marked(body)
    if encoding:
        return _replaced(body[len(bom) :], encoding)
    declared = _declared(body, content_type)
    try:
        if not (declared or "").startswith("iso2022"):
            return body.decode("utf-8"), ()
    except UnicodeDecodeError:
        pass
    if declared and declared != "utf-8":
        return _replaced(body, declared)
    if _is_mostly_utf8(body):
        return _replaced(body, "utf-8")
    return _replaced(body, "cp1252", "no valid utf-8, read as windows-1252")


def _marked(body: bytes) -> tuple[bytes, str | None]:
    """Return the byte order mark and the encoding it says; XML in UTF-16 without one shows by its first character."""
    encoding, bom = read_bom(body)
    if encoding and bom:
        return bom, encoding
    for start, name in ((b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be")):
        if body.startswith(start):
            return b"", name
    return b"", None


def _declared(body: bytes, content_type: str | None) -> str | None:
    """Return Python's name of the declared encoding: the XML declaration before the header, often a mere default."""
    match = _XML_ENCODING.match(body)
    for label in (
        match[1].decode("ascii", "replace") if match else None,
        http_content_type_encoding(content_type) if content_type else None,
    ):
        if label and (known := resolve_encoding(label)) and _is_of_text(known):
            return codecs.lookup(known).name.replace("_", "")
    return None


def _is_of_text(encoding: str) -> bool:
    """False for what Python calls an encoding and is none of text: uu, hex, bz2."""
    try:
        b"a".decode(encoding, "replace")  # of no bytes at all, Python does not look
    except (LookupError, ValueError):
        return False
    return True


def _is_mostly_utf8(body: bytes) -> bool:
    text = body.decode("utf-8", "replace")
    good = sum(1 for c in text if c > "\x7f" and c != "\ufffd")
    return good > text.count("\ufffd")


def _replaced(body: bytes, encoding: str, problem: str = "") -> tuple[str, tuple[str, ...]]:
    text = body.decode(encoding, "replace")
    lost = text.count("\ufffd") - body.decode(encoding, "ignore").count("\ufffd")
    problems = [problem] if problem else []
    if lost:
        problems.append(f"{lost} characters are no {encoding}")
    return text, tuple(problems)


def _from_its_start(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the document without what a server printed before it: a warning, a stray tag."""
    start = _START.search(text, 0, 4_000)
    if start is None or not text[: start.start()].strip() or text.startswith(("{", "[", "<!--")):
        return text, ()
    return text[start.start() :], ("text before the document",)


def _format_of(text: str) -> Format:
    if text.startswith(("{", "[")):
        return "json-feed" if '"items"' in text else "unknown"
    if root := _ROOT.search(text, _prolog_end(text)):
        name = root[1].lower()
        found = _ROOTS.get(name, "unknown")
        return "news-sitemap" if found == "sitemap" and _has_news(text) else found
    return "html" if _MARKUP.search(text) else _plain_format(text)


def _prolog_end(text: str) -> int:
    """Return where the XML declaration, comments and document type end; the one of HTML is no prolog but the answer."""
    end = 0
    while match := _SKIPPED.match(text, end):
        end = match.end()
    return end


def _has_news(text: str) -> bool:
    return bool(_NEWS.search(text))


def _plain_format(text: str) -> Format:
    if _ROBOTS.search(text[:100_000]):
        return "robots"
    lines: Sequence[str] = text[:10_000].split()
    return "url-list" if any(line.startswith(("http://", "https://")) for line in lines) else "unknown"


def _mislabelled(format_: Format, content_type: str | None) -> tuple[str, ...]:
    """Return a problem if a document that is no page is served as one, which feed readers stumble over."""
    label = (content_type or "").partition(";")[0].strip().lower()
    is_wrong = label in ("text/html", "application/xhtml+xml") and format_ not in ("html", "unknown")
    return (f"served as {label}, read as {format_}",) if is_wrong else ()
