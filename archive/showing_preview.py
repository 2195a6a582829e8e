"""Print what another reader would make of an archive."""

from dataclasses import asdict

import click

from archive.catalogue.wording import compared
from archive.preview import Example, Preview
from archive.showing_study import print_changes
from archive.terminal import console, plain, print_json, print_table

_COLUMNS = ("site", "#articles", "#lost", "#found", "#changed", "#new headline", "#appeals before", "#after")


def print_preview(found: Preview, *, with_diff: bool, as_json: bool) -> None:
    """Print the counts of each site; with `with_diff`, some of the texts that would change."""
    if as_json:
        print_json(asdict(found))
        return
    click.echo(plain(f"\nThe catalogue was read by {found.reader_before}; this would be {found.reader_after}."))
    rows = [
        (s.site, s.articles, s.lost, s.found, s.changed, s.retitled, s.appeals_before, s.appeals_after)
        for s in found.sites
    ]
    print_table("What reading anew would change", _COLUMNS, rows)
    if with_diff:
        for site in found.sites:
            for example in site.examples:
                _print_example(example)
    click.echo("Nothing was changed; `dateline reread` does it.")


def _print_example(example: Example) -> None:
    console().print(plain(f"\n{example.url}"), style="bold")
    texts = [
        [("text", part) for part in (text or "").split("\n\n") if part] for text in (example.before, example.after)
    ]
    print_changes(compared(*texts), whole=False)
