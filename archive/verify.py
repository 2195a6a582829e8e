"""Prove that an archive holds what it says: every record whole, every digest right, every row leading to its bytes.

Other checkers are no proof: of 40 torn files `warcio check` passed 35 and `fastwarc check` 13, and both take a chunked
response for damaged, as they compute its payload digest over the chunk framing (docs/archive-format.md).
"""

import multiprocessing
import os
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

from archive.cdxj_lines import SUFFIX, disagreements, holds, line_of, made_without
from archive.layout import OPEN_SUFFIX, Layout, stored_name
from archive.manifest import UNHARMED, differences, read_manifests
from archive.warc.check import FileCheck, check_file
from archive.warc.fixity import Manifest
from archive.warc.members import Member

Row = tuple[str, int, int, str]
"""What a row of the catalogue says of a record: file, offset, length, record id."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it must be, and where: a file's stored name and an offset in it."""

    file: str
    offset: int
    what: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was checked, and everything that was found wrong. `open_files` are still being written."""

    files: int = 0
    records: int = 0
    captures: int = 0
    size_bytes: int = 0
    indexes: int = 0  # those that are up to date; others are made anew before their next use
    manifests: int = 0
    without_manifest: int = 0  # closed files of an earlier version, or put here by hand
    open_files: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    def with_problems(self, more: Iterable[Problem]) -> "Report":
        """Return the report with those problems as well."""
        return replace(self, problems=(*self.problems, *more))

    @property
    def is_clean(self) -> bool:
        """True if nothing is wrong."""
        return not self.problems

    def to_dict(self) -> dict[str, object]:
        """Return the report as plain values with stable keys."""
        return {
            "files": self.files,
            "records": self.records,
            "captures": self.captures,
            "bytes": self.size_bytes,
            "indexes": self.indexes,
            "manifests": self.manifests,
            "without_manifest": self.without_manifest,
            "open": list(self.open_files),
            "problems": [
                {"file": problem.file, "offset": problem.offset, "what": problem.what} for problem in self.problems
            ],
        }


def verify(
    layout: Layout,
    *,
    rows: Iterable[Row] | None = None,
    progress: Callable[[str, int], None] | None = None,
) -> Report:
    """Return what is wrong with the WARC files of an archive, with their manifests and indexes, and, given its `rows`,
    with the way the catalogue points into them.

    Every row, and every line of an index, must open as the record it names; every capture of a closed file must have a
    row. A file still being written may end anywhere. `progress` is called with the name and the size in bytes of each
    file checked.
    """
    by_file = None if rows is None else _by_file(rows)
    manifests, unreadable = read_manifests(layout)
    found, responses = [], set[int]()
    for file in _checked(_tasks(layout, by_file, manifests)):
        found.append(file)
        responses.update(file.responses)
        if progress:
            progress(file.name, file.size_bytes)
    names = {file.name for file in found}
    problems = [Problem(name, 0, "no manifest that can be read") for name in unreadable]
    problems += [problem for file in found for problem in file.problems]
    problems += [problem for file in found for problem in _dangling(file, responses)]
    problems += _missing(by_file or {}, manifests, names)
    problems += _of_no_file(layout, names)
    return Report(
        files=len(found),
        records=sum(file.records for file in found),
        captures=sum(file.captures for file in found),
        size_bytes=sum(file.size_bytes for file in found),
        indexes=sum(file.is_indexed for file in found),
        manifests=len(manifests),
        without_manifest=sum(not file.is_open and file.name not in manifests for file in found),
        open_files=tuple(sorted(file.name for file in found if file.is_open)),
        problems=tuple(sorted(problems, key=lambda problem: (problem.file, problem.offset))),
    )


@dataclass(frozen=True, slots=True)
class _Task:
    """One file, and what is said of it elsewhere: by rows, a manifest, an index made without some of its records."""

    path: Path
    rows: Sequence[Row] | None
    manifest: Manifest | None
    index: Path
    without: frozenset[int]


@dataclass(frozen=True, slots=True)
class _File:
    """What a process found in one file, in few bytes: an archive has millions of records."""

    name: str
    is_open: bool
    is_indexed: bool
    size_bytes: int
    records: int
    captures: int
    problems: tuple[Problem, ...]
    responses: "array[int]"  # hashes of record ids
    references: tuple[tuple[int, str], ...]


def _look_into(task: _Task) -> _File:
    name = stored_name(task.path)
    path = task.path if task.path.exists() else task.path.with_name(name)  # its writer closed it just now
    is_open = path.name.endswith(OPEN_SUFFIX)
    lines: dict[int, str] = {}

    def index(member: Member) -> None:
        if line := line_of(member, name, member.offset, member.length):
            lines[member.offset] = line

    is_indexed = holds(task.index, path)
    check = check_file(path, look=index if is_indexed else None)
    wrong = [*check.problems]
    if check.tail and not is_open:
        wrong.append(check.tail)
    if task.manifest is not None and not is_open:
        unharmed = UNHARMED if not wrong and task.manifest.counts(check.types) else ""
        wrong += [(0, what + unharmed) for what in differences(task.manifest, path)]
    if task.rows is not None:
        wrong += _lost_rows(check, task.rows)
        wrong += [] if is_open else _unknown_captures(check, task.rows)
    problems = [Problem(name, *problem) for problem in wrong]
    if is_indexed:
        found = disagreements(task.index, lines, task.without)
        problems += [Problem(task.index.name, at, f"{what}; delete it, and `dateline cdxj`") for at, what in found]
    return _File(
        name,
        is_open,
        is_indexed,
        path.stat().st_size,
        len(check.records),
        len(check.captures),
        tuple(problems),
        array("Q", map(_hash, check.responses)),
        tuple(check.references),
    )


def _lost_rows(check: FileCheck, rows: Sequence[Row]) -> Iterator[tuple[int, str]]:
    for _, offset, length, record_id in rows:
        if check.records.get(offset) != (length, record_id):
            yield offset, f"the catalogue says that {record_id} is here; it is not"


def _unknown_captures(check: FileCheck, rows: Sequence[Row]) -> Iterator[tuple[int, str]]:
    known = {offset for _, offset, _, _ in rows}
    for offset, url in check.captures.items():
        if offset not in known and url.startswith("http"):
            yield offset, f"not in the catalogue: {url}"


def _dangling(file: _File, responses: set[int]) -> Iterator[Problem]:
    for offset, record_id in file.references:
        if _hash(record_id) not in responses:
            what = f"a revisit of {record_id}, which is no response of this archive"
            yield Problem(file.name, offset, what)


def _missing(
    rows: Mapping[str, Sequence[Row]], manifests: Mapping[str, Manifest], files: set[str]
) -> Iterator[Problem]:
    for file in sorted({*rows, *manifests} - files):
        if file in rows:
            yield Problem(file, 0, f"the file is missing; {len(rows[file])} rows of the catalogue lead to it")
        else:
            yield Problem(file, 0, "the file is missing; it has a manifest")


def _of_no_file(layout: Layout, files: set[str]) -> Iterator[Problem]:
    for index in layout.indexes.glob("*" + SUFFIX):
        if index.name.removesuffix(SUFFIX) not in files:
            yield Problem(index.name, 0, "an index of no file that is here; `dateline cdxj` takes it away")


def _by_file(rows: Iterable[Row]) -> dict[str, list[Row]]:
    by_file = defaultdict(list)
    for row in rows:
        by_file[row[0]].append(row)
    return by_file


def _hash(record_id: str) -> int:
    """Eight bytes tell millions of ids apart, and take a tenth of their space."""
    return int.from_bytes(blake2b(record_id.encode(), digest_size=8).digest(), "big")


def _tasks(layout: Layout, by_file: Mapping[str, list[Row]] | None, manifests: Mapping[str, Manifest]) -> list[_Task]:
    """Return what is to be checked, the largest first, so that none of them is left to run alone at the end."""
    without = made_without(layout)
    named = [(path, stored_name(path)) for path in layout.warc_files()]
    return [
        _Task(
            path,
            None if by_file is None else by_file.get(name, []),
            manifests.get(name),
            layout.indexes / (name + SUFFIX),
            without.get(name, frozenset()),
        )
        for path, name in sorted(named, key=lambda each: each[0].stat().st_size, reverse=True)
    ]


def _checked(tasks: list[_Task]) -> Iterator[_File]:
    """Check the files on all cores."""
    workers = min(len(tasks), len(os.sched_getaffinity(0)))
    if workers < 2:
        yield from map(_look_into, tasks)
        return
    # Not forked: the caller may have threads (a progress bar, a database) whose locks a fork would copy.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        for done in as_completed([pool.submit(_look_into, task) for task in tasks]):
            yield done.result()
