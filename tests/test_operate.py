"""The operator's side on real crawls: what status, watch, report, metrics and the alarm command say of an archive."""

import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from archive.errors import ConfigError
from archive.layout import Layout
from crawler.alarms import Bell, Change, bell_of, changed
from crawler.daily import delays_of, report_html, write_report
from crawler.history import Fetch, History, Poll, SiteHistory
from crawler.metrics import metrics_text
from crawler.rounds import after_crawl
from crawler.status import SiteStatus, Status, bytes_a_day, status_of
from crawler.units import Schedule
from crawler.watch import Alarm
from tests.conftest import Workbench, workbench_in
from tests.newsroom.faults import Fault
from tests.newsroom.newsroom import OPENING, Newsroom

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
COURIER = "www.harbour-courier.test"
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
SILENT = Alarm("silent", "courier", NOW - DAY, "nothing new for 3 days")
METRIC = re.compile(r'(dateline_[a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)+)\})? (-?[0-9.e+]+)')


@pytest.fixture
def copied(crawled: Workbench, tmp_path: Path) -> Workbench:
    """An archive after one crawl, which a test may change."""
    root = tmp_path / "copy"
    shutil.copytree(crawled.layout.root, root)
    return Workbench(Layout(root), crawled.newsroom)


@pytest.fixture
def spread(tmp_path: Path) -> Iterator[Workbench]:
    """A courier whose reports appear one after another over twenty days."""
    with Newsroom(["harbour-courier"], spread=20 * DAY) as newsroom:
        yield workbench_in(tmp_path / "archive", newsroom)


def crawl_at(workbench: Workbench, moment: datetime) -> None:
    workbench.newsroom.now = moment
    workbench.scrapy("crawl", "news", now=moment)
    workbench.dateline("catalogue", now=moment)


def signs(workbench: Workbench, moment: datetime) -> dict[str, str]:
    return {alarm.sign: alarm.text for alarm in status_of(workbench.layout, moment).alarms if alarm.site}


# ---------------------------------------------------------------------- real crawls that go wrong


def test_an_outage_of_three_days_is_told_once_and_its_end_too(spread: Workbench) -> None:
    told = spread.layout.root / "told.jsonl"
    spread.layout.settings.write_text(f"[alarm]\ncommand = ['tee', '-a', '{told}']\n")
    crawl_at(spread, OPENING + DAY)
    with spread.newsroom.faults.during(Fault(COURIER, times=0, drop="before")):
        for hours in (30, 40, 100):
            crawl_at(spread, OPENING + DAY + hours * HOUR)
    moment = OPENING + DAY + 100 * HOUR

    first, second = (spread.dateline("watch", now=moment) for _ in range(2))
    crawl_at(spread, moment + DAY)
    third = spread.dateline("watch", now=moment + DAY)

    assert (first.code, second.code, third.code) == (2, 2, 0)
    assert "harbour-courier: unreachable (new): no source has answered for 4 days" in first.out
    assert "harbour-courier: unreachable (since 2025-03-18 12:00Z)" in second.out
    (came, went) = [json.loads(part) for part in told.read_text().replace("}{", "}\n{").splitlines()]
    assert [alarm["sign"] for alarm in came["new"]] == ["unreachable"]
    assert ([a["sign"] for a in went["over"]], went["on"]) == (["unreachable"], [])


def test_a_relaunch_that_leaves_stubs_is_told(spread: Workbench) -> None:
    crawl_at(spread, OPENING + 10 * DAY)
    stub = "<html><head><title>Ferries resume</title></head><body><h1>Ferries resume</h1><p>{}</p></body></html>"
    text = "The ferries resume on Tuesday, the port authority of the harbour said in a short note to passengers."
    spread.newsroom.add_fault(Fault(COURIER, "/2025/*", times=0, status=200, body=stub.format(text)))
    assert signs(spread, OPENING + 10 * DAY) == {}

    crawl_at(spread, OPENING + 21 * DAY)

    found = signs(spread, OPENING + 21 * DAY)
    assert set(found) & {"short", "unread"}


def test_a_wall_in_front_of_the_articles_is_told(spread: Workbench) -> None:
    crawl_at(spread, OPENING + 10 * DAY)
    spread.newsroom.add_fault(Fault(COURIER, "/2025/*", times=0, status=403))

    crawl_at(spread, OPENING + 21 * DAY)

    assert "status 403" in signs(spread, OPENING + 21 * DAY)["refused"]


