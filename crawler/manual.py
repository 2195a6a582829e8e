"""The manual of the commands, made from the commands: `python -m crawler.manual > docs/commands.md`."""

from collections.abc import Iterator

import click

from crawler.cli import cli

HEAD = """# Commands

Made from the code by `make docs`; a test compares. Every command takes `--archive DIR` before its name.
"""


def manual() -> str:
    """Return docs/commands.md."""
    return "\n".join([HEAD, *(_section(name, command) for name, command in commands(cli))])


def commands(group: click.Group, prefix: str = "dateline") -> Iterator[tuple[str, click.Command]]:
    """Yield every command by its whole name, as it is typed."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix} {name}")
        elif command is not None:
            yield f"{prefix} {name}", command


def _section(name: str, command: click.Command) -> str:
    root = click.Context(cli, info_name="dateline", **cli.context_settings)  # as a person calls it: with -h
    context = click.Context(
        command, info_name=name.removeprefix("dateline "), parent=root, terminal_width=100, max_content_width=100
    )
    return f"## {name}\n\n```\n{command.get_help(context)}\n```\n"


if __name__ == "__main__":
    print(manual(), end="")  # noqa: T201  # its one purpose
