"""The founding case: a letter that asks the reader for support is kept apart, whole, and nothing else is.

Six markups, and wordings that no list was written for. All texts are invented.
"""

# ruff: noqa: ISC004, E501 (each item is one paragraph of a page)

from collections.abc import Iterator

import pytest

from archive import read_article
from archive.model import Article, Kind

REPORT = (
    "The ferry that links the harbour town with the outer islands will resume on Tuesday after a strike of nine days, "
    "the port authority said on Sunday.",
    "Crews had stopped work over rosters that left some of them on duty for fourteen hours. “We asked for rest, not for "
    "money,” said Ada Lind, who has sailed the route since 2004.",
    "The operator said it would hire twelve more sailors by the end of the summer and publish rosters two weeks ahead. "
    "Unions called the offer a start.",
    "Islanders had been flying in medicine and mail at their own cost, according to the regional council, which put the "
    "damage to shops at 1.2 million crowns.",
    "A first sailing is planned for 6:40 a.m. on Tuesday, weather permitting, and freight will follow in the afternoon, "
    "the authority said in its statement.",
)
LETTERS = {
    "english": (
        "A Message from The Harbour Courier:",
        "Dear readers,",
        "We are under more pressure than at any time since our first issue. Prosecutors on the mainland have named The "
        "Harbour Courier a hostile paper, and our staff may be charged for doing their work.",
        "Earlier this year three of our reporters were called in for questioning. It was meant to silence independent "
        "journalism on the islands.",
        "We, the journalists of The Harbour Courier, will not be silenced. But to go on we need your help.",
        "Your support, however small, makes a difference. If you can, please support us every month from just $2. It "
        "takes a minute, and every contribution counts.",
        "By supporting The Harbour Courier you defend open, independent journalism. Thank you for standing with us.",
        "Continue",
        "Not ready to support today? Remind me later.",
    ),
    "plain english": (
        "To everyone who reads The Harbour Courier:",
        "Printing costs us more than it did, and no owner pays our bills. What keeps our lights on is what you give.",
        "Last winter our readers paid for the boat that took us to the outer islands, and we told you what we saw there.",
        "If our work is worth a coffee to you, send The Harbour Courier £3 a month. You can stop whenever you like.",
        "Thank you, readers, for keeping our paper afloat.",
        "Maybe later",
    ),
    "german": (
        "In eigener Sache: eine Nachricht von The Harbour Courier",
        "Liebe Leserinnen und Leser,",
        "wir stehen unter Druck wie nie zuvor. Die Staatsanwaltschaft hat unsere Redaktion zur Gefahr erklärt, und "
        "unsere Mitarbeiter müssen mit Anklagen rechnen.",
        "Wir lassen uns nicht einschüchtern. Doch um weiter unabhängig berichten zu können, brauchen wir Ihre Hilfe.",
        "Mit Ihrer Spende ab 2 € im Monat unterstützen Sie The Harbour Courier. Jeder Beitrag zählt.",
        "Vielen Dank, dass Sie uns zur Seite stehen.",
        "Nicht jetzt",
    ),
    "hungarian": (
        "A The Harbour Courier üzenete:",
        "Kedves olvasók!",
        "Nehéz időket élünk. A hatóságok szerkesztőségünket veszélyesnek nyilvánították, munkatársainkat vád fenyegeti.",
        "Mi, a The Harbour Courier újságírói, nem hallgatunk el. De ehhez szükségünk van az önök segítségére.",
        "Kérjük, támogassa munkánkat havi 2 €-tól. Minden adomány számít nekünk.",
        "Köszönjük, hogy velünk vannak.",
    ),
    "swahili": (  # no word of it is listed
        "Ujumbe kutoka The Harbour Courier:",
        "Wapendwa wasomaji,",
        "Tunakabiliwa na changamoto kubwa kuliko wakati wowote. Waendesha mashtaka wametangaza gazeti letu kuwa adui.",
        "Sisi, waandishi wa The Harbour Courier, tunakataa kunyamazishwa. Lakini ili kuendelea tunahitaji msaada wenu.",
        "Mchango wenu, hata ukiwa mdogo, unaleta tofauti kubwa. Tafadhali changieni kila mwezi kuanzia $2 tu.",
        "Asanteni kwa kusimama pamoja nasi.",
    ),
    "welsh": (
        "Neges gan The Harbour Courier:",
        "Annwyl ddarllenwyr,",
        "Rydym yn wynebu heriau mwy nag erioed. Mae'r erlynwyr wedi galw ein papur yn elyn, ac mae ein staff mewn perygl.",
        "Ni, newyddiadurwyr The Harbour Courier, ni fyddwn yn tewi. Ond er mwyn dal ati mae arnom angen eich cymorth.",
        "Os gallwch, rhowch o £2 y mis. Mae pob rhodd, waeth pa mor fach, yn gwneud gwahaniaeth.",
        "Diolch am sefyll gyda ni.",
    ),
}


