"""Files in the habits of other programs: taken in without a false alarm, read, found, given away, replayed."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

import pytest

from archive.catalogue.answers import find
from archive.catalogue.database import open_for_reading
from archive.catalogue.search import search
from archive.imports import import_files
from archive.ingest import catalogue_archive
from archive.layout import Layout
from archive.loader import LOADER
from archive.reading.box import Box
from archive.replay.environment import made
from archive.replay.server import serving
from archive.reread import reread
from archive.selection import Wanted, selecting
from archive.verify import verify
from archive.wacz import write_wacz
from archive.warc.coding import decode_content
from archive.warc.walk import captures
from tests.desk import PARAGRAPHS
from tests.foreign import AGAIN, PAGE, PROGRAMS, STORY, TITLE, Foreign, times
from tests.peers import PEERS, needs_peers, needs_pywb, run


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    with Box(LOADER, workers=1) as made:
        yield made


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path / "archive")
    layout.create()
    return layout


def taken_in(layout: Layout, foreign: Foreign, folder: Path) -> None:
    path = folder / foreign.name
    path.write_bytes(foreign.content)
    (imported,) = import_files(layout, [path])
    assert imported.defects == ()
    assert imported.captures == foreign.captures


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_file_of_another_program_is_read_and_found(program: str, layout: Layout, tmp_path: Path, box: Box) -> None:
    foreign = PROGRAMS[program]()
    taken_in(layout, foreign, tmp_path)

    report = catalogue_archive(layout, box=box)

    assert report.captures == foreign.captures
    with closing(open_for_reading(layout.catalogue)) as db:
        article = find(db, STORY)
        assert article is not None
        assert [passage.text for passage in article.passages] == [TITLE, *PARAGRAPHS]
        hits = {(hit.site, hit.url, hit.title) for hit in search(db, "carried the first of them across")}
        assert ("quay-gazette.test", STORY, TITLE) in hits
        said = db.execute("SELECT DISTINCT fetched_at, software, run FROM captures WHERE url = ? LIMIT 1", (STORY,))
        at, software, of_run = said.fetchone()
        assert datetime.fromisoformat(at).replace(microsecond=0) in times()
        assert (software, of_run) == (foreign.software, None)
    assert verify(layout).is_clean


@pytest.mark.parametrize("program", PROGRAMS)
def test_what_came_in_reads_the_same_again(program: str, layout: Layout, tmp_path: Path, box: Box) -> None:
    taken_in(layout, PROGRAMS[program](), tmp_path)
    catalogue_archive(layout, box=box)
    rows = "SELECT id, url, fetched_at, software, outcome, reading, payload_digest FROM captures ORDER BY id"
    with closing(open_for_reading(layout.catalogue)) as db:
        before = [tuple(row) for row in db.execute(rows)]

    reread(layout)

    with closing(open_for_reading(layout.catalogue)) as db:
        assert [tuple(row) for row in db.execute(rows)] == before


@pytest.mark.parametrize("program", ["heritrix", "warcprox"])
def test_a_foreign_revisit_is_a_capture_of_the_same_version(
    program: str, layout: Layout, tmp_path: Path, box: Box
) -> None:
    taken_in(layout, PROGRAMS[program](), tmp_path)
    catalogue_archive(layout, box=box)

    with closing(open_for_reading(layout.catalogue)) as db:
        article = find(db, STORY)
        assert article is not None
        assert article.version.last_seen >= datetime.fromisoformat(AGAIN)
        assert db.execute("SELECT count(*) FROM versions").fetchone()[0] == 1


def test_a_cut_page_is_read_as_far_as_it_goes_and_says_so(layout: Layout, tmp_path: Path, box: Box) -> None:
    taken_in(layout, PROGRAMS["cc_news"](), tmp_path)
    catalogue_archive(layout, box=box)

    with closing(open_for_reading(layout.catalogue)) as db:
        article = find(db, STORY.replace("117", "118"))
        assert article is not None
        assert [passage.text for passage in article.passages][1:] == list(PARAGRAPHS[:4])
        (cut,) = [c for path in layout.warc_files() for c in captures(path) if c.truncated]
        assert cut.truncated == "length"


def test_a_walk_that_resumes_knows_who_wrote_the_file(layout: Layout, tmp_path: Path) -> None:
    taken_in(layout, PROGRAMS["cc_news"](), tmp_path)
    (path,) = layout.warc_files()

    first, second = captures(path)

    assert list(captures(path, first.end)) == [second]
    assert second.software == PROGRAMS["cc_news"]().software


@needs_peers
@needs_pywb
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_file_of_another_program_goes_all_the_way_round(
    program: str, layout: Layout, tmp_path: Path, box: Box
) -> None:
    other, package = Layout(tmp_path / "other"), tmp_path / "fog.wacz"
    other.create()
    taken_in(layout, PROGRAMS[program](), tmp_path)
    catalogue_archive(layout, box=box)

    with selecting(layout) as selection:
        selection.choose(Wanted(query="title:fog"))
        write_wacz(layout, selection, package, "fog", "Dateline/test", datetime.now(UTC))
    judged = run(PEERS / "wacz", "validate", "-f", package)
    import_files(other, [package])
    with serving(other, made()) as replay:
        connection = HTTPConnection("127.0.0.1", replay.port, timeout=30)
        connection.request("GET", f"/dateline/2019id_/{STORY}")
        answer = connection.getresponse().read()
        connection.close()

    assert "Validation succeeded" in judged.stdout, judged.stdout + judged.stderr
    assert _inflated(answer) == PAGE


def _inflated(body: bytes) -> bytes:
    return decode_content(body, ("gzip",)).body if body.startswith(b"\x1f\x8b") else body
