"""`dateline sites probe`: from an address to a site file."""

import json
import re
from datetime import timedelta
from pathlib import Path

import click

from archive.errors import ConfigError, NotFoundError
from archive.layout import Layout
from archive.terminal import plain, print_json
from archive.urls import host_of, is_http, normalise, registered_domain
from crawler.contact import contact_of
from crawler.parameters import Duration
from crawler.probe import Look, Survey, declaration, probe
from crawler.probe.declare import pattern_of
from crawler.sites import load_sites, parse_site


@click.command(name="probe")
@click.argument("url")
@click.option("--write", is_flag=True, help="Write the site file into the archive.")
@click.option("--id", "site_id", default="", help="Name of the site; default: from its host.")
@click.option(
    "--delay",
    type=Duration(),
    default=timedelta(seconds=3),
    help="Between two requests (default: 3s; robots.txt may ask more).",
)
@click.option("--no-archive", is_flag=True, help="Keep nothing of the look.")
@click.option(
    "--allow", multiple=True, metavar="CIDR", help="Reach addresses of this block although they are not public."
)
@click.option(
    "--resolve", multiple=True, metavar="NAME:ADDR", help="Reach NAME[:PORT] at ADDR[:PORT] alone; @FILE for many."
)
@click.option("--contact", default="", help="Address for complaints, for this look.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as one JSON object.")
@click.pass_obj
def probe_site(
    layout: Layout,
    url: str,
    write: bool,
    site_id: str,
    delay: timedelta,
    no_archive: bool,
    allow: tuple[str, ...],
    resolve: tuple[str, ...],
    contact: str,
    as_json: bool,
) -> None:
    """Look at a news site and propose its site file.

    Reads robots.txt, the home page, feeds and sitemaps, sections if there is neither, and two articles: 6 to 30
    requests, one at a time. What is fetched is archived if there is an archive.
    """
    has_archive = layout.warc.is_dir()
    if write:
        layout.require()
    home = home_of(url)
    name = site_id or id_of(home)
    site = parse_site(f"home = {_quoted(home)}\nid = {_quoted(name)}\n", f"{name}.toml")
    target = layout.sites / f"{name}.toml"
    if write:
        _require_new(layout, target, name)
    survey = probe(
        Look(
            site,
            layout if has_archive and not no_archive else None,
            allow,
            resolve,
            contact_of(layout, contact),
            delay.total_seconds(),
            lambda line: click.echo(plain(line), err=True),
        )
    )
    text = declaration(survey, name)
    parse_site(text, target)  # what is proposed can be used
    if as_json:
        print_json(_as_dict(survey, name, text))
    if write and not survey.is_empty:
        target.write_text(text, encoding="utf-8")
        click.echo(f"wrote {target}. Now: dateline crawl {name}", err=True)
    if not (as_json or write):
        click.echo(plain(text), nl=False)
    if survey.is_empty:
        why = survey.missed[0][1] if survey.missed else survey.stopped
        raise NotFoundError(home, f"nothing there lists articles ({why})")


def home_of(text: str) -> str:
    """Return the home page that a person means: `example.org` will do, and a longer address means itself.

    >>> home_of("www.example.org"), home_of("http://example.org/en/")
    ('https://www.example.org/', 'http://example.org/en/')
    """
    url = text.strip() if "://" in text else f"https://{text.strip()}"
    if not is_http(url):
        raise ConfigError("URL", "", f"{text!r} is no web address; write it like 'www.example.org'")
    return normalise(url)


def id_of(home: str) -> str:
    """Return a name for a site: its registered domain up to the first dot.

    >>> id_of("https://www.harbour-courier.test/"), id_of("https://news.example.co.uk/")
    ('harbour-courier', 'example')
    """
    name = registered_domain(host_of(home)).partition(".")[0].lower()
    return re.sub(r"[^a-z0-9._-]+", "-", name).strip("-._") or "site"


def _require_new(layout: Layout, target: Path, name: str) -> None:
    known = {site.id for site in load_sites(layout.sites)}
    if target.exists() or name in known:
        raise ConfigError(target, "id", f"{name!r} is declared already; name another with --id, or move that file away")


def _as_dict(survey: Survey, name: str, text: str) -> dict[str, object]:
    """Return the survey as plain values; the keys are a contract."""
    found = pattern_of(survey, name)
    lists = (*survey.feeds, *survey.news_sitemaps, *survey.sitemaps, *survey.sections)
    return {
        "id": name,
        "home": survey.home,
        "name": survey.name,
        "requests": survey.requests,
        "stopped": survey.stopped,
        "robots": survey.robots.problem or f"status {survey.robots.status}",
        "sources": [
            {"kind": each.kind, "url": each.url, "format": each.format, "how": each.how, "articles": len(each.articles)}
            for each in lists
        ],
        "pattern": found.pattern if found else None,
        "matches": [found.matched, found.articles, found.wrong, found.others] if found else None,
        "missed": dict(survey.missed),
        "articles": [{"url": a.url, "title": a.title, "paragraphs": len(a.body)} for a in survey.articles],
        "toml": text,
    }


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
