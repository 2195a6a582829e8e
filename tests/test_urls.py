"""Which URLs are one request, which one article: a table drawn from the habits of real sites, on invented hosts."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from archive.urls import article_key, canonical_merges, host_of, is_http, is_under, normalise, registered_domain

HOME = "https://courier.test"
STORY = HOME + "/2026/03/04/ferry-strike"

# What is asked for: the URL as found, and the one by which the request is known.
REQUESTS = [
    # writing
    ("https://courier.test/a", "https://courier.test/a"),
    ("HTTPS://Courier.TEST/A", "https://courier.test/A"),
    ("https://courier.test", "https://courier.test/"),
    ("https://courier.test?id=1", "https://courier.test/?id=1"),
    ("https://courier.test:443/a", "https://courier.test/a"),
    ("http://courier.test:80/a", "http://courier.test/a"),
    ("http://courier.test:443/a", "http://courier.test:443/a"),
    ("https://courier.test:8443/a", "https://courier.test:8443/a"),
    ("https://courier.test:/a", "https://courier.test/a"),
    ("https://courier.test./a", "https://courier.test/a"),
    ("  https://courier.test/a\n", "https://courier.test/a"),
    ("https://courier.test/a\tb", "https://courier.test/ab"),
    ("http://[::1]:80/a", "http://[::1]/a"),
    ("http://127.0.0.1:8000/a", "http://127.0.0.1:8000/a"),
    # names in other scripts
    ("https://zeitung-münchen.test/a", "https://xn--zeitung-mnchen-osb.test/a"),
    ("https://XN--Zeitung-Mnchen-OSB.test/a", "https://xn--zeitung-mnchen-osb.test/a"),
    ("https://газета.test/новости", "https://xn--80aahjj1e.test/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8"),
    # paths and escapes
    ("https://courier.test/a/../b/./c", "https://courier.test/b/c"),
    ("https://courier.test/a/..", "https://courier.test/"),
    ("https://courier.test/../../a", "https://courier.test/a"),
    ("https://courier.test/%7Edesk/%41", "https://courier.test/~desk/A"),
    ("https://courier.test/caf%c3%a9", "https://courier.test/caf%C3%A9"),
    ("https://courier.test/café", "https://courier.test/caf%C3%A9"),
    ("https://courier.test/a b", "https://courier.test/a%20b"),
    ("https://courier.test/a%2Fb", "https://courier.test/a%2Fb"),
    ("https://courier.test/100%", "https://courier.test/100%25"),
    ("https://courier.test/100%25", "https://courier.test/100%25"),
    ("https://courier.test/a//b", "https://courier.test/a//b"),
    ("https://courier.test/a/", "https://courier.test/a/"),
    # fragments
    ("https://courier.test/a#comments", "https://courier.test/a"),
    ("https://courier.test/a?x=1#:~:text=ferry", "https://courier.test/a?x=1"),
    # tracking
    ("https://courier.test/a?utm_source=rss&utm_medium=feed", "https://courier.test/a"),
    ("https://courier.test/a?UTM_Source=rss", "https://courier.test/a"),
    ("https://courier.test/a?id=7&fbclid=IwAR0", "https://courier.test/a?id=7"),
    ("https://courier.test/a?gclid=1&id=7&msclkid=2", "https://courier.test/a?id=7"),
    ("https://courier.test/a?at_medium=RSS&at_campaign=KARANGA", "https://courier.test/a"),
    ("https://courier.test/a?xtor=RSS-3", "https://courier.test/a"),
    ("https://courier.test/a?mc_cid=1&mc_eid=2", "https://courier.test/a"),
    ("https://courier.test/a?ref=rss", "https://courier.test/a"),
    ("https://courier.test/a?ref=12345", "https://courier.test/a?ref=12345"),
    ("https://courier.test/a?source=reuters", "https://courier.test/a?source=reuters"),
    ("https://courier.test/a?cid=1", "https://courier.test/a?cid=1"),
    ("https://courier.test/a?%75tm_source=x", "https://courier.test/a"),
    # sessions
    ("https://courier.test/a;jsessionid=0A1B?id=7", "https://courier.test/a?id=7"),
    ("https://courier.test/a?PHPSESSID=0a1b", "https://courier.test/a"),
    ("https://courier.test/a?sid=9f8e7d6c5b4a39281706", "https://courier.test/a"),
    ("https://courier.test/a?sid=4711", "https://courier.test/a?sid=4711"),
    # what identifies stays, in its order
    ("https://courier.test/a?b=2&a=1", "https://courier.test/a?b=2&a=1"),
    ("https://courier.test/a?", "https://courier.test/a"),
    ("https://courier.test/a?&&b=2&", "https://courier.test/a?b=2"),
    ("https://courier.test/a?b=", "https://courier.test/a?b="),
    ("https://courier.test/a?q=a+b", "https://courier.test/a?q=a+b"),
    ("https://courier.test/a?page=2", "https://courier.test/a?page=2"),
    # what is no web address comes back as it is
    ("mailto:desk@courier.test", "mailto:desk@courier.test"),
    (" javascript:void(0)", "javascript:void(0)"),
    ("/a", "/a"),
    ("", ""),
    ("https://", "https://"),
    ("https://courier.test:99999/a", "https://courier.test:99999/a"),
    ("https://[::1/a", "https://[::1/a"),
    ("https://cou rier.test/a", "https://cou rier.test/a"),
]

# Where an article lies: forms of one page, and the key they share.
ARTICLES = [
    (STORY, STORY),
    ("http://courier.test/2026/03/04/ferry-strike", STORY),
    ("https://www.courier.test/2026/03/04/ferry-strike", STORY),
    ("http://www.courier.test:80/2026/03/04/ferry-strike/", STORY),
    ("https://m.courier.test/2026/03/04/ferry-strike", STORY),
    ("https://mobile.courier.test/2026/03/04/ferry-strike", STORY),
    ("https://amp.courier.test/2026/03/04/ferry-strike", STORY),
    ("https://www.m.courier.test/2026/03/04/ferry-strike", STORY),
    (STORY + "/", STORY),
    (STORY + "//", STORY),
    (STORY + "/amp", STORY),
    (STORY + "/amp/", STORY),
    (STORY + "/amp.html", STORY),
    (STORY + ".amp", STORY),
    (STORY + "?amp", STORY),
    (STORY + "?amp=1", STORY),
    (STORY + "?outputType=amp", STORY),
    ("https://courier.test/amp/2026/03/04/ferry-strike", STORY),
    (STORY + "/print", STORY),
    (STORY + "/print/", STORY),
    (STORY + "?print=1", STORY),
    (STORY + "?view=print", STORY),
    (STORY + "?m=1", STORY),
    (STORY + "/index.html", STORY),
    (STORY + "/index.php", STORY),
    (STORY + "/Default.aspx", STORY),
    (STORY + "/amp/?utm_source=x&amp=1#top", STORY),
    (STORY + "#comment-12", STORY),
    (STORY + "?fbclid=1&ref=twitter", STORY),
    ("https://desk:secret@courier.test/2026/03/04/ferry-strike", STORY),
    ("https://courier.test//2026//03/04/ferry-strike", STORY),
    ("https://courier.test/2026/03/04/ferry%2Dstrike", STORY),
    (STORY + ".amp.html", STORY + ".html"),
    (STORY + ".html", STORY + ".html"),
    (STORY + ".html?utm_campaign=x", STORY + ".html"),
    # the query, where it names the article
    (HOME + "/?p=123", HOME + "/?p=123"),
    (HOME + "/index.php?id=7&lang=de", HOME + "/?id=7&lang=de"),
    (HOME + "/story?lang=de&id=7", HOME + "/story?id=7&lang=de"),
    (HOME + "/story?id=7&lang=de", HOME + "/story?id=7&lang=de"),
    # different articles, or not known to be one
    (STORY + "?page=2", STORY + "?page=2"),
    (HOME + "/2026/03/04/Ferry-Strike", HOME + "/2026/03/04/Ferry-Strike"),
    ("https://sport.courier.test/a", "https://sport.courier.test/a"),
    ("https://courier.test:8443/a", "https://courier.test:8443/a"),
    ("https://courier.test/print/a", "https://courier.test/print/a"),
    ("https://courier.test/lamp", "https://courier.test/lamp"),
    ("https://courier.test/music/valve-amp", "https://courier.test/music/valve-amp"),
    ("https://courier.test/blueprint", "https://courier.test/blueprint"),
    ("https://courier.test/m/a", "https://courier.test/m/a"),
    ("https://courier.test/a?amp=valve", "https://courier.test/a?amp=valve"),
    # home pages
    ("http://www.courier.test", "https://courier.test/"),
    ("https://courier.test/index.html", "https://courier.test/"),
    ("https://courier.test/amp", "https://courier.test/amp"),
    # a label that is itself the registered name
    ("https://m.test/a", "https://m.test/a"),
    ("https://www.test/a", "https://www.test/a"),
    ("https://amp.co.uk/a", "https://amp.co.uk/a"),
    ("http://127.0.0.1:8000/a/", "https://127.0.0.1:8000/a"),
    ("http://[2001:db8::1]/a/", "https://[2001:db8::1]/a"),
    # not of the web
    ("urn:dateline:run:1:ledger", "urn:dateline:run:1:ledger"),
    ("dns:courier.test", "dns:courier.test"),
    ("\x00", "\x00"),
]

PIECES = (
    "https:// www. m. amp courier .test / // .. . ? & = % %2 %25 %2F print index.html : 80 @ [ ] é # ; jsessionid=1"
)
URLS = st.one_of(
    st.text(),
    st.from_regex(r"https?://[\w.:\[\]@-]{0,20}(/[^\s]{0,30})?(\?[^\s]{0,30})?(#\w{0,5})?", fullmatch=True),
    st.lists(
        st.sampled_from(
            [*PIECES.split(), " ", "\n"],
        ),
        max_size=12,
    ).map("".join),
)


@pytest.mark.parametrize(("url", "known_as"), REQUESTS)
def test_a_request_is_known_by_one_writing_of_its_url(url: str, known_as: str) -> None:
    assert normalise(url) == known_as


@pytest.mark.parametrize(("url", "key"), ARTICLES)
def test_an_article_has_one_key_in_all_its_forms(url: str, key: str) -> None:
    assert article_key(url) == key


@given(URLS)
@example("https://courier.test/%2%35")
@example("https://courier.test/a/amp/print/index.html/")
@example("https://www.www.courier.test/")
@example("http://a.test/?;jsessionid=1&utm_=")
def test_any_text_has_a_writing_and_a_key_that_stay_as_they_are(text: str) -> None:
    known_as, key = normalise(text), article_key(text)

    assert normalise(known_as) == known_as
    assert article_key(key) == key
    assert article_key(known_as) == key
    assert is_http(known_as) == is_http(text)


@given(URLS, st.lists(st.sampled_from(["id", "x*", "*", "["]), max_size=3))
def test_dropped_parameters_never_break_a_url(text: str, globs: list[str]) -> None:
    assert is_http(normalise(text, globs)) == is_http(text)


def test_a_site_drops_parameters_of_its_own() -> None:
    assert normalise(STORY + "?variant=b&exp_12=x&id=7", ["variant", "EXP_*"]) == STORY + "?id=7"
    assert article_key(STORY + "/amp?variant=b", ["variant"]) == STORY


@pytest.mark.parametrize(
    ("declared", "og_url", "jsonld_url", "merges"),
    [
        (STORY, STORY, None, True),
        (STORY, None, STORY + "?utm_source=x", True),
        (STORY, None, None, False),  # said once only
        (STORY, HOME + "/", None, False),  # contradicted
        (None, STORY, STORY, False),
        ("", None, None, False),
        (HOME + "/", HOME + "/", HOME + "/", False),  # a template's slip: every article declares the home page
        ("https://wire.test/2026/03/04/ferry-strike", "https://wire.test/2026/03/04/ferry-strike", None, False),
        ("/2026/03/04/ferry-strike", STORY, None, False),  # not absolute: the reader resolves it first
        ("not a url", "not a url", None, False),
    ],
)
def test_a_declared_canonical_merges_only_when_it_is_credible(
    declared: str | None, og_url: str | None, jsonld_url: str | None, merges: bool
) -> None:
    found = canonical_merges(
        HOME + "/node/4711",
        declared,
        og_url=og_url,
        jsonld_url=jsonld_url,
        hosts=["courier.test"],
        article_shaped=lambda url: "/2026/" in url,
    )

    assert found is merges


def test_a_page_that_declares_its_own_address_needs_no_second_witness() -> None:
    assert canonical_merges(
        STORY + "/amp", STORY, og_url=None, jsonld_url=None, hosts=["courier.test"], article_shaped=lambda _: False
    )


def test_a_copy_on_another_host_is_not_merged_into_ours() -> None:
    assert not canonical_merges(
        "https://partner.test/x",
        STORY,
        og_url=STORY,
        jsonld_url=STORY,
        hosts=["courier.test"],
        article_shaped=lambda _: True,
    )


def test_hosts_are_told_without_a_network() -> None:
    assert host_of("https://Desk@News.Courier.test:8080/a") == "news.courier.test"
    assert host_of("mailto:desk@courier.test") == ""
    assert [registered_domain(h) for h in ("a.b.example.co.uk", "x.courier.test", "test", "::1", "a.github.io")] == [
        "example.co.uk",
        "courier.test",
        "test",
        "::1",
        "a.github.io",
    ]
    assert is_under("https://sport.courier.test/", ["courier.test"])
    assert not is_under("https://notcourier.test/", ["courier.test"])
    assert not is_under("mailto:desk@courier.test", ["courier.test"])
