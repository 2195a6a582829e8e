"""The commands by which captures come in from other archives and go out to them, and are looked at."""

import signal
import sys
import webbrowser
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from archive.catalogue.answers import capture_named, find
from archive.cdxj import merged, refresh
from archive.cli import cli
from archive.errors import ConfigError
from archive.excerpt import opening_record, write_excerpt
from archive.imports import import_files
from archive.ingest import catalogue_archive
from archive.layout import Layout
from archive.restrictions import require_unrestricted
from archive.selection import Selection, Wanted, selecting
from archive.terminal import plain, print_json, progress_line, size_text
from archive.wacz import write_wacz
from archive.withhold import open_permitted

_DAY = click.DateTime(["%Y-%m-%d"])
_NEW_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


@cli.command(name="import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--link", is_flag=True, help="Link files on the same disk instead of copying them.")
@click.option("--catalogue/--no-catalogue", "reads", default=True, help="Read what came in at once (default).")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
@click.pass_obj
def import_command(layout: Layout, files: tuple[Path, ...], link: bool, reads: bool, as_json: bool) -> None:
    """Take other archives' captures in: WARC, ARC or WACZ files, packed or not.

    Files are taken as they are, under a name of their own, once each; their defects are listed. Their captures are
    filed under the domain they came from.
    """
    layout.require()
    show = progress_line()
    imported = import_files(layout, files, link=link, progress=show)
    if as_json:
        print_json({"files": [each.to_dict() for each in imported]})
    else:
        for each in imported:
            click.echo(plain(each.summary()))
    if reads:
        report = catalogue_archive(layout, progress=show)
        click.echo(report.summary(), err=as_json)


@cli.group(name="export", invoke_without_command=True)
@click.option("--wacz", type=_NEW_FILE, help="Write a WACZ package: captures, index, pages and their text.")
@click.option("--warc", type=_NEW_FILE, help="Write a WARC file (.warc.gz).")
@click.option("--cdxj", type=_NEW_FILE, help="Write the index of the whole archive.")
@click.option("--query", default="", help="Only articles that this search finds, with all that their pages need.")
@click.option("--site", help="Only this site; without other choice all of it, feeds and robots.txt too.")
@click.option("--from", "since", type=_DAY, help="Only articles published (or first seen) on that day or later.")
@click.option("--to", "until", type=_DAY, help="... or earlier.")
@click.option("--language", help="Only articles in this language: en, de, ...")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
@click.pass_obj
def export_command(
    layout: Layout,
    wacz: Path | None,
    warc: Path | None,
    cdxj: Path | None,
    query: str,
    site: str | None,
    since: datetime | None,
    until: datetime | None,
    language: str | None,
    as_json: bool,
) -> None:
    """Give captures to other archives and their tools: all, a site's, or those of articles that a search finds.

    With a table's name, give its rows to programs for tables and texts instead.
    """
    layout.require()
    if click.get_current_context().invoked_subcommand:
        return
    wanted = Wanted(query, site, since and since.date(), until and until.date(), language)
    if not (wacz or warc or cdxj):
        raise click.UsageError("say what to write: --wacz FILE, --warc FILE or --cdxj FILE")
    if cdxj and wanted != Wanted():
        raise click.UsageError("--cdxj is the index of the whole archive: it goes without a choice of articles")
    reports: list[dict[str, object]] = []
    if wacz:
        reports.append(_written(wacz, lambda part: _export_wacz(layout, wanted, part)))
    if warc:
        reports.append(_written(warc, lambda part: _export_warc(layout, wanted, part, warc.name)))
    if cdxj:
        reports.append(_written(cdxj, lambda part: _export_cdxj(layout, part)))
    for report in reports:
        if as_json:
            print_json(report)
        else:
            _print_export(report)


def _written(target: Path, write: Callable[[Path], dict[str, object]]) -> dict[str, object]:
    """Write a file, all of it or nothing, and return what is in it."""
    if target.exists():
        raise ConfigError(target, "", "is there already; name another file")
    part = target.with_name(target.name + ".part")
    try:
        report = write(part)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return {"file": str(target), "bytes": target.stat().st_size, **report}


