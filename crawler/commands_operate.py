"""The operator's commands: status, watch, report, doctor and schedule."""

import re
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from archive.catalogue.answers import Status as Held
from archive.catalogue.answers import status as held_by
from archive.catalogue.database import open_for_reading
from archive.cli import cli
from archive.doctor import examine
from archive.errors import ConfigError
from archive.layout import Layout
from archive.terminal import plain, print_json, print_table, size_text
from crawler.clock import system_clock
from crawler.daily import write_report
from crawler.metrics import metrics_text
from crawler.parameters import Duration, Size
from crawler.report import EXIT_DONE, EXIT_PARTIAL
from crawler.rounds import look
from crawler.safe_file import write_whole
from crawler.status import SiteStatus, Status, status_of
from crawler.units import CRON, SYSTEM, USER, Schedule, crontab, install, units
from crawler.watch import span

# ---------------------------------------------------------------------- status


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print it as one JSON object.")
@click.option(
    "--prom", type=click.Path(path_type=Path), metavar="FILE", help="Write it as Prometheus metrics; - prints."
)
@click.pass_obj
def status(layout: Layout, as_json: bool, prom: Path | None) -> None:
    """Show how the archive fares: each site's news and faults, the backlog, alarms, room on the disk."""
    layout.require()
    now = status_of(layout, system_clock()(), with_known=True)
    if prom is not None:
        _write_metrics(now, prom)
        return
    held = _held(layout)
    if as_json:
        print_json({**now.to_dict(), "catalogue": asdict(held) if held else None})
        return
    columns = ("site", "#new 24h", "#7 days", "last news", "quiet", "#due", "#failed 24h", "#URLs")
    print_table("", columns, (_site_row(site, now.at) for site in now.sites))
    _print_troubles(now)
    _print_room(now)
    if held:
        _print_held(held)


def _write_metrics(now: Status, path: Path) -> None:
    if str(path) == "-":
        click.echo(metrics_text(now), nl=False)
        return
    try:
        write_whole(path, metrics_text(now))
    except OSError as error:
        raise ConfigError(path, "", f"cannot be written: {error.strerror}") from error


def _held(layout: Layout) -> Held | None:
    if not layout.catalogue.exists():
        return None
    with closing(open_for_reading(layout.catalogue)) as db:
        return held_by(db)


def _site_row(site: SiteStatus, now: datetime) -> tuple[object, ...]:
    limit = f" of {_short(site.quiet_limit)}" if site.quiet_limit else ""
    quiet = f"{_short(now - site.last_new)}{limit}" if site.last_new else ""
    news = f"{site.last_new:%Y-%m-%d %H:%M}" if site.last_new else "over 4 weeks ago"
    return (site.site, site.news_day, site.news_week, news, quiet, site.due, site.errors_day, site.known)


def _short(length: timedelta) -> str:
    """Return a length of time for a table: 5m, 30h, 12d."""
    number, unit = span(length).split()
    return f"{number}{unit[0]}"


def _print_troubles(now: Status) -> None:
    for site in now.sites:
        for fault in site.failing:
            click.echo(plain(f"  {site.site}: {fault}"))
    for problem in now.problems:
        click.echo(plain(f"  {problem}"))
    for alarm in now.alarms:
        click.echo(plain(f"  alarm: {alarm.site or 'archive'}: {alarm.sign}: {alarm.text}"))


def _print_room(now: Status) -> None:
    run = (
        f"last run {_minute(now.last_started)}: {now.last_finish or 'at work, or killed'}"
        if now.last_run
        else "no run yet"
    )
    click.echo(f"{now.runs_day} runs in 24 hours; {run}")
    rate = f"{size_text(now.warc_bytes_day)} a day" if now.warc_bytes_day else "nothing lately"
    click.echo(f"{now.warc_files} WARC files, {size_text(now.warc_bytes)}, {rate}; {size_text(now.disk_free)} free")


def _print_held(held: Held) -> None:
    counts = dict(held.tables)
    text = ", ".join(f"{counts[name]:,} {name}" for name in ("captures", "articles", "versions", "passages"))
    click.echo(f"Catalogue: {text}; appeals: {', '.join(f'{n} {kind}' for kind, n in held.appeals) or 'none'}")


