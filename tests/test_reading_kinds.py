"""What stands among appeals has its own name: a newsletter's button, a disclosure, an imprint, another story."""

import pytest

from archive import read_article
from archive.model import Kind

PROSE = "".join(
    f"<p>The ferry to the {island} resumes on Tuesday, the port authority said, and will sail {count} times a day.</p>"
    for island, count in (("outer islands", "three"), ("lighthouse", "two"), ("skerries", "four"), ("sound", "five"))
)
BOX = "<div class=newsletter><p>Subscribe to our weekly newsletter for news of the harbour</p>{}</div>"


def kind_of(text: str, after: str) -> Kind:
    page = f"<html lang=en><body><article><h1>Ferry resumes</h1>{PROSE}{after}</article></body></html>"
    article = read_article(page.encode(), "https://www.courier.test/2026/05/ferry")
    return next(p.kind for p in article.passages if p.text == text)


def test_a_newsletter_is_no_subscription_though_one_subscribes_to_it_weekly() -> None:
    text = "Subscribe to our weekly newsletter for news of the harbour"

    assert kind_of(text, BOX.format("<button>Sign up</button>")) is Kind.APPEAL_NEWSLETTER


@pytest.mark.parametrize("button", ["Sign up", "Subscribe now"])
def test_a_button_belongs_to_the_newsletter_beside_it(button: str) -> None:
    assert kind_of(button, BOX.format(f"<p><a href=/go>{button}</a></p>")) is Kind.APPEAL_NEWSLETTER


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("If you subscribe through our affiliate links, we may earn a commission.", Kind.CHROME_LEGAL),
        ("Registered at the chamber of Harbour Town. All rights reserved.", Kind.CHROME_LEGAL),
        ("Register to comment on our stories, and sign up for a free account.", Kind.APPEAL_REGISTRATION),
    ],
)
def test_what_asks_for_nothing_is_no_appeal_though_it_stands_among_them(text: str, kind: Kind) -> None:
    assert kind_of(text, BOX.format(f"<p>{text}</p><p><a href=/in>Sign up</a></p>")) is kind
