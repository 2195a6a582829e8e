"""What a hostile or damaged source may cost: bounded time, bounded memory, no error, no silence."""

import gzip
import resource
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.model import SourceKind
from crawler.discovery import Discovery, discover
from crawler.discovery.document import MAX_BYTES
from crawler.discovery.feeds import MAX_ITEMS
from crawler.discovery.sitemaps import MAX_ENTRIES

URL = "https://courier.test/source"
FOLDER = Path(__file__).parent / "discovery"
DOCUMENTS = sorted(p.read_bytes() for p in FOLDER.iterdir() if not p.name.endswith(".links.json"))
KINDS: tuple[SourceKind, ...] = ("feed", "news-sitemap", "sitemap", "section", "list")


def found(body: bytes, kind: SourceKind = "feed") -> Discovery:
    return discover(body, URL, kind=kind, source="s")


def feed(items: str) -> bytes:
    return f"<rss version='2.0'><channel><title>C</title>{items}</channel></rss>".encode()


def items(count: int) -> str:
    return "".join(f"<item><title>T</title><link>https://courier.test/{n}</link></item>" for n in range(count))


@given(st.binary(max_size=300), st.sampled_from(KINDS))
def test_any_bytes_give_links_or_a_problem(body: bytes, kind: SourceKind) -> None:
    result = found(body, kind)

    assert result.links or result.problems


@given(st.data())
def test_a_document_with_bytes_changed_gives_links_or_a_problem(data: st.DataObject) -> None:
    body = bytearray(data.draw(st.sampled_from(DOCUMENTS)))
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(body)))
        body[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))

    result = found(bytes(body), data.draw(st.sampled_from(KINDS)))

    assert result.links or result.problems


def test_a_long_feed_is_read_from_its_beginning() -> None:
    result = found(feed(items(MAX_ITEMS + 5)))

    assert [link.url for link in result.links[:2]] == ["https://courier.test/0", "https://courier.test/1"]
    assert len(result.links) == MAX_ITEMS
    assert f"{MAX_ITEMS + 5} items: the first {MAX_ITEMS} are read" in result.problems


def test_a_long_json_feed_is_read_from_its_beginning() -> None:
    listed = ",".join(f'{{"id":"{n}","url":"/{n}"}}' for n in range(MAX_ITEMS + 1))
    result = found(f'{{"version":"https://jsonfeed.org/version/1.1","items":[{listed}]}}'.encode())

    assert len(result.links) == MAX_ITEMS
    assert f"{MAX_ITEMS + 1} items: the first {MAX_ITEMS} are read" in result.problems


def test_a_large_feed_is_cut_and_says_so() -> None:
    filler = "<description>" + "a long story " * 1_000 + "</description>"
    result = found(feed(items(3) + f"<item>{filler}</item>" * 500))

    assert len(result.links) == 3
    assert result.problems[0] == "over 5 MB: the rest is not read"


def test_of_a_large_section_page_the_beginning_is_read() -> None:
    first, last = "<a href=/first>The ferry resumes on Tuesday</a>", "<a href=/last>The ferry stops on Friday</a>"
    result = found(f"<html><body>{first}<p>{'fog ' * 1_300_000}{last}".encode(), "section")

    assert [link.url for link in result.links] == ["https://courier.test/first"]
    assert result.problems[-1] == "over 5 MB: the rest is not read"


def test_a_long_sitemap_is_read_up_to_the_protocols_limit() -> None:
    entries = "".join(f"<url><loc>https://courier.test/{n}</loc></url>" for n in range(MAX_ENTRIES + 1))
    result = found(f"<urlset>{entries}</urlset>".encode(), "sitemap")

    assert len(result.links) == MAX_ENTRIES
    assert result.problems == (f"1 x sitemap of over {MAX_ENTRIES} entries: the rest is not read",)


def test_a_gzip_bomb_costs_its_bound_and_no_more() -> None:
    packer = zlib.compressobj(wbits=31)
    block = b"\x00" * 1_000_000
    bomb = b"".join(packer.compress(block) for _ in range(300)) + packer.flush()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    result = found(bomb, "sitemap")

    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert result.problems[0] == "over 50 MB: the rest is not read"
    assert grown < 5 * MAX_BYTES  # bytes, text, and copies of both


def test_what_is_packed_three_times_is_not_unpacked() -> None:
    body = feed(items(1))
    for _ in range(3):
        body = gzip.compress(body)

    assert found(body).problems[0] == "packed more than twice"


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("ampersands", b"<rss><channel>" + b"&" * 2_000_000),
        ("comments", b"<rss><channel>" + b"<!--" * 500_000),
        ("cdata", b"<rss><channel>" + b"<![CDATA[" * 200_000),
        ("tags", b"<rss>" + b"<" * 2_000_000),
        ("blanks", b"x" + b" " * 2_000_000),
        ("lines", b"x" + b"\n" * 2_000_000),
        ("document types", b"<!DOCTYPE rss[" * 100_000),
        ("instructions", b"<?" * 1_000_000),
        ("depth", b"<rss><channel>" + b"<item>" * 300_000),
        ("attributes", b"<rss " + b" ".join(b'a%d="1"' % n for n in range(50_000)) + b"><channel/></rss>"),
        ("prefixes", feed("".join(f"<p{n}:x/>" for n in range(20_000)))),
        ("markup in a title", feed(f"<item><title>{'&lt;' * 500_000}</title></item>")),
        ("declared entities", b"<!DOCTYPE rss [" + b'<!ENTITY a "b">' * 100_000 + b"]><rss/>"),
        ("open brackets", b'{"items":[' + b"[" * 500_000),
        ("unclosed anchors", b"<html>" + b"".join(b'<a href="/%d"><b>Story' % n for n in range(5_000))),
        ("unclosed elements", b"<html>" + b"<div>" * 100_000),
        ("one long attribute", b'<html><a class="' + b"next-" * 200_000 + b'" href="/x">x</a>'),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_no_document_costs_more_than_its_size_explains(what: str, body: bytes) -> None:
    started = time.process_time()

    result = found(body, "section" if b"<html>" in body else "feed")

    # 0.1 to 0.9 s of CPU each here. What this guards against took minutes: quadratic in attributes, anchors, prefixes.
    assert time.process_time() - started < 10
    assert result.problems or result.links


def test_no_file_is_opened_and_no_name_is_looked_up_for_an_external_entity(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the-secret", "utf-8")
    doctype = f'<!DOCTYPE x [<!ENTITY s SYSTEM "{secret.as_uri()}">]>'
    entry = "https://courier.test/&s;"
    bodies = (
        f"{doctype}<rss><channel><item><title>&s;</title><link>{entry}</link></item></channel></rss>",
        f"{doctype}<urlset><url><loc>{entry}</loc></url></urlset>",
        f"{doctype}<feed><entry><title>&s;</title><link href='{entry}'/></entry></feed>",
    )

    for body in bodies:
        assert "the-secret" not in str(found(body.encode(), "sitemap"))