def _minute(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}Z" if moment else "never"


# ---------------------------------------------------------------------- watch and report


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print the alarms as one JSON object.")
@click.pass_obj
def watch(layout: Layout, as_json: bool) -> None:
    """Look for what is wrong: sites fallen silent, blocked or unreadable, a full disk. Exit code 2 if anything is.

    Every crawl ends with the same look. A new alarm is told once to the command that archive.toml names.
    """
    layout.require()
    _, change, problem = look(layout, system_clock()())
    if as_json:
        print_json({"alarms": [asdict(a) for a in change.on], "new": [a.key for a in change.new]})
    elif not change.on:
        click.echo("All is as it always was.")
    else:
        for alarm in change.on:
            mark = "new" if alarm in change.new else f"since {_minute(alarm.since)}"
            click.echo(plain(f"{alarm.site or 'archive'}: {alarm.sign} ({mark}): {alarm.text}"))
    if problem:
        click.echo(plain(f"dateline: {problem}"), err=True)
    raise SystemExit(EXIT_PARTIAL if change.on else EXIT_DONE)


@cli.command()
@click.pass_obj
def report(layout: Layout) -> None:
    """Write report.html: the last four weeks in plots. Every crawl writes it once a day."""
    layout.require()
    click.echo(str(write_report(layout, status_of(layout, system_clock()()))))


# ---------------------------------------------------------------------- doctor


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as one JSON object.")
@click.pass_obj
def doctor(layout: Layout, as_json: bool) -> None:
    """Examine this installation, and the archive if there is one: versions, SQLite, disk, clock, optional parts.

    Exit code 4 if something keeps it from working; what is only worth knowing says so.
    """
    findings = examine(layout, system_clock()())
    if as_json:
        print_json({"findings": [finding._asdict() for finding in findings]})
    else:
        print_table("", ("", "what", "found"), ((f.state, f.what, f.found) for f in findings))
    if any(finding.state == "bad" for finding in findings):
        raise SystemExit(ConfigError.exit_code)


# ---------------------------------------------------------------------- schedule


@cli.command()
@click.argument("what", type=click.Choice(["print", "install"]))
@click.option("--every", type=Duration(), default=timedelta(minutes=10), help="Between two crawls (default: 10m).")
@click.option("--max-time", type=Duration(), default=timedelta(minutes=50), help="Of one crawl (default: 50m).")
@click.option("--min-free", type=Size(), default="1GB", show_default=True, help="Bytes to leave free on the disk.")
@click.option("--name", default="dateline", show_default=True, help="Of the units; each archive needs its own.")
@click.option("--run-as", default="", metavar="USER", help="Who crawls; default: who asks.")
@click.option("--user", "of_user", is_flag=True, help="For your own manager: systemctl --user.")
@click.option("--cron", is_flag=True, help="A line for cron in place of systemd units.")
@click.option("--into", type=click.Path(path_type=Path), help="Install into another folder than the manager's own.")
@click.pass_obj
def schedule(
    layout: Layout,
    what: str,
    every: timedelta,
    max_time: timedelta,
    min_free: int,
    name: str,
    run_as: str,
    of_user: bool,
    cron: bool,
    into: Path | None,
) -> None:
    """Print or install what starts the crawl: a hardened systemd service and its timer, or a line for cron."""
    layout.require()
    if not _UNIT_NAME.fullmatch(name):
        raise click.UsageError("--name: letters, digits, dots, dashes and underscores")
    plan = Schedule(layout.root.absolute(), name, every, max_time, min_free, run_as)
    found = (crontab(plan, with_user=what == "install"),) if cron else units(plan, of_user=of_user)
    if what == "print":
        click.echo("\n".join(unit.text if cron else f"# ---- {unit.name}\n{unit.text}" for unit in found), nl=False)
        return
    folder = into or (CRON if cron else USER if of_user else SYSTEM)
    for path in install(found, folder):
        click.echo(f"wrote {path}")
    if not cron:
        manager = "systemctl --user" if of_user else "systemctl"
        click.echo(f"Now: {manager} daemon-reload && {manager} enable --now {name}.timer")


_UNIT_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,80}")
