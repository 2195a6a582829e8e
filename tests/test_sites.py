"""Site files: what one line is enough for, what is refused and how, and what comes back when a site is printed."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import crawler
from archive.errors import ConfigError
from crawler.sites import Every, Site, group_of, load_site, load_sites, parse_site, resolved, settings_digest, to_toml
from crawler.sites.duration import duration_text, parse_every, seconds_of

HOME = 'home = "https://www.courier.test/"\n'
EXAMPLES = Path(crawler.__file__).parent / "examples"


def site(text: str = "", name: str = "courier.toml") -> Site:
    return parse_site(HOME + text, name)


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_site(text, "courier.toml")
    return str(caught.value)


def test_a_home_is_enough() -> None:
    courier = site()

    assert (courier.id, courier.name, courier.home) == ("courier", "courier.test", "https://www.courier.test/")
    assert [(s.key, s.kind, s.urls) for s in courier.sources] == [("section:/", "section", (courier.home,))]
    assert courier.hosts == ("courier.test",)
    assert courier.polite.delay_s == 3.0
    assert courier.sources[0].every == Every(600, 86_400)


def test_sources_have_keys_that_outlive_an_edit_elsewhere() -> None:
    courier = site("""
[[source]]
kind = "feed"
url = "/rss/news"
every = "30m..12h"
[[source]]
kind = "news-sitemap"
url = "https://feeds.wire.test/courier.xml?lang=en"
[[source]]
kind = "sitemap"
from = "robots"
[[source]]
kind = "section"
urls = ["/politics/", "/culture/"]
[[source]]
kind = "list"
url = "/2015/10/08/letter"
""")

    assert {s.key: s.urls for s in courier.sources} == {
        "feed:/rss/news": ("https://www.courier.test/rss/news",),
        "news-sitemap://feeds.wire.test/courier.xml?lang=en": ("https://feeds.wire.test/courier.xml?lang=en",),
        "sitemap:robots": ("https://www.courier.test/robots.txt",),
        "section:/politics/": ("https://www.courier.test/politics/", "https://www.courier.test/culture/"),
        "list:/2015/10/08/letter": ("https://www.courier.test/2015/10/08/letter",),
    }
    assert courier.sources[0].every == Every(1_800, 43_200)
    assert courier.source("sitemap:robots") == courier.sources[2]
    assert courier.source("feed:/gone") is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "courier.toml: home: is missing"),
        ('hme = "https://a.test/"', "courier.toml: hme: is unknown; did you mean 'home'? (line 1)"),
        ('home = "courier.test"', "courier.toml: home: 'courier.test' is no web address; write it like"),
        ("home = 7", "courier.toml: home: must be a text in quotes, not 7 (line 1)"),
        ('home = ""', "courier.toml: home: must be a text in quotes"),
        ("home = [", "courier.toml: is not TOML: "),
        (HOME + 'id = "Two Words"', "courier.toml: id: 'Two Words' must be small letters"),
        (HOME + 'languages = "en"', "courier.toml: languages: must be a list of texts in [brackets]"),
        (HOME + 'languages = ["English"]', "courier.toml: languages: 'English' is not a language tag"),
        (
            HOME + 'former_hosts = ["https://old.test/"]',
            "courier.toml: former_hosts: 'https://old.test/' is not a host",
        ),
        (HOME + 'xyzzy = "?"', "courier.toml: xyzzy: is unknown; known are id, name, home"),
        (HOME + 'polite = "3s"', "courier.toml: polite: must be a table: write [polite] on a line of its own (line 2)"),
        (HOME + '[polite]\ndely = "3s"', "courier.toml: polite.dely: is unknown; did you mean 'delay'? (line 3)"),
        (HOME + '[polite]\ndelay = "3"', "courier.toml: polite.delay: '3' is no duration; write it like '3s'"),
        (HOME + "[polite]\ndelay = 3", "courier.toml: polite.delay: must be a text in quotes, not 3"),
        (HOME + "[polite]\nper_run = 0", "courier.toml: polite.per_run: must be at least 1"),
        (HOME + "[polite]\nper_run = true", "courier.toml: polite.per_run: must be a whole number, not True"),
        (HOME + "[scope]\narticle = ['(']", "courier.toml: scope.article: '(' is no regular expression: missing )"),
        (
            HOME + f"[scope]\nignore = ['{'a' * 501}']",
            "courier.toml: scope.ignore: a pattern has 501 characters, over 500",
        ),
        (
            HOME + "[source]\nkind = 'feed'",
            "courier.toml: source: must be tables: write [[source]] before each (line 2)",
        ),
        (HOME + "[[source]]\nurl = '/rss'", "courier.toml: source[1].kind: is missing; one of feed, news-sitemap"),
        (HOME + "[[source]]\nkind = 'fed'\nurl = '/rss'", "source[1].kind: 'fed' is none of feed, news-sitemap"),
        (HOME + "[[source]]\nkind = 'fed'\nurl = '/rss'", "did you mean 'feed'? (line 3)"),
        (HOME + "[[source]]\nkind = 'feed'", "courier.toml: source[1].url: is missing"),
        (HOME + "[[source]]\nkind = 'feed'\nurl = '/a'\nurls = ['/b']", "source[1].urls: give either url or urls"),
        (HOME + "[[source]]\nkind = 'feed'\nurl = 'mailto:x@y'", "source[1].url: 'mailto:x@y' is no web address"),
        (
            HOME + "[[source]]\nkind = 'feed'\nurl = '/a'\n[[source]]\nkind = 'feed'\nurl = '/a'",
            "source[2]: is declared twice",
        ),
        (HOME + "[[source]]\nkind = 'feed'\nfrom = 'robots'", "source[1].from: goes with kind = 'sitemap' alone"),
        (
            HOME + "[[source]]\nkind = 'sitemap'\nfrom = 'robot'",
            "source[1].from: 'robot' is none of robots; did you mean",
        ),
        (
            HOME + "[[source]]\nkind = 'feed'\nurl = '/a'\nevery = '24h..10m'",
            "source[1].every: '24h..10m' must run from",
        ),
        (HOME + "[[source]]\nkind = 'feed'\nurl = '/a'\nevery = 'daily'", "source[1].every: 'daily' is no duration"),
        (HOME + "[[source]]\nkind = 'dates'\nurl = '/{mm}'\nsince = 2015-01-01", "must be a pattern such as"),
        (HOME + "[[source]]\nkind = 'dates'\nurl = '/{yyyy}'", "source[1].since: is missing"),
        (HOME + "[[source]]\nkind = 'feed'\nurl = '/a'\nsince = '2015'", "must be a day without quotes"),
        (HOME + "[recheck]\nafter = ['6h', '1h']", "must go from the shorter to the longer"),
        (HOME + "[recheck]\nshare = 1.5", "must be a part of the requests"),
        (HOME + "[polite]\nnight = 'late'", "is no span of hours"),
        (HOME + "[polite]\nnight = '22:00..06:00 Europe/Nowhere'", "is no time zone"),
        (HOME + "[backfill]\nper_run = 0", "must be at least 1"),
        (HOME + "requisites = 'images'", "'images' is none of none, styles+images, all"),
        (HOME + "rules = 3", "courier.toml: rules: must be tables: write [[rules]] before each"),
        (HOME + "[[rules]]\nbdy = ['p']", "courier.toml: rules[1].bdy: is unknown; did you mean 'body'? (line 3)"),
        (HOME + "[[rules]]\nbody = 'p'", "courier.toml: rules[1].body: must be a list of texts in [brackets]"),
        (HOME + "[[rules]]\nuntil = 2019-06-30", "courier.toml: rules[1]: selects nothing; give one of body, text"),
        (HOME + "[[rules]]\nappeal = ['p']", "courier.toml: rules[1].appeal: must be a table: write appeal.NAME"),
        (
            HOME + "[[rules]]\nappeal.donations = ['p']",
            "rules[1].appeal.donations: is unknown; did you mean 'donation'?",
        ),
        (HOME + "[[rules]]\nappeal.donation = ['p:']", "rules[1].appeal.donation: 'p:' is no CSS selector"),
        (HOME + "[[rules]]\nignore = ['p:hover']", "rules[1].ignore: 'p:hover' asks for what is not served"),
        (HOME + "[[rules]]\nignore = ['//p']", "rules[1].ignore: '//p' is no CSS selector"),
        (HOME + f"[[rules]]\nignore = {['p'] * 201}", "courier.toml: rules: have more than 200 selectors"),
        (
            HOME + "[[rules]]\nbody = ['p']\nfrom = 2020-01-02\nuntil = 2020-01-01",
            "rules[1].until: must not be before from (line 5)",
        ),
        (HOME + "[[source]]\nkind = 'warc'", "courier.toml: source[1].paths: is missing: the files"),
        (
            HOME + "[[source]]\nkind = 'warc'\npaths = ['x']\nuse = 'news'",
            "source[1].use: of a warc source is 'backfill'",
        ),
        (HOME + "[[source]]\nkind = 'feed'\npaths = ['x']", "source[1].paths: goes with kind = 'warc' alone"),
        (HOME + "[[check]]\ntitle = 'x'", "courier.toml: check[1].url: is missing"),
        (HOME + "[[check]]\nurl = '/a'", "courier.toml: check[1]: wants nothing; give one of title, first, last"),
        (HOME + "[[check]]\nurl = 'mailto:x@y'\ntitle = 'x'", "check[1].url: 'mailto:x@y' is no web address"),
        (HOME + "[[check]]\nurl = '/a'\nappeals = ['donations']", "check[1].appeals: 'donations' is none of donation"),
        (HOME + "[[check]]\nurl = '/a'\npublished = '2015'", "check[1].published: must be a day or a time with its"),
        (HOME + "[[check]]\nurl = '/a'\nheadline = 'x'", "courier.toml: check[1].headline: is unknown"),
    ],
)
def test_a_slip_of_the_pen_is_named_with_its_place(text: str, problem: str) -> None:
    assert problem in refusal(text)


def test_what_is_planned_is_refused_and_not_ignored() -> None:
    text = HOME + "[[source]]\nkind = 'sitemap'\nurl = '/x'\norder = 'newest-first'"

    assert "courier.toml: source[1].order" in refusal(text)
    assert "is not served yet" in refusal(text)


def test_a_page_comes_with_its_style_and_images_unless_its_site_says_otherwise() -> None:
    assert site("").requisites == "styles+images"
    assert site("requisites = 'none'").requisites == "none"


def test_an_error_keeps_its_file_and_key() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_site(HOME + "[polite]\ndelay = 'soon'", Path("sites/courier.toml"))

    assert (caught.value.path, caught.value.key, caught.value.exit_code) == (
        Path("sites/courier.toml"),
        "polite.delay",
        4,
    )


def test_article_patterns_are_searched_in_the_readable_path_and_query() -> None:
    courier = site(r"""
