"""WARC and ARC files as other programs write them, byte by byte: their warcinfo, their order of records and fields,
their digests, what they leave of a head, what they pack. The content is invented.
"""

import gzip
import hashlib
import struct
import zipfile
import zlib
from base64 import b32encode
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from uuid import NAMESPACE_URL, uuid5

from tests.desk import PARAGRAPHS

HOME = "http://www.quay-gazette.test/"
STORY = HOME + "2019/05/04/fog-over-the-quay-117"
AGAIN = "2019-06-01T10:00:00Z"
DATE = "2019-05-04T03:02:01Z"
TITLE = "Fog over the quay"
_TEXT = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
PAGE = (
    f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{TITLE}</title>'
    f'<link rel="stylesheet" href="/css/quay.css"></head><body><article><h1>{TITLE}</h1>{_TEXT}</article></body></html>'
).encode()
ZIPPED = gzip.compress(PAGE, mtime=0)
CHUNKED = b"%x\r\n%b\r\n0\r\n\r\n" % (len(ZIPPED), ZIPPED)
SENT = b"GET /2019/05/04/fog-over-the-quay-117 HTTP/1.1\r\nHost: www.quay-gazette.test\r\nUser-Agent: %b\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Foreign:
    """A file of another program: its name, its bytes, who says it wrote it, how many captures of the web it holds."""

    name: str
    content: bytes
    software: str | None
    captures: int


def base32(content: bytes) -> str:
    return "sha1:" + b32encode(hashlib.sha1(content).digest()).decode()


def base16(content: bytes) -> str:
    return "sha1:" + hashlib.sha1(content).hexdigest()


