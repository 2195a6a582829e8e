from collections.abc import Iterator
from typing import Protocol

from warcio.recordloader import ArcWarcRecord

class _Tellable(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...
    def tell(self) -> int: ...

class ArchiveIterator:
    def __init__(
        self,
        fileobj: _Tellable,
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