[scope]
article = ['^/\d{4}/\d{2}/', '[?&]story=\d+', '^/новости/', '^https://blog\.courier\.test/']
drop_query = ["story_variant"]
""")

    assert courier.is_article("https://www.courier.test/2026/03/ferry?utm_source=rss") is True
    assert courier.is_article("https://www.courier.test/show?lang=en&story=7") is True
    assert courier.is_article("https://www.courier.test/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8/1") is True
    assert courier.is_article("https://blog.courier.test/ferry") is True
    assert courier.is_article("https://www.courier.test/about") is False
    assert site().is_article("https://www.courier.test/2026/03/ferry") is None


def test_a_site_is_its_domain_and_what_it_declares() -> None:
    courier = site("""
former_hosts = ["www.old-courier.test"]
[scope]
hosts = ["Courier.Wire.test"]
ignore = ["/print$", "[?]mode=text"]
""")

    assert courier.in_scope("https://sport.courier.test/a") == "in"
    assert courier.in_scope("http://courier.test:8080/a") == "in"
    assert courier.in_scope("https://old-courier.test/a") == "in"
    assert courier.in_scope("https://courier.wire.test/a") == "in"
    assert courier.in_scope("https://wire.test/a") == "offsite"
    assert courier.in_scope("https://notcourier.test/a") == "offsite"
    assert courier.in_scope("mailto:desk@courier.test") == "offsite"
    assert courier.in_scope("https://www.courier.test/a/print") == "ignored"
    assert courier.in_scope("https://www.courier.test/a?mode=text") == "ignored"


def test_hosts_of_one_owner_are_one_politeness_group() -> None:
    groups = [
        group_of(url)
        for url in (
            "https://www.courier.test/a",
            "https://img.courier.test:8443/1.jpg",
            "https://news.example.co.uk/",
            "https://ann.blogspot.com/",
            "http://127.0.0.1:8000/",
        )
    ]

    assert groups == ["courier.test", "courier.test", "example.co.uk", "ann.blogspot.com", "127.0.0.1"]


def test_a_site_says_what_is_normal_for_it() -> None:
    expecting = site('[expect]\nquiet_for = "36h"\nignore = ["short", "unread"]')

    assert (expecting.expect.quiet_for_s, expecting.expect.ignore) == (129_600.0, ("short", "unread"))
    assert site().expect.quiet_for_s is None
    assert site('[expect]\nquiet_for = "learned"').expect == site().expect
    assert parse_site(to_toml(expecting), "courier.toml") == expecting


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            'quiet_for = "soon"',
            "expect.quiet_for: 'soon' is no duration; write it like '3s', '15m', '24h' or '7d'; or 'le",
        ),
        ('quiet_for = "0s"', "expect.quiet_for: must not be zero"),
        ('quiet = "1d"', "expect.quiet: is unknown; did you mean 'quiet_for'?"),
        ('ignore = ["shrot"]', "expect.ignore: 'shrot' is none of silent, unreachable, empty, refused, unread, short"),
    ],
)
def test_an_expectation_that_nobody_could_check_is_refused(text: str, problem: str) -> None:
    assert problem in refusal(HOME + "[expect]\n" + text)


def test_every_value_says_where_it_came_from() -> None:
    text = 'name = "Harbour Courier"\n\n[[source]]\nkind = "feed"\nurls = ["/rss"]\n\n[polite]\ndelay = "0s"\n'
    where = {setting.key: (setting.value, setting.where) for setting in resolved(site(text))}

    assert where["home"] == ('"https://www.courier.test/"', "line 1")
    assert where["name"] == ('"Harbour Courier"', "line 2")
    assert where["id"] == ('"courier"', "default")
    assert where["source[1].url"] == ('"https://www.courier.test/rss"', "line 6")
    assert where["source[1].every"] == ('"10m..1d"', "default")
    assert where["polite.delay"] == ('"0s"', "line 9")
    assert where["polite.per_run"] == ("5000", "default")


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda p: p.stem)
def test_a_site_printed_whole_reads_back_as_the_same_site(path: Path) -> None:
    declared = load_site(path)

    again = parse_site(to_toml(declared), "elsewhere.toml")

    assert again == declared
    assert to_toml(again) == to_toml(declared)
    assert settings_digest(again) == settings_digest(declared)


@given(
    name=st.text(min_size=1, max_size=30).filter(lambda t: bool(t.strip())),
    pattern=st.text(max_size=20).map(re.escape).filter(lambda t: bool(t.strip())),
    delay=st.integers(0, 10_000_000),
    every=st.tuples(st.integers(1, 10**7), st.integers(0, 10**7)),
)
def test_any_text_survives_the_way_into_the_archive(
    name: str, pattern: str, delay: int, every: tuple[int, int]
) -> None:
    declared = site()
    text = to_toml(declared)
    quoted = next(s.value for s in resolved(Site("x", name, "https://a.test/", ())) if s.key == "name")
    text = text.replace('name = "courier.test"', f"name = {quoted}")
    text = text.replace('delay = "3s"', f'delay = "{duration_text(delay / 1000)}"')
    text = text.replace('every = "10m..1d"', f'every = "{every[0]}s..{sum(every)}s"')

    again = parse_site(text, "courier.toml")

    assert (again.name, again.polite.delay_s) == (name, delay / 1000)
    assert (again.sources[0].every.min_s, again.sources[0].every.max_s) == (every[0], sum(every))
    assert parse_site(to_toml(again), "courier.toml") == again


def test_rules_and_checks_come_back_as_they_were_declared() -> None:
    declared = site("""
