"""The commands by which an archivist trusts an archive: manifests, and bags to hand on."""

from pathlib import Path

import click

from archive.bag import make_bag
from archive.cli import cli
from archive.layout import Layout
from archive.manifest import write_manifests
from archive.terminal import plain, print_json, progress_line, size_text


@cli.command(name="manifest")
@click.option("--json", "as_json", is_flag=True, help="Print what was written as one JSON object.")
@click.pass_obj
def manifest_command(layout: Layout, as_json: bool) -> None:
    """Write a manifest (SHA-256, size, records) of each WARC file that has none: of an earlier version, say."""
    layout.require()
    show = progress_line()
    written = write_manifests(layout, progress=lambda name: show(f"manifest: {name}"))
    show("")
    if as_json:
        files = [
            {"file": m.file, "sha256": m.sha256, "bytes": m.size_bytes, "records": dict(m.records)} for m in written
        ]
        print_json({"written": files})
        return
    click.echo(f"Wrote {len(written)} manifests. Anyone can check them, without Dateline:")
    click.echo(plain(f"  cd {layout.root} && sha256sum --check {layout.manifests.name}/*.sha256"))


@cli.command(name="bag")
@click.argument("folder", type=click.Path(path_type=Path, exists=False))
@click.pass_obj
def bag_command(layout: Layout, folder: Path) -> None:
    """Copy the closed WARC files, site files and catalogue into FOLDER as a BagIt bag."""
    layout.require()
    show = progress_line()
    bag = make_bag(layout, folder, progress=lambda name: show(f"bag: {name}"))
    show("")
    click.echo(plain(f"{folder}: {bag.files} files, {size_text(bag.size_bytes)}"))
