"""The commands that need the archive alone: no network, no Scrapy."""

import sys
from datetime import UTC, date, datetime
from pathlib import Path

import click
from sqlite_utils import Database

from archive.catalogue.answers import CaptureLine, capture_named, find, record_rows
from archive.catalogue.appeals import search_appeals
from archive.catalogue.database import open_for_reading
from archive.catalogue.search import Wanted, search
from archive.deep import deep_problems
from archive.errors import DamageError, NotFoundError
from archive.ingest import catalogue_archive
from archive.layout import DEFAULT, Layout
from archive.publish import publish
from archive.remove import Removal, removals, returned
from archive.reread import reread
from archive.restrictions import require_unrestricted
from archive.showing import print_article, print_hits
from archive.showing_study import print_appeal_hits
from archive.terminal import DatelineGroup, plain, print_json, progress_line, size_text
from archive.verify import verify
from archive.warc.members import read_at
from archive.withhold import open_permitted

ARCHIVE_HELP = "The archive's folder (default: $DATELINE_ARCHIVE, else ./data)."


@click.group(cls=DatelineGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--archive", type=click.Path(path_type=Path), default=DEFAULT, envvar="DATELINE_ARCHIVE", help=ARCHIVE_HELP
)
@click.version_option(package_name="dateline", prog_name="dateline")
@click.pass_context
def cli(ctx: click.Context, archive: Path) -> None:
    """Crawl news sites, keep every byte, and tell the article from the appeals around it."""
    ctx.obj = Layout(archive)


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
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
@click.pass_obj
def reread_command(layout: Layout, as_json: bool) -> None:
    """Make the catalogue anew from the WARC files."""
    layout.require()
    report = reread(layout, progress=progress_line())
    _print_report(report.to_dict(), report.summary(), as_json=as_json)


@cli.command(name="publish")
@click.pass_obj
def publish_command(layout: Layout) -> None:
    """Write the copy of the catalogue that researchers open: public/catalogue.db."""
    _require_catalogue(layout)
    path = publish(layout, now=datetime.now(UTC))
    click.echo(f"{path}: {size_text(path.stat().st_size)}")


# ---------------------------------------------------------------------- asking it


@cli.command(name="search")
@click.argument("query", nargs=-1, required=True)
@click.option("--site", help="Only this site.")
@click.option(
    "--from", "since", type=click.DateTime(["%Y-%m-%d"]), help="Published (or first seen) on that day or later."
)
@click.option("--to", "until", type=click.DateTime(["%Y-%m-%d"]), help="... or earlier.")
@click.option("--language", help="Only this language: en, de, ...")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@click.option("--newest", is_flag=True, help="Newest first instead of best first.")
@click.option("--appeals", is_flag=True, help="Search what was asked of the reader instead, the most printed first.")
@click.option("--format", "form", type=click.Choice(["table", "jsonl", "csv"]), default="table", show_default=True)
@click.pass_obj
def search_command(
    layout: Layout,
    query: tuple[str, ...],
    site: str | None,
    since: datetime | None,
    until: datetime | None,
    language: str | None,
    limit: int,
    newest: bool,
    appeals: bool,
    form: str,
) -> None:
    """Search titles, leads and bodies: words, "phrases", prefix*, OR, -not, NEAR. Appeals are hits with --appeals."""
    wanted = Wanted(" ".join(query), site, _day(since), _day(until), language)
    with _Permitted(layout) as db:
        asked = search_appeals(db, wanted, limit=limit) if appeals else []
        hits = (
            []
            if appeals
            else search(
                db,
                wanted.query,
                site=site,
                since=wanted.since,
                until=wanted.until,
                language=language,
                limit=limit,
                newest=newest,
            )
        )
    if form != "table":
        from archive.export import write_csv, write_jsonl  # noqa: PLC0415  # only these two forms need it

        (write_jsonl if form == "jsonl" else write_csv)([*asked, *hits], sys.stdout)
    elif appeals:
        print_appeal_hits(asked)
    else:
        print_hits(hits)


