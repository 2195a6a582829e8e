"""What a page needs to look like itself, in all the ways that pages name it."""

import time

import pytest

from archive.requisites import MAX_PARTS, parts_of_page, parts_of_style

URL = "https://www.courier.test/2026/03/fog.html"
AT = "https://www.courier.test"


def named(fragment: str) -> list[tuple[str, str]]:
    page = f"<html><head><title>Fog</title></head><body>{fragment}</body></html>"
    return [(part.kind, part.url.removeprefix(AT)) for part in parts_of_page(page.encode(), URL)]


@pytest.mark.parametrize(
    ("fragment", "parts"),
    [
        ('<link rel="stylesheet" href="/a.css">', [("style", "/a.css")]),
        ('<link rel="alternate STYLESHEET" href="b.css?v=1">', [("style", "/2026/03/b.css?v=1")]),
        ('<link rel="preload" as="font" href="/f.woff2">', [("font", "/f.woff2")]),
        ('<link rel="icon" href="/favicon.ico">', [("image", "/favicon.ico")]),
        ('<link rel="canonical" href="/x">', []),
        ("<style>@import 'c.css';</style>", [("style", "/2026/03/c.css")]),
        ('<style>p {background: url( "/d.png" )}</style>', [("image", "/d.png")]),
        ("<p style='background-image:url(/e.jpg)'>x</p>", [("image", "/e.jpg")]),
        ('<img src="/f.jpg" alt="">', [("image", "/f.jpg")]),
        ('<img src="data:image/gif;base64,R0" data-src="/g.jpg">', [("image", "/g.jpg")]),
        ('<img data-lazy-srcset="/h.jpg 480w, /i,1.jpg 960w">', [("image", "/h.jpg"), ("image", "/i,1.jpg")]),
        (
            '<picture><source srcset="/j.webp 1x, /k.webp 2x"><img src="/l.jpg"></picture>',
            [("image", "/j.webp"), ("image", "/k.webp"), ("image", "/l.jpg")],
        ),
        ('<noscript><img src="/m.jpg"></noscript>', [("image", "/m.jpg")]),
        (
            '<video src="/n.mp4" poster="/o.jpg"><source src="/p.webm"></video>',
            [("media", "/n.mp4"), ("image", "/o.jpg"), ("media", "/p.webm")],
        ),
        ('<svg><image xlink:href="/q.png"/><use href="/r.svg#x"/></svg>', [("image", "/q.png"), ("image", "/r.svg")]),
        ('<script src="/s.js"></script><script>x = "/t.js"</script>', [("script", "/s.js")]),
        ('<input type="image" src="/u.png"><input type="text" src="/v.png">', [("image", "/u.png")]),
        ('<td background="/w.gif">x</td>', [("image", "/w.gif")]),
        ('<div data-bg="/x.jpg"></div><div data-src="{{url}}"></div>', [("image", "/x.jpg")]),
        ('<img src="//images.example.org/y.jpg">', [("image", "https://images.example.org/y.jpg")]),
        ('<img src="/a%20b c.jpg"><img src="mailto:x@y.test"><img src="http://[">', [("image", "/a%20b%20c.jpg")]),
        ('<img src="/z.jpg"><img src="/z.jpg#2">', [("image", "/z.jpg")]),
        ('<a href="/more"><iframe src="/frame"></iframe></a>', []),
    ],
)  # fmt: skip
def test_a_part_is_found_where_pages_name_it(fragment: str, parts: list[tuple[str, str]]) -> None:
    assert named(fragment) == parts


def test_addresses_are_relative_to_the_base_that_a_page_names() -> None:
    page = b'<head><base href="/deep/down/"></head><img src="a.png">'

    assert [part.url for part in parts_of_page(page, URL)] == [AT + "/deep/down/a.png"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('@import "a.css"; @IMPORT url("c.css");', ["style /css/a.css", "style /css/c.css"]),
        ("@import url(b.css) print;", ["style /css/b.css"]),
        ("@font-face {src: url(f.woff2) format('woff2'), url('f.ttf')}", ["font /css/f.woff2", "font /css/f.ttf"]),
        ("a {background: url( ../img/a.png )} b {background: url(data:image/png;base64,xx)}", ["image /img/a.png"]),
        (r"a {background: url(a\ b.png)}", ["image /css/a%20b.png"]),
        (r"a {background: url(caf\e9.png)}", ["image /css/caf%C3%A9.png"]),
        ("/* url(no.png) */ a {background: url(yes.png)} /* url(no.png)", ["image /css/yes.png"]),
        ("a {background: url()} b {background: url('')} c {background: url(", []),
    ],
)  # fmt: skip
def test_a_style_sheet_names_others_images_and_fonts(text: str, parts: list[str]) -> None:
    found = parts_of_style(text.encode(), AT + "/css/main.css")

    assert [f"{part.kind} {part.url.removeprefix(AT)}" for part in found] == parts


def test_one_document_has_a_bounded_number_of_parts() -> None:
    page = "".join(f'<img src="/{n}.png">' for n in range(10 * MAX_PARTS))

    assert len(parts_of_page(page.encode(), URL)) == MAX_PARTS


@pytest.mark.parametrize("body", [b"", b"\0", b"<", b"\xff\xfe", b"<!-- ", b"<html", b"GIF89a\x01"])
def test_what_is_no_page_has_no_parts(body: bytes) -> None:
    assert parts_of_page(body, URL) == ()


def test_an_unknown_character_set_costs_nothing() -> None:
    assert parts_of_page(b'<img src="/a.png">', URL, "x-klingon")[0].url == AT + "/a.png"


@pytest.mark.parametrize(
    "hostile",
    ["url(" * 500_000, '@import "' * 250_000, "/*" * 1_000_000, "url('" * 400_000 + '"', "\\" * 2_000_000],
)
def test_a_hostile_style_sheet_is_read_in_time(hostile: str) -> None:
    begun = time.process_time()

    parts_of_style(hostile.encode(), URL)

    assert time.process_time() - begun < 5


@pytest.mark.parametrize("attribute", ["srcset", "data-srcset"])
@pytest.mark.parametrize("value", ["," * 1_000_000, " ," * 500_000, "a " * 500_000, "x," * 500_000])
def test_a_hostile_srcset_is_read_in_time(attribute: str, value: str) -> None:
    begun = time.process_time()

    parts_of_page(f'<img {attribute}="{value}">'.encode(), URL)

    assert time.process_time() - begun < 5
