from typing import IO

from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders

class WARCWriter:
    out: IO[bytes]
    def __init__(self, filebuf: IO[bytes], gzip: bool = ..., *, warc_version: str | None = ...) -> None: ...
    def write_record(self, record: ArcWarcRecord, params: None = ...) -> None: ...
    def _write_warc_record(self, out: IO[bytes], record: ArcWarcRecord) -> None: ...
    def ensure_digest(self, record: ArcWarcRecord, block: bool = ..., payload: bool = ...) -> None: ...
    def create_warc_record(
        self,
        uri: str,
        record_type: str,
        payload: IO[bytes] | None = ...,
        length: int | None = ...,
        warc_content_type: str = ...,
        warc_headers_dict: dict[str, str] | None = ...,
        warc_headers: StatusAndHeaders | None = ...,
        http_headers: StatusAndHeaders | None = ...,
    ) -> ArcWarcRecord: ...
