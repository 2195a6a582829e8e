"""The `dateline` command: every room's commands behind one door."""

from archive.cli import cli

__all__ = ["cli", "main"]

cli.add_rooms(
    {
        "crawler.commands_ask": ("why",),
        "crawler.commands_backfill": ("backfill",),
        "crawler.commands_crawl": ("init", "crawl"),
        "crawler.commands_operate": ("status", "watch", "report", "doctor", "schedule"),
        "crawler.commands_sites": ("sites",),
        "crawler.commands_trust": ("recover",),
        "crawler.forgetting": ("remove",),  # of archive.commands_share, and after it the crawl's memory forgets
    }
)


def main() -> None:
    """Run `dateline`."""
    cli(prog_name="dateline")


if __name__ == "__main__":
    main()
