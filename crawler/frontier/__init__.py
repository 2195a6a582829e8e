"""What is due: every URL ever seen, its state, and how each visit ended.

The crawl's memory, in one SQLite file with one writer. A URL is done only when its record is durable in a WARC file and
the links found in it are stored: `finish` is called after the fsync that covers the record, and is one transaction.
Losing the file loses no history, only what was due.
"""

from crawler.frontier.robots import is_robots
from crawler.frontier.store import Frontier
from crawler.frontier.values import (
    Delivery,
    Entry,
    Finish,
    Held,
    LedgerLine,
    Original,
    Pace,
    RobotsAnswer,
    RobotsFile,
    Validators,
    Visit,
)

__all__ = [
    "Delivery",
    "Entry",
    "Finish",
    "Frontier",
    "Held",
    "LedgerLine",
    "Original",
    "Pace",
    "RobotsAnswer",
    "RobotsFile",
    "Validators",
    "Visit",
    "is_robots",
]
