"""The commands by which texts leave the archive with their proof, and those by which they must not."""

import sys
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click
from sqlite_utils import Database

from archive.catalogue.answers import ArticleDetail, find
from archive.catalogue.database import open_for_reading
from archive.catalogue.matching import Wanted
from archive.cite import FORMS, MEMENTO_BASE, Citation
from archive.cite import cite as cite_version
from archive.cli import cli
from archive.commands_exchange import export_command
from archive.errors import ConfigError, NotFoundError
from archive.exports.forms import FORMS as EXPORT_FORMS
from archive.exports.forms import write_form, write_text
from archive.exports.package import describe
from archive.exports.tables import TABLES, Row, Table, rows_of
from archive.layout import Layout
from archive.remove import Order, plan, remove
from archive.restrictions import NAME, covered, load, require_unrestricted
from archive.terminal import plain, print_json, print_table, progress_line, size_text
from archive.tombstones import Removal
from archive.withhold import open_permitted

_DAY = click.DateTime(["%Y-%m-%d"])
_NEW_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)
_STEP = 1_000  # rows between two signs of life

AfterRemoval = Callable[[Layout, Removal], None]
after_removal: list[AfterRemoval] = []
"""What else must forget what was removed: the crawl's own memory adds itself here."""


# ---------------------------------------------------------------------- citing


@cli.command(name="cite")
@click.argument("name", metavar="URL|ID")
@click.option("--format", "form", type=click.Choice(FORMS), default="text", show_default=True)
@click.option("--memento-base", default=MEMENTO_BASE, show_default=True, help="Where a replay of the archive answers.")
@click.pass_obj
def cite_command(layout: Layout, name: str, form: str, memento_base: str) -> None:
    """Cite an article, a version or a capture, with all that leads back to its bytes."""
    with _asked(layout, name) as (db, article):
        click.echo(plain(_citation(db, article, name).in_form(form, memento_base)).rstrip("\n"))


