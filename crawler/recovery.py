"""Put right what a dead crawl left: mend its WARC files, and conclude the visits whose exchange is whole in them."""

import logging
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import asdict
from datetime import datetime

from archive.layout import Layout, lock, stored_name
from archive.model import Capture
from archive.warc.dedup import likeness_in
from archive.warc.record import Original as StoredOriginal
from archive.warc.record import warc_date
from archive.warc.recover import Recovered, recover
from crawler.conclude import Rules, reads
from crawler.frontier import Finish, Frontier, Original, Visit
from crawler.lists import Job, ListReader
from crawler.payloads import Payloads
from crawler.schedule import Retry
from crawler.sites import load_sites

logger = logging.getLogger(__name__)


def take_over(
    frontier: Frontier,
    payloads: Payloads,
    layout: Layout,
    lists: ListReader,
    rules_of: Callable[[str], Rules | None],
) -> tuple[Recovered, ...]:
    """Mend what is abandoned, conclude each visit whose exchange is stored, and give back every other lease.

    A file gets its final name only after the frontier has what is in it: a crash of the recovery itself brings it here
    again. A visit of a site that `rules_of` does not know is given back too, and costs a second capture.
    """
    leased = frontier.leased()

    def adopt(found: Recovered) -> None:
        logger.warning("recovered %s: %d exchanges, %d bytes cut", found.file, found.exchanges, found.cut_bytes)
        by_run: defaultdict[str, list[Finish]] = defaultdict(list)
        # The last of several attempts speaks for its visit.
        for lease, capture in {lease_of(capture): capture for capture in found.captures}.items():
            visit, rules = leased[lease], rules_of(leased[lease].site)
            if rules is not None and capture.provenance:
                job = job_of(layout, payloads, visit, capture, rules, capture.fetched_at)
                finish = lists.conclude(job)
                by_run[capture.provenance.run].append(finish)
        _remember(payloads, found)
        for run, finishes in by_run.items():
            frontier.finish(finishes, run)

    is_wanted = lambda capture: lease_of(capture) in leased  # noqa: E731
    found = recover(layout.warc, keep=is_wanted, adopt=adopt, manifests=layout.manifests)
    frontier.release(leased)
    payloads.purge({stored_name(path): path.stat().st_size for path in layout.warc_files()})
    return found


def recover_archive(layout: Layout) -> tuple[Recovered, ...]:
    """Do the same outside of a crawl; BusyError if one is at work."""
    with ExitStack() as stack:
        stack.enter_context(lock(layout.frontier, "a crawl is at work in this archive"))
        frontier = stack.enter_context(closing(Frontier(layout.frontier)))
        payloads = stack.enter_context(closing(Payloads(layout.frontier)))
        rules = declared_rules(layout, Retry())
        return take_over(frontier, payloads, layout, stack.enter_context(ListReader()), rules.get)


def declared_rules(layout: Layout, retry: Retry) -> dict[str, Rules]:
    """Return what conclusions depend on, of every site that is declared."""
    return {site.id: Rules(site, retry) for site in load_sites(layout.sites)}


def job_of(layout: Layout, payloads: Payloads, visit: Visit, capture: Capture, rules: Rules, now: datetime) -> Job:
    """Return what is to be concluded of a visit whose exchange lies in a WARC file."""
    stored = payloads.stored(capture.refers_to)
    record = capture.record if capture.kind == "response" else stored.record if stored else None
    original = Original(**asdict(stored.original)) if stored else None
    if not reads(visit, capture, rules) or record is None or capture.profile == "not-modified":
        return Job(visit, capture, rules, now, original=original)
    return Job(visit, capture, rules, now, layout.path_of(record.file), record, original)


def _remember(payloads: Payloads, found: Recovered) -> None:
    """Let the responses that the dead crawl had no time to sync be originals too: recovery has synced them."""
    for capture in found.captures:
        like = likeness_in(capture)
        if like is not None:
            payloads.remember(
                like, StoredOriginal(capture.record.id, capture.url, warc_date(capture.fetched_at)), capture.record
            )
    payloads.durable()


def lease_of(capture: Capture) -> str:
    """Return the visit that a capture was made for, "" if none."""
    return (capture.provenance.lease if capture.provenance else None) or ""
