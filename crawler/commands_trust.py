"""`dateline recover`: mend what a crash left, without waiting for the next crawl."""


import click

from archive.cli import cli
from archive.layout import Layout
from archive.terminal import plain, print_json, size_text
from crawler.recovery import recover_archive


@cli.command(name="recover")
@click.option("--json", "as_json", is_flag=True, help="Print what was mended as one JSON object.")
@click.pass_obj
def recover_command(layout: Layout, as_json: bool) -> None:
    """Cut what a crash tore, name the files, and conclude the visits they hold; every crawl begins with this."""
    layout.require()
    found = recover_archive(layout)
    if as_json:
        files = [{"file": f.file, "exchanges": f.exchanges, "cut_bytes": f.cut_bytes} for f in found]
        print_json({"recovered": files})
        return
    for file in found:
        kept = f", {size_text(file.cut_bytes)} cut and kept beside it" if file.cut_bytes else ""
        click.echo(plain(f"{file.file}: {file.exchanges:,} whole exchanges{kept}"))
    if not found:
        click.echo("Nothing to recover: every file was closed by its writer.")
