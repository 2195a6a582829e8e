"""Print hits and articles for people."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict

import click
from sqlite_utils import Database

from archive.catalogue.answers import capture_named
from archive.catalogue.lines import ArticleDetail
from archive.catalogue.search import Hit
from archive.layout import Layout
from archive.model import Passage
from archive.terminal import console, plain, print_json, print_table


def print_hits(hits: Iterable[Hit]) -> None:
    """Print what a search found, three lines each."""
    out = console()
    count = 0
    for hit in hits:
        count += 1
        gone = "" if hit.state == "live" else f"  ({hit.state})"
        out.print(f"{hit.day}  {plain(hit.site)}  {plain(hit.title)}{gone}", style="bold")
        out.print(f"    {plain(' '.join(hit.snippet.split()))}")
        out.print(f"    {plain(hit.url)}", style="dim")
        out.print(f"    {hit.version}  {hit.file} at {hit.offset}", style="dim")
    if not count:
        out.print("Nothing found.")


def _print_article(article: ArticleDetail) -> None:
    version = article.version
    newest = article.captures[-1]
    click.echo(plain(version.title))
    image = article.image
    facts = (
        ("site", article.site),
        ("url", article.url),
        ("authors", ", ".join(article.authors)),
        ("published", article.published or article.day),
        ("modified", article.modified),
        ("language", article.language),
        ("section", article.section),
        ("tags", ", ".join(article.tags)),
        ("image", image and image.url),
        ("caption", image and image.caption),
        ("credit", image and image.credit),
        ("agency", article.agency),
        ("access", article.access),
        ("page_kind", article.page_kind),
        ("state", article.state),
        ("versions", len(article.versions)),
        ("captures", len(article.captures)),
        ("appeals", sum(p.kind.family == "appeal" for p in article.passages)),
        ("article", article.id),
        ("version", version.id),
        ("record", f"{newest.record.file} at {newest.record.offset}, {newest.record.length} bytes, {newest.id}"),
    )
    told = dict(article.origins)
    for key, value in facts:
        if value not in (None, ""):
            source = f"  [{told[key]}]" if key in told else ""
            click.echo(plain(f"  {key:<10} {' '.join(str(value).split())}{source}"))
    above = ", ".join(f"{key} {told[key]}" for key in ("title", "lead", "body") if key in told)
    if above:
        click.echo(plain(f"  {'from':<10} {above}"))
    click.echo()
    _print_body(article)


def _print_body(article: ArticleDetail) -> None:
    click.echo("\n\n".join(plain(p.text) for p in article.passages if p.kind.in_body))


def _print_appeals(article: ArticleDetail) -> None:
    appeals = [p for p in article.passages if p.kind.family == "appeal"]
    if not appeals:
        click.echo("This page asks nothing of its reader.")
    _print_passages(appeals)


def _print_passages(passages: Iterable[Passage]) -> None:
    rows = ((p.kind, p.text, p.rule, f"{p.score:.2f}", p.xpath) for p in passages)
    print_table("", ("kind", "text", "rule", "#score", "place"), rows)


def print_provenance(db: Database, layout: Layout, article: ArticleDetail, *, as_html: bool) -> None:
    """Print where each passage of an article stands in the source of its page: for people, or as a web page."""
    from archive import provenance  # noqa: PLC0415  # it loads the reader's parser

    capture = capture_named(db, article.version.first_capture)
    source, placed = provenance.of_capture(db, layout, article, capture)
    if as_html:
        place = f"{capture.record.file} at {capture.record.offset}"
        facts = (
            ("url", capture.url),
            ("captured", str(capture.fetched_at)),
            ("record", f"{capture.id}, {place}"),
            ("reader", article.version.reader),
        )
        click.echo(provenance.as_html(source, placed, article.version.title, facts), nl=False)
        return
    out = console()
    for one in placed:
        p = one.passage
        where = f"line {provenance.line_of(source, one.start)}" if one.is_found else "not in the source"
        out.print(f"{one.n:>4}  {where:<10}  {p.kind}  {plain(p.rule)}  {p.score:.2f}  {plain(p.xpath)}", style="dim")
        if one.is_found:
            out.print("      " + plain(" ".join(source[one.start : one.end].split())), style=_STYLES[p.kind.family])
    found = sum(one.is_found for one in placed)
    out.print(f"{found} of {len(placed)} passages stand in the source of {plain(capture.id)}.")


def _print_json(article: ArticleDetail) -> None:
    print_json(asdict(article))


_STYLES = defaultdict(lambda: "default", {"title": "bold", "appeal": "red", "chrome": "dim", "correction": "yellow"})
_SHOW = {
    None: _print_article,
    "body": _print_body,
    "appeals": _print_appeals,
    "passages": lambda article: _print_passages(article.passages),
    "json": _print_json,
}


def print_article(article: ArticleDetail, what: str | None) -> None:
    """Print an article: all of it for people, or its `body`, `appeals` or `passages` alone, or as `json`."""
    _SHOW[what](article)
