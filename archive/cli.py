"""The `dateline` command and the commands of the archive: no network, no Scrapy."""

from pathlib import Path

import click

from archive.layout import DEFAULT, Layout
from archive.terminal import DatelineGroup

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


cli.add_rooms(
    {
        "archive.commands_catalogue": ("catalogue", "reread", "publish"),
        "archive.commands_search": ("search", "show"),
        "archive.commands_exchange": ("import", "cdxj", "replay"),
        "archive.commands_share": ("export", "cite", "evidence", "restrictions", "remove", "browse"),
        "archive.commands_study": ("diff", "corrections", "concordance", "trend", "copies"),
        "archive.commands_trust": ("verify", "manifest", "bag"),
    }
)
