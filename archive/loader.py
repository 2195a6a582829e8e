"""Find the bytes of a page for the reading processes: the end of the thread that leads from a job to a WARC record."""

from pathlib import Path

from archive.layout import OPEN_SUFFIX
from archive.model import Capture, Record
from archive.warc.walk import Page, page_bytes, parse_date

LOADER = "archive.loader:load"
MAX_PAGE_BYTES = 12 << 20  # decoded; the largest honest page has 9 MB, and a reader takes twenty times its page
_NEVER = parse_date("1970")


def load(path: str, offset: int, length: int) -> Page:
    """Return the decoded body and the headers of the response in that record; RecordError if there is none.

    A file that was closed since the job was made, this instant even, has lost its `.open`.
    """
    try:
        return _load(Path(path), offset, length)
    except FileNotFoundError:
        return _load(Path(path.removesuffix(OPEN_SUFFIX)), offset, length)


def _load(path: Path, offset: int, length: int) -> Page:
    record = Record(path.name, offset, length, "")
    # The profile makes page_bytes take the headers from the record: this capture is nothing but its place.
    return page_bytes(path, Capture(record, "response", "", _NEVER, profile="not-modified"), limit=MAX_PAGE_BYTES)
