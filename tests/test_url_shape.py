"""What an address looks like, on invented addresses of the forms that real sites use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.url_shape import shape_of

SHAPES = {
    "article": [
        "/2026/03/04/ferry-strike",
        "/2026/mar/04/ferry-strike-ends",
        "/2026/03/ferry",
        "/news/2026-03-04/ferry-strike.html",
        "/20260304/ferry",
        "/archive/2020/08/a-warning/615610/",
        "/ferries-resume-on-tuesday",
        "/harbour/ferries-resume-tuesday-31234567",
        "/news/article-6261127/Ferries-resume.html",
        "/stories/3376705/",
        "/a/b1d9c2e4-0a1b-4c2d-8e3f-001122334455",
        "/?p=123",
        "/show.php?lang=en&id=4711",
        "/fähren-fahren-wieder-nach-plan",
        "/новости/паром-снова-ходит-по-расписанию",
        "/%E6%96%B0%E8%81%9E/%E6%B8%A1%E8%BC%AA%E6%81%A2%E5%BE%A9%E8%88%AA%E8%A1%8C%E4%B9%98%E5%AE%A2%E6%AD%A1%E8%BF%8E",
        "/authors/ann-lee/why-the-ferry-never-came-back",
        "/politics/minister-resigns_aid-55512.html",
        "/a-long-headline-about-the-port/index.html",
    ],
    "listing": [
        "/",
        "",
        "/politics",
        "/politics/",
        "/index.html",
        "/tag/ferries",
        "/tag/a-tag-with-a-very-long-name",
        "/category/news/port/",
        "/author/ann-lee",
        "/topics/harbour-and-port-matters",
        "/2026/03/04/",
        "/2026/03",
        "/2026/",
        "/politics/page/2",
        "/politics/3",
        "/thema/hafen",
    ],
    "other": [
        "/about-us",
        "/contact.html",
        "/login?next=/2026/03/04/ferry-strike",
        "/search?q=ferry",
        "/newsletter",
        "/wp-content/uploads/2026/03/a-picture-of-the-ferry.jpg",
        "/2026/03/04/report-on-the-port.pdf",
        "/rss.xml",
        "/privacy-policy/",
        "/impressum",
    ],
    "unclear": ["/news/harbour/ferry", "/ferry-strike", "/news/ferry-strike", "/notes.html"],
}


@pytest.mark.parametrize(("path", "shape"), [(p, s) for s, paths in SHAPES.items() for p in paths])
def test_an_address_shows_what_it_leads_to(path: str, shape: str) -> None:
    assert shape_of("https://courier.test" + path) == shape


@given(st.text(max_size=200))
def test_any_text_has_a_shape(text: str) -> None:
    assert shape_of(text) in SHAPES
    assert shape_of("https://courier.test/" + text) in SHAPES
