"""Which URLs are the same request, which are the same article, and whose they are.

Every function here answers for any text: what is no http(s) URL comes back stripped and otherwise unchanged, because
foreign WARCs and damaged feeds hold such things and must still be catalogued. `is_http` tells the two apart.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from w3lib.url import safe_url_string

if TYPE_CHECKING:
    from tldextract import TLDExtract

# Parameters that say how a reader came, never what is served. Only names that no site uses for anything else.
_TRACKING = re.compile(
    r"""
    (?: utm | at | ns | hsa | pk | mtm | matomo | oly | vero | piano | guce ) _ .+   # campaign suites
  | (?: fb | g | d | tw | tt | y | ys ) clid | msclkid | [gw]braid | igshid                  # click ids of ad networks
  | _ga | _gl | _hsenc | _hsmi | __tn__ | __twitter_impression | gclsrc | igsh | mc_[ce]id | mkt_tok | ref_src
  | fb_ (?: action_ids | ref | source ) | s_cid | i_?cid | intcid | ncid | ocid | mbid | cmpid | ito | smid | smtyp
  | wt[._]mc (?: _id )? | xtor | spm | sr_share | wpsrc | usqp | amp_js_v | amp_gsa | guccounter
  | feed (?: name | type )
    """,
    re.VERBOSE,
)
# Names that elsewhere mean something ("source=reuters" may select a page): dropped only with such a value.
_CHANNEL = re.compile(
    r"(?: cid | cmp | from | origin | partner | ref | share | soc_src | source | src | via )="
    r"(?: amp | app | atom | email | facebook | fb | feed | google | home | homepage | instagram | linkedin"
    r" | newsletter | push | reddit | rss2? | share | social | telegram | tw | twitter | whatsapp | x )",
    re.VERBOSE,
)
# A session by its name, or by a name that may be one and a value that is no story number and no slug.
_SESSION = re.compile(
    r"(?: phpsessid | jsessionid | session_?id | cfid | cftoken | oscsid | zenid | aspsessionid\w* )=.*"
    r" | (?: s | sess | session | sid )=(?=.*\d)(?=.*[a-z])[a-z0-9]{16,}",
    re.VERBOSE,
)
_PATH_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*", re.IGNORECASE)

# Already in normal form, as nearly all of a sitemap's 50,000 are: 60 us become 2.
_PLAIN = re.compile(r"(https?)://((?!-)[a-z0-9-]+(?:\.[a-z0-9-]+)+)(/[A-Za-z0-9/_~.-]*)?")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})?")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_DEFAULT_PORTS = {"http": 80, "https": 443}

# Variants of one article (article_key). Host labels and path parts that name a form of the page, not another page.
_VARIANT_HOST = re.compile(r"^(?:www|m|mobile|amp)\.")
_VARIANT_TAIL = re.compile(r"(?<=[^/])/(?:amp|print)(?:\.html?)?/*$|\.(?:amp|print)(?=(?:\.html?)?$)")
_VARIANT_ROOT = re.compile(r"^/amp(?=/[^/])")
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?|shtml|jsp)$", re.IGNORECASE)
_VARIANT_QUERY = re.compile(
    r"(?: amp | print | mobile )(?: = (?: 1 | true | yes )? )? | m=1"
    r" | (?: output | outputtype | view | display | format | version )=(?: amp | print | mobile )",
    re.VERBOSE,
)


def is_http(url: str) -> bool:
    """True if this is an http or https URL with a host that could be asked for.

    >>> is_http("https://courier.test/a"), is_http("mailto:desk@courier.test")
    (True, False)
    """
    return _parts(url) is not None


def normalise(url: str, drop_query: Iterable[str] = ()) -> str:
    """Return the URL by which a request is known: two URLs that differ only in writing give the same.

    Scheme and host are lower-case and ASCII; default ports, fragments, dot segments, needless escapes, tracking and
    session parameters go, as do parameters whose name matches a glob of `drop_query`. The order of the query stays:
    a server may read it, and this is an address that will be asked for.

    >>> normalise("HTTPS://Courier.test:443/a/../ferry%2dstrike?utm_source=rss&id=7#top")
    'https://courier.test/ferry-strike?id=7'
    """
    parts = _parts(url)
    if parts is None:
        return url.strip()
    query = "&".join(_kept(parts.query, tuple(drop_query)))
    return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", query, ""))


def article_key(url: str, drop_query: Iterable[str] = ()) -> str:
    """Return the key of the article at a final URL: the same for its AMP, print and mobile forms.

    On top of `normalise`: https for http, no credentials, no `www.`, `m.`, `mobile.` or `amp.` in front, no trailing
    slash, no index page, no `/amp` or `/print` tail, query sorted. Nothing else is guessed: `/a` and `/a.html`, upper
    and lower case, page 1 and page 2 are different articles until the site says otherwise (`canonical_merges`).

    >>> article_key("http://m.courier.test/ferry-strike/amp/?fbclid=x")
    'https://courier.test/ferry-strike'
    """
    parts = _parts(normalise(url, drop_query))
    if parts is None:
        return url.strip()
    netloc = _variant_free_host(parts.hostname or "") + (f":{parts.port}" if parts.port else "")
    query = "&".join(sorted(p for p in _pairs(parts.query) if not _VARIANT_QUERY.fullmatch(_plain(p))))
    return urlunsplit(("https", netloc, _variant_free_path(parts.path), query, ""))


def canonical_merges(
    final_url: str,
    declared: str | None,
    *,
    og_url: str | None,
    jsonld_url: str | None,
    hosts: Sequence[str],
    article_shaped: Callable[[str], bool],
) -> bool:
    """True if the page at `final_url` may be filed under the canonical URL it declares.

    Both must lie on the site's own hosts, the declared one must be shaped like an article, and og:url or JSON-LD must
    say the same: a template that declares the home page or the section on every article would else merge them all.
    """
    if not declared or not is_http(declared):
        return False
    key = article_key(declared)
    if key == article_key(final_url):
        return True
    own = is_under(declared, hosts) and is_under(final_url, hosts)
    agreed = any(other and article_key(other) == key for other in (og_url, jsonld_url))
    return own and agreed and article_shaped(declared)


def host_of(url: str) -> str:
    """Return the host of a URL, lower-case and ASCII; "" if it has none."""
    parts = _parts(url)
    return (parts.hostname or "") if parts else ""


@cache
def _suffixes() -> "TLDExtract":
    """Return the list of suffixes inside the package: no look-up on the network, no cache on disk.

    Private suffixes count, so that two blogs of one host are two publications.
    """
    from tldextract import TLDExtract  # noqa: PLC0415  # it brings a web client along: a fifth of a search's time

    return TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


@lru_cache(maxsize=4096)
def registered_domain(host: str) -> str:
    """Return the name its owner registered; hosts under an unknown suffix are taken by their last two labels.

    >>> registered_domain("news.bbc.co.uk"), registered_domain("www.courier.test"), registered_domain("127.0.0.1")
    ('bbc.co.uk', 'courier.test', '127.0.0.1')
    """
    if _is_ip(host):
        return host
    found = _suffixes()(host)
    return found.top_domain_under_public_suffix or ".".join(host.split(".")[-2:])


def is_under(url: str, hosts: Iterable[str]) -> bool:
    """True if the URL's host is one of these, or below one.

    >>> is_under("https://sport.courier.test/x", ["courier.test"])
    True
    """
    host = host_of(url)
    return bool(host) and any(host == h or host.endswith("." + h) for h in hosts)


def _parts(url: str) -> SplitResult | None:
    """Return the URL in normal form, still with its whole query; None if it is no http(s) URL with a host."""
    if (plain := _PLAIN.fullmatch(url)) and "/." not in url:
        return SplitResult(plain[1], plain[2], plain[3] or "/", "", "")
    try:
        # w3lib writes hosts and escapes as Scrapy will send them (host names by IDNA 2003).
        parts = urlsplit(safe_url_string(url.strip()))
        host, port = (parts.hostname or "").rstrip("."), parts.port
        if parts.scheme not in _DEFAULT_PORTS or not _is_host(host):
            return None
    except (ValueError, UnicodeError):
        return None
    netloc = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORTS[parts.scheme]:
        netloc += f":{port}"
    if parts.username:
        netloc = parts.netloc.rpartition("@")[0] + "@" + netloc
    # The session first: `/a/..;jsessionid=9` is `/a/..` without it.
    path = _without_dots(_PATH_SESSION.sub("", _plain_escapes(parts.path)))
    return SplitResult(parts.scheme, netloc, path, _plain_escapes(parts.query), "")


def _is_host(host: str) -> bool:
    return bool(host) and not re.search(r"[^a-z0-9._:-]|\.\.|^[.-]", host)


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _plain_escapes(text: str) -> str:
    """Return the text with unreserved escapes decoded, others in capitals, lone per cents escaped (RFC 3986, 6.2.2)."""

    def plain(match: re.Match[str]) -> str:
        if match[1] is None:
            return "%25"
        char = chr(int(match[1], 16))
        return char if char in _UNRESERVED else match[0].upper()

    return _ESCAPE.sub(plain, text)


def _without_dots(path: str) -> str:
    """Return the path with `.` and `..` resolved (RFC 3986, 5.2.4)."""
    kept: list[str] = []
    for segment in path.split("/")[1:]:
        if segment == "..":
            kept = kept[:-1]
        elif segment != ".":
            kept.append(segment)
    if path.endswith(("/.", "/..")):
        kept.append("")
    return "/" + "/".join(kept)


def _pairs(query: str) -> list[str]:
    return [pair for pair in query.split("&") if pair and pair != "="]


def _kept(query: str, drop_query: tuple[str, ...]) -> list[str]:
    globs = tuple(glob.lower() for glob in drop_query)
    return [pair for pair in _pairs(query) if not _is_noise(_plain(pair), globs)]


def _is_noise(pair: str, drop_query: tuple[str, ...]) -> bool:
    name = pair.partition("=")[0]
    if _TRACKING.fullmatch(name) or _CHANNEL.fullmatch(pair) or _SESSION.fullmatch(pair):
        return True
    return any(fnmatchcase(name, glob) for glob in drop_query)


def _plain(pair: str) -> str:
    """Return `name=value` lower-case and without escapes, for comparison."""
    return unquote(pair).lower()


def _variant_free_host(host: str) -> str:
    """Return the host without `www.`, `m.`, ... as long as a whole registered name remains."""
    if _is_ip(host):
        return f"[{host}]" if ":" in host else host
    shorter = _VARIANT_HOST.sub("", host)
    is_whole = shorter.endswith(registered_domain(host))
    return host if shorter == host or not is_whole else _variant_free_host(shorter)


def _variant_free_path(path: str) -> str:
    path = re.sub("/{2,}", "/", path)
    previous = None
    while path != previous:
        previous = path
        path = _INDEX.sub("/", _VARIANT_TAIL.sub("", _VARIANT_ROOT.sub("", path))).rstrip("/") or "/"
    return path
