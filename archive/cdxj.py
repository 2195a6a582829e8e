"""Index WARC files for replay: one CDXJ line for each capture, one index beside each file.

The lines are those that cdxj-indexer writes, so that pywb, ReplayWeb.page and other archives' servers take them as they
are. `indexes/` is derived: delete it, and `dateline cdxj` makes it again.
"""

import heapq
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from archive.catalogue.database import open_for_reading
from archive.cdxj_lines import SUFFIX, WITHHELD, holds, lines_of, made_without
from archive.layout import Layout, stored_name
from archive.restrictions import covered, in_force


@dataclass(frozen=True, slots=True)
class Indexed:
    """What bringing the indexes up to date came to: files indexed now, and files whose index still held."""

    made: int
    kept: int


def refresh(layout: Layout, now: datetime | None = None) -> Indexed:
    """Give every WARC file its index, and take away those whose file is gone.

    An index bears the time of its file; one that bears another is made anew. That of a file still being written ends
    where the file's last whole record does. What is restricted at that time (all that is, without one) has no line.
    """
    layout.indexes.mkdir(mode=0o750, exist_ok=True)
    wanted = {layout.indexes / (stored_name(path) + SUFFIX): path for path in layout.warc_files()}
    for index in layout.indexes.glob("*" + SUFFIX):
        if index not in wanted:
            index.unlink()
    withheld, before = _withheld(layout, now), made_without(layout)
    for name in before.keys() | withheld.keys():
        if before.get(name) != withheld.get(name):
            (layout.indexes / (name + SUFFIX)).unlink(missing_ok=True)
    (layout.indexes / WITHHELD).write_text(json.dumps({name: sorted(at) for name, at in withheld.items()}), "ascii")
    stale = [(index, path) for index, path in wanted.items() if not holds(index, path)]
    for index, path in stale:
        write_index(path, index, withheld.get(stored_name(path), frozenset()))
    return Indexed(len(stale), len(wanted) - len(stale))


def write_index(path: Path, index: Path, without: frozenset[int] = frozenset()) -> None:
    """Write the sorted index of one WARC file, all of it or nothing, without the records at those offsets."""
    stat = path.stat()
    part = index.with_name(index.name + ".part")
    part.write_text("".join(sorted(lines_of(path, without))), "ascii")
    os.utime(part, ns=(stat.st_mtime_ns, stat.st_mtime_ns))
    part.replace(index)


def merged(layout: Layout) -> Iterator[str]:
    """Yield the lines of all indexes as one, in order; they must be up to date (`refresh`)."""
    with ExitStack() as stack:
        opened = [stack.enter_context(path.open(encoding="ascii")) for path in layout.indexes.glob("*" + SUFFIX)]
        yield from heapq.merge(*opened)


def _withheld(layout: Layout, now: datetime | None) -> dict[str, frozenset[int]]:
    """Return where the records of captures that are restricted lie, by file."""
    restrictions = in_force(layout, now)
    places: dict[str, set[int]] = {}
    if restrictions:
        with closing(open_for_reading(layout.catalogue)) as db:
            for capture in covered(db.conn, restrictions).captures:
                file, offset = db.execute("SELECT file, offset FROM captures WHERE id = ?", (capture,)).fetchone()
                places.setdefault(file, set()).add(offset)
    return {file: frozenset(offsets) for file, offsets in places.items()}
