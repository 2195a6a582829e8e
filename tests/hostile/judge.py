"""What must be true after a fight: each judgement returns what is wrong, nothing if nothing is."""

import re
from collections import Counter
from collections.abc import Iterator

from archive.verify import verify
from archive.warc.walk import captures, read_at
from tests.hostile.arena import Fight

CRAWLER_MB, READER_MB = 300.0, 400.0
LONGEST_WAIT_S = 1.0
# What nothing may print, whatever a page says: controls but for newline and tab, and what turns the writing around.
LOUD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def without_one_outcome(fight: Fight) -> list[str]:
    """Return the declared addresses that do not have exactly one outcome."""
    counted = Counter(str(url) for (url,) in fight.rows("SELECT url FROM visits WHERE site = 'hostile'"))
    leased = [str(url) for (url,) in fight.rows("SELECT url FROM urls WHERE state = 'leased'")]
    return [attack.url for attack in fight.attacks if counted[attack.url] != 1] + leased


def not_kept(fight: Fight) -> list[str]:
    """Return the answers of which something was received and nothing, or something else, is in the archive."""
    kept: dict[str, list[bytes]] = {}
    for path in fight.layout.warc_files():
        for capture in captures(path):
            block = b""
            if capture.kind == "response":
                block = read_at(path, capture.record.offset, capture.record.length).block
            kept.setdefault(capture.url, []).append(block)
    return list(_missing(fight, kept))


def _missing(fight: Fight, kept: dict[str, list[bytes]]) -> Iterator[str]:
    for attack in fight.attacks:
        sent = [answer for request, answer in fight.served.get(attack.host, ()) if attack.path.encode() in request]
        blocks = kept.get(attack.url, [])
        if any(sent) and not blocks:
            yield f"{attack.name}: nothing of what was received"
        if any(block and not any(block in answer for answer in sent) for block in blocks):
            yield f"{attack.name}: what was never sent"


def damage(fight: Fight) -> list[str]:
    """Return what `verify` finds wrong with the WARC files."""
    return [f"{p.file} at {p.offset}: {p.what}" for p in verify(fight.layout).problems]


def costs_too_much(fight: Fight) -> list[str]:
    """Return the bounds that were passed: memory of the crawler and of each reader, the wait of the healthy host."""
    found = []
    if fight.crawler_mb > CRAWLER_MB:
        found.append(f"the crawler held {fight.crawler_mb:.0f} MB")
    found += [f"a {p.name} held {p.rss_mb:.0f} MB" for p in fight.peaks if p.name != "crawler" and p.rss_mb > READER_MB]
    if fight.longest_wait_s > LONGEST_WAIT_S:
        found.append(f"the healthy host waited {fight.longest_wait_s:.1f} s")
    return found
