"""Write small files that others read at any moment: whole or not at all."""

import os
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Replace a file by its new text in one step; its readers see the old one or the new, never half of one."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.chmod(0o644)  # the node exporter runs as another user
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
