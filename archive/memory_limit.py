"""A limit of memory that the kernel keeps, for processes that read what strangers wrote."""

import resource
from pathlib import Path

_STATM = Path("/proc/self/statm")


def limit_memory(beyond_bytes: int) -> None:
    """Let this process hold that much more than it holds now; what asks for more gets a MemoryError.

    RLIMIT_DATA, not RLIMIT_AS: it counts what a process writes to, so that no mapped library uses up the limit, and
    what is in memory cannot grow beyond it. malloc, and so Python and libxml2, are refused alike.
    """
    if _STATM.exists():
        holds = int(_STATM.read_text().split()[5]) * resource.getpagesize()
    else:
        holds = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (holds + beyond_bytes, holds + beyond_bytes))
