"""The index of an archive, judged by cdxj-indexer."""

import json
import os
import shutil
from pathlib import Path

from archive.cdxj import merged, refresh
from archive.cdxj_lines import SUFFIX, lines_of
from archive.layout import Layout
from tests.conftest import Workbench
from tests.desk import HOME, PARAGRAPHS, Desk, html, write_a_small_crawl
from tests.exchanges import HTML, PROVENANCE, Payloads, chunked, exchange, store_in
from tests.peers import PEERS, needs_peers, run


def fields_of(line: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(line.split(" ", 2)[2])
    return found


def theirs(*paths: Path) -> list[str]:
    done = run(PEERS / "cdxj-indexer", "-s", *paths)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines(keepends=True)


@needs_peers
def test_the_index_of_a_crawled_newsroom_is_the_one_cdxj_indexer_makes(crawled: Workbench, tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.warc.symlink_to(crawled.layout.warc)

    refresh(layout)

    assert list(merged(layout)) == theirs(*layout.warc_files())


@needs_peers
def test_revisits_and_chunked_replies_are_indexed_as_cdxj_indexer_does(tmp_path: Path) -> None:
    payloads = Payloads()
    with store_in(tmp_path, dedup=payloads) as store:
        store.append(exchange(HTML), PROVENANCE)
        store.append(exchange(chunked(b"fog " * 900), url="http://harbour.test/chunked"), PROVENANCE)
        store.sync()
        payloads.durable()
        store.append(exchange(HTML), PROVENANCE)
    (path,) = tmp_path.glob("*.warc.gz")

    lines = sorted(lines_of(path))

    assert lines == theirs(path)
    assert [fields_of(line).get("mime") for line in lines].count("warc/revisit") == 1


def test_an_index_is_made_once(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    desk = Desk(layout)
    write_a_small_crawl(desk)
    desk.store.close()

    first, second = refresh(layout), refresh(layout)

    assert (first.made, first.kept) == (1, 0)
    assert (second.made, second.kept) == (0, 1)


def test_an_index_follows_its_file(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    desk = Desk(layout)
    write_a_small_crawl(desk)
    refresh(layout)
    before = len(list(merged(layout)))

    desk.fetch(HOME + "2026/03/15/late-news-42820", html("Late", *PARAGRAPHS))
    (open_file,) = layout.warc_files()
    os.utime(open_file, ns=(1, 1))  # not the time that the index bears, however coarse the clock of the disk is
    refresh(layout)

    assert len(list(merged(layout))) == before + 1
    desk.store.close()


def test_the_index_of_a_file_that_is_gone_goes_too(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    desk = Desk(layout)
    write_a_small_crawl(desk)
    desk.store.close()
    refresh(layout)

    shutil.rmtree(layout.warc)
    layout.create()
    refresh(layout)

    assert list(layout.indexes.glob("*" + SUFFIX)) == []


def test_requests_and_our_own_metadata_are_not_indexed(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    desk = Desk(layout)
    desk.fetch(HOME, html("The Harbour Courier", *PARAGRAPHS))
    desk.store.close()

    refresh(layout)

    (line,) = merged(layout)
    assert line.startswith("test,courier)/ 20260314")
    assert fields_of(line)["status"] == "200"
