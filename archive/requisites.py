"""Find what a page needs to look like itself: style sheets, images, fonts, scripts.

Pure functions of bytes that never fail: the crawl asks them what to fetch, an export what to take along.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from lxml import etree, html
from w3lib.url import safe_url_string

from archive.urls import is_http

PartKind = Literal["style", "image", "font", "script", "media"]

MAX_PARTS = 200  # of one document; of 964 real pages the median names 32 style sheets and images, 15 more than that
MAX_BYTES = 8 << 20  # of a document that is looked into: DOWNLOAD_MAXSIZE
_MAX_URL = 2_048
_MAX_NAMED = 5_000  # addresses looked at, most of them the same few

_CSS_URL = re.compile(
    r"""
    (?P<import> @import \s{0,20} ) (?: "(?P<i1>[^"\n]{0,2048})" | '(?P<i2>[^'\n]{0,2048})' )
  | (?P<import_url> @import \s{0,20} )? url\( \s{0,20}
    (?: "(?P<u1>[^"\n]{0,2048})" | '(?P<u2>[^'\n]{0,2048})' | (?P<u3>(?:\\.|[^()"'\s\\]){0,2048}) ) \s{0,20} \)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_CSS_ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6})[ \t\n]?|\\(.)", re.DOTALL)
_CANDIDATE = re.compile(r"[\s,]*(\S+)")
_EXTENSIONS: dict[str, PartKind] = {
    "css": "style",
    **dict.fromkeys(("woff", "woff2", "ttf", "otf", "eot"), "font"),
    **dict.fromkeys(("mp4", "webm", "mp3", "m4a", "ogg", "m3u8"), "media"),
}
_LINK_KINDS: dict[str, PartKind] = {
    "stylesheet": "style",
    "icon": "image",
    "apple-touch-icon": "image",
    "modulepreload": "script",
}
_PRELOADED: dict[str, PartKind] = {"style": "style", "image": "image", "font": "font", "script": "script"}
_LAZY = re.compile(r"data-(?:[\w-]*src(?:set)?|original|lazy|hires|bg|background(?:-image)?|image)")
_BACKGROUNDS = frozenset({"body", "table", "td", "th"})


@dataclass(frozen=True, slots=True)
class Part:
    """Something a document needs, by its absolute URL, without fragment."""

    url: str
    kind: PartKind


def parts_of_page(body: bytes, url: str, charset: str | None = None) -> tuple[Part, ...]:
    """Return the parts of a web page in the order they are named, each once, the first MAX_PARTS of them."""
    root = _tree(body[:MAX_BYTES], charset)
    if root is None:
        return ()
    base = next((href for e in root.iter("base") if (href := e.get("href"))), "")
    return _few(_in_elements(root), _joined(url, base) or url)


def parts_of_style(body: bytes, url: str) -> tuple[Part, ...]:
    """Return the parts of a style sheet: what it imports, its images and fonts.

    >>> parts_of_style(b'@import "print.css"; body {background: url(/sea.png)}', "https://courier.test/css/a.css")[1].url
    'https://courier.test/sea.png'
    """
    return _few(_in_css(body[:MAX_BYTES].decode("utf-8", "replace")), url)


Named = Iterator[tuple[str, PartKind]]
"""Addresses as a document writes them."""


def _few(named: Named, base: str) -> tuple[Part, ...]:
    found: dict[str, Part] = {}
    for address, kind in islice(named, _MAX_NAMED):
        full = _joined(base, address)
        if full and full not in found:
            found[full] = Part(full, kind)
            if len(found) == MAX_PARTS:
                break
    return tuple(found.values())


def _joined(base: str, address: str) -> str | None:
    """Return the URL as a browser asks for it, None if it is no web address."""
    address = address.strip()
    if not address or len(address) > _MAX_URL or address.startswith(("#", "data:", "blob:", "javascript:")):
        return None
    try:
        full = safe_url_string(urldefrag(urljoin(base, address)).url)
    except (ValueError, UnicodeError):
        return None
    return full if is_http(full) else None


def _tree(body: bytes, charset: str | None) -> html.HtmlElement | None:
    for encoding in dict.fromkeys((charset, None)):
        try:
            return html.document_fromstring(body, parser=html.HTMLParser(encoding=encoding, huge_tree=True))
        except LookupError:  # a character set that nobody knows: the page's own word, or none
            continue
        except (etree.ParserError, etree.XMLSyntaxError, ValueError):
            return None
    return None