def test_feeds_that_turn_into_pages_are_told(spread: Workbench) -> None:
    for day in (8, 9, 10):
        crawl_at(spread, OPENING + day * DAY)
    page = Fault(COURIER, "/*", times=0, status=200, body="<html><body><p>We have moved.</p></body></html>")
    with spread.newsroom.faults.during(page):
        for day in (11, 12):
            crawl_at(spread, OPENING + day * DAY)

    assert "used to list" in signs(spread, OPENING + 12 * DAY)["empty"]


# ---------------------------------------------------------------------- as a timer calls it


def test_what_the_timer_calls_is_quiet_when_nothing_is_due(workbench: Workbench) -> None:
    command = Schedule(workbench.layout.root).command[3:]

    first, second = (workbench.dateline(*command, "--resolve", workbench.resolve) for _ in range(2))

    assert (first.code, second.code) == (0, 0), first.err
    assert "finished after" in first.out
    assert (second.out, second.err) == ("", "")


def test_a_crawl_leaves_its_figures_and_ends_with_2_while_an_alarm_is_on(workbench: Workbench) -> None:
    workbench.crawl("harbour-courier", now=OPENING)
    fine = workbench.layout.metrics.read_text()
    with workbench.newsroom.faults.during(Fault(COURIER, times=0, drop="before")):
        ended = [workbench.crawl("harbour-courier", now=OPENING + hours * HOUR) for hours in (30, 50)][-1]

    assert "dateline_alarm" not in fine
    assert 'dateline_alarm{site="harbour-courier",sign="unreachable"} 1' in workbench.layout.metrics.read_text()
    assert "alarm: harbour-courier: unreachable" in ended.err
    assert ended.code == 2
    assert (workbench.layout.root / "report.html").exists()


# ---------------------------------------------------------------------- status, watch, report


def test_status_tells_of_every_site(crawled: Workbench) -> None:
    ended = crawled.dateline("status")

    assert ended.code == 0, ended.err
    assert all(name in ended.out for name in crawled.newsroom.site_files)
    assert "1 runs in 24 hours" in ended.out
    assert re.search(r"Catalogue: \d+ captures", ended.out)


def test_status_as_json_keeps_its_keys(crawled: Workbench) -> None:
    told = json.loads(crawled.dateline("status", "--json").out)
    courier = next(site for site in told["sites"] if site["site"] == "harbour-courier")

    assert {"at", "sites", "warc_files", "warc_bytes", "disk_free", "alarms", "last_run", "catalogue"} <= told.keys()
    assert courier["news_day"] == courier["news_week"] == len(crawled.newsroom.urls("harbour-courier"))
    assert courier["visits_day"]["captured"] > courier["news_day"]
    assert courier["errors_day"] == 0


def test_status_writes_metrics_in_one_step(crawled: Workbench, tmp_path: Path) -> None:
    target = tmp_path / "dateline.prom"

    ended = crawled.dateline("status", "--prom", str(target))

    assert ended.code == 0, ended.err
    assert list(tmp_path.iterdir()) == [target]
    assert crawled.dateline("status", "--prom", "-").out.splitlines()[:2] == target.read_text().splitlines()[:2]
    assert crawled.dateline("status", "--prom", str(tmp_path / "none" / "x")).code == 4


def test_a_broken_site_file_hides_no_other(copied: Workbench) -> None:
    (copied.layout.sites / "broken.toml").write_text("home = 7\n")

    ended = copied.dateline("status")

    assert ended.code == 0
    assert "broken.toml: home: must be a text" in ended.out
    assert "harbour-courier" in ended.out


def test_after_a_crawl_the_figures_lie_where_others_look(copied: Workbench, capsys: pytest.CaptureFixture[str]) -> None:
    now = datetime.now(UTC)

    assert after_crawl(copied.layout, 0, now) == 0
    assert "dateline_warc_files" in copied.layout.metrics.read_text()
    assert "<svg" in (copied.layout.root / "report.html").read_text()

    assert after_crawl(copied.layout, 0, now + 3 * DAY) == 2
    assert "alarm: archive: idle: no crawl has begun for 3 days" in capsys.readouterr().err
    assert after_crawl(copied.layout, 3, now + 3 * DAY) == 3


def test_a_full_disk_after_a_crawl_is_said_in_one_line(copied: Workbench, capsys: pytest.CaptureFixture[str]) -> None:
    copied.layout.metrics.unlink()
    copied.layout.metrics.mkdir()  # nothing can be written there

    assert after_crawl(copied.layout, 0, datetime.now(UTC)) == 3
    assert capsys.readouterr().err.count("\n") == 1


