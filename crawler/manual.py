"""The manual of the commands, made from the commands: `python -m crawler.manual > docs/commands.md`."""

from collections.abc import Iterator

import click

from crawler.cli import cli

HEAD = """# Commands

Made from the code by `make docs`; a test compares. Every command takes `--archive DIR` before its name.
"""


def manual() -> str:
    """Return docs/commands.md."""
    return "\n".join([HEAD, *(_section(name, command) for name, command in _commands(cli, "dateline"))])


def _commands(group: click.Group, prefix: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from _commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", command


def _section(name: str, command: click.Command) -> str:
    root = click.Context(cli, info_name="dateline", **cli.context_settings)  # as a person calls it: with -h
    context = click.Context(
        command, info_name=name.removeprefix("dateline "), parent=root, terminal_width=100, max_content_width=100
    )
    return f"## {name}\n\n```\n{command.get_help(context)}\n```\n"


if __name__ == "__main__":
    print(manual(), end="")  # noqa: T201  # its one purpose