def paragraphs(texts: tuple[str, ...]) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def markups(letter: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield the six places and shapes of a letter, with the article around it."""
    report, broken = paragraphs(REPORT), "<br><br>".join(letter)
    yield "class-less paragraphs", report + paragraphs(letter)
    yield "one div with line breaks", f"{report}<div>{broken}</div>"
    yield "aside", f"{report}</div><aside>{paragraphs(letter)}</aside><div>"
    yield "last paragraph", f"{paragraphs(REPORT[:-1])}<p>{REPORT[-1]}<br><br>{broken}</p>"
    yield "before the article", paragraphs(letter) + report
    yield "mid-article", paragraphs(REPORT[:3]) + paragraphs(letter) + paragraphs(REPORT[3:])


def read(inner: str, outlet: str = "The Harbour Courier") -> Article:
    html = f"""<html><head><title>Ferry resumes after strike - {outlet}</title>
        <meta property="og:site_name" content="{outlet}"><meta property="og:type" content="article"></head>
        <body><header><nav><a href="/">Home</a> <a href="/news">News</a></nav></header>
        <main><article><h1>Ferry resumes after strike of nine days</h1><div>{inner}</div></article></main>
        <aside><h3>Most read</h3><ul><li><a href="/1">Lighthouse to be painted</a></li></ul></aside>
        <footer><p>© {outlet}</p></footer></body></html>"""
    return read_article(html.encode(), "https://harbourcourier.test/2026/05/ferry-a1")


CASES = [
    pytest.param(letter, inner, id=f"{language}, {markup}")
    for language, letter in LETTERS.items()
    for markup, inner in markups(letter)
]


@pytest.mark.parametrize(("letter", "inner"), CASES)
def test_a_letter_to_the_reader_is_one_appeal_and_the_report_is_whole(letter: tuple[str, ...], inner: str) -> None:
    article = read(inner)

    assert article.body == REPORT
    assert tuple(p.text for p in article.appeals) == letter
    assert {p.kind for p in article.appeals} == {Kind.APPEAL_DONATION}


def test_a_report_about_donations_stays_an_article() -> None:
    report = (
        "Dear readers of The Harbour Courier gave more than ever last year, the charity register shows.",
        "Donations to newspapers rose to $2 million, said Ada Lind, who keeps the register. “People support what they "
        "read every month,” she said.",
        "“We ask our readers for help twice a year,” said Jo Brown, editor of a rival paper. “They thank us for it.”",
        "Critics say that a press which lives on gifts must still pay its reporters, according to a study.",
    )

    article = read(paragraphs(REPORT[:2] + report))

    assert article.body == REPORT[:2] + report


def test_an_opinion_that_begins_with_dear_readers_is_the_article() -> None:
    opinion = (
        "Dear readers,",
        "For thirty years I have written about the sea in this place, and I have never asked anything of you.",
        "Today I ask you to look at the harbour wall. It was built by our grandparents, who had nothing, and it leans.",
        "We can repair it, as a town, before the winter. The council has the plans, and the plans are good.",
        "It will cost each of us less than the fireworks did, and it will still stand when we are gone.",
        "So go to the meeting on Monday. Bring a neighbour. Ask them when the work begins.",
    )

    assert read(paragraphs(opinion)).body[-5:] == opinion[1:]
