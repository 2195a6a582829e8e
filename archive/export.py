"""Write answers for programs: JSON Lines and CSV, one answer at a time, so that a million need no memory."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TextIO

from archive.harmless import cell_text, json_text

# A spreadsheet takes a cell that begins so for a formula; the page's author need not be our friend.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class Exported(Protocol):
    """Anything that can say itself as plain values with stable keys."""

    def to_dict(self) -> Mapping[str, object]:
        """Return the values by name."""


def write_jsonl(answers: Iterable[Exported], out: TextIO) -> int:
    """Write one JSON object a line, and return how many."""
    count = 0
    for answer in answers:
        out.write(json_text(answer.to_dict()) + "\n")
        count += 1
    return count


def write_csv(answers: Iterable[Exported], out: TextIO, columns: Sequence[str] = ()) -> int:
    """Write a head line and one line for each answer, and return how many.

    Without `columns` the first answer names them, and for no answers there is nothing at all. A text that a spreadsheet
    would run as a formula gets an apostrophe in front.
    """
    count = 0
    lines = csv.writer(out, lineterminator="\n")
    if columns:
        lines.writerow(columns)
    for count, answer in enumerate(answers, 1):
        values = answer.to_dict()
        if count == 1 and not columns:
            lines.writerow(values)
        lines.writerow([_cell(value) for value in values.values()])
    return count


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return "" if value is None else value
    text = cell_text(value)
    return "'" + text if text.startswith(_FORMULA) else text
