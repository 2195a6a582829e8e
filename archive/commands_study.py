"""The commands of people who study what was published: what changed, in which words, how often, and who copied whom."""

from datetime import UTC, date, datetime
from pathlib import Path

import click
from sqlite_utils import Database

from archive.catalogue.answers import find
from archive.catalogue.lines import ArticleDetail
from archive.catalogue.press import copies_of, corrections
from archive.catalogue.study import concordance, trend
from archive.cli import cli
from archive.difference import difference, html_of
from archive.errors import NotFoundError
from archive.layout import Layout
from archive.plot import bars, svg
from archive.restrictions import require_unrestricted
from archive.showing_study import print_concordance, print_copies, print_corrections, print_difference
from archive.terminal import plain, print_json
from archive.withhold import open_permitted

_SINCE = click.option("--from", "since", type=click.DateTime(["%Y-%m-%d"]), help="Published on that day or later.")
_UNTIL = click.option("--to", "until", type=click.DateTime(["%Y-%m-%d"]), help="... or earlier.")
_SITE = click.option("--site", help="Only this site.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@cli.command(name="diff")
@click.argument("name", metavar="URL|ID")
@click.option(
    "--from", "old", metavar="VERSION|TIME", help="The older version: its id, or the latest seen by that time."
)
@click.option("--to", "new", metavar="VERSION|TIME", help="The newer one; the latest if not said.")
@click.option("--html", "as_html", is_flag=True, help="Print a page for a browser.")
@click.option("--all", "whole", is_flag=True, help="Print the paragraphs that stayed as well.")
@_JSON
@click.pass_obj
def diff_command(
    layout: Layout, name: str, old: str | None, new: str | None, as_html: bool, whole: bool, as_json: bool
) -> None:
    """Show what changed in an article, by paragraph and by word; what was asked of the reader stands apart.

    Without --from and --to, the last two versions. TIME is 2026-03-14 or 2026-03-14T09:00 (UTC).
    """
    db = _catalogue(layout)
    try:
        article = _article(layout, db, name)
        found = difference(db, article, old, new)
    finally:
        db.close()
    if as_html:
        click.echo(html_of(found))
    elif as_json:
        print_json(found.to_dict())
    else:
        print_difference(found, whole=whole)


@cli.command(name="corrections")
@_SITE
@_SINCE
@_UNTIL
@click.option("--what", type=click.Choice(["note", "headline", "numbers", "names"]), help="Only these.")
@click.option("--silent", is_flag=True, help="Only edits of which the page says nothing.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@_JSON
@click.pass_obj
def corrections_command(
    layout: Layout,
    site: str | None,
    since: datetime | None,
    until: datetime | None,
    what: str | None,
    silent: bool,
    limit: int,
    as_json: bool,
) -> None:
    """List what papers put right: notes of correction, new headlines, numbers and names that were replaced.

    --from and --to are days on which it was seen. The newest come first.
    """
    db = _catalogue(layout)
    try:
        found = corrections(db, site=site, since=_day(since), until=_day(until), what=what, silent=silent, limit=limit)
    finally:
        db.close()
    if as_json:
        print_json({"corrections": [line.to_dict() for line in found]})
    else:
        print_corrections(found)


@cli.command(name="concordance")
@click.argument("query", nargs=-1, required=True)
@_SITE
@_SINCE
@_UNTIL
@click.option("--language", help="Only this language: en, de, ...")
@click.option("--width", type=click.IntRange(10, 200), default=40, show_default=True, help="Signs on each side.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=40, show_default=True, help="Lines.")
@_JSON
@click.pass_obj
def concordance_command(
    layout: Layout,
    query: tuple[str, ...],
    site: str | None,
    since: datetime | None,
    until: datetime | None,
    language: str | None,
    width: int,
    limit: int,
    as_json: bool,
) -> None:
    """Show a word or phrase in every sentence it stands in, one below the other, the newest articles first."""
    db = _catalogue(layout)
    try:
        found = concordance(
            db,
            " ".join(query),
            site=site,
            since=_day(since),
            until=_day(until),
            language=language,
            width=width,
            limit=limit,
        )
    finally:
        db.close()
    if as_json:
        print_json({"lines": [line.to_dict() for line in found]})
    else:
        print_concordance(found, width)


@cli.command(name="trend")
@click.argument("query", nargs=-1, required=True)
@click.option("--by", type=click.Choice(["day", "month", "year"]), default="month", show_default=True)
@_SITE
@_SINCE
@_UNTIL
@click.option("--language", help="Only this language: en, de, ...")
@click.option("--share", is_flag=True, help="Draw the share of all articles of the time, not their number.")
@click.option("--svg", "svg_file", type=click.Path(path_type=Path, dir_okay=False), help="Write the plot to this file.")
@_JSON
@click.pass_obj
def trend_command(
    layout: Layout,
    query: tuple[str, ...],
    by: str,
    site: str | None,
    since: datetime | None,
    until: datetime | None,
    language: str | None,
    share: bool,
    svg_file: Path | None,
    as_json: bool,
) -> None:
    """Count over time the articles that a query finds, and draw them."""
    text = " ".join(query)
    db = _catalogue(layout)
    try:
        spans = trend(db, text, by=by, site=site, since=_day(since), until=_day(until), language=language)
    finally:
        db.close()
    values = [(s.span, s.share if share else float(s.articles)) for s in spans]
    if svg_file is not None:
        title = f"{'Share of' if share else 'Number of'} articles by {by}: {text}"
        svg_file.write_text(svg(title, values), encoding="utf-8")
    if as_json:
        print_json({"by": by, "spans": [s.to_dict() for s in spans]})
    else:
        click.echo(plain(bars(values, as_share=share)) if values else "Nothing found.")


@cli.command(name="copies")
@click.argument("name", metavar="URL|ID", required=False)
@_SITE
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@_JSON
@click.pass_obj
def copies_command(layout: Layout, name: str | None, site: str | None, limit: int, as_json: bool) -> None:
    """Show who printed the same report: the earliest capture, the agency, and how much each kept.

    With a URL or id, the report that article belongs to; without, the reports most printed.
    """
    db = _catalogue(layout)
    try:
        found = copies_of(db, article=_article(layout, db, name).id if name else None, site=site, limit=limit)
    finally:
        db.close()
    if as_json:
        print_json({"reports": [report.to_dict() for report in found]})
    else:
        print_copies(found)


# ---------------------------------------------------------------------------------------------------- private


def _catalogue(layout: Layout) -> Database:
    layout.require()
    return open_permitted(layout, datetime.now(UTC))


def _article(layout: Layout, db: Database, name: str) -> ArticleDetail:
    require_unrestricted(layout, db.conn, name, datetime.now(UTC))
    article = find(db, name)
    if article is None:
        raise NotFoundError(
            name, "no article of that URL or id in the catalogue; `dateline why` tells what is known of it"
        )
    return article


def _day(moment: datetime | None) -> date | None:
    return moment.replace(tzinfo=UTC).date() if moment else None
