"""Put the records of a file together again as the exchanges they came from."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

from archive.layout import OPEN_SUFFIX
from archive.warc.members import Damage, Member, Tail, bare, members
from archive.warc.message import header_lines
from archive.warc.metadata import is_ours

RESOURCE_PREFIX = "urn:dateline:"
PRIMARY = ("response", "revisit")
_ALONE = ("warcinfo", "resource")
Look = Callable[[Member], None]
_INFO_BYTES = 4_096  # of a warcinfo that are read: all that a program says of itself
_OURS = b"\r\ndateline-run: "


class Exchanges(Iterator[tuple[Member, ...]]):
    """The whole exchanges of a file, each as its records; a record of our own alone, such as a ledger, is one too.

    `tail.good_end` is the offset after the last whole exchange. `look` is shown every record on the way. Damage in a
    closed file is passed over, and listed in `damage`; what a file still open holds behind it is not yet true.
    """

    def __init__(self, path: Path, start: int = 0, *, look: Look | None = None) -> None:
        self.tail = Tail(start)
        self._members = members(path, start, past_damage=path.suffix != OPEN_SUFFIX)
        self._look = look
        self.software: str | None = None  # what other program wrote the last exchange, as the warcinfo before it says
        self._is_ours = False
        if start and (first := next(members(path), None)):
            self._hear(first)
        self._group: list[Member] = []
        self._ids, self._named = set[str](), set[str]()  # of the group, and what it calls its own
        self._walk = self._exchanges()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> tuple[Member, ...]:
        return next(self._walk)

    @property
    def damage(self) -> tuple[Damage, ...]:
        """The places that hold no whole record."""
        return tuple(self._members.damage)

    def _exchanges(self) -> Iterator[tuple[Member, ...]]:
        for member in self._members:
            if self._look:
                self._look(member)
            named = [bare(to) for to in member.all("warc-concurrent-to")]
            belongs = self._belongs(member, named)
            if not belongs:
                yield from self._close()
            self._group.append(member)
            self._ids.add(member.id)
            self._named.update(named)
            if member.type in _ALONE:
                self._hear(member)
                yield from self._close(whole=True)
            elif self._is_ours and member.type == "metadata" and is_ours(member.block):
                # It may name a response that damage has taken.
                yield from self._close(whole=belongs or not named)
        yield from self._close()
        self.tail = Tail(self.tail.good_end, self._members.tail.problem)

    def _belongs(self, member: Member, named: list[str]) -> bool:
        """True if the record goes with those before it: they name each other, in whichever order a tool writes."""
        if not self._group or member.type in _ALONE:
            return False
        if member.type in PRIMARY and any(other.type in PRIMARY for other in self._group):
            return False
        return member.id in self._named or not self._ids.isdisjoint(named)

    def _hear(self, member: Member) -> None:
        if member.type == "warcinfo":
            self._is_ours = is_our_warcinfo(member)
            said = dict(header_lines(member.block[:_INFO_BYTES])).get("software")
            self.software = None if self._is_ours else said

    def _close(self, *, whole: bool = False) -> Iterator[tuple[Member, ...]]:
        group, self._group = self._group, []
        self._ids.clear()
        self._named.clear()
        if group and (whole or not self._is_ours):
            self.tail = Tail(group[-1].end)
            yield tuple(group)
        # Of ours, an exchange without its metadata is one that a crash cut short.


def is_our_warcinfo(member: Member) -> bool:
    """True if what follows was written by this program, and so ends each exchange with a metadata record."""
    return member.type == "warcinfo" and _OURS in member.block


def main_record(exchange: tuple[Member, ...]) -> Member | None:
    """Return the record that is the key of the exchange's capture; None if it is no capture of the web or of ours."""
    first = exchange[0]
    if first.type in _ALONE:
        return first if first.url.startswith(RESOURCE_PREFIX) else None
    own = next((member for member in exchange if member.type in PRIMARY), None)
    if own is None and not is_ours(exchange[-1].block):
        return None  # a foreign request that nothing answered
    own = own or first
    # Others also store look-ups of names, and messages of their own tools.
    return own if own.url.lower().startswith(("http://", "https://")) else None
