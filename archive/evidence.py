"""Put the evidence for an article into one ZIP file that proves itself without Dateline.

`sha256sum -c SHA256SUMS` proves that nothing in it was changed since; gzip and warcio read the WARC file in it; the
text of each version is a file whose SHA-256 is the text hash that citations quote.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlite_utils import Database

from archive.catalogue.answers import ArticleDetail, CaptureLine
from archive.cite import Citation
from archive.errors import RecordError
from archive.excerpt import opening_record, write_excerpt
from archive.layout import Layout
from archive.model import Record
from archive.selection import selecting
from archive.wacz import write_wacz

WARC_NAME = "article.warc.gz"
WACZ_NAME = "article.wacz"
SUMS = "SHA256SUMS"
_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was packed: captures of the article, WARC records, versions of its text."""

    captures: int
    records: int
    versions: int
    size_bytes: int


def write_evidence(
    db: Database, layout: Layout, article: ArticleDetail, citation: Citation, path: Path, now: datetime, software: str
) -> Evidence:
    """Write the evidence for an article to a new file at `path`; RecordError if a record of it cannot be read.

    In it: every capture of the article with its request and its metadata, the originals of its revisits, the text of
    every version, the passages of the latest page with their kinds, the citation, and how to verify all that.
    """
    records = _records(db, article)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        sums = _Sums(file, now)
        warc = io.BytesIO()
        opening = opening_record(WARC_NAME, now, software, f"evidence for article {article.id}, {article.url}")
        excerpt = write_excerpt(layout, records, warc, opening)
        if excerpt.problems:
            raise RecordError(WARC_NAME, 0, f"no evidence without all records: {excerpt.problems[0]}")
        sums.write(WARC_NAME, warc.getvalue(), stored=True)
        sums.write(WACZ_NAME, _package(layout, article, now, software), stored=True)
        _write_texts(sums, article)
        _write_citation(sums, citation)
        sums.write("captures.jsonl", _lines(_told(capture) for capture in article.captures))
        sums.write("passages.jsonl", _lines({"n": n, **asdict(p)} for n, p in enumerate(article.passages)))
        sums.write("verify.py", files("archive").joinpath("evidence_verify.txt").read_bytes())
        sums.write("README.txt", _readme(citation, software, now).encode())
        sums.write("manifest.json", _manifest(article, citation, sums, software, now))
        sums.finish()
    return Evidence(len(article.captures), excerpt.records, len(article.versions), path.stat().st_size)


class _Sums:
    """A ZIP file whose entries are hashed as they are written; all bear the same time."""

    def __init__(self, file: zipfile.ZipFile, now: datetime) -> None:
        self._file, self._now = file, now
        self.entries: list[tuple[str, str, int]] = []

    def write(self, name: str, content: bytes, *, stored: bool = False) -> None:
        info = zipfile.ZipInfo(name, self._now.timetuple()[:6])
        info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        self._file.writestr(info, content)
        self.entries.append((name, hashlib.sha256(content).hexdigest(), len(content)))

    def finish(self) -> None:
        self.write(SUMS, "".join(f"{sha256}  {name}\n" for name, sha256, _ in self.entries).encode())


def _records(db: Database, article: ArticleDetail) -> list[Record]:
    """Return the records of all captures of an article and of the originals of its revisits, in file order."""
    ids = {capture.id for capture in article.captures}
    for capture in tuple(ids):
        ids |= {row[0] for row in db.execute("SELECT refers_to FROM captures WHERE id = ?", (capture,)) if row[0]}
    found = set[tuple[str, int, int, str]]()
    for capture in ids:
        row = db.execute(
            """
            SELECT file, offset, length, id, request_file, request_offset, request_length, request,
                   metadata_file, metadata_offset, metadata_length, metadata
            FROM captures
            WHERE id = ?
            """,
            (capture,),
        ).fetchone()
        if row:  # the original of another archive's revisit may lie in no file of ours
            found |= {tuple(row)[n : n + 4] for n in (0, 4, 8) if row[n + 3]}
    return [Record(*place) for place in sorted(found)]


