"""Blocks that are not simply there: what only screen readers say, and what a script will draw."""

import json

import pytest

from archive import read_article

STORY = (
    "The harbour board of Ottilie voted on Monday evening to keep the northern quay open to fishing boats for a year.",
    "Six of its nine members were in favour, the minutes show, and two wanted to see the survey of the wall first.",
    "The wall lost a stone in March; divers found the gap after a cutter had reported that its lines hung slack.",
    "Repairs are to begin in May and will cost 2.1 million crowns, which the region and the harbour share.",
)


def test_what_only_screen_readers_say_is_kept_beside_its_paragraph() -> None:
    told = '<a href="/survey">the survey<span class="visually-hidden"> (opens in a new window)</span></a>'
    paragraphs = "".join(f"<p>{text}</p>" for text in STORY).replace("the survey", told)
    article = read_article(f"<h1>Quay</h1><main>{paragraphs}</main>".encode(), "https://quay.test/1")
    assert article.body == STORY
    (apart,) = (p for p in article.passages if "new window" in p.text)
    assert apart.text == "(opens in a new window)"
    assert not apart.kind.in_body


def test_a_link_that_says_all_to_screen_readers_is_still_a_passage() -> None:
    body = "".join(f"<p>{text}</p>" for text in STORY)
    body += '<p><a href="/"><span class="sr-only">Home port</span></a></p>'
    article = read_article(f"<main>{body}</main>".encode(), "https://quay.test/1")
    assert [p.text for p in article.passages] == [*STORY, "Home port"]


def test_what_a_link_around_boxes_says_to_screen_readers_is_kept_once() -> None:
    body = "".join(f"<p>{text}</p>" for text in STORY)
    body += '<a href="/"><h3>Timetable</h3><span class="sr-only">opens in a new window</span><p>Ferries</p></a>'
    article = read_article(f"<main>{body}</main>".encode(), "https://quay.test/1")
    assert [p.text for p in article.passages][4:] == ["Timetable", "opens in a new window", "Ferries"]


def test_what_comes_up_when_a_name_is_pointed_at_is_kept_beside_its_paragraph() -> None:
    card = (
        '<span class="card-tooltiptext">Northern quay<a href="/1">Cutter sinks</a><a href="/2">Quay closed</a></span>'
    )
    body = "".join(f"<p>{text}</p>" for text in STORY).replace("northern quay", f"northern quay{card}")

    article = read_article(f"<h1>Quay</h1><main>{body}</main>".encode(), "https://quay.test/1")

    assert article.body == STORY
    assert "Northern quay Cutter sinks Quay closed" in [p.text for p in article.passages if not p.kind.in_body]


@pytest.mark.parametrize(
    "wrapper",
    [
        "<form action=/>{}</form>",
        "<div hidden>{}</div>",
        "<div class=comments-open>{}</div>",
        "<nav><main>{}</main></nav>",
    ],
)
def test_a_mark_that_the_headline_bears_too_sets_nothing_apart(wrapper: str) -> None:
    body = "<h1>Quay stays open</h1>" + "".join(f"<p>{text}</p>" for text in STORY)
    links = "".join(f"<li><a href=/{n}>Other news of the harbour, part {n}</a></li>" for n in range(9))

    article = read_article(wrapper.format(f"<ul>{links}</ul>{body}").encode(), "https://quay.test/1")

    assert article.body == STORY


def test_buttons_beside_each_other_do_not_grow_together() -> None:
    body = "".join(f"<p>{text}</p>" for text in STORY) + "<div><button>Show map</button><button>Settings</button></div>"

    article = read_article(f"<main>{body}</main>".encode(), "https://quay.test/1")

    assert article.passages[-1].text == "Show map Settings"


MARKUP = "".join(f'<p class="t">{text}</p>' for text in STORY)


DATA = json.dumps({"story": {"html": MARKUP}})


@pytest.mark.parametrize(
    "script",
    [
        '<script type="application/json">' + DATA.replace("<", "\\u003c") + "</script>",
        f"<script>window.state = {DATA};</script>",
        f"<script>push([1,{json.dumps('5:' + DATA)}])</script>",
    ],
    ids=["data", "state", "data in data"],
)
def test_an_article_that_a_script_draws_is_read_from_its_data(script: str) -> None:
    page = f"<html><head><title>Quay</title></head><body><div id=app></div>{script}</body></html>"
    article = read_article(page.encode(), "https://quay.test/1")
    assert article.body == STORY
    assert article.passages[0].xpath.startswith("/html/body/script/article/p")
    assert dict(article.evidence)["body"] == "script"


def test_a_page_that_shows_its_article_is_not_asked_for_another() -> None:
    shown = "".join(f"<p>{text}</p>" for text in STORY[:3])
    other = json.dumps({"next": "<p>" + "A storm is expected on the weekend. " * 30 + "</p><p>It passed.</p>"})
    article = read_article(f"<main>{shown}</main><script>go({other})</script>".encode(), "https://quay.test/1")
    assert article.body == STORY[:3]


ODD = {
    "half a letter": '{"html": "<p>\\ud800' + " <p>" * 200 + '"}',
    "no end": '["' + "<p>" * 200_000,
    "deep": "[" * 100_000,
    "backslashes": '{"a":"' + "\\" * 99_999,
}


@pytest.mark.parametrize("data", ODD.values(), ids=ODD)
def test_data_that_is_no_text_draws_nothing(data: str) -> None:
    article = read_article(f"<body><p>Wait.</p><script>{data}</script></body>".encode(), "https://quay.test/1")
    assert [p.text for p in article.passages] == ["Wait."]
