"""A page's bytes become text as its readers saw it, whatever its labels claim."""

import pytest

from archive.errors import ReadingError
from archive.reading.page import encoding_of, parse_page, parse_tree

RUSSIAN = "Паром между городом и островами снова пойдёт во вторник, сообщил порт. " * 6
GREEK = "Το πλοίο για τα νησιά ξεκινά ξανά την Τρίτη, είπε το λιμάνι. " * 6


def page(text: str, encoding: str, label: str = "") -> bytes:
    meta = f'<meta charset="{label}">' if label else ""
    return f"<html><head>{meta}<title>x</title></head><body><p>{text}</p></body></html>".encode(encoding)


def header(charset: str) -> list[tuple[str, str]]:
    return [("Content-Type", f"text/html; charset={charset}")]


def text_of(html: bytes, charset: str = "") -> str:
    return parse_page(html, header(charset) if charset else ()).root.text_content().removeprefix("x").strip()


@pytest.mark.parametrize(
    ("encoding", "label", "charset", "source"),
    [
        ("utf-8", "utf-8", "", "meta"),
        ("utf-8", "", "utf-8", "header"),
        ("utf-8", "iso-8859-1", "iso-8859-1", "bytes"),
        ("utf-8-sig", "", "", "bom"),
        ("utf-16", "", "", "bom"),
        ("cp1251", "windows-1251", "", "meta"),
        ("cp1251", "windows-1251", "utf-8", "meta"),
        ("koi8-r", "", "koi8-r", "header"),
    ],
)
def test_russian_is_read_whatever_the_labels_claim(encoding: str, label: str, charset: str, source: str) -> None:
    html = page(RUSSIAN, encoding, label)

    assert text_of(html, charset) == RUSSIAN.strip()
    assert encoding_of(html, header(charset) if charset else ())[1] == source


def test_a_text_without_any_label_is_guessed_from_its_bytes() -> None:
    assert text_of(page(GREEK, "iso8859-7")) == GREEK.strip()


def test_a_page_cut_inside_a_character_is_still_utf8_and_the_loss_is_counted() -> None:
    cut = page(RUSSIAN, "utf-8", "utf-8")[:-31]
    while cut[-1] < 0xC0:  # end on the first byte of a character
        cut = cut[:-1]

    parsed = parse_page(cut)

    assert (parsed.encoding, parsed.replacement_chars) == ("utf-8", 1)


def test_control_characters_do_not_end_a_page() -> None:
    html = b"<html><body><p>before\x00\x01\x0cafter</p><p>the end</p></body></html>"

    assert parse_page(html).root.text_content() == "before\x0cafterthe end"


def test_japanese_in_its_mail_encoding_is_no_utf8() -> None:
    html = page("島へ行く船は火曜日に再開する。", "iso2022_jp", "iso-2022-jp")

    assert text_of(html) == "島へ行く船は火曜日に再開する。"


@pytest.mark.parametrize("tag", ["font", "b", "div", "section"])
def test_text_below_256_unclosed_tags_is_not_lost(tag: str) -> None:
    deep = f"<{tag}>x ".encode() * 3_000
    root, status = parse_tree(b"<html><body>" + deep + b"<p>the end</p></body></html>")

    assert root is not None
    assert (status, "the end" in root.text_content()) == ("deep", True)


def test_a_page_that_no_flattening_helps_says_that_it_is_cut() -> None:
    root, status = parse_tree(b"<html><body>" + b"<article>x " * 3_000 + b"</body></html>")

    assert root is not None
    assert status == "truncated"


@pytest.mark.parametrize("html", [b"", b"   ", b"<!-- -->"])
def test_nothing_is_no_page(html: bytes) -> None:
    with pytest.raises(ReadingError, match="no HTML element"):
        parse_page(html, url="https://courier.test/empty")
