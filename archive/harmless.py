"""Text of a page in the hands of programs: nothing is lost, and nothing in it speaks to a terminal on the way."""

import json
import re

# C0 and C1 controls, the characters that turn the direction of writing, lone surrogates, and separators of lines.
_LOUD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")


def json_text(value: object) -> str:
    r"""Return the value as JSON on one line; what a terminal would act on is written as an escape, and reads back.

    >>> json_text({"title": "fine\x9b31m \u202etxet"})
    '{"title": "fine\\u009b31m \\u202etxet"}'
    """
    return _escaped(json.dumps(value, ensure_ascii=False, default=str))


def line_text(text: str) -> str:
    r"""Return a text for a log: escaped in the same way, and set in from its second line on.

    >>> line_text("fine\x1b[31m\n2026-03-04 all is well")
    'fine\\u001b[31m\n  2026-03-04 all is well'
    """
    return _escaped(text).replace("\n", "\n  ")


def cell_text(text: str) -> str:
    r"""Return a text for a cell of a table, where no escape exists: what a terminal would act on is left out.

    >>> cell_text("fine\x1b[31m")
    'fine[31m'
    """
    return _LOUD.sub("", text)


def _escaped(text: str) -> str:
    return _LOUD.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
