"""Write chosen captures as a WACZ package (version 1.1.1): WARC, index, pages with their text, hashes of all of it.

ReplayWeb.page and others play such a file from any web server. It is written here and not by the `wacz` package, which
brings 60 others, guesses pages from Referer headers instead of asking the catalogue, and holds all of the index in
memory; `wacz validate` judges the result in a test.
"""

import hashlib
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from archive.cdxj_lines import line_of
from archive.excerpt import Excerpt, opening_record, write_excerpt
from archive.layout import Layout
from archive.selection import PageLine, Selection
from archive.warc.members import Member

VERSION = "1.1.1"
WARC_NAME = "data.warc.gz"
_BLOCK_LINES = 1_024  # of the index in one gzip member: what ArchiveWeb.page and py-wacz take
_STORED, _DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED


@dataclass(frozen=True, slots=True)
class Packed:
    """What a package holds; `problems` names records that could not be read and are left out."""

    captures: int
    pages: int
    records: int
    size_bytes: int
    problems: tuple[str, ...]


def write_wacz(layout: Layout, selection: Selection, path: Path, title: str, software: str, now: datetime) -> Packed:
    """Write what is chosen to a new file at `path`."""
    with zipfile.ZipFile(path, "w", allowZip64=True) as file:
        package = _Package(file, now)
        excerpt = _write_warc(layout, selection, package, opening_record(WARC_NAME, now, software, title))
        _write_index(selection, package)
        first, pages = _write_pages(selection, package)
        package.finish(title, software, first)
    return Packed(selection.count(), pages, excerpt.records, path.stat().st_size, tuple(excerpt.problems))


class _Package:
    """A ZIP file whose entries are hashed as they are written."""

    def __init__(self, file: zipfile.ZipFile, now: datetime) -> None:
        self._file, self._now = file, now
        self._resources: list[dict[str, str | int]] = []

    @contextmanager
    def entry(self, path: str, compression: int) -> Iterator["_Hashed"]:
        """Write one entry; what is read by byte ranges must be stored as it is."""
        info = self._info(path)
        info.compress_type = compression
        with self._file.open(info, "w", force_zip64=True) as out:
            hashed = _Hashed(out)
            yield hashed
        name = path.rpartition("/")[2].lower()
        self._resources.append(
            {"name": name, "path": path, "hash": f"sha256:{hashed.hash.hexdigest()}", "bytes": hashed.size_bytes}
        )

    def finish(self, title: str, software: str, first: PageLine | None) -> None:
        """Write what describes the package, and the hash of that."""
        described: dict[str, object] = {
            "profile": "data-package",
            "wacz_version": VERSION,
            "title": title,
            "created": f"{self._now:%Y-%m-%dT%H:%M:%SZ}",
            "software": software,
            "resources": self._resources,
        }
        if first is not None:
            described |= {"mainPageUrl": first.url, "mainPageDate": f"{first.at:%Y-%m-%dT%H:%M:%SZ}"}
        data = json.dumps(described, ensure_ascii=False, indent=2).encode()
        digest = {"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(data).hexdigest()}"}
        for name, content in (("datapackage.json", data), ("datapackage-digest.json", json.dumps(digest).encode())):
            self._file.writestr(self._info(name), content, _DEFLATED)

    def _info(self, path: str) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(path, self._now.timetuple()[:6])
        info.external_attr = 0o644 << 16
        # An entry whose size is not known beforehand gets room for a long one in its own header, and nothing in the
        # directory. ReplayWeb.page 2.4 then looks 20 bytes too early, unless the directory has some extra field: the
        # time, as Info-ZIP writes it.
        info.extra = struct.pack("<HHBl", 0x5455, 5, 1, int(self._now.timestamp()))
        return info


class _Hashed:
    """An entry being written."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out, self.hash, self.size_bytes = out, hashlib.sha256(), 0

    def write(self, data: bytes, /) -> int:
        self.hash.update(data)
        self.size_bytes += len(data)
        return self._out.write(data)


def _write_warc(layout: Layout, selection: Selection, package: _Package, opening: bytes) -> Excerpt:
    def index(member: Member, offset: int, length: int) -> None:
        line = line_of(member, WARC_NAME, offset, length)
        if line is not None:
            selection.keep_line(line)

    with package.entry(f"archive/{WARC_NAME}", _STORED) as out:
        return write_excerpt(layout, selection.records(), out, opening, index)


def _write_index(selection: Selection, package: _Package) -> None:
    """Write the index in compressed blocks, and the first key of each block beside it: a reader fetches one block."""
    offset, firsts = 0, ['!meta 0 {"format": "cdxj-gzip-1.0", "filename": "index.cdx.gz"}\n']
    with package.entry("indexes/index.cdx.gz", _STORED) as out:
        for block in _blocks(selection.lines()):
            packed = zlib.compress("".join(block).encode("ascii"), wbits=31)
            key = block[0].partition(" {")[0]
            place = {"offset": offset, "length": len(packed), "digest": f"sha256:{hashlib.sha256(packed).hexdigest()}"}
            firsts.append(f"{key} {json.dumps(place)}\n")
            offset += out.write(packed)
    with package.entry("indexes/index.idx", _DEFLATED) as out:
        out.write("".join(firsts).encode("ascii"))


def _blocks(lines: Iterator[str]) -> Iterator[list[str]]:
    block: list[str] = []
    for line in lines:
        block.append(line)
        if len(block) == _BLOCK_LINES:
            yield block
            block = []
    if block:
        yield block


def _write_pages(selection: Selection, package: _Package) -> tuple[PageLine | None, int]:
    """Write the list of pages, articles first, and return the first of them and their number."""
    first, count = None, 0
    with package.entry("pages/pages.jsonl", _DEFLATED) as out:
        header = {"format": "json-pages-1.0", "id": "pages", "title": "Pages", "hasText": True}
        out.write(json.dumps(header).encode() + b"\n")
        for page in selection.pages():
            first, count = first or page, count + 1
            line = {"id": page.id, "url": page.url, "ts": f"{page.at:%Y-%m-%dT%H:%M:%SZ}", "title": page.title}
            if page.is_article:
                line["text"] = page.text
            out.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
    return first, count