def _in_elements(root: html.HtmlElement) -> Named:
    for element in root.iter(etree.Element):
        tag = element.tag
        if tag == "link":
            yield from _in_link(element)
        elif tag == "style":
            yield from _in_css(element.text or "")
        elif tag == "script":
            yield element.get("src") or "", "script"
        elif tag in ("img", "source", "input", "video", "audio", "embed", "image", "use"):
            yield from _in_media(element)
        if tag in _BACKGROUNDS:
            yield element.get("background") or "", "image"
        if style := element.get("style"):
            yield from _in_css(style)
        for name, value in element.items():
            if _LAZY.fullmatch(name) and tag not in ("script", "iframe"):
                yield from _in_lazy(name, value)


def _in_link(link: html.HtmlElement) -> Named:
    href = link.get("href") or ""
    for rel in (link.get("rel") or "").lower().split():
        if rel in _LINK_KINDS:
            yield href, _LINK_KINDS[rel]
        elif rel == "preload" and (kind := _PRELOADED.get((link.get("as") or "").lower())):
            yield href, kind
            for address in _in_srcset(link.get("imagesrcset") or ""):
                yield address, "image"


def _in_media(element: html.HtmlElement) -> Named:
    is_film = element.tag in ("video", "audio", "embed") or _parent(element) in ("video", "audio")
    kind: PartKind = "media" if is_film else "image"
    if element.tag != "input" or (element.get("type") or "").lower() == "image":
        yield element.get("src") or "", kind
    yield element.get("poster") or "", "image"
    for address in _in_srcset(element.get("srcset") or ""):
        yield address, "image"
    if element.tag in ("image", "use"):  # of SVG
        yield element.get("href") or element.get("xlink:href") or "", "image"


def _parent(element: html.HtmlElement) -> str:
    parent = element.getparent()
    return str(parent.tag) if parent is not None else ""


def _in_lazy(name: str, value: str) -> Named:
    """Yield what a script would put where the browser looks; a value that is no address is none of it."""
    if name.endswith("srcset"):
        for address in _in_srcset(value):
            yield address, "image"
    elif "url(" in value:
        yield from _in_css(value)
    elif _looks_like_address(value):
        yield value, "image"


def _looks_like_address(value: str) -> bool:
    value = value.strip()
    return " " not in value and ("/" in value or "." in value) and not value.startswith(("{", "["))


def _in_srcset(value: str) -> Iterator[str]:
    """Yield the addresses of a srcset; one may hold commas, but not end in one (HTML, 4.8.4.2.1).

    >>> list(_in_srcset("a.jpg 480w, /c,1/b.jpg 2x,c.jpg"))
    ['a.jpg', '/c,1/b.jpg', 'c.jpg']
    """
    at = 0
    while found := _CANDIDATE.match(value, at):
        address, at = found[1], found.end()
        if address.endswith(","):
            address = address.rstrip(",")
        else:
            comma = value.find(",", at)
            at = comma + 1 if comma >= 0 else len(value)
        if address:
            yield address


def _in_css(text: str) -> Named:
    for found in _CSS_URL.finditer(_without_comments(text)):
        groups = found.groupdict()
        address = next((groups[name] for name in ("i1", "i2", "u1", "u2", "u3") if groups[name]), "")
        address = _CSS_ESCAPE.sub(_unescaped, address)
        if groups["import"] or groups["import_url"]:
            yield address, "style"
        else:
            yield address, _kind_by_name(address)


def _without_comments(text: str) -> str:
    pieces, at = [], 0
    while (start := text.find("/*", at)) >= 0:
        pieces.append(text[at:start])
        end = text.find("*/", start + 2)
        if end < 0:
            return " ".join(pieces)
        at = end + 2
    return " ".join((*pieces, text[at:]))


def _unescaped(found: re.Match[str]) -> str:
    if found[1] is None:
        return found[2]
    number = int(found[1], 16)
    return chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"


def _kind_by_name(address: str) -> PartKind:
    try:
        path = unquote(urlsplit(address).path)
    except ValueError:
        return "image"
    return _EXTENSIONS.get(path.rpartition(".")[2].lower(), "image")