def _package(layout: Layout, article: ArticleDetail, now: datetime, software: str) -> bytes:
    """Return the captures of an article as a WACZ package, which a browser plays with nothing else."""
    with TemporaryDirectory(prefix="dateline-evidence-") as folder, selecting(layout, now) as selection:
        selection.choose_captures(capture.id for capture in article.captures)
        path = Path(folder) / WACZ_NAME
        packed = write_wacz(layout, selection, path, article.version.title, software, now)
        if packed.problems:
            raise RecordError(WACZ_NAME, 0, f"no evidence without all records: {packed.problems[0]}")
        return path.read_bytes()


def _write_texts(sums: _Sums, article: ArticleDetail) -> None:
    for version in article.versions:
        # Exactly what the text hash is taken of: a NUL parts title, lead and body.
        text = f"{version.title}\0{version.lead}\0{version.body}".encode("utf-8", "surrogatepass")
        sums.write(f"versions/{version.id}.text", text)
    latest = article.version
    sums.write("article.txt", f"{latest.title}\n\n{latest.text}\n".encode("utf-8", "replace"))


def _write_citation(sums: _Sums, citation: Citation) -> None:
    sums.write("citation.json", citation.in_form("json").encode())
    sums.write("citation.csl.json", citation.in_form("csl").encode())
    sums.write("citation.bib", citation.in_form("bibtex").encode())
    sums.write("citation.txt", (citation.line() + "\n").encode())


def _manifest(article: ArticleDetail, citation: Citation, sums: _Sums, software: str, now: datetime) -> bytes:
    versions = [
        {"version": v.id, "file": f"versions/{v.id}.text", "text_sha256": v.text_hash, "reader": v.reader,
         "first_seen": v.first_seen, "last_seen": v.last_seen, "first_capture": v.first_capture}
        for v in article.versions
    ]  # fmt: skip
    values = {
        "dateline-evidence": _SCHEMA,
        "created": now,
        "software": software,
        "article": article.id,
        "url": article.url,
        "site": article.site,
        "cited": {"version": citation.version, "capture": citation.capture, "text_sha256": citation.text_hash,
                  "payload_digest": citation.payload_digest},
        "versions": versions,
        "files": [{"path": name, "sha256": sha256, "bytes": size} for name, sha256, size in sums.entries],
    }  # fmt: skip
    return json.dumps(values, ensure_ascii=False, indent=1, default=str).encode()


def _told(capture: CaptureLine) -> dict[str, object]:
    return asdict(capture)


def _lines(values: Iterable[dict[str, object]]) -> bytes:
    return "".join(json.dumps(value, ensure_ascii=False, default=str) + "\n" for value in values).encode(
        "utf-8", "replace"
    )


def _readme(citation: Citation, software: str, now: datetime) -> str:
    return f"""Evidence for an article
=======================

{citation.line()}

Packed by {software} at {now:%Y-%m-%d %H:%M:%S} UTC. What is here:

  {WARC_NAME}    every capture of the article, byte for byte as the site sent it, with what was asked and why
  {WACZ_NAME}       the same records with an index, as ReplayWeb.page plays them
  versions/          the text of each version, as a program read it: title, lead and body, parted by NUL bytes
  article.txt        the latest of them, to be read
  passages.jsonl     every block of the page that showed it first: text, kind, the rule that decided, its place
  captures.jsonl     when the page was fetched, what was answered, where the record lay in the archive it came from
  citation.*         the citation above, for people and for programs
  manifest.json      what belongs together, with sizes and SHA-256
  SHA256SUMS         the SHA-256 of every other file

How to verify it, without Dateline
----------------------------------

1. Nothing was changed since it was packed:

     sha256sum -c SHA256SUMS

   Compare the SHA-256 of the ZIP file itself with the one you were told by another way, if you were told one.

2. The WARC file is whole:

     gzip -t {WARC_NAME}

3. Each record's bytes are those whose digest was written down when they came (needs Python and `pip install warcio`):

     python verify.py

4. The text is that of the citation: the file of the cited version has the cited text hash as its SHA-256:

     sha256sum versions/{citation.version}.text
     {citation.text_hash}

5. The page says so: look at it, in a browser (ReplayWeb.page opens the WACZ file) or as bytes:

     gzip -dc {WARC_NAME} | less

   The record of the cited capture is {citation.capture}.

What this does not prove: that the site sent these bytes. It proves that they are the ones the archive stored then, if
the archive's own manifests, or a hash published at that time, say the same.
"""