def test_an_archive_that_was_never_crawled_has_a_status(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "new")
    layout.create()

    status = status_of(layout, NOW)

    assert (status.sites, status.last_run, status.warc_files, status.alarms) == ((), None, 0, ())
    assert metrics_text(status)
    assert write_report(layout, status).exists()


def test_the_rate_of_growth_goes_by_the_names_of_the_files() -> None:
    sizes = {
        "dateline-20260225120000000-00000-host~1.warc.gz": 500,
        "dateline-20260303120000000-00000-host~1.warc.gz": 700,
        "dateline-20260101120000000-00000-host~1.warc.gz": 9_000,
        "other.warc.gz": 10,
    }

    assert bytes_a_day(sizes, NOW) == 1_200 / 7
    assert bytes_a_day({}, NOW) == 0.0


# ---------------------------------------------------------------------- metrics


def status_with(site: str, *alarms: Alarm) -> Status:
    one = SiteStatus(site, 10, 1, None, NOW, NOW, (), NOW, 3, 4, (("captured", 5), ("gone", 1)), 36 * HOUR)
    return Status(NOW, (one,), 1, 100, (), "run", "finished", NOW, NOW, 1, 10.0, 10**9, (("frontier.db", 7),), alarms)


def test_metrics_are_what_prometheus_reads() -> None:
    text = metrics_text(status_with("courier", SILENT))

    values = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            match = METRIC.fullmatch(line)
            assert match, line
            values[match[1], match[2]] = float(match[3])
    assert values["dateline_site_news_day", 'site="courier"'] == 3
    assert values["dateline_site_visits_day", 'site="courier",outcome="gone"'] == 1
    assert values["dateline_alarm", 'site="courier",sign="silent"'] == 1
    assert values["dateline_site_quiet_limit_seconds", 'site="courier"'] == 129_600
    assert values["dateline_run_started_timestamp_seconds", None] == NOW.timestamp()


def test_each_metric_is_described_once_and_before_its_values() -> None:
    lines = metrics_text(status_with("courier")).splitlines()
    described = [line.split()[2] for line in lines if line.startswith("# TYPE")]

    assert len(described) == len(set(described))
    assert [line.split()[2] for line in lines if line.startswith("# HELP")] == described


def test_no_name_breaks_out_of_its_label() -> None:
    text = metrics_text(status_with('a"b\\c\nd'))

    assert 'site="a\\"b\\\\c\\nd"' in text


def test_the_documentation_lists_every_metric() -> None:
    page = (Path(__file__).parents[1] / "docs" / "watching.md").read_text()
    told = set(re.findall(r"^\| `(dateline_[a-z_]+)`", page, re.MULTILINE))

    assert told == set(re.findall(r"^# TYPE (\S+)", metrics_text(status_with("courier", SILENT)), re.MULTILINE))


# ---------------------------------------------------------------------- the report


