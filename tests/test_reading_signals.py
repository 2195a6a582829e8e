"""What is measured of a block, and what is left unmeasured because it decides nothing."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.reading.article import area_of, says_of
from archive.reading.blocks import Block, collapse
from archive.reading.body import candidate_of
from archive.reading.boxes import Box
from archive.reading.facts import pack, rounded, unpack
from archive.reading.head import head_of
from archive.reading.jsonld import story_of
from archive.reading.kinds import discloses
from archive.reading.page import PIECE_BYTES, is_utf8, parse_page
from archive.reading.passages import facts_of
from archive.reading.prose import blocks_of
from archive.reading.signals import NAMES, Measure, Signals
from archive.reading.squash import squash
from archive.reading.vote import FILE, read_weights
from archive.reading.weighing import PASSED_OVER, shipped

PAGES = sorted((Path(__file__).parent / "pages").glob("*/*.html"))
URL = "https://courier.test/a"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.text(
    "a’“–…é ﬁİß\xad\u200b\xa0_9", max_size=30
)


def measured(page: Path, *, every: bool) -> tuple[Measure, int, list[Signals]]:
    root = parse_page(page.read_bytes()).root
    blocks = blocks_of(root)
    candidate = candidate_of(root, blocks)
    start, end = area_of(blocks, candidate)
    measure = Measure(blocks, candidate, says_of(head_of(root, URL), story_of(root), URL), every=every)
    return measure, start, measure.all(start, end)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_sums_remembered_are_the_sums_over_all_signals(page: Path) -> None:
    weights = read_weights(FILE.read_text("utf-8"), NAMES)
    _, _, found = measured(page, every=True)

    for signals in found:
        row = signals.row()
        assert len(row) == len(NAMES)
        wanted = PASSED_OVER if signals.is_passed_over else weights.own(row)
        assert shipped().sums(signals) == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_a_page_is_judged_by_the_same_facts_whether_all_is_measured_or_not(page: Path) -> None:
    read, start, few = measured(page, every=False)
    trained, _, every = measured(page, every=True)

    assert [s.is_passed_over for s in few] == [not s.values for s in few]
    facts = facts_of(read, start, few)
    assert facts == facts_of(trained, start, every)
    assert rounded(facts) == unpack(pack(facts), [f.key for f in facts])


def line_below(text: str) -> list[Signals]:
    """Return what is measured of a line below an article."""
    prose = "".join(
        f"<p>The ferry to island {n} resumes on Tuesday, the port authority said on Sunday.</p>" for n in "12345"
    )
    html = f"<body><main><h1>Ferry</h1><div>{prose * 3}</div></main><footer><div>{text}</div></footer>"
    root = parse_page(html.encode()).root
    blocks = blocks_of(root)
    measure = Measure(blocks, candidate_of(root, blocks), says_of(head_of(root, URL), story_of(root), URL))
    return measure.all(len(blocks) - 1, len(blocks))


@pytest.mark.parametrize(
    "text", ["Imprint", "<a href=/b>Another boat has been found in the outer harbour of the town</a>"]
)
def test_few_words_and_links_outside_the_article_are_passed_over(text: str) -> None:
    assert [s.is_passed_over for s in line_below(text)] == [True]


@pytest.mark.parametrize(
    "text", ["Subscribe now", "<a href=/b>Read on for € 2 a week</a>", "desk@courier.test", "Four words stand here"]
)
def test_what_may_ask_for_something_is_measured(text: str) -> None:
    assert [s.is_passed_over for s in line_below(text)] == [False]


@given(TEXTS)
def test_a_key_is_the_same_whether_the_words_were_asked_for_first(text: str) -> None:
    root = parse_page(b"<p>x</p>").root
    box = Box(root, None, "p", "", "", 0, 0, 0, 0, False, 0)
    block = Block(box, root, text, 0, 0, 0, 0, len(text))
    block.words()

    assert block.key == squash(text)


@given(TEXTS)
def test_what_is_collapsed_has_no_invisible_signs_and_single_spaces(text: str) -> None:
    shown = collapse(text)

    assert not set(shown) & set("\xad\u200b\u200c\u200e\u200f\u2060\ufeff")
    assert shown == " ".join(shown.split())
    assert collapse(shown) == shown


@given(st.binary(max_size=12), st.integers(-8, 4), st.text(max_size=6))
def test_utf8_is_told_across_the_pieces_it_is_asked_of(tail: bytes, shift: int, text: str) -> None:
    html = b"x" * (PIECE_BYTES + shift) + text.encode("utf-8", "surrogatepass") + tail
    try:
        html.decode()
    except UnicodeDecodeError:
        assert not is_utf8(html)
    else:
        assert is_utf8(html)


@pytest.mark.parametrize(
    "text",
    [
        "We may earn a commission if you buy through links on this page.",
        "AFFILIATE LINKS help us pay for our boats.",
        "Wir erhalten eine Provision, wenn Sie über einen Link kaufen.",
        "Este artículo contiene enlaces de afiliados.",
        "Recibimos una comisión por las compras.",
        "Cet article contient des liens affiliés.",
        "Questa pagina contiene link di affiliazione.",
        "Strona zawiera linki afiliacyjne.",
        "На странице есть партнёрские ссылки.",
        "この記事にはアフィリエイト広告が含まれます。",
    ],
)
def test_what_a_page_earns_by_its_links_is_told_in_many_languages(text: str) -> None:
    assert discloses(text)
    assert not discloses("The commission said the ferry would resume on Tuesday.")
