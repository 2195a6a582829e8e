"""The commands that fill the catalogue, publish it, and check it."""

import signal
from contextlib import closing
from datetime import UTC, datetime

import click

from archive.catalogue.answers import record_rows
from archive.catalogue.database import open_for_reading
from archive.cli import cli
from archive.deep import deep_problems
from archive.errors import DamageError
from archive.ingest import catalogue_archive
from archive.layout import Layout
from archive.preview import preview
from archive.publish import publish
from archive.reread import reread
from archive.showing_preview import print_preview
from archive.terminal import plain, print_json, progress_line, size_text
from archive.tombstones import Removal, removals, returned
from archive.verify import verify

# ---------------------------------------------------------------------- filling the catalogue


@cli.command(name="catalogue")
@click.option("--follow", is_flag=True, help="Go on reading files that still grow, until interrupted.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
@click.pass_obj
def catalogue_command(layout: Layout, follow: bool, as_json: bool) -> None:
    """Read what is new in the WARC files, and settle it."""
    layout.require()
    until_interrupted = _Interrupt() if follow else None
    report = catalogue_archive(layout, follow=until_interrupted, progress=progress_line())
    _print_report(report.to_dict(), report.summary(), as_json=as_json)


@cli.command(name="reread")
@click.option(
    "--dry-run", is_flag=True, help="Read everything, say what would change at each site, and change nothing."
)
@click.option("--diff", "with_diff", is_flag=True, help="With --dry-run: show some of the texts that would change.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
@click.pass_obj
def reread_command(layout: Layout, dry_run: bool, with_diff: bool, as_json: bool) -> None:
    """Make the catalogue anew from the WARC files; that of another reader is kept as readings/DIGEST.db."""
    layout.require()
    if dry_run or with_diff:  # --diff alone asks what would change, too
        print_preview(preview(layout, progress=progress_line()), with_diff=with_diff, as_json=as_json)
        return
    report = reread(layout, progress=progress_line())
    _print_report(report.to_dict(), report.summary(), as_json=as_json)


@cli.command(name="publish")
@click.pass_obj
def publish_command(layout: Layout) -> None:
    """Write the copy of the catalogue that researchers open: public/catalogue.db."""
    layout.require()
    path = publish(layout, now=datetime.now(UTC))
    click.echo(f"{path}: {size_text(path.stat().st_size)}")


# ---------------------------------------------------------------------- trusting it


@cli.command(name="verify")
@click.option("--deep", is_flag=True, help="Read every page again, and compare.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
@click.pass_obj
def verify_command(layout: Layout, deep: bool, as_json: bool) -> None:
    """Check every record of every WARC file, its manifest, and every row of the catalogue against them."""
    layout.require()
    show_progress = progress_line()
    progress = lambda name, size: show_progress(f"verify: {name} ({size_text(size)})")  # noqa: E731
    removed: list[Removal] = []
    back: list[str] = []
    if layout.catalogue.exists():
        with closing(open_for_reading(layout.catalogue)) as db:
            report = verify(layout, rows=record_rows(db), progress=progress)
            if deep:
                report = report.with_problems(deep_problems(db, layout, progress=show_progress))
            removed = list(removals(db.conn, layout))
            back = [what for removal in removed for what in returned(db.conn, removal)]
    else:
        report = verify(layout, progress=progress)
    show_progress("")
    if as_json:
        told = {"removed": [removal.to_dict() for removal in removed], "returned": back}
        print_json({**report.to_dict(), **told})
    else:
        for problem in report.problems:
            click.echo(f"{plain(problem.file)} at {problem.offset}: {plain(problem.what)}")
        for line in (*(f"Removed {removal.summary()}" for removal in removed), *back):
            click.echo(plain(line))
        state = "all is whole" if report.is_clean else f"{len(report.problems)} problems"
        size = size_text(report.size_bytes)
        click.echo(
            f"Verified {report.files} files, {report.records:,} records, {report.captures:,} captures, {size}: {state}."
        )
        if report.without_manifest:
            click.echo(f"{report.without_manifest} files have no manifest; `dateline manifest` writes them.")
    if back or not report.is_clean:
        raise SystemExit(DamageError.exit_code)


# ---------------------------------------------------------------------- private


class _Interrupt:
    """True until Ctrl-C, SIGTERM or SIGHUP: what `--follow` asks before each round."""

    def __init__(self) -> None:
        self._goes_on = True
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: setattr(self, "_goes_on", False))

    def __call__(self) -> bool:
        return self._goes_on


def _print_report(values: dict[str, object], text: str, *, as_json: bool) -> None:
    if as_json:
        print_json(values)
    else:
        click.echo(plain(text))
