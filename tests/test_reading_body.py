"""Which blocks are the article's where the page does not make it plain: split bodies, tickers, pulled quotes."""

import pytest

from archive import read_article
from archive.model import Article, Kind

STORY = (
    "The council of Karsa has bought the old salt works on the lagoon for 1.4 million crowns after nine years of talk",
    "Two families had bid for the land, the mayor said on Friday, but both wanted to build houses where the pans are.",
    "Flamingos have nested there since the pumps were turned off, and schools come by bus to see them in the spring.",
    "The council will spend as much again on a new sluice, without which the pans would be dry by the end of June.",
    "Work on it begins after the breeding season; until then a warden will keep boats away from the northern bank.",
    "A society of bird watchers has promised to count the nests each week and to send its figures to the ministry.",
)
OTHERS = (
    "A fire in a bakery on Mill Lane was put out within an hour on Thursday, and the baker opened again the next day",
    "The night ferry will call at Bensk from next month on, though only when the wind stands in the south or the west",
    "Three candidates have put their names down for the harbour board, among them the captain of the pilot boat",
    "The museum shows what divers brought up from the wreck of the Ottilie, a barque lost with all hands in 1871",
)


def read(body: str, head: str = "") -> Article:
    page = f"<html lang=en><head><title>Salt works bought</title>{head}</head><body>{body}</body></html>"
    return read_article(page.encode(), "https://courier.test/2026/05/salt")


def paragraphs(texts: tuple[str, ...], attributes: str = "") -> str:
    return "".join(f"<p{attributes}>{text}</p>" for text in texts)


def teasers(texts: tuple[str, ...]) -> str:
    return "".join(f"<div class=card><h3><a href=/>More</a></h3><p>{text}.</p></div>" for text in texts)


def test_a_ticker_at_the_top_and_at_the_foot_is_not_the_article() -> None:
    ticker = "<ul class=roll>" + "".join(f"<li>{text}: the whole story</li>" for text in OTHERS) + "</ul>"

    article = read(f"<div>{ticker}</div><div><h2>Salt works bought</h2>{paragraphs(STORY)}</div><div>{ticker}</div>")

    assert article.body == STORY
    assert {p.rule for p in article.passages if p.text.endswith("the whole story")} <= {"ticker", "vote"}


def test_an_article_that_is_printed_twice_is_kept_once() -> None:
    article = read(f"<div><h1>Salt works bought</h1>{paragraphs(STORY)}</div><div hidden>{paragraphs(STORY)}</div>")

    assert article.body == STORY


def test_of_a_sentence_and_the_quote_pulled_out_of_it_the_sentence_is_kept() -> None:
    quote = f"<blockquote class=pull><p><big>{STORY[2]}</big></p></blockquote>"

    article = read(f"<article><h1>Salt works</h1>{paragraphs(STORY[:2])}{quote}{paragraphs(STORY[2:])}</article>")

    assert article.body == STORY
    (dropped,) = (p for p in article.passages if p.text == STORY[2] and not p.kind.in_body)
    assert dropped.rule == "printed twice"
    assert "blockquote" in dropped.xpath


def test_a_body_in_two_parts_is_one_body() -> None:
    parts = [
        f"<div class=row><div class=article-body>{paragraphs(part)}</div></div>" for part in (STORY[:3], STORY[3:])
    ]
    box = "<div class=row><div class=stage><p>Advertisement</p></div></div>"
    rest = "".join(f"<div class=row>{teasers(tuple(f'{text}, {n}' for text in OTHERS))}</div>" for n in range(3))

    article = read(f"<h1>Salt works bought</h1>{parts[0]}{box}{parts[1]}{rest}")

    assert article.body == STORY


def test_a_lead_right_below_the_headline_is_seen_however_far_the_text_is() -> None:
    lead = "The lagoon of Karsa will stay wet: its council buys the salt works, where flamingos breed, for 1.4 million."
    links = "".join(f"<li><a href=/{n}>Picture {n} of the salt works in the morning light</a></li>" for n in range(40))
    body = f"<h1>Salt works bought</h1><p>{lead}</p><ul>{links}</ul><div>{paragraphs(STORY + OTHERS)}</div>"

    article = read(body, f"<meta name=description content='{lead}'>")

    assert article.lead == lead


def test_an_editors_note_is_the_articles_and_no_dated_byline_is() -> None:
    note = "<p><em>Editor's note: This story was updated at 5:45 p.m. with the figures of the ministry.</em></p>"

    article = read(f"<article><h1>Salt works</h1><p>By Ilse Brandt 9 May 2026</p>{paragraphs(STORY)}{note}</article>")

    assert article.body[0] == STORY[0]
    assert article.passages[-1].kind.in_body


def test_a_list_that_the_text_announces_is_the_articles_though_its_items_sound_like_offers() -> None:
    steps = (
        "Sign up for a free account with the society",
        "Subscribe to the weekly count by e-mail for 4 crowns a month",
        "If you already have an account, log in to add the nests you have seen",
    )
    announced = f"{STORY[5]} Whoever wants to help is told to do this, in this order, before the season begins:"
    listed = "".join(f"<li>{step.replace('account', '<a href=/in>account</a>')}</li>" for step in steps)

    article = read(f"<article><h1>Salt works</h1>{paragraphs(STORY[:5])}<p>{announced}</p><ul>{listed}</ul></article>")

    assert article.body == (*STORY[:5], announced, *steps)
    assert article.passages[-1].rule == "announced list"


def test_a_line_that_only_names_the_author_is_a_byline_wherever_it_stands() -> None:
    head = "<meta name=author content='Ilse Brandt'>"
    entries = "".join(f"<p>1{n}:05 Ilse Brandt</p><p>{text}</p>" for n, text in enumerate(STORY))

    article = read(
        f"<article><h1>Salt works bought</h1>{entries}<p>{OTHERS[0]}, Ilse Brandt reports.</p></article>", head
    )

    assert article.body == (*STORY, f"{OTHERS[0]}, Ilse Brandt reports.")
    assert sum(p.kind is Kind.BYLINE for p in article.passages) == len(STORY)


def test_who_signs_a_post_that_is_quoted_stays_with_it() -> None:
    post = "<blockquote><p>The pans are wet again.</p>&mdash; Karsa Lagoon (@karsalagoon) May 9, 2026</blockquote>"

    article = read(f"<article><h1>Salt works</h1>{paragraphs(STORY[:3])}{post}{paragraphs(STORY[3:])}</article>")

    assert "— Karsa Lagoon (@karsalagoon) May 9, 2026" in article.body


@pytest.mark.parametrize(
    "line", ["4 min read", "Lesezeit: 3 Minuten", "Tempo de leitura: 1 minuto", "Время чтения 5 мин"]
)
def test_how_long_a_text_takes_to_read_is_no_part_of_it(line: str) -> None:
    article = read(f"<article><h1>Salt works bought</h1><p>{line}</p>{paragraphs(STORY)}<p>{line}</p></article>")

    assert article.body == STORY
