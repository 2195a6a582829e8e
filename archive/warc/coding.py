"""Undo content codings (gzip, deflate, br, zstd) without trusting what they hold."""

import sys
import zlib
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LIMIT = 64 << 20  # the largest honest news page in the corpus is 9 MB; bombs reach gigabytes
MAX_LAYERS = 3
_IN = 4096  # bytes fed at a time: what is lost before a flaw in the data is at most what these hold
_OUT = 1 << 16  # bytes made at a time: how far beyond the limit a bomb may reach


@dataclass(frozen=True, slots=True)
class Decoded:
    """A body without its content codings; `problem` names what was wrong with them, None if nothing was.

    `complete` is False if bytes are missing at the end: the data was cut, damaged, or over the limit.
    """

    body: bytes
    complete: bool = True
    problem: str | None = None


def decode_content(body: bytes, encodings: Sequence[str], limit: int = LIMIT) -> Decoded:
    """Return the body as it was before the codings were applied, in the order of Content-Encoding.

    What can be decoded is returned, however the data ends. A body that is plainly not in the coding its header names
    is returned as it stands: some servers, and some archivers, forget to drop the header.

    >>> decode_content(zlib.compress(b"Fog in the harbour"), ["deflate"]).body
    b'Fog in the harbour'
    """
    layers = [name for name in codings(encodings) if name != "identity"]
    if len(layers) > MAX_LAYERS:
        return Decoded(body, False, f"{len(layers)} content codings, at most {MAX_LAYERS} are undone")
    decoded = Decoded(body)
    for name in reversed(layers):
        if name not in _DECODERS:
            return Decoded(decoded.body, False, f"unknown content coding {name!r}")
        below = _undo(name, decoded.body, limit)
        decoded = Decoded(below.body, decoded.complete and below.complete, decoded.problem or below.problem)
    return decoded


def codings(values: Sequence[str]) -> tuple[str, ...]:
    """Return the single codings that header values list, lower-cased, in the order they were applied.

    >>> codings(["gzip, BR", ""])
    ('gzip', 'br')
    """
    return tuple(name for value in values for part in value.split(",") if (name := part.strip().lower()))


def _undo(name: str, body: bytes, limit: int) -> Decoded:
    out = bytearray()
    if not body:
        return Decoded(b"")  # the reply to HEAD, or a 304: the header speaks of a body that is elsewhere
    try:
        for piece in _DECODERS[name](body):
            out += piece
            if len(out) > limit:
                del out[limit:]
                return Decoded(bytes(out), False, f"{name}: more than {limit} bytes")
    except EOFError:
        return Decoded(bytes(out), False, f"{name}: ends early")
    except (zlib.error, brotli.error, zstd.ZstdError) as error:
        if not out:
            return Decoded(body, True, f"{name}: not in this coding ({error})")
        return Decoded(bytes(out), False, f"{name}: {error}")
    return Decoded(bytes(out))


def _gzip(body: bytes) -> Iterator[bytes]:
    """Every member; what follows the last one and is no member is ignored, as browsers do."""
    rest = yield from _inflate(body, 31)
    while rest[:2] == b"\x1f\x8b":
        rest = yield from _inflate(rest, 31)


def _deflate(body: bytes) -> Iterator[bytes]:
    """The zlib format of the standard, or the raw stream that some servers send instead."""
    is_zlib = len(body) >= 2 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
    yield from _inflate(body, 15 if is_zlib else -15)


def _inflate(body: bytes, wbits: int) -> Generator[bytes, None, bytes]:
    """The pieces of one stream; its value is what follows the stream."""
    stream = zlib.decompressobj(wbits)
    for start in range(0, len(body), _IN):
        piece = body[start : start + _IN]
        spare = stream.copy()
        try:
            made = list(_inflate_piece(stream, piece))
        except zlib.error:
            # Once more, byte by byte: all that came before the flaw is text someone may want.
            for at in range(len(piece)):
                yield from _inflate_piece(spare, piece[at : at + 1])
            raise
        yield from made
        if stream.eof:
            return stream.unused_data + body[start + _IN :]
    raise EOFError


def _inflate_piece(stream: "zlib._Decompress", piece: bytes) -> Iterator[bytes]:
    while True:
        made = stream.decompress(piece, _OUT)
        yield made
        piece = stream.unconsumed_tail
        if not piece and len(made) < _OUT:
            return


def _brotli(body: bytes) -> Iterator[bytes]:
    stream = brotli.Decompressor()
    for start in range(0, len(body), _IN):
        yield stream.process(body[start : start + _IN], output_buffer_limit=_OUT)
        # It may "accept more data" and still owe output: only an empty answer says that it does not.
        while made := stream.process(b"", output_buffer_limit=_OUT):
            yield made
        if stream.is_finished():
            return
    raise EOFError


def _zstd(body: bytes) -> Iterator[bytes]:
    """Every frame; RFC 8878 lets several follow each other."""
    while body:
        stream = zstd.ZstdDecompressor()
        for start in range(0, len(body), _IN):
            yield stream.decompress(body[start : start + _IN], _OUT)
            while not (stream.needs_input or stream.eof):
                yield stream.decompress(b"", _OUT)
            if stream.eof:
                body = stream.unused_data + body[start + _IN :]
                break
        else:
            raise EOFError


_DECODERS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