def sha256(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def name_of(*parts: object) -> str:
    return f"<{uuid5(NAMESPACE_URL, repr(parts)).urn}>"


def record(version: str, fields: list[tuple[str, str]], block: bytes) -> bytes:
    """Return a record with its fields in that order; the length goes where `Content-Length` stands, else last."""
    if all(name != "Content-Length" for name, _ in fields):
        fields = [*fields, ("Content-Length", "")]
    sized = [(name, str(len(block)) if name == "Content-Length" else value) for name, value in fields]
    head = "".join(f"{name}: {value}\r\n" for name, value in sized)
    return f"WARC/{version}\r\n{head}\r\n".encode() + block + b"\r\n\r\n"


def head(*lines: str) -> bytes:
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def info(version: str, file: str, *lines: str) -> bytes:
    fields = [("WARC-Type", "warcinfo"), ("WARC-Date", DATE), ("WARC-Filename", file)]
    fields += [("WARC-Record-ID", name_of(file)), ("Content-Type", "application/warc-fields")]
    return record(version, fields, "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n")


def members(*records: bytes) -> bytes:
    return b"".join(gzip.compress(each, mtime=0) for each in records)


def heritrix() -> Foreign:
    """HTTP/1.0 requests, no block digests, names looked up, outlinks as metadata, profiles of an early draft."""
    file = "QUAY-20190504030201123-00000-4711~crawler.quay.test~8443.warc.gz"
    http = "application/http; msgtype="
    answer = head("HTTP/1.1 200 OK", "Content-Type: text/html", f"Content-Length: {len(PAGE)}")
    address = ("WARC-IP-Address", "192.0.2.7")

    def of(kind: str, url: str, block: bytes, content: str, *more: tuple[str, str], at: str = DATE) -> bytes:
        named = ("WARC-Record-ID", name_of(kind, url, at))
        fields = [("WARC-Type", kind), ("WARC-Target-URI", url), ("WARC-Date", at), *more, named]
        return record("1.0", [*fields, ("Content-Type", content), ("Content-Length", "")], block)

    digest, concurrent = ("WARC-Payload-Digest", base32(PAGE)), ("WARC-Concurrent-To", name_of("response", STORY, DATE))
    identical = ("WARC-Profile", "http://netpreserve.org/warc/0.18/revisit/identical-payload-digest")
    unmodified = ("WARC-Profile", "http://netpreserve.org/warc/0.18/revisit/server-not-modified")
    refers = ("WARC-Refers-To", name_of("response", STORY, DATE))
    targets = [("WARC-Refers-To-Target-URI", STORY), ("WARC-Refers-To-Date", DATE)]
    length = ("WARC-Truncated", "length")
    software = "Heritrix/3.4.0-20190418 http://crawler.archive.org"
    lines = [f"software: {software}", "ip: 192.0.2.1", "hostname: crawler", "format: WARC File Format 1.0"]
    outlinks = b"via: http://www.quay-gazette.test/\r\nhopsFromSeed: L\r\noutlink: /css/quay.css E link/@href\r\n"
    asked = SENT.replace(b"HTTP/1.1", b"HTTP/1.0") % b"Mozilla/5.0 (compatible; heritrix/3.4.0)"
    found = b"20190504030200\nwww.quay-gazette.test.\t3600\tIN\tA\t192.0.2.7\n"
    return Foreign(
        file,
        members(
            info("1.0", file, *lines, "robots: obey", "isPartOf: quay"),
            of("response", "dns:www.quay-gazette.test", found, "text/dns", ("WARC-IP-Address", "192.0.2.53")),
            of("response", STORY, answer + PAGE, http + "response", digest, address),
            of("request", STORY, asked, http + "request", concurrent),
            of("metadata", STORY, outlinks, "application/warc-fields", concurrent),
            of(
                "revisit",
                STORY,
                answer,
                http + "response",
                digest,
                address,
                identical,
                refers,
                *targets,
                length,
                at=AGAIN,
            ),
            of("revisit", STORY, b"", http + "response", unmodified, refers, *targets, at="2019-06-02T10:00:00Z"),
        ),
        software,
        3,
    )


def browsertrix() -> Foreign:
    """WARC 1.1 in a WACZ, bodies decoded by a browser, heads renamed, SHA-256 in base 16, resources of its own."""
    software = "Browsertrix-Crawler 1.5.0 (with warcio.js 2.4.3)"
    answer = head(
        "HTTP/1.1 200 OK",
        "content-type: text/html",
        "x-orig-content-encoding: br",
        "x-orig-transfer-encoding: chunked",
        f"content-length: {len(PAGE)}",
    )

    def of(kind: str, url: str, block: bytes, payload: bytes, content: str, *more: tuple[str, str]) -> bytes:
        fields = [*more, ("WARC-Record-ID", name_of("btrix", kind, url)), ("WARC-Target-URI", url)]
        fields += [("WARC-Date", "2019-05-04T03:02:01.337Z"), ("WARC-Type", kind), ("Content-Type", content)]
        fields += [("WARC-Payload-Digest", sha256(payload)), ("WARC-Block-Digest", sha256(block))]
        return record("1.1", fields, block)

    page = [("WARC-Page-ID", "0a1b"), ("WARC-Resource-Type", "document")]
    concurrent = ("WARC-Concurrent-To", name_of("btrix", "response", STORY))
    asked = SENT % b"Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/120"
    told = b'{"pageid": "0a1b", "urls": {}}'
    warc = members(
        info(
            "1.1", "rec-0a1b-quay-20190504030201337-0.warc.gz", f"software: {software}", "format: WARC File Format 1.1"
        ),
        of("response", STORY, answer + PAGE, PAGE, "application/http; msgtype=response", *page),
        of("request", STORY, asked, b"", "application/http; msgtype=request", *page, concurrent),
        of("resource", f"urn:pageinfo:{STORY}", told, told, "application/json"),
        of("resource", f"urn:text:{STORY}", PAGE, PAGE, "text/plain"),
        of("resource", f"urn:thumbnail:{STORY}", b"\xff\xd8 seen", b"\xff\xd8 seen", "image/jpeg"),
    )
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("archive/rec-0a1b-quay-20190504030201337-0.warc.gz", warc)
        package.writestr("indexes/index.cdxj", "")
        package.writestr("datapackage.json", "{}")
    return Foreign("quay.wacz", out.getvalue(), software, 1)


def warcprox() -> Foreign:
    """What a proxy saw: chunked and packed as it came, digests in base 16, the response before the request."""
    file = "warcprox-20190504030201123-00000-4711-q1w2.warc.gz"
    answer = head("HTTP/1.1 200 OK", "Content-Type: text/html", "Content-Encoding: gzip", "Transfer-Encoding: chunked")

    def of(kind: str, content: str, block: bytes, *more: tuple[str, str], at: str = DATE) -> bytes:
        fields = [("WARC-Type", kind), ("WARC-Record-ID", name_of("prox", kind, at)), ("WARC-Date", at)]
        fields += [("WARC-Target-URI", STORY), *more, ("Content-Type", content), ("Content-Length", "")]
        return record("1.0", [*fields, ("WARC-Block-Digest", base16(block))], block)

    http, payload = "application/http;msgtype=", ("WARC-Payload-Digest", base16(ZIPPED))
    profile = ("WARC-Profile", "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest")
    refers = [("WARC-Refers-To", name_of("prox", "response", DATE)), ("WARC-Refers-To-Target-URI", STORY)]
    refers.append(("WARC-Refers-To-Date", DATE))
    first, again = (
        ("WARC-Concurrent-To", name_of("prox", *of_kind)) for of_kind in (("response", DATE), ("revisit", AGAIN))
    )
    asked, ip = SENT % b"curl/7.64", ("WARC-IP-Address", "192.0.2.7")
    shown = [("WARC-Type", "resource"), ("WARC-Record-ID", name_of("shot")), ("WARC-Date", DATE)]
    shown += [("WARC-Target-URI", f"screenshot:{STORY}"), ("Content-Type", "image/jpeg")]
    return Foreign(
        file,
        members(
            info(
                "1.0",
                file,
                "software: warcprox 2.4b3",
                "hostname: proxy.test",
                "ip: 192.0.2.1",
                "format: WARC File Format 1.0",
            ),
            of("response", http + "response", answer + CHUNKED, ip, payload),
            of("request", http + "request", asked, first),
            record("1.0", shown, b"\xff\xd8 seen"),
            of("revisit", http + "response", answer, ip, payload, profile, *refers, at=AGAIN),
            of("request", http + "request", asked, again, at=AGAIN),
        ),
        "warcprox 2.4b3",
        2,
    )


def cc_news() -> Foreign:
    """The request first, the length in the middle, bodies decoded and their codings renamed, a cut one."""
    file = "CC-NEWS-20190504030201-00117.warc.gz"
    answer = head(
        "HTTP/1.1 200 OK",
        "Content-Type: text/html; charset=UTF-8",
        "X-Crawler-Content-Encoding: gzip",
        "X-Crawler-Transfer-Encoding: chunked",
        f"Content-Length: {len(PAGE)}",
    )
    other = STORY.replace("117", "118")

    def of(kind: str, url: str, block: bytes, *more: tuple[str, str]) -> bytes:
        fields = [("WARC-Type", kind), ("WARC-Record-ID", name_of("cc", kind, url)), ("Content-Length", "")]
        fields += [("WARC-Date", DATE), ("WARC-Warcinfo-ID", name_of(file)), *more, ("WARC-Target-URI", url)]
        return record("1.0", [*fields, ("Content-Type", f"application/http; msgtype={kind}")], block)

    def both(url: str, body: bytes, *more: tuple[str, str]) -> tuple[bytes, bytes]:
        concurrent = ("WARC-Concurrent-To", name_of("cc", "request", url))
        digests = [("WARC-Payload-Digest", base32(body)), ("WARC-Block-Digest", base32(answer + body))]
        asked = of("request", url, SENT % b"CCBot/2.0", ("WARC-IP-Address", "192.0.2.7"))
        return asked, of("response", url, answer + body, ("WARC-IP-Address", "192.0.2.7"), concurrent, *digests, *more)

    software = "StormCrawler 1.13 http://stormcrawler.net/"
    lines = [f"software: {software}", "description: News crawl", "publisher: Quay", "format: WARC File Format 1.0"]
    cut = PAGE[: PAGE.index(PARAGRAPHS[4].encode())]
    return Foreign(
        file,
        members(info("1.0", file, *lines), *both(STORY, PAGE), *both(other, cut, ("WARC-Truncated", "length"))),
        software,
        2,
    )


def scrapy_webarchive() -> Foreign:
    """Heads put together from parts: HTTP/1.0 whatever was spoken, no reason, the coding kept, the chunking gone."""
    file = "quay-20190504030201-00000-crawler.warc.gz"
    answer = head("HTTP/1.0 200", "Content-Type: text/html", "Content-Encoding: gzip", "Transfer-Encoding: chunked")

    def of(kind: str, block: bytes, payload: bytes, *more: tuple[str, str]) -> bytes:
        fields = [("WARC-Type", kind), ("WARC-Target-URI", STORY), ("WARC-Date", DATE), *more]
        fields += [("WARC-Record-ID", name_of("scrapy", kind)), ("WARC-Payload-Digest", base32(payload))]
        fields += [("WARC-Block-Digest", base32(block)), ("Content-Type", f"application/http; msgtype={kind}")]
        return record("1.1", fields, block)

    asked = b"GET /2019/05/04/fog-over-the-quay-117 HTTP/1.0\r\nUser-Agent: Scrapy/2.11\r\n\r\n"
    named = ("WARC-Concurrent-To", name_of("scrapy", "response"))
    return Foreign(
        file,
        members(
            info("1.0", file, "software: Scrapy/2.11.2 (+https://scrapy.org)", "format: WARC file version 1.0"),
            of("response", answer + ZIPPED, ZIPPED),
            of("request", asked, b"", named),
        ),
        "Scrapy/2.11.2 (+https://scrapy.org)",
        1,
    )


def wget() -> Foreign:
    """URLs in angle brackets, the request first, an extra field in each gzip head, its own log at the end."""
    file = "quay.warc.gz"
    answer = head("HTTP/1.1 200 OK", "Content-Type: text/html", "Transfer-Encoding: chunked")
    body = b"%x;quay=1\r\n%b\r\n0\r\n\r\n" % (len(PAGE), PAGE)

    def of(kind: str, url: str, block: bytes, content: str, *more: tuple[str, str]) -> bytes:
        fields = [
            ("WARC-Type", kind),
            ("WARC-Record-ID", name_of("wget", kind, url)),
            ("WARC-Warcinfo-ID", name_of(file)),
        ]
        fields += [*more, ("WARC-Target-URI", f"<{url}>"), ("WARC-Date", DATE), ("WARC-Block-Digest", base32(block))]
        return record("1.0", [*fields, ("Content-Type", content)], block)

    asked = SENT % b"Wget/1.20.1"
    concurrent = ("WARC-Concurrent-To", name_of("wget", "request", STORY))
    log = "metadata://gnu.org/software/wget/warc/"
    payload = ("WARC-Payload-Digest", base32(PAGE))
    records = (
        info("1.0", file, "software: Wget/1.20.1 (linux-gnu)", "format: WARC File Format 1.0", "robots: classic"),
        of("request", STORY, asked, "application/http;msgtype=request"),
        of("response", STORY, answer + body, "application/http;msgtype=response", concurrent, payload),
        of("metadata", log + "MANIFEST.txt", f"{name_of('wget', 'response', STORY)}\n".encode(), "text/plain"),
        of("resource", log + "wget.log", b"saved\n", "text/plain"),
    )
    return Foreign(file, b"".join(map(_with_lengths, records)), "Wget/1.20.1 (linux-gnu)", 1)


def _with_lengths(content: bytes) -> bytes:
    """Return a gzip member that says in its head how long it is, packed and not."""
    stream = zlib.compressobj(9, wbits=-15)
    packed = stream.compress(content) + stream.flush()
    size = 10 + 2 + 12 + len(packed) + 8
    extra = struct.pack("<H2sHLL", 12, b"sl", 8, size, len(content))
    trailer = struct.pack("<LL", zlib.crc32(content), len(content))
    return b"\x1f\x8b\x08\x04" + bytes(4) + b"\x02\x03" + extra + packed + trailer


def arc() -> Foreign:
    """The predecessor, a gzip member each: a line in place of fields, no request, no digest, spaces in a URL."""
    about = b"1 1 InternetArchive\nURL IP-address Archive-date Content-type Archive-length\n<arcmetadata/>\n"
    opening = b"filedesc://QUAY-20010203-00000.arc 0.0.0.0 20010203040506 text/plain %d\n%b\n" % (len(about), about)
    answer = head("HTTP/1.1 200 OK", "Content-Type: text/html") + PAGE

    def of(url: str, content: bytes, kind: str = "text/html") -> bytes:
        return f"{url} 192.0.2.7 20010203040506 {kind} {len(content)}\n".encode() + content + b"\n"

    moved = head("HTTP/1.0 302 Found", f"Location: {STORY}", "Content-Type: text/html") + b"moved"
    found = b"20010203040506\nwww.quay-gazette.test.\t3600\tIN\tA\t192.0.2.7\n"
    content = members(
        opening, of("dns:www.quay-gazette.test", found, "text/dns"), of(HOME + "fog", moved), of(STORY, answer)
    )
    return Foreign("QUAY-20010203-00000.arc.gz", content, None, 2)


def one_piece() -> Foreign:
    """A WARC of warcio's capture that somebody packed with `gzip`, and the text that somebody took out of it."""
    answer = head("HTTP/1.1 200 OK", "Content-Type: text/html", "Transfer-Encoding: chunked", "Content-Encoding: gzip")
    block = answer + CHUNKED
    fields = [("WARC-Type", "response"), ("WARC-Record-ID", name_of("warcio")), ("WARC-Target-URI", STORY)]
    fields += [("WARC-Date", "2019-05-04T03:02:01.000123Z"), ("WARC-IP-Address", "192.0.2.7")]
    # warcio takes the payload's digest over the chunks.
    fields += [("WARC-Block-Digest", base32(block)), ("WARC-Payload-Digest", base32(CHUNKED))]
    fields += [("Content-Type", "application/http; msgtype=response")]
    text = [("WARC-Type", "conversion"), ("WARC-Record-ID", name_of("wet")), ("WARC-Target-URI", STORY)]
    text += [("WARC-Date", DATE), ("WARC-Refers-To", name_of("warcio")), ("Content-Type", "text/plain")]
    software = info("1.1", "capture.warc", "software: warcio 1.8.1", "format: WARC File Format 1.1")
    records = software + record("1.1", fields, block) + record("1.1", text, "\n".join(PARAGRAPHS).encode())
    return Foreign("capture.warc.gz", gzip.compress(records, mtime=0), "warcio 1.8.1", 1)


def times() -> tuple[datetime, datetime]:
    """Return when the story was captured, in WARC and in ARC."""
    return datetime(2019, 5, 4, 3, 2, 1, tzinfo=UTC), datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)


PROGRAMS = {
    made.__name__: made for made in (heritrix, browsertrix, warcprox, cc_news, scrapy_webarchive, wget, arc, one_piece)
}
