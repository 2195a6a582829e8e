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
from crawler.deliveries import delivery_line, to_dict
from crawler.frontier import Delivery
from crawler.story import stories_of


@cli.command()
@click.argument("name", metavar="URL|SOURCE")
@click.option("--json", "as_json", is_flag=True, help="Print it as one JSON object.")
@click.pass_obj
def why(layout: Layout, name: str, as_json: bool) -> None:
    """Tell the whole story of a URL: where it was found, each visit, each reading; of a source, by its key, likewise.

    A source's key is its kind and its first address or path: feed:/rss.xml. `dateline sites list --json` prints it.
    """
    layout.require()
    stories = ask_frontier(layout, lambda frontier: stories_of(frontier, name)) or ()
    deliveries = ask_frontier(layout, lambda frontier: frontier.deliveries()) or []
    of_source = [each for each in deliveries if each.source == name]
    known = _ask_catalogue(layout, name)
    if not (stories or of_source or (known and (known.captures or known.outcomes))):
        raise NotFoundError(name, "never seen: no source has listed it, and nothing was fetched from there")
    if as_json:
        told = {"frontier": [story.to_dict() for story in stories], "catalogue": asdict(known) if known else None}
        print_json({**told, "deliveries": [to_dict(each) for each in of_source]})
        return
    for story in stories:
        for line in story.lines():
            click.echo(plain(line))
    for delivery in of_source:
        click.echo(plain(f"{delivery.at:%Y-%m-%d %H:%M:%S}Z  {delivery_line(delivery)}"))
    came_with = {file: delivery for delivery in deliveries for file in delivery.files}
    for capture in known.captures if known else ():
        click.echo(plain(_reading_line(capture, came_with.get(capture.record.file))))


def _reading_line(capture: CaptureLine, delivery: Delivery | None) -> str:
    reason = f" ({capture.reason})" if capture.reason else ""
    shows = f"shows version {capture.version}" if capture.version else capture.evidence or ""
    parts = (
        f"  {capture.fetched_at:%Y-%m-%d %H:%M:%S}Z  {capture.kind} {capture.status or ''}",
        f"read as {capture.outcome}{reason}" if capture.outcome else "not a page to read",
        shows,
        f"{capture.record.file} at {capture.record.offset}",
        f"delivered as {delivery.path} (source {delivery.source} of {delivery.site})" if delivery else "",
    )
    return "  ".join(part for part in parts if part)


def _ask_catalogue(layout: Layout, url: str) -> Why | None:
    if not layout.catalogue.exists():
        return None
    with closing(open_for_reading(layout.catalogue)) as db:
        return catalogued(db, url)
