"""`dateline recover`: mend what a crash left, without waiting for the next crawl."""

from collections.abc import Iterator
from dataclasses import asdict

import click

from archive.cli import cli
from archive.layout import Layout
from archive.manifest import changed, renew_manifest
from archive.terminal import plain, print_json, size_text
from archive.warc.mend import Lost, mend
from crawler.clock import system_clock
from crawler.recovery import recover_archive


@cli.command(name="recover")
@click.option(
    "--damaged", is_flag=True, help="Mend closed files too: what is damaged in them becomes a record saying so."
)
@click.option("--json", "as_json", is_flag=True, help="Print what was mended as one JSON object.")
@click.pass_obj
def recover_command(layout: Layout, damaged: bool, as_json: bool) -> None:
    """Cut what a crash tore, name the files, and conclude the visits they hold; every crawl begins with this."""
    layout.require()
    found = recover_archive(layout)
    mended = dict(_mend_closed(layout)) if damaged else {}
    others = [path.name for path in changed(layout)] if damaged else []
    if as_json:
        files = [{"file": f.file, "exchanges": f.exchanges, "cut_bytes": f.cut_bytes} for f in found]
        lost = {name: [asdict(place) for place in places] for name, places in mended.items()}
        print_json({"recovered": files, "mended": lost, "changed": others})
        return
    for file in found:
        kept = f", {size_text(file.cut_bytes)} cut and kept beside it" if file.cut_bytes else ""
        click.echo(plain(f"{file.file}: {file.exchanges:,} whole exchanges{kept}"))
    for name, places in mended.items():
        for place in places:
            click.echo(plain(f"{name} at {place.offset}: {place.length} bytes set aside as {name}.torn-{place.offset}"))
    if mended:
        click.echo(
            "Every other record lies where it lay. `dateline reread` takes the lost captures from the catalogue."
        )
    for name in others:
        click.echo(
            plain(
                f"{name}: every record is whole, there is nothing to mend; but it is not what its manifest says, and"
                " `dateline verify` tells how. `dateline manifest --renew` takes it as it is."
            )
        )
    if not found and not mended and not others:
        click.echo("Nothing to recover: every file was closed by its writer.")


def _mend_closed(layout: Layout) -> Iterator[tuple[str, tuple[Lost, ...]]]:
    """Mend the closed files, and yield those that had lost something."""
    now = system_clock()()
    for path in layout.warc_files(with_open=False):
        lost = mend(path, now)
        if lost:
            renew_manifest(layout, path)
            yield path.name, lost
