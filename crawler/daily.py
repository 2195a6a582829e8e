"""The daily report: one HTML file with its plots inside, for whoever looks in once a day."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from html import escape
from pathlib import Path
from statistics import median, quantiles

from archive.layout import Layout
from archive.terminal import size_text
from crawler.history import Fetch, History, Poll, SiteHistory, history_of
from crawler.safe_file import write_whole
from crawler.schedule import GOOD
from crawler.status import SiteStatus, Status
from crawler.svg import COLOURS, Series, bars, range_bar, sparkline
from crawler.watch import span

NAME = "report.html"
_GOOD = frozenset(str(outcome) for outcome in GOOD)
_OTHER = "other"

_HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Dateline: {title}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #222 }}
table {{ border-collapse: collapse }} td, th {{ padding: .2rem .8rem .2rem 0; text-align: left }}
tr + tr {{ border-top: 1px solid #ddd }} .n {{ text-align: right }} .alarm {{ color: #a32020 }}
svg text {{ font-size: 10px; fill: #555 }} .dim {{ color: #666 }}
.legend {{ list-style: none; padding: 0 }} .legend li {{ display: inline-block; margin-right: 1.2em }}
.legend span {{ display: inline-block; width: .8em; height: .8em; margin-right: .4em }}
</style>
"""


def write_report(layout: Layout, status: Status, *, every: timedelta = timedelta(0)) -> Path:
    """Write `report.html` into the archive and return its path; one of the same day is left if `every` is a day."""
    path = layout.root / NAME
    if every and path.exists() and status.at - _written(path) < every:
        return path
    write_whole(path, report_html(status, history_of(layout, status.at)))
    return path


def report_html(status: Status, history: History) -> str:
    """Return the report: alarms, a line for each site with its articles by day, delays, failures by cause."""
    days = _days(history.since, status.at)
    parts = (
        _HEAD.format(title=f"{status.at:%Y-%m-%d}"),
        f'<meta name="written" content="{status.at.isoformat()}">\n',
        f"<h1>Dateline, {status.at:%-d %B %Y, %H:%M} UTC</h1>\n",
        *_alarms(status),
        *_sites(status, history, days),
        *_delays(history),
        *_failures(history, days),
        *_archive(status),
    )
    return "".join(parts)


def delays_of(site: SiteHistory) -> tuple[float, ...]:
    """Return how many seconds after publication each article was captured, fewest first.

    Only those published since the site was first asked: what lay there before says nothing about the crawl.
    """
    asked = site.polls[0].at if site.polls else None
    dated = ((fetch.published, fetch.at) for fetch in site.news)
    return tuple(sorted((at - out).total_seconds() for out, at in dated if out and asked and asked <= out <= at))


def cause_of_failure(visit: Poll | Fetch) -> str | None:
    """Return the cause of a failure in few words, None for a visit that brought what it should."""
    if visit.outcome in _GOOD:
        reading = visit.reading if isinstance(visit, Fetch) else None
        return None if reading in (None, "ok") else f"page read as {reading}"
    if visit.outcome in ("http_error", "gone") and isinstance(visit, Fetch) and visit.status:
        return f"status {visit.status}"
    words = visit.reason.partition(";")[0].partition(":")[0].strip()
    return f"{visit.outcome} ({words[:40]})" if visit.outcome == "network" and words else visit.outcome


def _alarms(status: Status) -> Iterator[str]:
    if not status.alarms and not status.problems:
        yield "<p>No alarm is on.</p>\n"
        return
    yield "<h2>Alarms</h2>\n<ul>\n"
    for alarm in status.alarms:
        whose = escape(alarm.site or "the archive")
        yield f'<li class="alarm"><b>{whose}: {escape(alarm.sign)}</b>: {escape(alarm.text)}'
        yield f" <small>since {alarm.since:%Y-%m-%d %H:%M} UTC</small></li>\n"
    for problem in status.problems:
        yield f'<li class="alarm">{escape(problem)}</li>\n'
    yield "</ul>\n"


