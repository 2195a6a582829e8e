"""The add-on in a Scrapy project that knows nothing of Dateline."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.warc.check import check_file
from archive.warc.walk import captures, page_bytes, read_at
from tests.crash.site import NumberPress

ROOT = Path(__file__).parents[1]
SPIDER = """
import scrapy

class ReportsSpider(scrapy.Spider):
    name = "reports"
    custom_settings = {"DOWNLOAD_DELAY": 0}

    async def start(self):
        for number in range(6):
            yield scrapy.Request(self.base + f"/2026/03/14/report-{number}")

    def parse(self, response):
        yield {"url": response.url, "title": response.css("h1::text").get(), "warc": response.meta["warc"]}
"""


@pytest.fixture
def press() -> Iterator[NumberPress]:
    with NumberPress(6, hosts=1) as found:
        yield found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """What `scrapy startproject` makes, with a spider in it."""
    scrapy(tmp_path, "startproject", "harbour")
    folder = tmp_path / "harbour"
    folder.joinpath("harbour", "spiders", "reports.py").write_text(SPIDER)
    return folder


def scrapy(folder: Path, *arguments: str, limit: tuple[str, ...] = ()) -> str:
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path}
    environment.pop("SCRAPY_SETTINGS_MODULE", None)
    done = subprocess.run(
        [*limit, sys.executable, "-m", "scrapy", *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stderr


def crawl(project: Path, press: NumberPress, *more: str) -> str:
    return scrapy(project, "crawl", "reports", "-a", f"base=http://127.0.0.1:{press.port}", "-o", "items.jsonl", *more)


def test_one_line_in_the_settings_archives_every_response_and_says_where(project: Path, press: NumberPress) -> None:
    with project.joinpath("harbour", "settings.py").open("a") as settings:
        settings.write('\nADDONS = {"crawler.WireArchive": 0}\n')

    crawl(project, press)

    items = [json.loads(line) for line in project.joinpath("items.jsonl").read_text().splitlines()]
    (path,) = (project / "warc").iterdir()
    assert path.name.startswith("harbour-")
    assert len(items) == 6
    for item in items:
        place = item["warc"]
        record = read_at(project / "warc" / place["file"], place["offset"], place["length"])
        assert (record.id, record.url) == (place["id"], item["url"])
    stored = list(captures(path))
    assert {capture.url.rpartition("/")[2] for capture in stored} == {
        "robots.txt", *(f"report-{number}" for number in range(6))
    }  # fmt: skip
    shown = next(capture for capture in stored if capture.url.endswith("report-1"))
    assert b"Report 1 of the harbour" in page_bytes(path, shown).body
    assert check_file(path).problems == []


def test_without_the_line_nothing_is_archived(project: Path, press: NumberPress) -> None:
    path = project / "harbour" / "spiders" / "reports.py"
    path.write_text(SPIDER.replace('response.meta["warc"]', 'response.meta.get("warc")'))

    crawl(project, press)

    assert not (project / "warc").exists()


def test_what_a_killed_crawl_left_is_mended_by_the_next(project: Path, press: NumberPress) -> None:
    more = ("-s", 'ADDONS={"crawler.WireArchive": 0}', "-s", "WARC_DIRECTORY=kept", "-s", "WARC_PREFIX=quay")
    crawl(project, press, *more)
    (path,) = (project / "kept").iterdir()
    content = path.read_bytes()
    path.with_name(path.name + ".open").write_bytes(content[:-9])
    path.unlink()

    log = crawl(project, press, *more)

    assert "recovered quay-" in log
    assert len(list((project / "kept").glob("quay-*.warc.gz"))) == 2
    assert all(check_file(found).tail is None for found in (project / "kept").glob("*.gz"))


def test_a_full_disk_ends_the_crawl(project: Path, press: NumberPress) -> None:
    base = f"base=http://127.0.0.1:{press.port}"
    more = ("-s", 'ADDONS={"crawler.WireArchive": 0}', "-s", "CONCURRENT_REQUESTS=1")

    log = scrapy(project, "crawl", "reports", "-a", base, *more, limit=("prlimit", "--fsize=6000"))

    (path,) = (project / "warc").iterdir()
    assert "Closing spider (disk)" in log
    assert check_file(path).tail is None
    assert 0 < len(list(captures(path))) < 7
