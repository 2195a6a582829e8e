"""Replay by pywb: what was captured is what is shown, to the byte."""

import gzip
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from archive.errors import ConfigError
from archive.imports import import_files
from archive.layout import Layout
from archive.model import Capture
from archive.replay.environment import made
from archive.replay.server import Replay, serving
from archive.warc.message import entity_of
from archive.warc.record import Original, warc_date
from archive.warc.walk import captures, message_of, read_at
from tests.conftest import Workbench
from tests.exchanges import AT, HTML, PAGE, PROVENANCE, Payloads, chunked, exchange, reply, store_in
from tests.peers import needs_pywb

pytestmark = needs_pywb


@pytest.fixture(scope="module")
def newsroom(crawled: Workbench, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Layout, Replay]]:
    """The crawled newsroom in replay; its files are reached by a link, and cannot be written to that way."""
    layout = Layout(tmp_path_factory.mktemp("replayed"))
    layout.warc.symlink_to(crawled.layout.warc)
    with serving(layout, made()) as replay:
        yield layout, replay


def raw(replay: Replay, capture: Capture) -> tuple[int, bytes]:
    """Return the status and body that a replay gives for a capture, as the server sent it."""
    url = replay.url_of(capture.url, capture.fetched_at, "id_")
    connection = HTTPConnection("127.0.0.1", replay.port, timeout=30)
    try:
        connection.request("GET", url.partition(str(replay.port))[2], headers={"Accept-Encoding": "gzip"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def entity(layout: Layout, capture: Capture) -> bytes:
    record = capture.record
    return entity_of(message_of(read_at(layout.path_of(record.file), record.offset, record.length))).body


def all_captures(layout: Layout) -> list[Capture]:
    return [capture for path in layout.warc_files() for capture in captures(path) if capture.kind != "resource"]


def test_what_the_newsroom_sent_is_replayed_to_the_byte(newsroom: tuple[Layout, Replay]) -> None:
    layout, replay = newsroom
    pages = [c for c in all_captures(layout) if c.kind == "response" and c.status == 200]

    same = [raw(replay, capture) == (200, entity(layout, capture)) for capture in pages]

    assert len(pages) > 100
    assert sum(same) / len(pages) >= 0.99


def test_a_replay_writes_nothing_into_the_archive(crawled: Workbench, newsroom: tuple[Layout, Replay]) -> None:
    layout, _ = newsroom

    assert sorted(path.name for path in layout.root.iterdir()) == ["indexes", "warc"]
    assert all(path.name.endswith(".warc.gz") for path in crawled.layout.warc.iterdir())


@pytest.mark.parametrize("form", ["identity", "gzip", "chunked", "chunked gzip"])
def test_revisits_of_every_form_are_replayed_as_their_original(form: str, tmp_path: Path) -> None:
    received = {
        "identity": reply(PAGE, "Content-Type: text/html"),
        "gzip": HTML,
        "chunked": chunked(PAGE),
        "chunked gzip": chunked(gzip.compress(PAGE, mtime=0)).replace(
            b"OK\r\n", b"OK\r\nContent-Encoding: gzip\r\n", 1
        ),
    }[form]
    layout, payloads = Layout(tmp_path), Payloads()
    layout.create()
    with store_in(layout.warc, dedup=payloads) as store:
        first = store.append(exchange(received), PROVENANCE)
        store.sync()
        payloads.durable()
        again = replace(exchange(received), started_at=AT + timedelta(days=1))
        elsewhere = replace(exchange(received, url="http://harbour.test/moved"), started_at=AT + timedelta(days=2))
        later = replace(
            exchange(b"HTTP/1.1 304 Not Modified\r\nETag: x\r\nContent-Length: 9\r\n\r\n"),
            started_at=AT + timedelta(days=3),
        )
        original = Original(first.record.id, first.url, warc_date(AT))
        store.append(again, PROVENANCE)
        store.append(elsewhere, PROVENANCE)
        store.append(later, PROVENANCE, original=original)
    found = all_captures(layout)

    with serving(layout, made()) as replay:
        shown = [raw(replay, capture) for capture in found]

    assert [(c.kind, c.profile) for c in found] == [
        ("response", None),
        ("revisit", "identical"),
        ("revisit", "identical"),
        ("revisit", "not-modified"),
    ]
    assert shown == [(200, entity(layout, first))] * 4


def test_a_file_that_is_still_written_is_replayed(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.create()
    with store_in(layout.warc) as store:
        capture = store.append(exchange(HTML), PROVENANCE)
        store.sync()

        with serving(layout, made()) as replay:
            assert raw(replay, capture)[0] == 200


def test_the_command_says_where_a_page_is_and_takes_pywb_along_when_it_ends(crawled: Workbench) -> None:
    url = crawled.newsroom.urls("harbour-courier")[0]
    command = [sys.executable, "-m", "crawler.cli", "--archive", str(crawled.layout.root)]
    with subprocess.Popen([*command, "replay", "--port", "0", url], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        address = urlsplit(running.stdout.readline().strip())
        connection = HTTPConnection("127.0.0.1", address.port, timeout=30)
        connection.request("GET", address.path)
        status = connection.getresponse().status
        connection.close()

        running.terminate()
        ended = running.wait(30)

    assert (status, ended) == (200, 0)
    assert address.path.endswith(f"/{url}")
    with pytest.raises(ConnectionRefusedError):
        HTTPConnection("127.0.0.1", address.port, timeout=30).connect()


def test_a_port_that_is_taken_is_named(newsroom: tuple[Layout, Replay]) -> None:
    layout, replay = newsroom

    with pytest.raises(ConfigError, match="name another with --port"), serving(layout, made(), replay.port):
        pass


def test_a_page_of_text_is_rewritten_to_stay_in_the_replay(newsroom: tuple[Layout, Replay]) -> None:
    layout, replay = newsroom
    page = next(c for c in all_captures(layout) if c.url.endswith("-a1201"))

    connection = HTTPConnection("127.0.0.1", replay.port, timeout=30)
    connection.request("GET", urlsplit(replay.url_of(page.url, page.fetched_at, "mp_")).path)
    text = connection.getresponse().read().decode()
    connection.close()

    assert f"/dateline/{page.fetched_at:%Y%m%d%H%M%S}" in text
    assert "Ferry crews return to work" in text


def test_foreign_files_of_every_shape_are_replayed(tmp_path: Path) -> None:
    page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + PAGE
    head = "WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{0}>\r\nWARC-Date: 2019-05-04T03:02:01Z\r\n"
    head += "WARC-Target-URI: http://harbour.test/{0}\r\nContent-Type: application/http; msgtype=response\r\n"
    plain, one, two = (
        head.format(name).encode() + b"Content-Length: %d\r\n\r\n%b\r\n\r\n" % (len(page), page)
        for name in ("plain", "one", "two")
    )
    arc = b"filedesc://old.arc 0.0.0.0 20010101000000 text/plain 76\n1 0 InternetArchive\n"
    arc += b"URL IP-address Archive-date Content-type Archive-length\n\n\n"
    arc += b"http://harbour.test/arc 192.0.2.7 20010203040506 text/html %d\n%b\n" % (len(page), page)
    (tmp_path / "plain.warc").write_bytes(plain)
    (tmp_path / "piece.warc.gz").write_bytes(gzip.compress(one + two))
    (tmp_path / "old.arc").write_bytes(arc)
    layout = Layout(tmp_path / "archive")
    layout.create()
    import_files(layout, [tmp_path / name for name in ("plain.warc", "piece.warc.gz", "old.arc")])

    with serving(layout, made()) as replay:
        shown = {capture.url: raw(replay, capture) for capture in all_captures(layout)}

    assert shown == {f"http://harbour.test/{name}": (200, PAGE) for name in ("arc", "one", "two", "plain")}
