"""From the bytes of a page to one parsed tree: which encoding they are in, and whether all of it was parsed."""

import re
from codecs import utf_8_decode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from charset_normalizer import from_bytes
from lxml import etree
from lxml.html import HtmlElement
from w3lib.encoding import (
    html_body_declared_encoding,
    http_content_type_encoding,
    read_bom,
    resolve_encoding,
)

from archive.errors import ReadingError

Headers = Sequence[tuple[str, str]]
ParseStatus = Literal["ok", "deep", "truncated"]

# libxml2 stops at NUL and chokes on the other C0 controls; no page means them.
CONTROLS = bytes(i for i in range(32) if i not in (9, 10, 12, 13)) + b"\x7f"
SAMPLE_BYTES = 65_536  # what the statistical vote looks at
PIECE_BYTES = 8_192
TOLERATED = 1 / 2_000  # share of broken characters at which a declared UTF-8 is still believed

# Deep pages are deep because inline tags were never closed: these go first, then the boxes.
INLINE_TAGS = re.compile(
    rb"</?(?:font|span|b|i|em|strong|u|big|small|s|sub|sup|center|nobr|ins|mark)(?:\s[^<>]*)?>",
    re.IGNORECASE,
)
BOX_TAGS = re.compile(
    rb"</?(?:div|section|blockquote|ul|ol|li|dl|dd|dt|table|tbody|tr|td|form)(?:\s[^<>]*)?>",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Page:
    """A page parsed once; everything that reads it shares `root` and leaves it as it is."""

    root: HtmlElement
    encoding: str
    encoding_source: str
    replacement_chars: int
    parse_status: ParseStatus


def parse_page(html: bytes, headers: Headers = (), url: str = "") -> Page:
    """Return the page as one tree; ReadingError if the bytes hold no element at all."""
    is_valid = is_utf8(html)
    encoding, source = _encoding_of(html, headers, is_valid=is_valid)
    utf8, replaced = as_utf8(html, encoding, is_valid=is_valid)
    root, status = parse_tree(utf8)
    if root is None:
        raise ReadingError(url, "no HTML element in the page")
    return Page(root, encoding, source, replaced, status)


def encoding_of(html: bytes, headers: Headers = ()) -> tuple[str, str]:
    """Return the encoding (a Python codec name) and what decided: `bom`, `header`, `meta`, `bytes` or `guess`.

    A label is a claim, the bytes are the fact: valid UTF-8 beyond ASCII is UTF-8 whatever the labels say (a legacy
    text is valid UTF-8 by accident about once in 10^6 pages of this size), and a UTF-8 label over other bytes is void.

    >>> encoding_of("prose in Köln".encode(), [("content-type", "text/html; charset=iso-8859-1")])
    ('utf-8', 'bytes')
    """
    return _encoding_of(html, headers, is_valid=is_utf8(html))


def _encoding_of(html: bytes, headers: Headers, *, is_valid: bool) -> tuple[str, str]:
    bom, _ = read_bom(html)
    if bom:
        return bom, "bom"
    claims = claimed_encodings(html, headers)
    if b"\x1b" in html and b"\x1b$" in html:  # ISO-2022 is ASCII to the eye of a UTF-8 decoder; one byte is soon sought
        stateful = [c for c in claims if c[0].startswith(("iso2022", "iso-2022"))]
        if stateful:
            return stateful[0]
    if is_valid:
        agreeing = [source for name, source in claims if name == "utf-8"]
        if html.isascii() and claims:
            return claims[0]
        return "utf-8", agreeing[0] if agreeing else "bytes"
    return vote(html, claims)


def claimed_encodings(html: bytes, headers: Headers) -> list[tuple[str, str]]:
    """Return (encoding, source) as the HTTP header and the page itself declare it, the header first."""
    content_type = next((v for k, v in headers if k.lower() == "content-type"), None)
    labels = [
        (http_content_type_encoding(content_type), "header"),
        (html_body_declared_encoding(html[:4096]), "meta"),
    ]
    claims = [(resolve_encoding(name) or name, source) for name, source in labels if name]
    return [claim for claim in claims if decodes(b"a", claim[0])]  # `uu` is an encoding too, and none of text


def is_utf8(html: bytes) -> bool:
    """True if every byte fits UTF-8; asked of pieces, as one letter would widen a whole page: a third of the time."""
    at = 0
    try:
        while at < len(html):
            _, used = utf_8_decode(html[at : at + PIECE_BYTES], "strict", at + PIECE_BYTES >= len(html))
            at += used
    except UnicodeDecodeError:
        return False
    return True


def vote(html: bytes, claims: list[tuple[str, str]]) -> tuple[str, str]:
    """Choose among the claims by the bytes; guess where no claim holds."""
    if ("utf-8" in (name for name, _ in claims) or not claims) and mostly_utf8(html):
        return "utf-8", next((source for name, source in claims if name == "utf-8"), "bytes")
    legacy = [c for c in claims if c[0] != "utf-8" and decodes(html, c[0])]
    if len({name for name, _ in legacy}) == 1:
        return legacy[0]
    best = from_bytes(html[:SAMPLE_BYTES], cp_isolation=[name for name, _ in legacy] or None).best()
    if best is None:
        return legacy[0] if legacy else ("cp1252", "guess")
    named = [c for c in legacy if resolve_encoding(best.encoding) in (c[0], None)]
    return named[0] if named else (resolve_encoding(best.encoding) or best.encoding, "guess")


def mostly_utf8(html: bytes) -> bool:
    """True for UTF-8 with a few broken characters: cut in a character, or pasted from elsewhere."""
    broken = html.decode(errors="replace").count("\ufffd")
    beyond_ascii = len(html) - len(html.translate(None, bytes(range(128, 256))))
    return broken <= max(2, len(html) * TOLERATED) and broken * 4 <= beyond_ascii


def decodes(html: bytes, encoding: str) -> bool:
    """True if nearly all of the page is possible in that encoding."""
    try:
        lost = html.decode(encoding, errors="replace").count("\ufffd")
    except (LookupError, ValueError):
        return False
    return lost <= max(2, len(html) * TOLERATED)


def as_utf8(html: bytes, encoding: str, *, is_valid: bool) -> tuple[bytes, int]:
    """Return the page as clean UTF-8 and how many characters could not be decoded; `is_valid` if it is UTF-8."""
    if encoding == "utf-8" and is_valid:
        return html.removeprefix(b"\xef\xbb\xbf").translate(None, CONTROLS), 0
    text = html.decode(encoding, errors="replace").removeprefix("\ufeff")
    return text.encode("utf-8", "replace").translate(None, CONTROLS), text.count("\ufffd")


def parse_tree(utf8: bytes) -> tuple[HtmlElement | None, ParseStatus]:
    """Return the tree, flattened if it was nested too deep; None if there is no element.

    libxml2 drops what lies deeper than 256 elements without a word, so its log is asked.
    """
    root, cut = _parse(utf8)
    if not cut:
        return root, "ok"
    for tags in (INLINE_TAGS, BOX_TAGS):
        utf8 = tags.sub(_separator, utf8)
        root, cut = _parse(utf8)
        if not cut:
            return root, "deep"
    return root, "truncated"


def _separator(tag: re.Match[bytes]) -> bytes:
    """A box ends a line, an inline tag ends nothing: words must not glue where tags are taken out."""
    return b"<br><br>" if tag.re is BOX_TAGS else b""


def _parse(utf8: bytes) -> tuple[HtmlElement | None, bool]:
    parser = etree.HTMLParser(
        encoding="utf-8",
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
        default_doctype=False,
    )
    # trafilatura asks for HtmlElement; lxml.html's own look-up is a Python call for each element.
    parser.set_element_class_lookup(etree.ElementDefaultClassLookup(element=HtmlElement))
    try:
        root = etree.fromstring(utf8, parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        root = None
    if any(e.type == etree.ErrorTypes.ERR_NO_MEMORY for e in parser.error_log):  # libxml2 keeps what it has, silently
        raise MemoryError("the page has more elements than there is room for")
    cut = any(e.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for e in parser.error_log)
    return (root if isinstance(root, HtmlElement) else None), cut
