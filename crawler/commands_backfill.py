"""`dateline backfill`: how complete each month of a site is."""

import click

from archive.cli import cli
from archive.errors import NotFoundError
from archive.layout import Layout
from archive.terminal import print_json, print_table
from crawler.asking import ask_frontier
from crawler.completeness import completeness_of


@cli.command()
@click.argument("site")
@click.option("--json", "as_json", is_flag=True, help="Print it as one JSON object.")
@click.pass_obj
def backfill(layout: Layout, site: str, as_json: bool) -> None:
    """Show how complete the archive is of a site, by month, against what its sources have listed."""
    layout.require()
    known = ask_frontier(layout, lambda frontier: completeness_of(frontier, site))
    if known is None or not (known.months or known.lists_unread):
        raise NotFoundError(site, "nothing of that site has been listed; `dateline sites list` names the sites")
    if as_json:
        print_json(known.to_dict())
        return
    rows = [(m.month, m.listed, m.captured, m.moved, m.gone, m.failed, m.left, f"{m.part:.0%}") for m in known.months]
    print_table("", ("month", "#listed", "#captured", "#moved", "#gone", "#failed", "#left", "complete"), rows)
    if known.lists_unread:
        click.echo(f"{known.lists_unread:,} lists are still unread: they may name more.")