def _sites(status: Status, history: History, days: Sequence[date]) -> Iterator[str]:
    yield "<h2>Articles</h2>\n<table>\n"
    yield "<tr><th>site<th>new articles by day<th>24 h<th>7 days<th>last news<th>due<th>failed, 24 h\n"
    for site in status.sites:
        yield _site_row(site, history.of(site.site), days)
    yield "</table>\n"
    total = Counter(fetch.at.date() for past in history.sites.values() for fetch in past.news)
    yield (
        "<p>All sites:</p>\n"
        + bars([f"{d:%-d %b}" for d in days], [Series("articles", [total[d] for d in days])])
        + "\n"
    )


def _site_row(site: SiteStatus, past: SiteHistory, days: Sequence[date]) -> str:
    by_day = Counter(fetch.at.date() for fetch in past.news)
    last = site.last_new
    cells = (
        sparkline([f"{day:%-d %b}" for day in days], [by_day[day] for day in days]),
        f"{site.news_day:,}",
        f"{site.news_week:,}",
        f"{last:%Y-%m-%d %H:%M}" if last else "over 4 weeks ago",
        f"{site.due:,}",
        f"{site.errors_day:,}",
    )
    return f"<tr><th>{escape(site.site)}" + "".join(f'<td class="n">{cell}' for cell in cells) + "\n"


def _delays(history: History) -> Iterator[str]:
    all_delays = ((name, delays_of(past)) for name, past in sorted(history.sites.items()))
    rows = [(name, len(d), median(d), quantiles(d, n=10)[-1]) for name, d in all_delays if len(d) > 1]
    yield "<h2>Delay from publication to capture</h2>\n"
    if not rows:
        yield '<p class="dim">No article with a stated time was published since its site was first asked.</p>\n'
        return
    longest = max(most for _, _, _, most in rows) or 1.0
    yield "<table>\n<tr><th>site<th>half within<th>nine in ten within<th>articles<th>\n"
    for name, count, half, most in rows:
        cells = (span(timedelta(seconds=half)), span(timedelta(seconds=most)), f"{count:,}")
        plot = range_bar(half / longest, most / longest)
        yield f"<tr><th>{escape(name)}" + "".join(f'<td class="n">{cell}' for cell in cells) + f"<td>{plot}\n"
    yield "</table>\n"


def _failures(history: History, days: Sequence[date]) -> Iterator[str]:
    counts: Counter[tuple[str, date]] = Counter()
    for past in history.sites.values():
        visits: Sequence[Poll | Fetch] = (*past.polls, *past.fetches)
        counts.update((cause, visit.at.date()) for visit in visits if (cause := cause_of_failure(visit)))
    totals: Counter[str] = Counter()
    for (cause, _), count in counts.items():
        totals[cause] += count
    yield "<h2>Failures by cause</h2>\n"
    if not totals:
        yield '<p class="dim">Every request of these weeks was answered well.</p>\n'
        return
    shown = [cause for cause, _ in totals.most_common(len(COLOURS) - 1)]
    series = [Series(cause, [counts[cause, day] for day in days]) for cause in shown]
    rest = [sum(counts[cause, day] for cause in totals if cause not in shown) for day in days]
    yield bars([f"{d:%-d %b}" for d in days], series + ([Series(_OTHER, rest)] if any(rest) else [])) + "\n"


def _archive(status: Status) -> Iterator[str]:
    yield "<h2>Archive</h2>\n<p>"
    yield f"{status.warc_files:,} WARC files, {size_text(status.warc_bytes)}; "
    yield f"{size_text(status.warc_bytes_day)} a day; {size_text(status.disk_free)} free. "
    yield "; ".join(f"{escape(name)} {size_text(size)}" for name, size in status.databases if size)
    if status.last_started:
        how = escape(status.last_finish or "not ended, or killed")
        yield f". Last crawl {status.last_started:%Y-%m-%d %H:%M} UTC: {how}"
    yield ".</p>\n"


def _days(since: datetime, until: datetime) -> list[date]:
    first = since.astimezone(UTC).date() + timedelta(days=1)
    return [first + timedelta(days=n) for n in range((until.astimezone(UTC).date() - first).days + 1)]


def _written(path: Path) -> datetime:
    """Return when a report was written, by the crawl's own clock; long ago if it does not say."""
    start = path.read_text(encoding="utf-8", errors="replace")[:4_000]
    _, _, rest = start.partition('name="written" content="')
    try:
        return datetime.fromisoformat(rest.partition('"')[0])
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
