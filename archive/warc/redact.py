"""Keep the operator's credentials out of what is stored and shared."""

import re
from dataclasses import replace
from urllib.parse import quote

from archive.model import Link, Provenance
from archive.warc.message import header_end

_SECRET = re.compile(
    rb"^(authorization|proxy-authorization|cookie)([ \t]*:)([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)",
    re.IGNORECASE | re.MULTILINE,
)
_TARGET_USERINFO = re.compile(rb"\A([^\s]+ [A-Za-z][A-Za-z0-9+.-]*://)([^/?#\s]*)(?=@)")
_USERINFO = re.compile(r"\A([A-Za-z][A-Za-z0-9+.-]*://)[^/?#]*@")
_UNPRINTABLE = re.compile(r"[^\x21-\x7e]")
_INK = re.compile(rb"[^\s]")


def redact_request(sent: bytes) -> tuple[bytes, tuple[str, ...]]:
    r"""Return the request with every secret written over by as many `x`, and the names of what was hidden.

    >>> redact_request(b"GET / HTTP/1.1\r\nCookie: id=7\r\n\r\n")
    (b'GET / HTTP/1.1\r\nCookie: xxxx\r\n\r\n', ('cookie',))
    """
    end = header_end(sent)
    head, body = (sent[:end], sent[end:]) if end >= 0 else (sent, b"")
    names = [found[1].decode().lower() for found in _SECRET.finditer(head)]
    hidden = _SECRET.sub(lambda found: found[1] + found[2] + _INK.sub(b"x", found[3]), head)
    shown = _TARGET_USERINFO.sub(lambda found: found[1] + b"x" * len(found[2]), hidden)
    if shown != hidden:
        names.insert(0, "request-target")
    return shown + body, tuple(dict.fromkeys(names))


def public_uri(url: str) -> str:
    """Return the URL without a user's name and password, every character of it printable ASCII.

    >>> public_uri("https://me:secret@paper.test/été")
    'https://paper.test/%C3%A9t%C3%A9'
    """
    plain = _USERINFO.sub(r"\1", url)
    return _UNPRINTABLE.sub(lambda found: quote(found[0], errors="surrogatepass"), plain)


def public_provenance(provenance: Provenance) -> Provenance:
    """Return the provenance with no credentials in the URLs of its link."""
    link = provenance.link
    return provenance if link is None else replace(provenance, link=_public_link(link))


def _public_link(link: Link) -> Link:
    return replace(link, url=public_uri(link.url), found_in=public_uri(link.found_in))
