"""What hostile pages cost the reader: as much as their size explains. The box ends what needs longer (test_box)."""

import gc
import time

import pytest

from archive import read_article
from archive.errors import ReadingError

SENTENCE = "The ferry to the island resumes on Tuesday, the port authority said, and will sail three times a day."
PROSE = f"<p>{SENTENCE}</p>" * 40
LINE = "Another of the boats that were out in the storm has come in."  # long enough for prose


def page(body: str = "", head: str = "") -> bytes:
    return f"<html><head>{head}</head><body><h1>Ferry</h1><main>{PROSE}{body}</main></body></html>".encode()


@pytest.mark.parametrize(
    ("what", "html"),
    [
        (
            "descriptions",
            page(head="".join(f'<meta name=description content="{SENTENCE} {n}">' for n in range(16_000))),
        ),
        ("titles", page(head="".join(f'<meta name="og:title" content="{SENTENCE} {n}">' for n in range(16_000)))),
        ("authors", page("<a rel=author>A</a><b itemprop=author>B</b>" * 40_000)),
        ("authors named", page(head='<meta name=author content="Ida Holm">' * 16_000)),
        ("items", page(f"<ul>{f'<li>{LINE}</li>' * 8_000}</ul>")),
        ("cells", page(f"<table><tr>{f'<td>{LINE}</td><td>12</td>' * 4_000}</tr></table>")),
        ("posts", page(f"<div><p>{LINE}</p></div>" * 6_000)),
        (
            "lines over lists",
            page("<p>These are all of the boats that sail today:</p><ul><li>One</li></ul>" * 3_000 + PROSE),
        ),
        ("links", page(f"<a href=/x>{LINE}</a><br><br>" * 8_000 + PROSE)),
        ("patterns", page("".join(f"<div class='x{n}'><p>{LINE}</p></div>" for n in range(8_000)))),
        ("words", page(f"<p>{'we ask you ’ ' * 60_000}</p>")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_no_page_costs_more_than_its_size_explains(what: str, html: bytes) -> None:
    started = time.process_time()

    article = read_article(html, "https://courier.test/ferry")

    # 0.1 to 2 s of CPU each here. What this guards against took minutes: quadratic in authors, descriptions, lists.
    assert time.process_time() - started < 10
    assert SENTENCE in article.body


@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_is_left_as_it_was(enabled: bool) -> None:
    was_enabled = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        read_article(page(), "https://courier.test/ferry")
        assert gc.isenabled() is enabled
        with pytest.raises(ReadingError):
            read_article(b"", "https://courier.test/ferry")
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if was_enabled else gc.disable)()
