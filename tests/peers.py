"""Other people's tools, which judge our files where `make peers` has installed them."""

import subprocess
from pathlib import Path

import pytest

from archive.replay.environment import ENVIRONMENT

PEERS = Path(__file__).parents[1] / ".venv-peers" / "bin"
needs_peers = pytest.mark.skipif(not (PEERS / "wacz").exists(), reason="no .venv-peers here: `make peers` makes it")
has_pywb = ENVIRONMENT.is_made(ENVIRONMENT.place())
needs_pywb = pytest.mark.skipif(not has_pywb, reason="no .venv-replay here: `make peers` makes it")


def run(*command: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    line = [str(part) for part in command]
    return subprocess.run(line, input=stdin, capture_output=True, text=True, check=False, timeout=90)
