"""The commands by which an archivist trusts an archive: proof, manifests, and bags to hand on."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.bag import make_bag
from archive.cli import cli
from archive.errors import DamageError
from archive.layout import Layout
from archive.manifest import write_manifests
from archive.terminal import plain, print_json, progress_line, size_text
from archive.verify import Report, verify

if TYPE_CHECKING:
    from archive.tombstones import Removal


@cli.command(name="verify")
@click.option("--deep", is_flag=True, help="Read every page again, and compare.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
@click.pass_obj
def verify_command(layout: Layout, deep: bool, as_json: bool) -> None:
    """Check every record of every WARC file, and its manifest, its index and the rows of the catalogue against it."""
    layout.require()
    show = progress_line()
    report, removed, back = _proof(layout, show, deep=deep)
    show("")
    if as_json:
        print_json({**report.to_dict(), "removed": [removal.to_dict() for removal in removed], "returned": back})
    else:
        _print_proof(report, [*(f"Removed {removal.summary()}" for removal in removed), *back])
    if back or not report.is_clean:
        raise SystemExit(DamageError.exit_code)


def _proof(layout: Layout, show: Callable[[str], None], *, deep: bool) -> tuple[Report, list["Removal"], list[str]]:
    """Return what is wrong, what was removed on purpose, and what of that came back."""
    progress = lambda name, size: show(f"verify: {name} ({size_text(size)})")  # noqa: E731
    if not layout.catalogue.exists():
        return verify(layout, progress=progress), [], []
    # Half a second that an archive without a catalogue need not wait for.
    from archive.catalogue.answers import record_rows  # noqa: PLC0415
    from archive.catalogue.database import open_for_reading  # noqa: PLC0415
    from archive.tombstones import removals, returned  # noqa: PLC0415

    with closing(open_for_reading(layout.catalogue)) as db:
        report = verify(layout, rows=record_rows(db), progress=progress)
        if deep:
            from archive.deep import deep_problems  # noqa: PLC0415

            report = report.with_problems(deep_problems(db, layout, progress=show))
        removed = list(removals(db.conn, layout))
        return report, removed, [what for removal in removed for what in returned(db.conn, removal)]


def _print_proof(report: Report, more: list[str]) -> None:
    for problem in report.problems:
        click.echo(f"{plain(problem.file)} at {problem.offset}: {plain(problem.what)}")
    for line in more:
        click.echo(plain(line))
    state = "all is whole" if report.is_clean else f"{len(report.problems)} problems"
    size = size_text(report.size_bytes)
    click.echo(
        f"Verified {report.files} files, {report.records:,} records, {report.captures:,} captures, {size}: {state}."
    )
    if report.without_manifest:
        click.echo(f"{report.without_manifest} files have no manifest; `dateline manifest` writes them.")


@cli.command(name="manifest")
@click.option(
    "--renew", is_flag=True, help="Also of files that are whole but not what theirs say; old ones are kept beside."
)
@click.option("--json", "as_json", is_flag=True, help="Print what was written as one JSON object.")
@click.pass_obj
def manifest_command(layout: Layout, renew: bool, as_json: bool) -> None:
    """Write a manifest (SHA-256, size, records) of each WARC file that has none: of an earlier version, say."""
    layout.require()
    show = progress_line()
    written = write_manifests(layout, renew=renew, progress=lambda name: show(f"manifest: {name}"))
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
