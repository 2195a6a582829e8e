"""Judge one WARC file by what it says of itself: lengths, digests, ids, whole exchanges."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from archive.warc.digest import digest_matches
from archive.warc.exchanges import Exchanges, Look, is_our_warcinfo, main_record
from archive.warc.members import Member, bare
from archive.warc.message import entity_in, header_end
from archive.warc.walk import message_of, parse_date


@dataclass(slots=True)
class FileCheck:
    """What a file holds, and what is wrong with it; offsets are in the file."""

    records: dict[int, tuple[int, str]] = field(default_factory=dict)  # offset: length, record id
    types: list[str] = field(default_factory=list)  # of each record
    captures: dict[int, str] = field(default_factory=dict)  # offset of the main record: its URL
    responses: set[str] = field(default_factory=set)  # record ids that a revisit may name
    references: list[tuple[int, str]] = field(default_factory=list)  # offset of a revisit, that id
    problems: list[tuple[int, str]] = field(default_factory=list)
    good_end: int = 0
    tail: tuple[int, str] | None = None  # where the file stops making sense, and how
    _ids: set[str] = field(default_factory=set)
    _is_ours: bool = False

    def look(self, member: Member) -> None:
        """Judge one record."""
        if member.type == "warcinfo":
            self._is_ours = is_our_warcinfo(member)
        self.good_end = member.end
        self.records[member.offset] = member.length, member.id
        self.types.append(member.type)
        if member.id in self._ids:
            self.problems.append((member.offset, f"record id used twice: {member.id}"))
        self._ids.add(member.id)
        if member.trailer != b"\r\n\r\n":
            self.problems.append((member.offset, "record does not end in two line ends"))
        wrong = _wrong_digests(member, ours=self._is_ours)
        self.problems += [(member.offset, what) for what in wrong]
        try:
            parse_date(member.get("warc-date") or "")
        except ValueError:
            self.problems.append((member.offset, "record without a usable date"))
        if member.type == "response":
            self.responses.add(member.id)
        # Other archives keep the originals of their revisits wherever they keep them.
        elif member.type == "revisit" and self._is_ours:
            self.references.append((member.offset, bare(member.get("warc-refers-to") or "")))


def check_file(path: Path, *, look: Look | None = None) -> FileCheck:
    """Return what a file holds, and what is wrong with it; `look` is shown every record on the way."""
    check = FileCheck()

    def see(member: Member) -> None:
        check.look(member)
        if look:
            look(member)

    walk = Exchanges(path, look=see)
    for exchange in walk:
        own = main_record(exchange)
        if own is not None:
            check.captures[own.offset] = own.url
    for damage in walk.damage:
        if damage.end is None:
            check.tail = (damage.offset, damage.problem)
        else:
            lost = damage.end - damage.offset
            check.problems.append((damage.offset, f"{damage.problem}; {lost} bytes passed over"))
    if check.tail is None and walk.tail.good_end < check.good_end:
        check.tail = (walk.tail.good_end, "an exchange without its metadata record")
    return check


def _wrong_digests(member: Member, *, ours: bool) -> Iterator[str]:
    block_digest, payload_digest = member.get("warc-block-digest"), member.get("warc-payload-digest")
    if block_digest and digest_matches(block_digest, member.block) is False:
        yield "block digest differs: the bytes are not those that were stored"
    if payload_digest and not _payload_matches(member, payload_digest, ours=ours):
        yield "payload digest differs"


def _payload_matches(member: Member, declared: str, *, ours: bool) -> bool:
    if member.type == "resource":
        return digest_matches(declared, member.block) is not False
    if member.type != "response" or member.get("warc-segment-number"):
        return True  # of a revisit: the payload is not here
    message = message_of(member)
    if digest_matches(declared, entity_in(message)) is not False:
        return True
    # warcio and wpull take it of the body with its chunk framing (warcio issue 74): odd, but not damage.
    return not ours and digest_matches(declared, message[header_end(message) :]) is True
