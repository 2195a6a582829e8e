"""Keep the log of a crawl from filling the disk."""

from logging.handlers import RotatingFileHandler
from pathlib import Path

MAX_BYTES = 10_000_000  # some 60,000 lines: weeks of a quiet crawl, a day of a loud one
KEPT = 9


def rotate(path: Path, max_bytes: int = MAX_BYTES, kept: int = KEPT) -> bool:
    """Move a log that has grown too long to `.1`, older ones up by one, the oldest away; return whether it did.

    Called before a crawl opens its log: Scrapy holds the file open for the whole run.
    """
    if not path.exists() or path.stat().st_size < max_bytes:
        return False
    handler = RotatingFileHandler(path, maxBytes=max_bytes, backupCount=kept, delay=True)
    handler.doRollover()
    handler.close()
    return True
