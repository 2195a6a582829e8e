"""The commands that fill the catalogue, and publish it."""

import signal
from datetime import UTC, datetime

import click

from archive.cli import cli
from archive.ingest import catalogue_archive
from archive.layout import Layout
from archive.preview import preview
from archive.publish import publish
from archive.reread import reread
from archive.showing_preview import print_preview
from archive.terminal import plain, print_json, progress_line, size_text


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
