"""`dateline sites`: what the archive declares."""

from pathlib import Path

import click

from archive.cli import cli
from archive.errors import NotFoundError
from archive.layout import Layout
from archive.terminal import print_json, print_table
from crawler.commands_check import check_sites
from crawler.commands_probe import probe_site
from crawler.sites import load_site, load_sites, resolved


@cli.group()
def sites() -> None:
    """Look at the sites of the archive."""


@sites.command(name="list")
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def list_sites(layout: Layout, as_json: bool) -> None:
    """List the declared sites."""
    layout.require()
    found = load_sites(layout.sites)
    if as_json:
        for site in found:
            print_json({"id": site.id, "name": site.name, "home": site.home, "sources": [s.key for s in site.sources]})
        return
    rows = [(site.id, site.name, site.home, len(site.sources)) for site in found]
    print_table("", ("site", "name", "home", "#sources"), rows)


@sites.command(name="show")
@click.argument("name")
@click.option("--resolved", "with_defaults", is_flag=True, help="Every value in force, and where it came from.")
@click.pass_obj
def show_site(layout: Layout, name: str, with_defaults: bool) -> None:
    """Show one site's file."""
    site = load_site(_site_file(layout, name))
    if with_defaults:
        print_table("", ("key", "value", "from"), resolved(site))
    else:
        click.echo(site.toml)


def _site_file(layout: Layout, name: str) -> Path:
    path = layout.sites / f"{name}.toml"
    if not path.is_file():
        have = ", ".join(sorted(p.stem for p in layout.sites.glob("*.toml"))) or "none"
        raise NotFoundError(name, f"no such site in {layout.sites} (there are: {have})")
    return path


sites.add_command(check_sites)
sites.add_command(probe_site)
