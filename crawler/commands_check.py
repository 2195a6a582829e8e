"""`dateline sites check`: the checks of the site files, against what is archived."""

from contextlib import closing

import click

from archive.catalogue.database import open_for_reading
from archive.errors import NotFoundError
from archive.layout import Layout
from archive.loader import LOADER
from archive.reading.box import Box
from archive.terminal import plain, print_json
from crawler.checks import Finding, findings_of
from crawler.sites import load_sites


@click.command(name="check")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each check.")
@click.pass_context
def check_sites(ctx: click.Context, names: tuple[str, ...], as_json: bool) -> None:
    """Read the newest capture of each [[check]] page by the site's file as it is now; exit code 2 if one fails."""
    layout: Layout = ctx.obj
    layout.require()
    sites = load_sites(layout.sites, names)
    if not layout.catalogue.exists():
        raise NotFoundError(str(layout.catalogue), "nothing is catalogued yet: run `dateline crawl` first")
    checks, failed = 0, 0
    with closing(open_for_reading(layout.catalogue)) as db, Box(LOADER, workers=1) as box:
        for finding in findings_of(sites, db, layout, box):
            checks, failed = checks + 1, failed + bool(finding.misses)
            print_json(finding.to_dict()) if as_json else _print(finding)
    if not as_json:
        click.echo(f"{checks - failed} of {checks} checks hold." if checks else "No site file has a [[check]].")
    ctx.exit(2 if failed else 0)


def _print(finding: Finding) -> None:
    when = f"captured {finding.captured_at:%Y-%m-%d %H:%M}" if finding.captured_at else "no capture"
    click.echo(plain(f"{'FAIL' if finding.misses else 'ok  '}  {finding.site}  {finding.url}  ({when})"))
    for miss in finding.misses:
        found = f", found {miss.found!r}" if miss.found else ""
        click.echo(plain(f"        {miss.key}: wanted {miss.wanted!r}{found}"))
