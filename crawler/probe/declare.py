"""Write the site file that a survey suggests, with comments that say what was seen."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from archive.model import Article, Link
from archive.url_shape import shape_of
from archive.urls import host_of, is_under, normalise
from crawler.links import classify
from crawler.probe.pattern import Guess, guess
from crawler.probe.seen import Listing, Survey, counted
from crawler.sites import Site, parse_site
from crawler.sites.duration import duration_text
from crawler.watch import span

MAX_FEEDS = 4
CHECKS_A_TURN = 4  # polls while a list turns over once: nothing is missed if one of them fails
SHORTEST, LONGEST = timedelta(minutes=10), timedelta(hours=2)
_STEPS = tuple(timedelta(minutes=m) for m in (10, 15, 30, 60, 120))


def declaration(survey: Survey, site_id: str) -> str:
    """Return the text of a site file; `parse_site` accepts it."""
    home = survey.home
    name = survey.name or host_of(home).removeprefix("www.")
    languages = languages_of(survey)
    lines = [
        f"# {_comment(name)}, as `dateline sites probe` saw it with {survey.requests} requests.",
        "# Change what you know better: docs/adding-a-site.md explains every key.",
        *(f"# The look ended early: {_comment(text)}." for text in (survey.stopped,) if text),
        "",
        f"home = {_quoted(home)}",
        f"id = {_quoted(site_id)}",
        f"name = {_quoted(name)}",
        *([f"languages = [{', '.join(map(_quoted, languages))}]"] if languages else []),
        *_robots(survey),
        *_sources(survey),
        *_scope(survey, site_id),
        *_polite(survey),
        *_samples(survey.articles),
        *_missed(survey),
    ]
    return "\n".join(lines) + "\n"


def languages_of(survey: Survey) -> tuple[str, ...]:
    """Return the languages of a site, as its articles and its own pages say, the most usual first."""
    read = [article.language for article in survey.articles if article.language]
    listed = [link.language for link in survey.listed if link.language]
    seen = [*read, *survey.languages, *listed]
    first = {tag.partition("-")[0]: tag for tag in reversed(seen)}
    return tuple(dict.fromkeys(first[tag.partition("-")[0]] for tag in seen))[:3]


def shortest_poll(listing: Listing) -> timedelta:
    """Return how often a list should be asked when there is news: several times while it turns over once."""
    if not listing.span:
        return SHORTEST if listing.kind == "feed" else LONGEST
    wanted = min(max(listing.span / CHECKS_A_TURN, SHORTEST), LONGEST)
    return max(step for step in _STEPS if step <= wanted)


def pattern_of(survey: Survey, site_id: str) -> Guess | None:
    """Return the pattern of the site's articles, guessed from those it lists and the other links of its front page."""
    site = _plain_site(survey, site_id)
    ours = [link for link in survey.listed if is_under(link.url, site.hosts)]
    known = [normalise(link.url) for link in ours if link.url != survey.home]
    front = survey.front.articles if survey.front else ()
    if not known:
        in_sections = [link for listing in survey.sections for link in listing.articles]
        in_sitemaps = [link for listing in survey.sitemaps for link in listing.articles]
        found = [*in_sections, *(k for k in (*front, *in_sitemaps) if classify(site, k, "section") == "article")]
        known = [normalise(link.url) for link in found]
    others = [normalise(k.url) for k in front if is_under(k.url, site.hosts) and _is_other(k)]
    return guess(known, others)


def _robots(survey: Survey) -> Iterator[str]:
    robots = survey.robots
    yield ""
    if robots.problem:
        yield f"# robots.txt: {_comment(robots.problem)}. Nothing can be crawled until that changes."
    else:
        names = f"names {counted(len(robots.sitemaps), 'sitemap')}" if robots.sitemaps else "names no sitemap"
        yield f"# robots.txt: status {robots.status}; it {names}."


def _sources(survey: Survey) -> Iterator[str]:
    feeds, doubles = _distinct(survey.feeds)
    for feed in feeds[:MAX_FEEDS]:
        yield from _source(feed, survey.home)
    for url in (*doubles, *(feed.url for feed in feeds[MAX_FEEDS:])):
        yield from ("", f"# Also a feed, left out because others list the same: {_comment(url)}")
    for sitemap in survey.news_sitemaps:
        yield from _source(sitemap, survey.home)
    yield from _archive_sitemaps(survey)
    if survey.sections:
        yield from ("", "# Pages of headlines.", "[[source]]")
        yield 'kind = "section"'
        urls = dict.fromkeys(_short(url, survey.home) for url in (survey.home, *(s.url for s in survey.sections)))
        yield f"urls = [{', '.join(map(_quoted, urls))}]"
        yield 'every = "30m..12h"'
    elif not feeds and not survey.news_sitemaps:
        yield from ("", "# The home page.", "[[source]]")
        yield from ('kind = "section"', f"url = {_quoted(_short(survey.home, survey.home))}", 'every = "30m..12h"')


def _distinct(feeds: Sequence[Listing]) -> tuple[list[Listing], list[str]]:
    """Return the feeds that list something of their own, the fullest first, and the addresses of the others."""
    kept: list[Listing] = []
    doubles: list[str] = []
    known: set[str] = set()
    for feed in sorted(feeds, key=lambda f: -len(f.articles)):
        urls = {normalise(link.url) for link in feed.articles}
        if urls <= known:
            doubles.append(feed.url)
        else:
            kept.append(feed)
            known |= urls
    return kept, doubles