@cli.command(name="evidence")
@click.argument("name", metavar="URL|ID")
@click.option("-o", "--output", type=_NEW_FILE, required=True, help="The ZIP file to write.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
@click.pass_obj
def evidence_command(layout: Layout, name: str, output: Path, as_json: bool) -> None:
    """Pack all records of an article with its texts into a ZIP file that proves itself without Dateline."""
    from archive.evidence import write_evidence  # noqa: PLC0415  # nobody else needs it

    with _asked(layout, name) as (db, article), _fresh(output) as part:
        citation = _citation(db, article, name)
        packed = write_evidence(db, layout, article, citation, part, datetime.now(UTC), _software())
    counts = {"captures": packed.captures, "records": packed.records, "versions": packed.versions}
    if as_json:
        print_json({"file": str(output), "bytes": packed.size_bytes, **counts})
    else:
        told = ", ".join(f"{count} {name}" for name, count in counts.items())
        click.echo(f"{output}: {told}, {size_text(packed.size_bytes)}; README.txt in it says how to verify it.")


# ---------------------------------------------------------------------- exporting tables


def _add_export(table: Table) -> None:
    @export_command.command(name=table.name, help=f"{table.says} Rows come by site, day and article.")
    @click.option("--format", "form", type=click.Choice(EXPORT_FORMS), default="csv", show_default=True)
    @click.option("-o", "--output", type=_NEW_FILE, help="File to write, with a data package beside it; else stdout.")
    @click.option("--query", default="", help="Only articles that this search finds.")
    @click.option("--site", help="Only this site.")
    @click.option("--from", "since", type=_DAY, help="Only articles published (or first seen) on that day or later.")
    @click.option("--to", "until", type=_DAY, help="... or earlier.")
    @click.option("--language", help="Only articles in this language: en, de, ...")
    @click.pass_obj
    def export_table(
        layout: Layout,
        form: str,
        output: Path | None,
        query: str,
        site: str | None,
        since: datetime | None,
        until: datetime | None,
        language: str | None,
    ) -> None:
        choice = Wanted(query, site, since and since.date(), until and until.date(), language)
        with _permitted(layout) as db:
            rows = _shown(rows_of(db, table, choice), table)
            if output is None:
                _to_stdout(form, table, rows)
            else:
                _to_file(form, table, rows, output, _described(choice))


def _to_stdout(form: str, table: Table, rows: Iterator[Row]) -> None:
    if form == "parquet":
        raise ConfigError(form, "", "is no text: name a file with --output")
    write_text(form, table, rows, sys.stdout)


def _to_file(form: str, table: Table, rows: Iterator[Row], output: Path, choice: str) -> None:
    with _fresh(output) as part:
        count = write_form(form, table, rows, part)
    package = describe(output, form, table, count, choice, _software(), datetime.now(UTC))
    click.echo(
        f"{output}: {count:,} rows, {size_text(output.stat().st_size)}; {package.name} describes them.", err=True
    )


def _shown(rows: Iterator[Row], table: Table) -> Iterator[Row]:
    show = progress_line()
    for count, row in enumerate(rows, 1):
        if count % _STEP == 0:
            show(f"export: {count:,} {table.name}")
        yield row
    show("")


def _described(choice: Wanted) -> str:
    said = [f"{name} {value}" for name in choice.__slots__ if (value := getattr(choice, name))]
    return ", ".join(said) or "everything"


for _table in TABLES:
    _add_export(_table)


# ---------------------------------------------------------------------- withholding and removing


@cli.command(name="restrictions")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each restriction.")
@click.pass_obj
def restrictions_command(layout: Layout, as_json: bool) -> None:
    """List what restrictions.toml forbids to show, whether it is in force, and what it covers now."""
    layout.require()
    now = datetime.now(UTC)
    rows = []
    for restriction in load(layout):
        articles = captures = 0
        if layout.catalogue.exists():
            db = open_for_reading(layout.catalogue)
            try:
                found = covered(db.conn, (restriction,))
            finally:
                db.close()
            articles, captures = len(found.articles), len(found.captures)
        state = "in force" if restriction.is_in_force(now) else "not in force"
        if as_json:
            print_json({**restriction.to_dict(), "state": state, "articles": articles, "captures": captures})
        rows.append(
            (state, restriction.name, restriction.reason, restriction.since, restriction.until, articles, captures)
        )
    if not as_json:
        columns = ("state", "covers", "reason", "from", "until", "#articles", "#captures")
        print_table("", columns, rows) if rows else click.echo(f"No restrictions: {layout.root / NAME} declares none.")


@cli.command(name="remove")
@click.argument("names", nargs=-1, required=True, metavar="URL|ID...")
@click.option("--reason", required=True, help="Why, for the tombstone: it stays in the archive and is public with it.")
@click.option(
    "--restrict/--no-restrict", default=True, help="Restrict its URLs, should a crawl bring it back (default)."
)
@click.option("--dry-run", is_flag=True, help="Say what would go, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object; implies --yes.")
@click.pass_obj
def remove_command(
    layout: Layout, names: tuple[str, ...], reason: str, restrict: bool, dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Take captures out of the WARC files for good, by URL, article id or record id, and leave a tombstone.

    Revisits of what goes, go with it. Backups, exports and other archives are beyond reach.
    """
    layout.require()
    show = progress_line()
    if dry_run or not (yes or as_json):
        _print_plan(layout, names)
        if dry_run:
            return
        click.confirm("Remove them for good?", abort=True)
    removal = remove(layout, Order(names, reason, restrict), datetime.now(UTC), software=_software(), progress=show)
    for also in after_removal:
        also(layout, removal)
    show("")
    if as_json:
        print_json({**removal.to_dict(), "still_at": list(removal.still_at)})
        return
    click.echo(plain(f"Removed {removal.summary()}"))
    for url in removal.still_at:
        click.echo(plain(f"The very same bytes are kept as a capture of {url}: remove that too if it is meant."))


def _print_plan(layout: Layout, names: tuple[str, ...]) -> None:
    db = open_for_reading(layout.catalogue)
    try:
        cuts = plan(db, layout, names)
    finally:
        db.close()
    rows = [
        (one.date, one.type, one.url, one.file, one.offset, len(one.records)) for cut in cuts for one in cut.removed
    ]
    print_table("Would go:", ("captured", "what", "url", "file", "#offset", "#records"), rows)


# ---------------------------------------------------------------------- browsing


@cli.command(name="browse")
@click.option("--port", type=click.IntRange(0, 65_535), default=8091, show_default=True, help="0: any that is free.")
@click.option("--replay", default=MEMENTO_BASE, show_default=True, help="Where `dateline replay` answers, for links.")
@click.option("--browser/--no-browser", default=True, help="Open it in a browser, if there is one.")
@click.pass_obj
def browse_command(layout: Layout, port: int, replay: str, browser: bool) -> None:
    """Show the published copy of the catalogue as web pages, until interrupted.

    The first use installs Datasette into an environment of its own. `dateline publish` makes the copy.
    """
    from archive.browse.environment import made  # noqa: PLC0415  # nobody else needs them
    from archive.browse.server import serving  # noqa: PLC0415

    layout.require()
    environment = made(say=lambda text: click.echo(text, err=True))
    with serving(layout, environment, port, replay=replay) as browse:
        click.echo(f"{browse.url}\nCtrl-C ends it.")
        if browser and sys.stdout.isatty():
            webbrowser.open(browse.url)
        try:
            browse.process.wait()
        except KeyboardInterrupt:
            click.echo("")


# ---------------------------------------------------------------------- private


@contextmanager
def _permitted(layout: Layout) -> Iterator[Database]:
    layout.require()
    db = open_permitted(layout, datetime.now(UTC))
    try:
        yield db
    finally:
        db.close()


@contextmanager
def _asked(layout: Layout, name: str) -> Iterator[tuple[Database, ArticleDetail]]:
    """Open the catalogue, and find the article that is asked for."""
    name = _bare(name)
    with _permitted(layout) as db:
        require_unrestricted(layout, db.conn, name, datetime.now(UTC))
        article = find(db, name)
        if article is None:
            raise NotFoundError(name, "no article of that URL or id in the catalogue")
        yield db, article


def _citation(db: Database, article: ArticleDetail, name: str) -> Citation:
    row = db.execute("SELECT title FROM sites WHERE name = ?", (article.site,)).fetchone()
    ids = {version.id for version in article.versions} | {c.id for c in article.captures if c.version}
    return cite_version(article, _bare(name) if _bare(name) in ids else None, outlet=row[0] if row else None)


def _bare(name: str) -> str:
    """Return a name as the catalogue has it: WARC writes record ids in angle brackets."""
    return name.strip().removeprefix("<").removesuffix(">")


@contextmanager
def _fresh(output: Path) -> Iterator[Path]:
    """Give the block a file to write to, which gets its name when all of it is there."""
    if output.exists():
        raise ConfigError(output, "", "is there already; name another file")
    part = output.with_name(output.name + ".part")
    try:
        yield part
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)


def _software() -> str:
    try:
        return f"Dateline/{version('dateline')}"
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "Dateline/0"
