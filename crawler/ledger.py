"""What a run says of itself in the WARC files, as `resource` records: its sites, and the outcomes without bytes."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TypeVar

from archive.warc.store import WarcStore
from crawler.clock import Clock
from crawler.frontier import Frontier
from crawler.sites import Site, to_toml

LEDGER_LINES = 2_000  # outcomes in one record

T = TypeVar("T")


def write_sites(store: WarcStore, sites: Sequence[Site], run: str, at: datetime) -> None:
    """Write the resolved file of each site."""
    for site in sites:
        store.append_resource(f"urn:dateline:run:{run}:site:{site.id}", "application/toml", to_toml(site).encode(), at)


def write_ledger(frontier: Frontier, store: WarcStore, run: str, now: Clock) -> None:
    """Write what ended in that run without bytes, durably, and note in the frontier that it is written."""
    lines = frontier.unwritten(run)
    for number, part in enumerate(parts_of(lines, LEDGER_LINES)):
        block = "".join(json.dumps({**asdict(line), "at": line.at.isoformat()}) + "\n" for line in part)
        uri = f"urn:dateline:run:{run}:ledger:{number}"
        store.append_resource(uri, "application/x-ndjson", block.encode(), now())
    if lines:
        store.sync()
        frontier.written(lines)


def parts_of(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield slices of that size, the last one shorter."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
