"""`dateline init` and `dateline crawl`."""

from dataclasses import replace
from datetime import timedelta
from importlib.resources import files

import click

from archive.cli import cli
from archive.errors import ConfigError, CrawlError, NoSpaceError
from archive.ingest import IngestReport, catalogue_archive
from archive.layout import Layout, lock
from archive.publish import EVERY_S, publish
from archive.terminal import plain, print_json, print_table, progress_line
from crawler.asking import ask_frontier
from crawler.clock import system_clock
from crawler.contact import contact_of, require_contact, write_contact
from crawler.deliveries import delivery_line, take_in
from crawler.deliveries import to_dict as delivery_dict
from crawler.frontier import Delivery, Frontier
from crawler.guard import Guard, parse_allow, parse_resolve
from crawler.parameters import Duration, Size
from crawler.process import CrawlOptions, Spider, passing_on_signals
from crawler.report import EXIT_DONE, EXIT_PARTIAL, RunReport, report_of, runs_of
from crawler.rounds import after_crawl
from crawler.settings import DATELINE_MIN_FREE
from crawler.sites import Site, load_sites


@cli.command()
@click.option(
    "--contact", default="", help="Address for complaints, sent with every request: a web page or mail address."
)
@click.pass_obj
def init(layout: Layout, contact: str) -> None:
    """Make an archive: its folders, and an example of a site file."""
    layout.create()
    if contact:
        write_contact(layout.settings, contact)
    example = files("crawler") / "examples" / "example.toml"
    target = layout.sites / "example.toml.txt"
    if not target.exists():
        target.write_text(example.read_text(encoding="utf-8"), encoding="utf-8")
    click.echo(f"An archive lies in {layout.root}. Put one TOML file for each site into {layout.sites};")
    click.echo(f"{target.name} there shows every key. Then: dateline --archive {layout.root} crawl SITE")


@cli.command()
@click.argument("sites", nargs=-1)
@click.option("--all", "every_site", is_flag=True, help="Crawl all sites of the archive.")
@click.option(
    "--allow", multiple=True, metavar="CIDR", help="Reach addresses of this block although they are not public."
)
@click.option(
    "--resolve", multiple=True, metavar="NAME:ADDR", help="Reach NAME[:PORT] at ADDR[:PORT] alone; @FILE for many."
)
@click.option("--contact", default="", help="Address for complaints, for this run.")
@click.option("--max-pages", type=click.IntRange(0), default=0, help="End after that many fetches.")
@click.option("--max-time", type=Duration(), default=timedelta(0), help="Begin nothing new after that long: 30m, 2h.")
@click.option("--patience", type=Duration(), default=timedelta(0), help="Wait that long for what is not yet due.")
@click.option("-s", "--set", "settings", multiple=True, metavar="NAME=VALUE", help="A Scrapy setting, for this run.")
@click.option("--min-free", type=Size(), default=None, help="End when less room is left on the disk: 2GB (256MiB).")
@click.option("--due", "quiet", is_flag=True, help="For timers: say nothing when nothing is due.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
@click.pass_obj
def crawl(
    layout: Layout,
    sites: tuple[str, ...],
    every_site: bool,
    allow: tuple[str, ...],
    resolve: tuple[str, ...],
    contact: str,
    max_pages: int,
    max_time: timedelta,
    patience: timedelta,
    settings: tuple[str, ...],
    min_free: int | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Fetch what is due of the named SITES, archive it, read it, and report."""
    layout.require()
    if bool(sites) == every_site:
        raise click.UsageError("name the sites to crawl, or --all")
    chosen = load_sites(layout.sites, sites)
    options = CrawlOptions(
        sites=tuple(site.id for site in chosen),
        allow=allow,
        resolve=resolve,
        contact=contact or contact_of(layout, ""),
        max_pages=max_pages,
        max_time_s=max_time.total_seconds(),
        patience_s=patience.total_seconds(),
        settings=settings if min_free is None else (*settings, f"DATELINE_MIN_FREE={min_free}"),
    )
    check(layout, chosen, options)
    taken = take_in(layout, chosen, system_clock(), min_free=min_free or DATELINE_MIN_FREE, progress=progress_line())
    report, read = crawl_and_read(layout, options)
    publish(layout, every_s=EVERY_S if quiet else 0.0, now=system_clock()())
    if as_json:
        deliveries = [delivery_dict(each) for each in taken]
        print_json({**report.to_dict(), "deliveries": deliveries, "catalogue": read.to_dict()})
    elif report.outcomes or report.exit_code or taken or not quiet:
        print_report(report, read, taken)
    is_partial = report.exit_code == EXIT_DONE and any(each.problem for each in taken)
    raise SystemExit(after_crawl(layout, EXIT_PARTIAL if is_partial else report.exit_code, system_clock()()))


def check(layout: Layout, sites: tuple[Site, ...], options: CrawlOptions) -> None:
    """Raise before anything is started if the crawl could not begin."""
    if not sites:
        raise ConfigError(layout.sites, "", "no site is declared here: docs/adding-a-site.md shows how")
    guard = Guard(
        tuple(parse_allow(text) for text in options.allow),
        tuple(mapping for text in options.resolve for mapping in parse_resolve(text)),
    )
    require_contact(options.contact, sites, guard)
    with lock(layout.frontier, "another crawl is at work in this archive"):
        pass


def crawl_and_read(layout: Layout, options: CrawlOptions) -> tuple[RunReport, IngestReport]:
    """Run the spider and the follower side by side; return what each did."""
    Frontier(layout.frontier).close()
    before = ask_frontier(layout, runs_of) or frozenset()
    show = progress_line()
    spider = Spider(layout, options)
    with passing_on_signals(spider.stop):
        try:
            read = catalogue_archive(layout, follow=spider.is_running, progress=show)
        except BaseException:  # nobody would be there to tell how the crawl ended
            spider.stop()
            raise
        finally:
            status = spider.wait()
    show("")
    report = ask_frontier(layout, lambda frontier: _report_of_new(frontier, before))
    if status == NoSpaceError.exit_code and (report is None or report.ended is None):
        raise NoSpaceError(layout.frontier, "it has no room for what the crawl did")
    if report is None:
        raise CrawlError(spider.log, "the crawl did not begin", status)
    if report.ended is None:
        click.echo(f"dateline: {CrawlError(spider.log, 'the crawl did not come to its end', status)}", err=True)
        report = replace(report, finish=f"exit-{status}") if status > 0 else report
    return report, read


def _report_of_new(frontier: Frontier, before: frozenset[str]) -> RunReport | None:
    return report_of(frontier, max(runs_of(frontier) - before, default=""), system_clock()())


def print_report(report: RunReport, read: IngestReport, taken: tuple[Delivery, ...] = ()) -> None:
    """Print what a crawl did, and what had been taken in before."""
    for delivery in taken:
        click.echo(plain(delivery_line(delivery)))
    if not report.outcomes and report.exit_code == EXIT_DONE:
        click.echo(f"Run {report.run}: nothing was due. `dateline status` says what is next.")
        if taken:
            click.echo(read.summary())
        return
    rows = [
        (site.site, site.polls, site.fresh, ", ".join(f"{name} {n}" for name, n in site.outcomes), site.due)
        for site in report.sites
    ]
    title = f"Run {report.run}: {report.finish} after {report.seconds:.1f} s"
    print_table(title, ("site", "#polls", "#new links", "outcomes of its visits", "#left due"), rows)
    for site in report.sites:
        for fault in site.faults:
            click.echo(f"  fault of {site.site}: {fault}")
    click.echo(read.summary())
