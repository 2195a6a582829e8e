"""`dateline why`: the frontier and the catalogue asked at once."""

from contextlib import closing
from dataclasses import asdict

import click

from archive.catalogue.answers import CaptureLine, Why
from archive.catalogue.answers import why as catalogued
from archive.catalogue.database import open_for_reading
from archive.cli import cli
from archive.errors import NotFoundError
from archive.layout import Layout
from archive.terminal import plain, print_json
from crawler.asking import ask_frontier
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
