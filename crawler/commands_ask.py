"""The commands that ask the frontier and the catalogue at once: `dateline why`, `dateline status`."""

from contextlib import closing
from dataclasses import asdict
from datetime import datetime

import click

from archive.catalogue.answers import CaptureLine, Why
from archive.catalogue.answers import status as catalogue_status
from archive.catalogue.answers import why as catalogued
from archive.catalogue.database import open_for_reading
from archive.cli import cli
from archive.errors import NotFoundError
from archive.layout import Layout
from archive.terminal import plain, print_json, print_table, size_text
from crawler.asking import ask_frontier
from crawler.clock import system_clock
from crawler.status import status_of
from crawler.story import stories_of


@cli.command()
@click.argument("url")
@click.option("--json", "as_json", is_flag=True, help="Print it as one JSON object.")
@click.pass_obj
def why(layout: Layout, url: str, as_json: bool) -> None:
    """Tell the whole story of a URL: where it was found, each visit, each reading."""
    layout.require()
    stories = ask_frontier(layout, lambda frontier: stories_of(frontier, url)) or ()
    known = _ask_catalogue(layout, url)
    if not stories and not (known and (known.captures or known.outcomes)):
        raise NotFoundError(url, "never seen: no source has listed it, and nothing was fetched from there")
    if as_json:
        print_json({"frontier": [story.to_dict() for story in stories], "catalogue": asdict(known) if known else None})
        return
    for story in stories:
        for line in story.lines():
            click.echo(plain(line))
    for capture in known.captures if known else ():
        click.echo(plain(_reading_line(capture)))


def _reading_line(capture: CaptureLine) -> str:
    reason = f" ({capture.reason})" if capture.reason else ""
    shows = f"shows version {capture.version}" if capture.version else capture.evidence or ""
    parts = (
        f"  {capture.fetched_at:%Y-%m-%d %H:%M:%S}Z  {capture.kind} {capture.status or ''}",
        f"read as {capture.outcome}{reason}" if capture.outcome else "not a page to read",
        shows,
        f"{capture.record.file} at {capture.record.offset}",
    )
    return "  ".join(part for part in parts if part)


def _ask_catalogue(layout: Layout, url: str) -> Why | None:
    if not layout.catalogue.exists():
        return None
    with closing(open_for_reading(layout.catalogue)) as db:
        return catalogued(db, url)


# ---------------------------------------------------------------------- status


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print it as one JSON object.")
@click.pass_obj
def status(layout: Layout, as_json: bool) -> None:
    """Show how the archive fares: each site's last news, faults, what is due; sizes; what the catalogue holds."""
    layout.require()
    now = status_of(layout, system_clock()())
    held = None
    if layout.catalogue.exists():
        with closing(open_for_reading(layout.catalogue)) as db:
            held = catalogue_status(db)
    if as_json:
        print_json({**now.to_dict(), "catalogue": asdict(held) if held else None})
        return
    rows = [
        (s.site, s.known, s.due, s.waiting, _ago(s.last_visit), _ago(s.last_new), len(s.failing)) for s in now.sites
    ]
    print_table("", ("site", "#URLs", "#due", "#waiting", "last visit", "last news", "#failing"), rows)
    for site in now.sites:
        for fault in site.failing:
            click.echo(plain(f"  {site.site}: {fault}"))
    click.echo(f"{now.warc_files} WARC files, {size_text(now.warc_bytes)}; last run {now.last_run}: {now.last_finish}")
    if held:
        counts = dict(held.tables)
        text = ", ".join(f"{counts[name]:,} {name}" for name in ("captures", "articles", "versions", "passages"))
        click.echo(f"Catalogue: {text}; appeals: {', '.join(f'{n} {kind}' for kind, n in held.appeals) or 'none'}")


def _ago(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}Z" if moment else "never"
