"""The environment that pywb runs in.

pywb wants other versions of what Dateline stands on (its brotlipy and Scrapy's brotli both own the module `brotli`),
and some of what it needs comes as source alone: it can never live in the environment Dateline itself runs in.
"""

from collections.abc import Callable
from pathlib import Path

from archive.side_environment import SideEnvironment

ENVIRONMENT = SideEnvironment(
    "pywb", Path(__file__).with_name("requirements-replay.txt"), ".venv-replay", "DATELINE_REPLAY_ENV"
)


def made(where: Path | None = None, say: Callable[[str], None] = lambda _: None) -> Path:
    """Return the environment, which is made first if need be."""
    return ENVIRONMENT.made(where, say)


if __name__ == "__main__":
    print(made(say=print))  # noqa: T201  # `make peers`