def _export_wacz(layout: Layout, wanted: Wanted, part: Path) -> dict[str, object]:
    with selecting(layout, datetime.now(UTC)) as selection:
        _choose(selection, wanted)
        title = f"Dateline: {wanted.describe()}"
        packed = write_wacz(layout, selection, part, title, _software(), datetime.now(UTC))
    return {"captures": packed.captures, "pages": packed.pages, "problems": list(packed.problems)}


def _export_warc(layout: Layout, wanted: Wanted, part: Path, name: str) -> dict[str, object]:
    opening = opening_record(name, datetime.now(UTC), _software(), wanted.describe())
    with selecting(layout, datetime.now(UTC)) as selection, part.open("wb") as out:
        _choose(selection, wanted)
        excerpt = write_excerpt(layout, selection.records(), out, opening)
        return {"captures": selection.count(), "records": excerpt.records, "problems": excerpt.problems}


def _export_cdxj(layout: Layout, part: Path) -> dict[str, object]:
    refresh(layout, datetime.now(UTC))
    count = 0
    with part.open("w", encoding="ascii") as out:
        for count, line in enumerate(merged(layout), 1):  # noqa: B007  # the last count is the answer
            out.write(line)
    return {"captures": count, "problems": []}


def _choose(selection: Selection, wanted: Wanted) -> None:
    selection.choose(wanted)
    if not selection.count():
        raise ConfigError("nothing to export", "", f"the catalogue holds no capture of {wanted.describe()}")


def _print_export(report: dict[str, object]) -> None:
    counts = ", ".join(f"{report[name]:,} {name}" for name in ("captures", "pages", "records") if name in report)
    click.echo(f"{report['file']}: {counts}, {size_text(float(str(report['bytes'])))}")
    problems = report["problems"]
    for problem in problems if isinstance(problems, list) else []:
        click.echo(f"  left out: {plain(str(problem))}", err=True)


def _software() -> str:
    try:
        return f"Dateline/{version('dateline')}"
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "Dateline/0"


@cli.command(name="cdxj")
@click.option("--print", "to_stdout", is_flag=True, help="Print the whole index, in order, on stdout.")
@click.pass_obj
def cdxj_command(layout: Layout, to_stdout: bool) -> None:
    """Bring indexes/ up to date: one CDXJ file for each WARC file, for pywb and other archives' tools."""
    layout.require()
    report = refresh(layout, datetime.now(UTC))
    if to_stdout:
        sys.stdout.writelines(merged(layout))
        return
    click.echo(f"{layout.indexes}: {report.made} files indexed, {report.kept} were up to date.")


@cli.command(name="replay")
@click.argument("name", required=False)
@click.option("--port", type=click.IntRange(0, 65_535), default=8090, show_default=True, help="0: any that is free.")
@click.option("--browser/--no-browser", default=True, help="Open the page of NAME in a browser, if there is one.")
@click.pass_obj
def replay_command(layout: Layout, name: str | None, port: int, browser: bool) -> None:
    """Show the archive as web pages, until interrupted.

    NAME is a URL, or the id of an article, version or capture that a search gave: its page is opened. The first use
    installs pywb into an environment of its own.
    """
    from archive.replay.environment import made  # noqa: PLC0415  # nobody else needs them
    from archive.replay.server import serving  # noqa: PLC0415

    layout.require()
    url, at = _page_of(layout, name) if name else ("", None)
    environment = made(say=lambda text: click.echo(text, err=True))
    with serving(layout, environment, port) as replay:
        address = replay.url_of(url, at)
        click.echo(f"{plain(address)}\nCtrl-C ends the replay.")
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # pywb ends with us, however we are ended
        if url and browser and sys.stdout.isatty():
            webbrowser.open(address)
        try:
            replay.process.wait()
        except KeyboardInterrupt:
            click.echo("")


def _page_of(layout: Layout, name: str) -> tuple[str, datetime | None]:
    """Return the URL and time of the capture that a name means; a URL the catalogue does not know stays one."""
    if "://" in name and not layout.catalogue.exists():
        return name, None
    db = open_permitted(layout, datetime.now(UTC))
    try:
        require_unrestricted(layout, db.conn, name, datetime.now(UTC))
        article = find(db, name)
        if article is None and "://" in name:
            return name, None
        capture = capture_named(db, article.version.first_capture if article else name)
        return capture.url, capture.fetched_at
    finally:
        db.close()
