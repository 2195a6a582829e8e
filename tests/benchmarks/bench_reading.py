"""What reading a page costs, against `trafilatura.extract` on the same page in the same breath.

    python -m tests.benchmarks.bench_reading [--every N]

CPU time, the two interleaved page by page, each the better of two runs. The median of the ratios is the figure; the
total stands beside it, as the dearest pages weigh there.
"""

import argparse
import logging
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

import trafilatura

from archive.reading.article import read_article
from tests.quality.corpus import html_of, pages

FIGURE = 0.60
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def spent(work: Callable[[], object]) -> float:
    """Return the CPU seconds of the better of two runs."""
    best = float("inf")
    for _ in range(2):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=8, help="read one page in N (default 8)")
    every = parser.parse_args().every
    logging.disable(logging.CRITICAL)
    ours, theirs = list[float](), list[float]()
    for n, page in enumerate(pages()[::every]):
        html, url = html_of(page), page["url"] or ""

        def extract(html: bytes = html, url: str = url) -> object:
            return trafilatura.extract(html, url=url, with_metadata=True, output_format="json", include_comments=False)

        def read(html: bytes = html, url: str = url) -> object:
            return read_article(html, url, fetched_at=NOW)

        if n == 0:
            extract(), read()
        theirs.append(spent(extract))
        ours.append(spent(read))
    ratios = sorted(o / t for o, t in zip(ours, theirs, strict=True))
    median, p90 = statistics.median(ratios), ratios[int(0.9 * len(ratios))]
    print(f"{len(ratios)} pages: ratio median {median:.3f}, p90 {p90:.3f}")
    print(f"total {sum(ours) / sum(theirs):.3f}")
    print(f"ours median {1e3 * statistics.median(ours):.1f} ms, worst {1e3 * max(ours):.0f} ms")
    print(f"theirs median {1e3 * statistics.median(theirs):.1f} ms, worst {1e3 * max(theirs):.0f} ms; asked {FIGURE}")


if __name__ == "__main__":
    main()
