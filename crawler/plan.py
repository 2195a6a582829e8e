"""What a run is asked to do: which sites, within which limits, how gently at the least."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from archive.layout import Layout
from crawler.payloads import Scope
from crawler.schedule import Retry
from crawler.sites import Site, group_of


@dataclass(frozen=True, slots=True)
class Limits:
    """What ends a run early. 0 means no bound."""

    pages: int = 0
    time: timedelta = timedelta(0)
    min_free: int = 0
    patience: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is asked to do."""

    layout: Layout
    sites: tuple[Site, ...]
    retry: Retry
    limits: Limits
    software: str
    dedup: Scope = "archive"
    agent: str = "Dateline"  # what robots.txt is asked about


def new_run_id(at: datetime) -> str:
    """Return a name for a run that begins then."""
    return f"{at:%Y%m%d%H%M%S}-{uuid.uuid4().hex[:6]}"


def delays_of(sites: Sequence[Site]) -> dict[str, float]:
    """Return the delay of each politeness group as declared, the longest where sites share one."""
    delays: dict[str, float] = {}
    for site in sites:
        for host in site.hosts:
            group = group_of(f"http://{host}/")
            delays[group] = max(delays.get(group, 0.0), site.polite.delay_s)
    return delays
