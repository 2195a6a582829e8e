"""Serve the newsroom until told to stop: `python -m tests.newsroom --port 0 --ready-file FILE`."""

import argparse
import signal
import threading
from datetime import datetime, timedelta
from pathlib import Path

from tests.newsroom.newsroom import OPENING, Newsroom


def main() -> None:
    """Run until SIGTERM or SIGINT; the ready file appears once every address answers, and goes at the end."""
    args = _arguments()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with _newsroom(args) as newsroom:
        if args.write_resolve:
            newsroom.write_resolve(args.write_resolve)
        if args.write_sites:
            newsroom.write_sites(args.write_sites)
        if args.ready_file:
            partial = args.ready_file.with_suffix(".part")
            partial.write_text(newsroom.state() + "\n", "utf-8")
            partial.rename(args.ready_file)
        print(newsroom.state(), flush=True)
        stop.wait()
    if args.ready_file:
        args.ready_file.unlink(missing_ok=True)


def _newsroom(args: argparse.Namespace) -> Newsroom:
    if args.corpus:
        return Newsroom.from_corpus(
            args.corpus,
            args.pages,
            args.hosts,
            port=args.port,
            now=args.now,
            log=args.log,
            source=args.corpus_source,
        )
    spread = timedelta(days=args.spread_days) if args.spread_days else None
    return Newsroom(args.outlets, port=args.port, now=args.now, log=args.log, spread=spread)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.newsroom", description=__doc__)
    add = parser.add_argument
    add("--port", type=int, default=0, help="0 takes a free one (default)")
    add("--ready-file", type=Path, help="written, as JSON, when the port answers")
    add("--log", type=Path, help="append each request as a JSON line")
    add("--now", type=datetime.fromisoformat, default=OPENING, help="the time in the newsroom")
    add("--write-resolve", type=Path, metavar="FILE", help="NAME:80:127.0.0.1:PORT lines")
    add("--write-sites", type=Path, metavar="DIR", help="the site files")
    add("--outlets", nargs="+", default=(), help="serve only these")
    add("--spread-days", type=float, help="let the stories appear one by one over so many days")
    add("--corpus", type=Path, metavar="DIR", help="serve a folder of saved pages instead")
    add("--pages", type=int, help="at most so many of them")
    add("--hosts", type=int, default=20, help="on so many hosts (default 20)")
    add("--corpus-source", choices=("news-sitemap", "feed"), default="news-sitemap")
    return parser.parse_args()


if __name__ == "__main__":
    main()