[[rules]]
until = 2019-06-30
body = ["div.article__content"]
appeal = { donation = ["aside.contribute", "p:contains('A Message from') ~ p"] }
[[rules]]
from = 2019-07-01
text = ["p.verse"]
chrome.furniture = ["div.tools"]
[[check]]
url = "/2015/10/08/letter"
first = 'The "Ghab" plain'
authors = []
appeals = ["donation"]
published = 2015-10-08T10:00:00+03:00
""")

    where = {setting.key: (setting.value, setting.where) for setting in resolved(declared)}

    assert parse_site(to_toml(declared), "courier.toml") == declared
    assert where["rules[1].until"] == ("2019-06-30", "line 4")
    assert where["rules[1].appeal.donation"][1] == "line 6"
    assert where["rules[2].ignore"] == ('["div.tools"]', "line 10")
    assert where["check[1].authors"] == ("[]", "line 14")
    assert where["check[1].published"] == ("2015-10-08T10:00:00+03:00", "line 16")


def test_the_digest_follows_the_meaning_and_not_the_layout() -> None:
    plain = site()

    assert settings_digest(site("# a comment\n\n[polite]\ndelay = '3s'\n")) == settings_digest(plain)
    assert settings_digest(site("[polite]\ndelay = '4s'\n")) != settings_digest(plain)


def test_durations_are_written_as_they_are_read() -> None:
    assert [seconds_of(t) for t in ("3s", "250ms", "15m", "1.5h", "7d", "2w")] == [
        3,
        0.25,
        900,
        5400,
        604_800,
        1_209_600,
    ]
    assert parse_every("15m") == Every(900, 900)
    assert parse_every("10m..24h") == Every(600, 86_400)
    assert [duration_text(s) for s in (0, 90, 3_600, 0.5)] == ["0s", "90s", "1h", "500ms"]


def test_a_folder_is_read_by_id_and_two_files_cannot_share_one(tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text(HOME, "utf-8")
    (tmp_path / "a.toml").write_text(HOME + 'id = "z"', "utf-8")
    (tmp_path / ".hidden.toml").write_text("?", "utf-8")
    (tmp_path / "notes.txt").write_text("?", "utf-8")
    assert [s.id for s in load_sites(tmp_path)] == ["b", "z"]

    (tmp_path / "z.toml").write_text(HOME, "utf-8")
    with pytest.raises(ConfigError, match=r"z\.toml: id: 'z' is declared by a\.toml too"):
        load_sites(tmp_path)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"\xff\xfe")

    with pytest.raises(ConfigError, match=r"a\.toml: cannot be read"):
        load_site(tmp_path / "a.toml")
    with pytest.raises(ConfigError, match=r"b\.toml: cannot be read"):
        load_site(tmp_path / "b.toml")


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("\ufeff" + HOME, "utf-8")

    assert load_site(tmp_path / "a.toml").id == "a"


def test_the_newspaper_of_the_founding_case_is_declared() -> None:
    moscow = load_site(EXAMPLES / "themoscowtimes.toml")

    assert [s.urls for s in moscow.sources] == [("https://www.themoscowtimes.com/rss/news",)]
    assert moscow.is_article("https://www.themoscowtimes.com/2015/10/08/an-invented-headline-a50123")
    assert not moscow.is_article("https://www.themoscowtimes.com/contribute")
