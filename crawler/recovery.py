"""Put right what a dead crawl left: mend its WARC files, and conclude the visits whose exchange is whole in them."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

from archive.layout import Layout
from archive.model import Capture
from archive.warc.recover import Recovered, recover
from archive.warc.walk import page_bytes
from crawler.conclude import Rules, conclude
from crawler.frontier import Finish, Frontier, Visit

logger = logging.getLogger(__name__)


def take_over(frontier: Frontier, layout: Layout, rules_of: Callable[[str], Rules | None]) -> tuple[Recovered, ...]:
    """Mend what is abandoned, conclude each visit whose exchange is stored, and give back every other lease.

    A file gets its final name only after the frontier has what is in it: a crash of the recovery itself brings it here
    again. A visit of a site that `rules_of` does not know is given back too, and costs a second capture.
    """
    leased = frontier.leased()

    def adopt(found: Recovered) -> None:
        logger.warning("recovered %s: %d exchanges, %d bytes cut", found.file, found.exchanges, found.cut_bytes)
        by_run: defaultdict[str, list[Finish]] = defaultdict(list)
        for run, finish in _finishes(layout, leased, found, rules_of):
            by_run[run].append(finish)
        for run, finishes in by_run.items():
            frontier.finish(finishes, run)

    found = recover(layout.warc, keep=lambda capture: lease_of(capture) in leased, adopt=adopt)
    frontier.release(leased)
    return found


def list_body(layout: Layout, visit: Visit, capture: Capture) -> bytes:
    """Return the decoded body that discovery reads: of what lists articles, and of nothing else."""
    if visit.role != "source" or capture.kind != "response":
        return b""
    return page_bytes(layout.path_of(capture.record.file), capture).body


def lease_of(capture: Capture) -> str:
    """Return the visit that a capture was made for, "" if none."""
    return (capture.provenance.lease if capture.provenance else None) or ""


def _finishes(
    layout: Layout, leased: Mapping[str, Visit], found: Recovered, rules_of: Callable[[str], Rules | None]
) -> Iterator[tuple[str, Finish]]:
    """Yield how each visit ended, with its run; the last of several attempts speaks for it."""
    for lease, capture in {lease_of(capture): capture for capture in found.captures}.items():
        visit = leased[lease]
        rules = rules_of(visit.site)
        if rules is not None and capture.provenance:
            body = list_body(layout, visit, capture)
            yield capture.provenance.run, conclude(visit, capture, body, rules, capture.fetched_at)
