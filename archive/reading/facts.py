"""What stays of a block once its page is gone: enough to judge it again with its text, in some twenty bytes."""

# ruff: noqa: SIM905 (lists of words read better as text)

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

LAYOUT = struct.Struct("<hhhhIIIHHBB")  # all but the key, which the text tells
SCALE = 100.0  # logits are kept to a hundredth
LIMIT = 32_767
FLAGS = (
    "candidate heading lead_place lead_class title caption byline related ad hidden controls quoted outlet money salute"
    " number note list terminal figure nav promo after_h1 outside colon mail author item"
).split()
FLAG = {name: 1 << i for i, name in enumerate(FLAGS)}


@dataclass(slots=True)
class Facts:
    """One passage as the vote sees it; logits are of the first pass and of the second less its neighbours' part."""

    key: int  # archive.reading.memory.passage_key, 0 for texts too short to remember
    body1: float
    appeal1: float
    body2: float
    appeal2: float
    cues: int  # families of words anywhere in it
    opening: int  # ... in its first two words
    flags: int
    group: int  # which container of the page it stands in
    shape: int  # which of the page's tags and classes it has
    link_share: float
    words: int

    def has(self, *names: str) -> bool:
        """True if any of the flags is set."""
        return self.flags & _MASKS[names] != 0


class _Masks(dict[tuple[str, ...], int]):
    """The flags that are asked for together, as one number; judging a page asks a thousand times."""

    def __missing__(self, names: tuple[str, ...]) -> int:
        mask = self[names] = sum(FLAG[name] for name in names)
        return mask


_MASKS = _Masks()


def pack(facts: Sequence[Facts]) -> bytes:
    """Return the facts as bytes, compressed: about 12 bytes a passage.

    The first bytes of all come first, then the second ones: like beside like takes less room.
    """
    rows = (
        LAYOUT.pack(
            _fixed(f.body1), _fixed(f.appeal1), _fixed(f.body2), _fixed(f.appeal2), f.cues,
            f.opening, f.flags, f.group, f.shape, round(f.link_share * 255), min(255, f.words),
        )
        for f in facts
    )  # fmt: skip
    whole = b"".join(rows)
    return zlib.compress(b"".join(whole[at :: LAYOUT.size] for at in range(LAYOUT.size)))


def is_packed_here(packed: bytes, count: int) -> bool:
    """True if that is what `pack` makes of so many passages; earlier readers noted other facts of each."""
    return len(zlib.decompress(packed) if packed else b"") == count * LAYOUT.size


def unpack(packed: bytes, keys: Sequence[int]) -> list[Facts]:
    """Return the facts that `pack` stored, rounded as they were stored, of passages that have these keys."""
    parted = zlib.decompress(packed) if packed else b""
    whole = bytearray(len(parted))
    for at in range(LAYOUT.size):
        whole[at :: LAYOUT.size] = parted[at * len(keys) : (at + 1) * len(keys)]
    return [
        Facts(
            key, body1 / SCALE, appeal1 / SCALE, body2 / SCALE, appeal2 / SCALE, cues, opening,
            flags, group, shape, link / 255, words,
        )
        for key, (body1, appeal1, body2, appeal2, cues, opening, flags, group, shape, link, words)
        in zip(keys, LAYOUT.iter_unpack(whole), strict=True)
    ]  # fmt: skip


def rounded(facts: list[Facts]) -> list[Facts]:
    """Return the facts, now as they will be when read back, so that a first verdict equals a later one."""
    for f in facts:
        f.body1, f.appeal1 = _fixed(f.body1) / SCALE, _fixed(f.appeal1) / SCALE
        f.body2, f.appeal2 = _fixed(f.body2) / SCALE, _fixed(f.appeal2) / SCALE
        f.link_share, f.words = round(f.link_share * 255) / 255, min(255, f.words)
    return facts


def _fixed(value: float) -> int:
    fixed = round(value * SCALE)
    return fixed if -LIMIT < fixed < LIMIT else (LIMIT if fixed > 0 else -LIMIT)
