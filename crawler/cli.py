"""The `dateline` command: every room's commands behind one door."""

# ruff: noqa: F401  # each of these rooms registers its commands when it is imported

import archive.commands_exchange
import archive.commands_share
import archive.commands_study
import archive.commands_trust
import crawler.commands_ask
import crawler.commands_backfill
import crawler.commands_crawl
import crawler.commands_operate
import crawler.commands_sites
import crawler.commands_trust
import crawler.forgetting
from archive.cli import cli

__all__ = ["cli", "main"]


def main() -> None:
    """Run `dateline`."""
    cli(prog_name="dateline")


if __name__ == "__main__":
    main()
