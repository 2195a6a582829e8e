from typing import Protocol

from warcio.statusandheaders import StatusAndHeaders

class _Readable(Protocol):
    def read(self, length: int = ..., /) -> bytes: ...

class _DigestChecker:
    passed: bool | None

class ArcWarcRecord:
    digest_checker: _DigestChecker
    format: str
    rec_type: str
    rec_headers: StatusAndHeaders
    raw_stream: _Readable
    http_headers: StatusAndHeaders | None
    content_type: str | None
    length: int | None
    def __init__(
        self,
        format: str,
        rec_type: str,
        rec_headers: StatusAndHeaders,
        raw_stream: _Readable,
        http_headers: StatusAndHeaders | None,
        content_type: str | None,
        length: int | None,
    ) -> None: ...
