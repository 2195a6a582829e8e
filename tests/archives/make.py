"""Keep a small archive as the present code writes it, for all later code to open: python -m tests.archives.make NAME.

Once committed, NAME.tar.gz is never made anew. Make another, under another name, when what is on disk changes.
"""

import sys
import tarfile
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.conftest import workbench_in
from tests.newsroom.newsroom import OPENING, Newsroom

HERE = Path(__file__).parent
OUTLETS = ("harbour-courier", "vestnik-zarechinsk")
PAGES = "30"  # a part of the newsroom; the second visit takes what changed, and some of what was left
KEPT = ("sites", "warc", "catalogue.db", "frontier.db")


def main(name: str) -> None:
    target = HERE / f"{name}.tar.gz"
    if target.exists():
        raise SystemExit(f"{target} is there already, and must stay as it is")
    with TemporaryDirectory() as folder, Newsroom(OUTLETS) as newsroom:
        bench = workbench_in(Path(folder), newsroom)
        for days in (0, 2):
            newsroom.now = OPENING + timedelta(days=days)
            ended = bench.crawl("--all", "--max-pages", PAGES, now=newsroom.now)
            if ended.code:
                raise SystemExit(ended.err)
        with tarfile.open(target, "w:gz") as packed:
            for part in KEPT:
                packed.add(Path(folder) / part, part, filter=_nobody)


def _nobody(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave out who made it."""
    return entry.replace(uid=0, gid=0, uname="", gname="", deep=False)


if __name__ == "__main__":
    main(sys.argv[1])
