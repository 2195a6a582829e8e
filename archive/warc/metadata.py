"""The `metadata` record of an exchange: all that the catalogue needs to know and HTTP does not say.

`application/warc-fields`, one key a line, `dateline-schema: 1` first; every other value is JSON on one ASCII line.
Keys of a later program are ignored by an earlier one; what is at its default is not written.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar, get_args

from archive.model import Fidelity, Link, Provenance, Role, SourceKind, Truncation

SCHEMA = 1
SCHEMA_KEY = "dateline-schema"
MAX_UNPARSABLE = 64 << 10  # of a reply that is no HTTP: enough to see what it was

_Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Notes:
    """What else is known of an exchange, and has no WARC header and no place in Provenance."""

    interim: tuple[bytes, ...] = ()  # 1xx heads, cut from the front of the response
    unparsable: bytes | None = None  # a reply without a usable HTTP head, its first 64 KiB
    not_modified_head: bytes | None = None  # of a 304 that is stored as an empty revisit
    payload_length: int | None = None  # of a revisit's payload, which is not in its block
    truncated: Truncation | None = None  # where no response record can carry WARC-Truncated
    redacted: tuple[str, ...] = ()  # request headers whose value was written over
    first_byte_s: float | None = None
    ended_s: float | None = None
    excess: int = 0
    tls: str | None = None  # "tls/1.3"
    cipher: str | None = None


def encode_provenance(provenance: Provenance, notes: Notes | None = None) -> bytes:
    """Return the block of the metadata record."""
    values: dict[str, object] = {
        "site": provenance.site,
        "source": provenance.source,
        "role": provenance.role,
        "link": None if provenance.link is None else _encode_link(provenance.link),
        "via": provenance.via,
        "hops": provenance.hops or None,
        "run": provenance.run,
        "lease": provenance.lease,
        "attempt": provenance.attempt,
        "software": provenance.software or None,
        "settings": provenance.settings or None,
        "fidelity": provenance.fidelity,
        **_encode_notes(notes or Notes()),
    }
    lines = [f"{SCHEMA_KEY}: {SCHEMA}"]
    lines += [f"{key}: {_dump(value)}" for key, value in values.items() if value is not None]
    return "".join(line + "\r\n" for line in lines).encode("ascii")


def decode_provenance(block: bytes) -> Provenance:
    """Return what `encode_provenance` was given; ValueError unless the block is one of ours."""
    values = _parse(block)
    link = values.get("link")
    return Provenance(
        run=_text(values, "run") or "",
        site=_text(values, "site"),
        source=_text(values, "source"),
        role=_one_of(values, "role", get_args(Role)) or "article",
        link=_decode_link(link) if isinstance(link, dict) else None,
        via=_text(values, "via"),
        hops=_whole(values, "hops") or 0,
        lease=_text(values, "lease"),
        attempt=_whole(values, "attempt") or 1,
        fidelity=_one_of(values, "fidelity", get_args(Fidelity)) or "wire",
        software=_text(values, "software") or "",
        settings=_text(values, "settings") or "",
    )


def decode_notes(block: bytes) -> Notes:
    """Return the notes that were stored beside the provenance; ValueError unless the block is one of ours."""
    values = _parse(block)
    timing, tls = _object(values, "timing"), _object(values, "tls")
    return Notes(
        interim=tuple(b64decode(text) for text in _texts(values, "interim")),
        unparsable=_bytes(values, "unparsable"),
        not_modified_head=_bytes(values, "not-modified-head"),
        payload_length=_whole(values, "payload-length"),
        truncated=_one_of(values, "truncated", get_args(Truncation)),
        redacted=_texts(values, "redacted"),
        first_byte_s=_seconds(timing, "first_byte_s"),
        ended_s=_seconds(timing, "ended_s"),
        excess=_whole(values, "excess") or 0,
        tls=_text(tls, "version"),
        cipher=_text(tls, "cipher"),
    )


def is_ours(block: bytes) -> bool:
    """True if the block of a metadata record was written by this program, or by one that follows its schema."""
    return block.startswith(b"dateline-schema: ")


def _encode_notes(notes: Notes) -> dict[str, object]:
    return {
        "timing": _given(first_byte_s=notes.first_byte_s, ended_s=notes.ended_s),
        "tls": _given(version=notes.tls, cipher=notes.cipher),
        "interim": [_base64(head) for head in notes.interim] or None,
        "unparsable": _base64(notes.unparsable),
        "not-modified-head": _base64(notes.not_modified_head),
        "payload-length": notes.payload_length,
        "truncated": notes.truncated,
        "redacted": list(notes.redacted) or None,
        "excess": notes.excess or None,
    }


def _encode_link(link: Link) -> dict[str, object] | None:
    return _given(
        url=link.url,
        found_in=link.found_in,
        source=link.source or None,
        role=link.role,
        source_kind=link.source_kind,
        title=link.title,
        published=_iso(link.published),
        modified=_iso(link.modified),
        language=link.language,
        authors=list(link.authors) or None,
        alternates=[list(pair) for pair in link.alternates] or None,
    )


def _decode_link(values: _Values) -> Link:
    pairs = values.get("alternates")
    return Link(
        url=_text(values, "url") or "",
        found_in=_text(values, "found_in") or "",
        source=_text(values, "source") or "",
        role=_one_of(values, "role", get_args(Role)) or "article",
        source_kind=_one_of(values, "source_kind", get_args(SourceKind)),
        title=_text(values, "title"),
        published=_time(values, "published"),
        modified=_time(values, "modified"),
        language=_text(values, "language"),
        authors=_texts(values, "authors"),
        alternates=tuple((str(a), str(b)) for a, b in pairs) if isinstance(pairs, list) else (),
    )


def _parse(block: bytes) -> dict[str, object]:
    lines = block.decode("ascii").splitlines()
    pairs = [line.partition(": ") for line in lines]
    if not pairs or pairs[0] != (SCHEMA_KEY, ": ", str(SCHEMA)):
        raise ValueError(f"not a metadata block of {SCHEMA_KEY} {SCHEMA}")
    return {key: json.loads(value) for key, _, value in pairs}


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))


def _given(**values: object) -> dict[str, object] | None:
    return {key: value for key, value in values.items() if value is not None} or None


def _base64(value: bytes | None) -> str | None:
    return None if value is None else b64encode(value).decode("ascii")


def _iso(time: datetime | None) -> str | None:
    return None if time is None else time.astimezone(UTC).isoformat()


def _text(values: _Values, key: str) -> str | None:
    value = values.get(key)
    return value if isinstance(value, str) else None


def _texts(values: _Values, key: str) -> tuple[str, ...]:
    value = values.get(key)
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def _object(values: _Values, key: str) -> _Values:
    value = values.get(key)
    return value if isinstance(value, dict) else {}


def _whole(values: _Values, key: str) -> int | None:
    value = values.get(key)
    return value if isinstance(value, int) else None


def _seconds(values: _Values, key: str) -> float | None:
    value = values.get(key)
    return float(value) if isinstance(value, int | float) else None


def _bytes(values: _Values, key: str) -> bytes | None:
    text = _text(values, key)
    return None if text is None else b64decode(text)


def _time(values: _Values, key: str) -> datetime | None:
    text = _text(values, key)
    return None if text is None else datetime.fromisoformat(text)


_Name = TypeVar("_Name", bound=str)


def _one_of(values: _Values, key: str, names: tuple[_Name, ...]) -> _Name | None:
    return next((name for name in names if name == values.get(key)), None)