@cli.command()
@click.argument("name", metavar="URL|ID")
@click.option("--body", "what", flag_value="body", help="The clean text alone.")
@click.option("--appeals", "what", flag_value="appeals", help="What the page asks of its reader, with the evidence.")
@click.option("--passages", "what", flag_value="passages", help="Every passage of the page, with its kind and why.")
@click.option("--raw", "what", flag_value="raw", help="The bytes of the record, as the site sent them.")
@click.option("--json", "what", flag_value="json", help="Everything, as one JSON object.")
@click.option("--provenance", "what", flag_value="provenance", help="Where each passage stands in the page's source.")
@click.option("--html", is_flag=True, help="With --provenance: the whole source, marked, as a web page.")
@click.pass_obj
def show(layout: Layout, name: str, what: str | None, html: bool) -> None:
    """Show an article by its URL or the id of an article, version or capture."""
    with _Permitted(layout) as db:
        require_unrestricted(layout, db.conn, name, datetime.now(UTC))
        if what == "raw":
            _print_raw(layout, _capture_of(db, name))
            return
        article = find(db, name)
        if article and what == "provenance":
            from archive.showing import print_provenance  # noqa: PLC0415  # it loads the reader's parser

            print_provenance(db, layout, article, as_html=html)
            return
    if article is None:
        raise NotFoundError(
            name, "no article of that URL or id in the catalogue; `dateline why` tells what is known of it"
        )
    print_article(article, what)


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
        with _Catalogue(layout) as db:
            report = verify(layout, rows=record_rows(db), progress=progress)
            if deep:
                report = report.with_problems(deep_problems(db, layout, progress=show_progress))
            removed = list(removals(db.conn, layout))
            back = [what for removal in removed for what in returned(db.conn, removal)]
    else:
        report = verify(layout, progress=progress)
    show_progress("")
    if as_json:
        problems = [{"file": p.file, "offset": p.offset, "what": p.what} for p in report.problems]
        counts = {"files": report.files, "records": report.records, "captures": report.captures}
        told = {"removed": [removal.to_dict() for removal in removed], "returned": back}
        print_json(
            {**counts, "bytes": report.size_bytes, "open": list(report.open_files), "problems": problems, **told}
        )
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
    if back or not report.is_clean:
        raise SystemExit(DamageError.exit_code)


# ---------------------------------------------------------------------- private


class _Interrupt:
    """True until Ctrl-C or SIGTERM: what `--follow` asks before each round."""

    def __init__(self) -> None:
        import signal  # noqa: PLC0415  # of no use to any other command

        self._goes_on = True
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: setattr(self, "_goes_on", False))

    def __call__(self) -> bool:
        return self._goes_on


class _Catalogue:
    """The catalogue, opened for one command that only reads."""

    def __init__(self, layout: Layout) -> None:
        _require_catalogue(layout)
        self._db = open_for_reading(layout.catalogue)

    def __enter__(self) -> Database:
        return self._db

    def __exit__(self, *_: object) -> None:
        self._db.close()


class _Permitted(_Catalogue):
    """The same without what is restricted now."""

    def __init__(self, layout: Layout) -> None:
        _require_catalogue(layout)
        self._db = open_permitted(layout, datetime.now(UTC))


def _require_catalogue(layout: Layout) -> None:
    layout.require()
    if not layout.catalogue.exists():
        raise NotFoundError(str(layout.catalogue), "there is no catalogue yet; `dateline catalogue` makes it")


def _print_report(values: dict[str, object], text: str, *, as_json: bool) -> None:
    if as_json:
        print_json(values)
    else:
        click.echo(plain(text))


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _capture_of(db: Database, name: str) -> CaptureLine:
    article = find(db, name)
    return capture_named(db, article.version.first_capture if article else name)


def _print_raw(layout: Layout, capture: CaptureLine) -> None:
    record = capture.record
    member = read_at(layout.path_of(record.file), record.offset, record.length)
    sys.stdout.flush()
    if sys.stdout.isatty():  # escape sequences of a page must not reach the terminal
        click.echo(plain(member.block.decode("utf-8", "replace")))
    else:
        sys.stdout.buffer.write(member.block)
