"""The environment that Datasette runs in: a web server and its 27 packages have no place beside a crawler."""

from collections.abc import Callable
from pathlib import Path

from archive.side_environment import SideEnvironment

ENVIRONMENT = SideEnvironment(
    "Datasette", Path(__file__).with_name("requirements-browse.txt"), ".venv-browse", "DATELINE_BROWSE_ENV"
)


def made(where: Path | None = None, say: Callable[[str], None] = lambda _: None) -> Path:
    """Return the environment, which is made first if need be."""
    return ENVIRONMENT.made(where, say)


if __name__ == "__main__":
    print(made(say=print))  # noqa: T201  # `make peers`
