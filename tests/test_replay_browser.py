"""Replay as a reader sees it: a real browser shows the headline, in its paper's colours."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from archive.layout import Layout
from archive.replay.environment import made
from archive.replay.server import Replay, serving
from archive.warc.walk import captures
from tests.browser import colours_of, dom_of, needs_chromium
from tests.conftest import Workbench
from tests.newsroom.looks import PAPER
from tests.newsroom.pictures import MASTHEAD
from tests.peers import needs_pywb

pytestmark = [needs_pywb, needs_chromium]


@pytest.fixture(scope="module")
def replay(crawled: Workbench, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replay]:
    layout = Layout(tmp_path_factory.mktemp("replayed"))
    layout.warc.symlink_to(crawled.layout.warc)
    with serving(layout, made()) as running:
        yield running


def first_of(workbench: Workbench, outlet: str) -> tuple[str, datetime, str]:
    """Return the address, capture time and title of an article that can be read without more ado."""
    editions = {e.url: e for e in workbench.newsroom.editions(outlet) if not e.story.gate}
    found = (c for path in workbench.layout.warc_files() for c in captures(path) if c.status == 200)
    return next((c.url, c.fetched_at, editions[c.url].title) for c in found if c.url in editions)


@pytest.mark.parametrize("outlet", ["harbour-courier", "northern-ledger", "al-marfa"])
def test_a_replayed_page_shows_its_headline(outlet: str, crawled: Workbench, replay: Replay, tmp_path: Path) -> None:
    url, at, title = first_of(crawled, outlet)

    document = dom_of(replay.url_of(url, at, "mp_"), tmp_path)

    assert title in document


def test_a_replayed_page_wears_its_style_sheet_and_its_picture(
    crawled: Workbench, replay: Replay, tmp_path: Path
) -> None:
    url, at, _ = first_of(crawled, "harbour-courier")

    colours = colours_of(replay.url_of(url, at), tmp_path)

    assert colours[PAPER] > 80_000  # of 300,000 pixels
    assert colours[MASTHEAD] > 5_000


def test_without_its_parts_a_page_shows_neither(workbench: Workbench, tmp_path: Path) -> None:
    site = workbench.layout.sites / "harbour-courier.toml"
    site.write_text('requisites = "none"\n' + site.read_text("utf-8"), "utf-8")
    workbench.scrapy("crawl", "news", "-a", "site=harbour-courier", now=workbench.newsroom.now)
    url, at, _ = first_of(workbench, "harbour-courier")

    with serving(workbench.layout, made()) as running:
        colours = colours_of(running.url_of(url, at), tmp_path)

    assert (colours[PAPER], colours[MASTHEAD]) == (0, 0)
