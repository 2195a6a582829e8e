from collections.abc import Iterator
from typing import IO

from warcio.recordloader import ArcWarcRecord

class ArchiveIterator:
    def __init__(
        self,
        fileobj: IO[bytes],
        no_record_parse: bool = ...,
        verify_http: bool = ...,
        arc2warc: bool = ...,
        ensure_http_headers: bool = ...,
        block_size: int = ...,
        check_digests: bool = ...,
    ) -> None: ...
    def __iter__(self) -> Iterator[ArcWarcRecord]: ...
    def get_record_offset(self) -> int: ...
    def get_record_length(self) -> int: ...
    def close(self) -> None: ...
