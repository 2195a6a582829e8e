"""The status as a Prometheus text file, for the textfile collector of the node exporter."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from crawler.status import SiteStatus, Status


class Sample(NamedTuple):
    """One value with its labels."""

    labels: tuple[tuple[str, str], ...]
    value: float


class Metric(NamedTuple):
    """A gauge: all of them are, for the file is written anew after each crawl."""

    name: str
    help: str
    samples: tuple[Sample, ...]


def metrics_text(status: Status) -> str:
    """Return the status in Prometheus' text format; a metric without a value is left out."""
    return "".join(_lines(metric) for metric in metrics_of(status) if metric.samples)


def metrics_of(status: Status) -> Iterator[Metric]:
    """Yield every metric; docs/watching.md lists them, and a test compares."""
    yield _one("status_timestamp_seconds", "When this file was written.", status.at)
    yield _one("run_started_timestamp_seconds", "When the last crawl began.", status.last_started)
    yield _one("run_ended_timestamp_seconds", "When the last crawl ended.", status.last_ended)
    yield _one("runs_day", "Crawls begun in the last 24 hours.", status.runs_day)
    yield _one("warc_files", "WARC files of the archive.", status.warc_files)
    yield _one("warc_bytes", "Bytes in them.", status.warc_bytes)
    yield _one("warc_bytes_day", "Bytes written a day, over the last week.", status.warc_bytes_day)
    yield _one("disk_free_bytes", "Bytes free on the archive's disk.", status.disk_free)
    yield _labelled("database_bytes", "Size of each database file.", "file", status.databases)
    yield from _of_sites(status.sites)
    alarms = tuple(Sample((("site", alarm.site), ("sign", alarm.sign)), 1) for alarm in status.alarms)
    yield Metric("dateline_alarm", "1 while something is wrong with a site, or with the archive (site empty).", alarms)


def _of_sites(sites: tuple[SiteStatus, ...]) -> Iterator[Metric]:
    yield _by_site(
        "site_last_news_timestamp_seconds",
        "When an article never seen before was brought last.",
        ((s.site, s.last_new) for s in sites),
    )
    yield _by_site(
        "site_last_poll_timestamp_seconds",
        "When a source last answered.",
        ((s.site, s.last_poll) for s in sites),
    )
    yield _by_site("site_news_day", "Articles brought for the first time, 24 h.", ((s.site, s.news_day) for s in sites))
    yield _by_site(
        "site_news_week", "Articles brought for the first time, 7 days.", ((s.site, s.news_week) for s in sites)
    )
    yield _by_site("site_urls", "URLs the frontier knows.", ((s.site, s.known) for s in sites))
    yield _by_site("site_due", "URLs to fetch now: the backlog.", ((s.site, s.due) for s in sites))
    yield _by_site("site_failing_sources", "Sources whose last poll failed.", ((s.site, len(s.failing)) for s in sites))
    yield _by_site(
        "site_quiet_limit_seconds",
        "How long the site may bring nothing new.",
        ((s.site, s.quiet_limit.total_seconds() if s.quiet_limit else None) for s in sites),
    )
    outcomes = tuple(
        Sample((("site", s.site), ("outcome", outcome)), count) for s in sites for outcome, count in s.visits_day
    )
    yield Metric("dateline_site_visits_day", "Requests of the last 24 hours by outcome.", outcomes)


def _one(name: str, text: str, value: float | datetime | None) -> Metric:
    return Metric(f"dateline_{name}", text, () if value is None else (Sample((), _number(value)),))


def _by_site(name: str, text: str, values: Iterable[tuple[str, float | datetime | None]]) -> Metric:
    return _labelled(name, text, "site", values)


def _labelled(name: str, text: str, label: str, values: Iterable[tuple[str, float | datetime | None]]) -> Metric:
    samples = tuple(Sample(((label, key),), _number(value)) for key, value in values if value is not None)
    return Metric(f"dateline_{name}", text, samples)


def _number(value: float | datetime) -> float:
    return round(value.timestamp(), 3) if isinstance(value, datetime) else value


def _lines(metric: Metric) -> str:
    rows = [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} gauge"]
    for labels, value in metric.samples:
        named = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels)
        rows.append(f"{metric.name}{'{' + named + '}' if named else ''} {value:.15g}")
    return "\n".join(rows) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