def _source(listing: Listing, home: str) -> Iterator[str]:
    yield ""
    yield f"# {_comment(_what(listing))}, {_comment(listing.how)}: {_amount(listing)}"
    for problem in listing.problems:
        yield f"# It has faults: {_comment(problem)}"
    yield "[[source]]"
    yield f"kind = {_quoted(listing.kind)}"
    yield f"url = {_quoted(_short(listing.url, home))}"
    yield f"every = {_quoted(duration_text(shortest_poll(listing).total_seconds()) + '..12h')}"


def _archive_sitemaps(survey: Survey) -> Iterator[str]:
    """Propose the sitemap: as a source of the news where there is no other, else for whoever wants the past."""
    if not survey.sitemaps:
        return
    first = survey.sitemaps[0]
    parts = sum(len(sitemap.children) for sitemap in survey.sitemaps)
    pages = sum(len(sitemap.articles) for sitemap in survey.sitemaps)
    seen = f"an index, {counted(parts, 'part')}" if parts else counted(pages, "page")
    source = (
        "[[source]]",
        'kind = "sitemap"',
        'from = "robots"'
        if first.url in survey.robots.sitemaps
        else f"url = {_quoted(_short(first.url, survey.home))}",
    )
    if not survey.feeds and not survey.news_sitemaps:
        yield from ("", f"# The sitemap ({seen}); no feed and no news sitemap was found.", *source, 'every = "6h..1d"')
        return
    yield from (
        "",
        f"# The sitemap lists what the site ever published ({seen}). With the # gone, it is fetched bit by bit,",
    )
    yield "# newest first, after the news of the day ([backfill] bounds it)."
    yield from (f"# {line}" for line in (*source, 'use = "backfill"', 'every = "1d"'))


def _scope(survey: Survey, site_id: str) -> Iterator[str]:
    found = pattern_of(survey, site_id)
    yield ""
    if found is None:
        yield "# No pattern tells the articles from the other pages: the shape of each address decides."
        return
    others = (
        f"{found.wrong} of {found.others} other links of the home page" if found.others else "nothing to compare with"
    )
    yield f"# It matches {found.matched} of {found.articles} addresses that the site calls articles, and {others}."
    yield from ("[scope]", f"article = [{_literal(found.pattern)}]")


def _polite(survey: Survey) -> Iterator[str]:
    if survey.robots.crawl_delay:
        yield from ("", f"# robots.txt asks for {survey.robots.crawl_delay:g} s between two requests, and gets them.")


def _samples(articles: Sequence[Article]) -> Iterator[str]:
    for article in articles:
        facts = (
            f"{counted(len(article.body), 'paragraph')}, {_length(article.body)}",
            f"language {article.language}" if article.language else "",
            f"published {article.published:%Y-%m-%d %H:%M} UTC" if article.published else "no date found",
            f"by {', '.join(article.authors)}" if article.authors else "",
            f"{counted(len(article.appeals), 'appeal')} to the reader set apart" if article.appeals else "",
        )
        yield from (
            "",
            f"# Read to try it: {_comment(article.url)}",
            f"#   {_comment(article.title or 'no title found')}",
        )
        yield f"#   {_comment('; '.join(filter(None, facts)))}"


def _length(texts: Sequence[str]) -> str:
    """Return how long a text is: in characters, where the script puts no spaces between words."""
    words, characters = sum(len(text.split()) for text in texts), sum(map(len, texts))
    return counted(words, "word") if characters < 15 * max(words, 1) else counted(characters, "character")


def _missed(survey: Survey) -> Iterator[str]:
    if survey.missed:
        yield from ("", "# Tried in vain:")
    for url, why in survey.missed:
        yield f"#   {_comment(url)}: {_comment(why)}"


def _what(listing: Listing) -> str:
    names = {"rss": "RSS", "rdf": "RSS 1.0", "atom": "Atom", "json-feed": "JSON Feed", "news-sitemap": "News sitemap"}
    return names.get(listing.format, listing.format)


def _amount(listing: Listing) -> str:
    count = counted(len(listing.articles), "article")
    if not listing.dates:
        return f"{count}, without dates."
    newest = f"the newest of {listing.dates[-1]:%Y-%m-%d %H:%M} UTC"
    if not listing.span:
        return f"{count}, {newest}."
    per_day = (len(listing.dates) - 1) / max(listing.span / timedelta(days=1), 1 / 24)
    return f"{count} of {span(listing.span)}, some {per_day:.2g} a day, {newest}."


def _is_other(link: Link) -> bool:
    return shape_of(normalise(link.url)) in ("listing", "other")


def _plain_site(survey: Survey, site_id: str) -> Site:
    return parse_site(f"home = {_quoted(survey.home)}\n", f"{site_id}.toml")


def _short(url: str, home: str) -> str:
    """Return an address as a site file may write it: without the host, if that is the home's."""
    here, there = urlsplit(home), urlsplit(url)
    if (here.scheme, here.netloc) != (there.scheme, there.netloc):
        return url
    return (there.path or "/") + (f"?{there.query}" if there.query else "")


def _quoted(text: str) -> str:
    """Return a TOML string in which whoever edits the file sees every character: no direction marks, no controls."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08X}" for c in escaped) + '"'


def _literal(pattern: str) -> str:
    return _quoted(pattern) if "'" in pattern or not pattern.isprintable() else f"'{pattern}'"


def _comment(text: str) -> str:
    """Return text of a site as one line of a comment: TOML allows no control characters there."""
    return "".join(c if c.isprintable() else " " for c in " ".join(text.split()))[:200]