class _Page(HTMLParser):
    """Collects what a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_nothing_that_a_site_says_becomes_markup() -> None:
    evil = '<script>alert(1)</script>"><img src=x onerror=y>'
    history = History(
        NOW - 28 * DAY,
        (),
        {
            evil: SiteHistory(
                evil,
                NOW - 28 * DAY,
                (Poll(NOW - DAY, evil, "network", 0, evil), Poll(NOW - DAY, evil, evil, 0, evil)),
                (Fetch(NOW, evil, evil, "http_error", 500, evil, None, is_new=False),),
            )
        },
    )
    page = _Page()

    page.feed(report_html(status_with(evil, Alarm("silent", evil, NOW, evil)), history))

    assert not page.tags & {"script", "img", "iframe", "object", "link"}
    assert not {name for name in page.attributes if name.startswith("on") or name in ("src", "href")}


def test_the_report_of_a_crawl_shows_its_articles(copied: Workbench) -> None:
    ended = copied.dateline("report")

    html = Path(ended.out.strip()).read_text()
    articles = len(copied.newsroom.urls("harbour-courier"))
    assert ended.code == 0
    assert f": {articles:g}</title>" in html
    assert "Content-Security-Policy" in html


def test_a_report_of_today_is_left_and_one_of_yesterday_replaced(copied: Workbench) -> None:
    now = datetime.now(UTC)
    path = write_report(copied.layout, status_of(copied.layout, now))
    before = path.read_text()

    write_report(copied.layout, status_of(copied.layout, now + HOUR), every=DAY)
    assert path.read_text() == before

    write_report(copied.layout, status_of(copied.layout, now + 25 * HOUR), every=DAY)
    assert path.read_text() != before


def test_delays_count_from_what_was_published_since_the_site_was_asked() -> None:
    def brought(published: datetime | None, at: datetime) -> Fetch:
        return Fetch(at, "run", "u", "captured", 200, "", None, is_new=True, published=published)

    site = SiteHistory(
        "courier",
        NOW - 7 * DAY,
        (Poll(NOW - DAY, "u", "captured", 9, ""),),
        (
            brought(NOW - 3 * DAY, NOW - DAY),  # lay there before
            brought(NOW - 2 * HOUR, NOW - HOUR),
            brought(NOW - HOUR, NOW - HOUR / 2),
            brought(NOW + HOUR, NOW),  # dated ahead
            brought(None, NOW),
        ),
    )

    assert delays_of(site) == (1_800.0, 3_600.0)


# ---------------------------------------------------------------------- alarms and their command


def test_an_alarm_keeps_its_first_time_and_its_end_is_told(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    later = Alarm("silent", "courier", NOW, "nothing new for 4 days")

    came, stayed, went = changed(layout, [SILENT]), changed(layout, [later]), changed(layout, [])

    assert (came.new, came.over) == ((SILENT,), ())
    assert (stayed.new, stayed.over, stayed.on[0].since, stayed.on[0].text) == ((), (), SILENT.since, later.text)
    assert (went.on, [alarm.key for alarm in went.over]) == ((), ["silent:courier"])


def test_a_memory_that_cannot_be_read_tells_everything_anew(tmp_path: Path) -> None:
    (tmp_path / "alarms.json").write_text('[{"sign": ')

    assert changed(Layout(tmp_path), [SILENT]).new == (SILENT,)


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        (("sh", "-c", "exit 3"), "ended with 3"),
        (("no-such-program-anywhere",), "could not be run"),
        (("sh", "-c", 'test "$DATELINE_ALARMS" = "courier: silent" && grep -q nothing.new'), None),
        ((), None),
    ],
)
def test_the_command_is_told_and_its_faults_are_ours_to_report(
    tmp_path: Path, command: tuple[str, ...], problem: str | None
) -> None:
    said = Bell(command).ring(Change((SILENT,), (SILENT,), ()), tmp_path)

    assert (said is None) if problem is None else (said is not None and problem in said)


def test_nothing_new_is_not_told_again(tmp_path: Path) -> None:
    assert Bell(("no-such-program-anywhere",)).ring(Change((SILENT,), (), ()), tmp_path) is None


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ('[alarm]\ncommand = ["mail", "-s", "two words"]', ("mail", "-s", "two words")),
        ("[alarm]\ncommand = \"mail -s 'two words' desk\"", ("mail", "-s", "two words", "desk")),
        ('contact = "desk@archive.test"', ()),
    ],
)
def test_the_command_stands_in_the_archives_settings(tmp_path: Path, text: str, command: tuple[str, ...]) -> None:
    (tmp_path / "archive.toml").write_text(text)

    assert bell_of(Layout(tmp_path)).command == command


@pytest.mark.parametrize("text", ["[alarm]\ncommand = 7", 'alarm = "mail"', "[alarm"])
def test_a_command_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "archive.toml").write_text(text)

    with pytest.raises(ConfigError):
        bell_of(Layout(tmp_path))


# ---------------------------------------------------------------------- schedule, completion


def test_the_schedule_names_this_archive(copied: Workbench, tmp_path: Path) -> None:
    shown = copied.dateline("schedule", "print", "--every", "30m")
    ended = copied.dateline("schedule", "install", "--into", str(tmp_path / "units"), "--name", "north")

    assert "OnUnitInactiveSec=30m" in shown.out
    assert f"--archive {copied.layout.root} crawl --all --due" in shown.out
    assert sorted(path.name for path in (tmp_path / "units").iterdir()) == ["north.service", "north.timer"]
    assert "enable --now north.timer" in ended.out


def test_the_shell_can_complete_the_commands(crawled: Workbench) -> None:
    for shell, word in (("bash", "complete -o nosort"), ("zsh", "#compdef dateline"), ("fish", "complete --no-files")):
        crawled.environment["_DATELINE_COMPLETE"] = f"{shell}_source"
        try:
            ended = crawled.dateline()
        finally:
            del crawled.environment["_DATELINE_COMPLETE"]
        assert word in ended.out
