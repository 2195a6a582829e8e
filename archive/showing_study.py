"""Print for people what they study: differences, corrections, concordances, copies."""

import json
from collections.abc import Iterable, Sequence

import click
from rich.text import Text

from archive.catalogue.appeals import AppealHit
from archive.catalogue.press import Correction, Report
from archive.catalogue.study import Occurrence
from archive.catalogue.wording import Change
from archive.difference import Difference
from archive.terminal import console, plain, print_table

_STYLES = {"same": "dim", "removed": "red strike", "added": "green"}
_SIGNS = {"same": " ", "removed": "-", "added": "+", "changed": "~"}
_BRACKETS = {"same": ("", ""), "removed": ("[-", "-]"), "added": ("{+", "+}")}


def print_difference(found: Difference, *, whole: bool) -> None:
    """Print what changed in an article, by paragraph and by word; words that went stand in [-…-], new ones in {+…+}."""
    out = console()
    out.print(Text(plain(found.title), style="bold"))
    out.print(f"  {plain(found.site)}  {plain(found.url)}")
    after = "" if found.hours_after is None else f", {found.hours_after:g} hours after publication"
    out.print(f"  {found.old.fetched_at:%Y-%m-%d %H:%M} to {found.new.fetched_at:%Y-%m-%d %H:%M} UTC{after}")
    if found.is_changed:
        out.print(f"  versions {found.old.version} and {found.new.version}")
        out.print("  A note on the page tells of it." if found.is_noted else "  No note on the page tells of it.")
        for what, pairs in (("numbers", found.edit.numbers), ("names", found.edit.names)):
            if pairs:
                out.print(
                    plain(f"  {what}: " + ", ".join(f"{old or '(none)'} -> {new or '(none)'}" for old, new in pairs))
                )
    else:
        out.print("  The text is the same.")
    print_changes(found.text, whole=whole)
    if any(change.mark != "same" for change in found.appeals) or whole:
        out.print(Text("\nAsked of the reader", style="bold"))
        print_changes(found.appeals, whole=whole)


def print_appeal_hits(hits: Iterable[AppealHit]) -> None:
    """Print what was asked of readers, those texts first that most articles carried."""
    rows = ((hit.site, hit.asks_for, hit.articles, hit.first_seen[:10], hit.last_seen[:10], hit.text) for hit in hits)
    print_table("", ("site", "asks for", "#articles", "first seen", "last seen", "text"), rows)


def print_corrections(found: Sequence[Correction]) -> None:
    """Print what was put right, the newest first: two lines each."""
    out = console()
    for one in found:
        after = "" if one.hours_after is None else f", {_hours(one.hours_after)} after publication"
        seen = one.first_seen[:16].replace("T", " ")
        out.print(f"{seen}  {plain(one.site)}  {one.what}: {plain(_told(one))}", style="bold")
        out.print(f"    {plain(one.url)}{after}", style="dim")
    if not found:
        out.print("Nothing found.")


def print_concordance(found: Sequence[Occurrence], width: int) -> None:
    """Print a word in its sentences, one below the other."""
    out = console()
    for line in found:
        text = Text(f"{line.day}  {plain(line.site):<16.16}  {plain(line.left):>{width}} ", style="")
        text.append(plain(line.found), style="bold red")
        text.append(f"{plain(line.right)}")
        out.print(text, soft_wrap=True)
    if not found:
        out.print("Nothing found.")


def print_copies(found: Iterable[Report]) -> None:
    """Print who printed the same report, and how much each kept of what it was copied from."""
    count = 0
    for report in found:
        count += 1
        agency = f"  ({report.agency})" if report.agency else ""
        title = plain(f"{report.origin.title}{agency}")
        rows: list[tuple[object, ...]] = [
            (report.origin.seen[:16].replace("T", " "), report.origin.site, "", "first seen", report.origin.url)
        ]
        for copy in report.copies:
            new = "" if copy.title == report.origin.title else f"; headline: {copy.title}"
            kept = f"keeps {copy.kept:.0%}{new}"
            rows.append((copy.seen[:16].replace("T", " "), copy.site, _hours(copy.hours_later), kept, copy.url))
        print_table(title, ("seen", "site", "#later", "text", "article"), rows)
    if not count:
        click.echo("No copies found.")


def print_changes(changes: Iterable[Change], *, whole: bool) -> None:
    """Print what became of each paragraph; those that stayed only if the whole is asked for."""
    out = console()
    for change in changes:
        if change.mark == "same" and not whole:
            continue
        line = Text(f"\n{_SIGNS[change.mark]} {change.label}: ", style="bold")
        for mark, text in _pieces(change):
            before, after = _BRACKETS[mark] if change.mark == "changed" else ("", "")
            line.append(before + plain(text) + after, style=_STYLES[mark])
        out.print(line)


def _pieces(change: Change) -> list[tuple[str, str]]:
    if change.mark == "changed":
        return [(piece.mark, piece.text) for piece in change.pieces]
    return [(change.mark, change.old if change.mark == "removed" else change.new)]


def _told(correction: Correction) -> str:
    silent = " (silent)" if correction.is_silent else ""
    if correction.what in ("numbers", "names"):
        pairs = json.loads(correction.text)
        return ", ".join(f"{old or '(none)'} -> {new or '(none)'}" for old, new in pairs) + silent
    return (f"{correction.before} -> {correction.text}" if correction.before else correction.text) + silent


def _hours(hours: float | None) -> str:
    if hours is None:
        return ""
    return f"{hours:.1f} h" if abs(hours) < 48 else f"{hours / 24:.0f} d"
