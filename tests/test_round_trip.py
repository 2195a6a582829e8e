"""All the way round: captured by another program, imported, found, exported, validated, replayed from the export."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

import pytest

from archive.catalogue.database import open_for_reading
from archive.catalogue.search import search
from archive.imports import import_files
from archive.ingest import catalogue_archive
from archive.layout import Layout
from archive.replay.environment import made
from archive.replay.server import serving
from archive.selection import Wanted, selecting
from archive.wacz import write_wacz
from archive.warc.walk import captures, page_bytes
from tests.newsroom.newsroom import Newsroom
from tests.peers import PEERS, needs_peers, needs_pywb, run

pytestmark = [needs_peers, needs_pywb]
PATH = "/2025/03/14/ferry-crews-return-after-nine-days-a1201"


@pytest.fixture(scope="module")
def newsroom() -> Iterator[Newsroom]:
    with Newsroom(["harbour-courier"]) as running:
        yield running


def by_wget(newsroom: Newsroom, folder: Path) -> Path:
    """Capture the article and its looks with wget."""
    wget = shutil.which("wget")
    if wget is None:
        pytest.skip("no wget here: apt-get install wget")
    command = [wget, "-q", "-P", str(folder / "got"), "--header=Host: www.harbour-courier.test"]
    urls = [f"http://127.0.0.1:{newsroom.port}{path}" for path in (PATH, "/css/paper.css", "/img/masthead.png")]
    subprocess.run([*command, f"--warc-file={folder / 'wget'}", *urls], check=True, timeout=60)
    return folder / "wget.warc.gz"


def by_warcio(newsroom: Newsroom, folder: Path) -> Path:
    """Capture the article with warcio, in another process: it changes http.client for good."""
    script = f"""
from warcio.capture_http import capture_http
import http.client
with capture_http({str(folder / "warcio.warc.gz")!r}):
    connection = http.client.HTTPConnection("127.0.0.1", {newsroom.port})
    connection.request("GET", {PATH!r}, headers={{"Host": "www.harbour-courier.test"}})
    connection.getresponse().read()
"""
    done = run(PEERS / "python", "-W", "ignore", "-c", script)
    assert done.returncode == 0, done.stderr
    return folder / "warcio.warc.gz"


@pytest.mark.parametrize("capture", [by_wget, by_warcio])
def test_a_foreign_capture_goes_in_is_found_goes_out_and_is_shown(
    capture: Callable[[Newsroom, Path], Path], newsroom: Newsroom, tmp_path: Path
) -> None:
    layout, other = Layout(tmp_path / "archive"), Layout(tmp_path / "other")
    layout.create()
    other.create()
    package = tmp_path / "ferry.wacz"

    import_files(layout, [capture(newsroom, tmp_path)])
    catalogue_archive(layout)
    with closing(open_for_reading(layout.catalogue)) as db:
        (hit,) = search(db, "ferry crews")
    with selecting(layout) as selection:
        selection.choose(Wanted(query="ferry crews"))
        write_wacz(layout, selection, package, "ferry", "Dateline/test", datetime.now(UTC))
    judged = run(PEERS / "wacz", "validate", "-f", package)
    import_files(other, [package])

    (path,) = other.warc_files()
    (shown,) = [c for c in captures(path) if c.url == hit.url]
    with serving(other, made()) as replay:
        connection = HTTPConnection("127.0.0.1", replay.port, timeout=30)
        connection.request("GET", f"/dateline/{shown.fetched_at:%Y%m%d%H%M%S}id_/{hit.url}")
        answer = connection.getresponse().read()
        connection.close()

    assert hit.title == newsroom.edition(f"http://www.harbour-courier.test{PATH}").title
    assert "Validation succeeded" in judged.stdout, judged.stdout + judged.stderr
    assert answer == page_bytes(path, shown).body
    assert hit.title.encode() in answer
