"""Print for people on a terminal, or for programs; never let the text of a page speak to the terminal."""

import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from archive.errors import ArchiveError, error_of
from archive.harmless import json_text
from archive.plainlog import plain_logs

if TYPE_CHECKING:
    from rich.console import Console


class DatelineGroup(click.Group):
    """A command group that loads a command when it is called, and ends with the exit code of the error.

    Loading all commands takes ten times as long as `--version` needs.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # click's own
        super().__init__(*args, **kwargs)
        self._rooms: dict[str, str] = {}

    def add_rooms(self, rooms: Mapping[str, Iterable[str]]) -> None:
        """Name the modules that add commands to this group when they are imported, and which; the last named counts."""
        self._rooms |= {command: module for module, commands in rooms.items() for command in commands}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted({*self.commands, *self._rooms})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in self._rooms:
            import_module(self._rooms[cmd_name])
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; an ArchiveError, or a disk that takes nothing, becomes a line on stderr."""
        plain_logs()
        try:
            return super().invoke(ctx)
        except (ArchiveError, OSError) as error:
            ours = error if isinstance(error, ArchiveError) else error_of(error)
            if ours is None:
                raise
            click.echo(f"dateline: {plain(str(ours))}", err=True)
            ctx.exit(ours.exit_code)


def plain(text: str) -> str:
    r"""Return text without what a terminal would act on: control, bidirectional and other format characters.

    >>> plain("fine\x1b]0;owned\x07 \u202etxet")
    'fine]0;owned txet'
    """
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co"))


def console() -> "Console":
    """Return where people are spoken to: colours on a terminal only, and no markup in what is printed."""
    from rich.console import Console  # noqa: PLC0415  # what prints JSON, or nothing, does not wait for it

    return Console(file=sys.stdout, markup=False, highlight=False, emoji=False, soft_wrap=not sys.stdout.isatty())


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; a column whose name starts with `#` holds numbers."""
    from rich import box, table, text  # noqa: PLC0415  # as above

    sheet = table.Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        sheet.add_column(
            column.removeprefix("#"), justify="right" if column.startswith("#") else "left", overflow="fold"
        )
    for row in rows:
        sheet.add_row(*(text.Text(plain(shown(value))) for value in row))
    target = console()
    target.width = max(target.width, 100)
    target.print(sheet)


def print_json(value: object) -> None:
    """Print one JSON object on one line."""
    click.echo(json_text(value))


def shown(value: object) -> str:
    """Return a value as a table cell shows it.

    >>> shown(1234567), shown(None), shown(2.5)
    ('1,234,567', '', '2.5')
    """
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def size_text(size_bytes: float) -> str:
    """Return a number of bytes for people.

    >>> size_text(999), size_text(1_250_000)
    ('999 B', '1.2 MB')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if size_bytes < 1000:
            return f"{size_bytes:.0f} {unit}" if unit == "B" else f"{size_bytes:.1f} {unit}"
        size_bytes /= 1000
    return f"{size_bytes:.1f} TB"


Progress = Callable[[str], None]


def progress_line() -> Progress:
    """Return a function that shows how far a long command is: one moving line on a terminal, silence elsewhere."""
    if not sys.stderr.isatty():
        return lambda _: None

    def show(text: str) -> None:
        click.echo(f"\r\x1b[2K{plain(text)}", nl=False, err=True)

    return show
