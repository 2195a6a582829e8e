"""The sort-friendly key of a URL (SURT), under which every replay tool looks captures up.

The key must be, byte for byte, what pywb and ReplayWeb.page compute from the URL a reader asks for. The rules are those
of the Internet Archive's canonicalizer; its own Python package is under the AGPL, so they are written anew here, and a
test compares the two over many URLs.
"""

import re
from urllib.parse import quote_from_bytes, unquote_to_bytes

_URL = re.compile(rb"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#.*)?", re.DOTALL)
_UNESCAPED = b"""!"$&'()*+,-./:;<=>?@[\\]^_`{|}~"""
_WWW = re.compile(rb"\Awww\d*\.")
_PORT = re.compile(rb":(\d*)\Z")
_DEFAULT_PORTS = {b"http": b"80", b"https": b"443"}
_PATH_SESSIONS = (
    re.compile(rb"(.*/)\((?:[a-z]\([0-9a-z]{24}\))+\)/([^?]+\.aspx.*)\Z"),
    re.compile(rb"(.*/)\([0-9a-z]{24}\)/([^?]+\.aspx.*)\Z"),
)
_QUERY_SESSIONS = tuple(
    re.compile(rb"(.*)(?:" + name + rb")(?:&(.*))?\Z", re.IGNORECASE | re.DOTALL)
    for name in (
        rb"jsessionid=[0-9a-zA-Z]{32}",
        rb"phpsessid=[0-9a-zA-Z]{32}",
        rb"sid=[0-9a-zA-Z]{32}",
        rb"ASPSESSIONID[a-zA-Z]{8}=[a-zA-Z]{24}",
        rb"cfid=[^&]+&cftoken=[^&]+",
    )
)


def surt(url: str) -> str:
    """Return the key of a URL: host names turned round, no scheme, no `www.`, lower case, query in order.

    >>> surt("https://www.courier.test/News/?b=2&a=1#top")
    'test,courier)/news?a=1&b=2'
    >>> surt("urn:dateline:run:7")
    'urn:dateline:run:7'
    """
    raw = re.sub(rb"[\t\r\n]", b"", url.encode("utf-8", "replace").strip())
    found = _URL.fullmatch(raw)
    if found is None or not raw:
        return "-"
    scheme, netloc, path, query = found.groups()
    host = _host(netloc or b"", (scheme or b"http").lower())
    key = (host + b")" if host else (scheme or b"http").lower() + b":") + _path(path, has_host=bool(host))
    query = _query(query)
    if query and key.endswith(b")"):
        key += b"/"
    return (key + (b"?" + query if query else b"")).decode("ascii")


def _host(netloc: bytes, scheme: bytes) -> bytes:
    netloc = netloc.rpartition(b"@")[2]
    port = _PORT.search(netloc)
    host = _plain(_PORT.sub(b"", netloc)).lower().strip(b"[]")
    if not host.isascii():
        host = _in_ascii(host)
    host = _WWW.sub(b"", _escaped(host.replace(b"..", b".").strip(b".")), count=1)
    number = port[1] if port else b""
    turned = b",".join(reversed(host.split(b".")))
    return turned + (b":" + number if number and number != _DEFAULT_PORTS.get(scheme) else b"")


def _in_ascii(host: bytes) -> bytes:
    try:
        return host.decode("utf-8", "ignore").encode("idna")
    except UnicodeError:
        return host


def _path(path: bytes, *, has_host: bool) -> bytes:
    path = _plain(path)
    if not has_host:
        return _escaped(path).lower()
    path = _escaped(_without_dots(path)).lower()
    for session in _PATH_SESSIONS:
        path = session.sub(rb"\1\2", path)
    return path.removesuffix(b"/") if len(path) > 1 else b"/"


def _without_dots(path: bytes) -> bytes:
    kept: list[bytes] = []
    for part in path.split(b"/")[1:]:
        if part == b"..":
            kept = kept[:-1] if kept else [part]
        elif part != b".":
            kept.append(part)
    if not kept:
        return b"/"
    return b"/" + b"".join(part + b"/" for part in kept[:-1] if part) + kept[-1]


def _query(query: bytes | None) -> bytes:
    if not query:
        return b""
    query = _escaped(_plain(query))
    for session in _QUERY_SESSIONS:
        if found := session.fullmatch(query):
            query = found[1] + (found[2] or b"")
    query = query.lower()
    if len(query) <= 1:
        return query
    pairs = sorted(tuple(pair.split(b"=", 1)) for pair in query.split(b"&"))
    return b"&".join(b"=".join(pair) for pair in pairs)


def _plain(text: bytes) -> bytes:
    """Return the text with its escapes undone, as often as they were done."""
    while (once := unquote_to_bytes(text)) != text:
        text = once
    return text


def _escaped(text: bytes) -> bytes:
    return quote_from_bytes(text, safe=_UNESCAPED).encode("ascii")
