"""What time it is: the one clock of the crawl, which a test can set.

`DATELINE_CLOCK` (an ISO time) makes the clock of this process start there and go on at its real pace, so that a crawl
of the day after tomorrow can be tried today. Nothing else reads it.
"""

import os
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]

VARIABLE = "DATELINE_CLOCK"


def system_clock() -> Clock:
    """Return the clock of this process."""
    start = os.environ.get(VARIABLE)
    if not start:
        return lambda: datetime.now(UTC)
    offset = datetime.fromisoformat(start).astimezone(UTC) - datetime.now(UTC)
    return lambda: datetime.now(UTC) + offset
