"""The newsroom keeps its word: other tests trust what it serves and what it logs."""

import http.client
from collections.abc import Iterator

import pytest
from lxml import html

from tests.newsroom import Newsroom

COURIER = "www.harbour-courier.test"
FERRY = "/2025/03/14/ferry-crews-return-after-nine-days-a1201"


@pytest.fixture
def newsroom() -> Iterator[Newsroom]:
    with Newsroom() as newsroom:
        yield newsroom


def get(newsroom: Newsroom, url: str, *, method: str = "GET", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    host, _, path = url.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection("127.0.0.1", newsroom.port, timeout=10)
    try:
        fields = {"Host": host} | {k.replace("_", "-"): v for k, v in headers.items()}
        connection.request(method, "/" + path, headers=fields)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def test_every_article_answers_with_its_title_and_text(newsroom: Newsroom) -> None:
    editions = newsroom.editions()

    for edition in editions:
        response, body = get(newsroom, edition.url)
        outlet = next(o for o in newsroom.outlets.values() if edition.story in o.stories)
        text = " ".join(html.document_fromstring(body.decode(outlet.charset)).text_content().split())

        assert response.status == 200, edition.url
        assert edition.story.gate == "consent" or " ".join(edition.title.split()) in text
        for paragraph in (*edition.body, *(a.text for a in edition.appeals)):
            assert paragraph in text, edition.url


def test_there_are_texts_enough_to_judge_by(newsroom: Newsroom) -> None:
    editions = newsroom.editions()

    assert len(editions) >= 28
    assert len({o.language for o in newsroom.outlets.values()}) >= 3
    assert len({e.url for e in editions}) == len(editions)
    assert len({e.body for e in editions if e.body}) == len([e for e in editions if e.body])
