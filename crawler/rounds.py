"""What follows every crawl: look for what is wrong, tell it once, and leave the figures where others find them."""

from datetime import datetime, timedelta

import click

from archive.layout import Layout
from archive.terminal import plain
from crawler.alarms import Change, bell_of, changed
from crawler.daily import write_report
from crawler.metrics import metrics_text
from crawler.report import EXIT_DISK, EXIT_DONE, EXIT_PARTIAL
from crawler.safe_file import write_whole
from crawler.status import Status, status_of

REPORT_EVERY = timedelta(days=1)


def after_crawl(layout: Layout, code: int, now: datetime) -> int:
    """Make the rounds after a crawl that ended with `code`; return what `dateline crawl` shall end with.

    That is 2 if all went well but an alarm is on. Alarms go to standard error, where a timer's journal keeps them.
    """
    try:
        status, change, problem = look(layout, now)
        write_report(layout, status, every=REPORT_EVERY)
    except OSError as error:  # a full disk, as a rule: the crawl itself is over, and what it stored is safe
        click.echo(plain(f"dateline: the rounds after the crawl could not be made: {error}"), err=True)
        return EXIT_DISK if code == EXIT_DONE else code
    for alarm in change.on:
        click.echo(plain(f"alarm: {alarm.site or 'archive'}: {alarm.sign}: {alarm.text}"), err=True)
    if problem:
        click.echo(plain(f"dateline: {problem}"), err=True)
    return EXIT_PARTIAL if code == EXIT_DONE and change.on else code


def look(layout: Layout, now: datetime) -> tuple[Status, Change, str | None]:
    """Look at the archive, tell the operator's command what has changed, and write `metrics.prom`.

    The last value is what went wrong with that command, None if nothing did.
    """
    status = status_of(layout, now)
    change = changed(layout, status.alarms)
    write_whole(layout.metrics, metrics_text(status))
    return status, change, bell_of(layout).ring(change, layout.root)
