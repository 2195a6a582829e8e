"""What recording costs: CPU of a crawl over the wire handler, as a ratio of Scrapy's own.

    .venv/bin/python tests/benchmarks/bench_wire.py [ROUNDS]

Both crawl the same loopback server, in turns, each in a process of its own; the sink drops what it is handed. The time
is that of the crawl alone, without imports. On a busy machine the minimum says more.
"""

import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from tests.rawserver import Answer, Asked, RawServer
from tests.wire_crawl import Fetch, Plan, SinkKind, crawl

PAGES = 600
STOCK = "scrapy.core.downloader.handlers.http11.HTTP11DownloadHandler"
WIRE = "crawler.wire.WireHandler"


def cpu_s(handler: str, sink: SinkKind, size_bytes: int, folder: Path) -> float:
    """Return the CPU seconds of one crawl of PAGES pages."""
    page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % size_bytes
    page += b"x" * size_bytes

    def answer(asked: Asked) -> Answer:
        return Answer((page,))

    with RawServer(answer) as server:
        settings: dict[str, object] = {
            "DOWNLOAD_HANDLERS": {"http": handler, "https": handler},
            "DATELINE_RESOLVE": [f"a.test:80:127.0.0.1:{server.port}"],
        }
        chains = tuple((Fetch(f"http://a.test/{n}"),) for n in range(PAGES))
        result = crawl(Plan(chains, settings, sink), folder)
    assert all(arrived == ("200",) for arrived in result.arrived)
    return result.cpu_s


def main(rounds: int) -> None:
    for size_bytes in (1_000, 100_000):
        stock, wire = [], []
        with TemporaryDirectory() as folder:
            for _ in range(rounds):
                stock.append(cpu_s(STOCK, "none", size_bytes, Path(folder)))
                wire.append(cpu_s(WIRE, "drop", size_bytes, Path(folder)))
        for name, of in (("median", median), ("minimum", min)):
            ours, theirs = of(wire), of(stock)
            print(
                f"{PAGES} pages of {size_bytes:>7,} bytes, {name:7} of {rounds}: stock {theirs:.3f} s CPU,"
                f" wire {ours:.3f} s, ratio {ours / theirs:.3f} ({(ours - theirs) / PAGES * 1e3:+.3f} ms a page)"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
