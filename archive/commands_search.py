"""`dateline search` and `dateline show`: what the catalogue holds, for people and programs."""

import sys
from contextlib import closing
from datetime import UTC, date, datetime

import click
from sqlite_utils import Database

from archive.catalogue.answers import CaptureLine, capture_named, find
from archive.catalogue.appeals import search_appeals
from archive.catalogue.matching import Wanted
from archive.catalogue.search import search
from archive.cli import cli
from archive.errors import NotFoundError
from archive.layout import Layout
from archive.restrictions import require_unrestricted
from archive.showing import print_article, print_hits
from archive.showing_study import print_appeal_hits
from archive.terminal import plain
from archive.warc.members import read_at
from archive.withhold import open_permitted


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
    with _permitted(layout) as db:
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
@click.option("--reader", metavar="DIGEST", help="As an older reader read it, whose readings `reread` has kept.")
@click.pass_obj
def show(layout: Layout, name: str, what: str | None, html: bool, reader: str | None) -> None:
    """Show an article by its URL or the id of an article, version or capture."""
    with _permitted(layout, reader) as db:
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


# ---------------------------------------------------------------------- private


def _permitted(layout: Layout, reader: str | None = None) -> closing[Database]:
    layout.require()
    return closing(open_permitted(layout, datetime.now(UTC), reader))


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
