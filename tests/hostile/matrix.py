"""`make hostile`: every attack in one crawl with the settings of production, then sixteen bombs at once."""

import sys
import tempfile
from pathlib import Path

from tests.hostile.arena import Arena, Fight, fight
from tests.hostile.documents import LISTS, PAGES
from tests.hostile.judge import costs_too_much, damage, not_kept, without_one_outcome
from tests.hostile.responses import BOMBS, LARGE, REDIRECTS, SLOW, WIRE, Attack

EVERYTHING: tuple[Attack, ...] = (*BOMBS, *SLOW, *LARGE, *REDIRECTS, *WIRE, *LISTS, *PAGES)
NO_SECOND_TRY = "DATELINE_RETRY_FIRST_S=3600"  # one outcome each: a retry would be a visit of its own


def report(name: str, fought: Fight) -> bool:
    """Print what a fight came to; True if everything held."""
    print(f"== {name}: {len(fought.attacks)} attacks, {fought.seconds:.0f} s, exit code {fought.code}")
    print(f"   crawler {fought.crawler_mb:.0f} MB; largest reader {fought.reader_mb:.0f} MB")
    print(f"   healthy host: {len(fought.waits_s) + 1} pages, longest wait {fought.longest_wait_s:.2f} s")
    wrong = [
        *(f"not exactly one outcome: {url}" for url in without_one_outcome(fought)),
        *(f"not kept: {name}" for name in not_kept(fought)),
        *(f"damaged: {what}" for what in damage(fought)),
        *costs_too_much(fought),
        *(f"listens on {socket}" for socket in fought.listening),
    ]
    for line in wrong:
        print(f"   FAILED {line}")
    return not wrong and fought.code in (0, 2)


def main() -> int:
    fights = (("everything", EVERYTHING, 1_500), ("sixteen bombs at once", BOMBS, 600))
    held = []
    for name, attacks, stories in fights:
        with tempfile.TemporaryDirectory() as folder:
            held.append(report(name, fight(Arena(attacks, stories), Path(folder) / "archive", NO_SECOND_TRY)))
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
