"""How well copies are found: pairs made from real bodies as outlets make them, and pairs that are none.

Run: python tests/benchmarks/bench_copies.py [BODIES]. Texts are the gold bodies of the shared corpus, or invented ones
where it is absent. A copy is re-headlined, cut to its first third, framed by paragraphs of another report, or rewritten
(one word in seven replaced, one paragraph in five dropped); no copies are all other pairs, among them two texts that
share one paragraph of background, and a text with every word replaced, as a translation has.
"""

import json
import os
import random
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from archive.catalogue.database import open_catalogue
from archive.catalogue.identity import article_id
from archive.urls import article_key
from tests.benchmarks.newspapers import Press
from tests.catalogue_world import Found, article, page, settled

CORPUS = Path(os.environ.get("DATELINE_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))
BODIES = 300
LEAST_WORDS = 120
FLOORS = (0.98, 0.95)

Body = Sequence[str]


def main(count: int = BODIES) -> None:
    chance, press = random.Random(5), Press(seed=5)
    bodies = _bodies(count, press)
    found: list[Found] = []
    wanted: dict[str, set[tuple[str, str]]] = {}
    for n, body in enumerate(bodies):
        other = bodies[(n + 1) % len(bodies)]
        made = {
            "re-headlined": list(body),
            "cut": _cut(body),
            "framed": [*other[:1], *body, *other[-1:]],
            "rewritten": _rewritten(body, press, chance),
        }
        found.append(_page(n, "origin", body, 0))
        for at, (how, text) in enumerate(made.items(), 1):
            found.append(_page(n, how, text, at))
            wanted.setdefault(how, set()).add((_id(n, how), _id(n, "origin")))
        found.append(_page(n, "translated", _replaced(body, press, chance, 1.0), 6))
        found.append(_page(n, "background", [*(press.text(400) for _ in range(6)), max(body, key=len)[:400]], 7))
    with TemporaryDirectory(prefix="bench-copies-") as folder, closing(open_catalogue(Path(folder) / "c.db")) as db:
        settled(db, found)
        origin = dict(db.execute("SELECT article, origin FROM copies").fetchall())
    _report(origin, wanted, len(bodies))


def _report(origin: dict[str, str], wanted: dict[str, set[tuple[str, str]]], count: int) -> None:
    all_wanted = set().union(*wanted.values())
    same = {article for article, first in origin.items() if (article, first) in all_wanted}
    precision = len(same) / max(1, len(origin))
    recall = len(same) / len(all_wanted)
    for how, pairs in wanted.items():
        print(f"{how:<14} {sum(article in same for article, _ in pairs) / len(pairs):7.1%} found")
    print(
        f"{count} reports, {len(all_wanted)} copies: precision {precision:.3f}, recall {recall:.3f} (floors {FLOORS})"
    )
    if precision < FLOORS[0] or recall < FLOORS[1]:
        raise SystemExit(1)


def _bodies(count: int, press: Press) -> list[Body]:
    found: dict[str, Body] = {}
    pages = CORPUS / "pages.jsonl"
    if pages.exists():
        for line in pages.read_text("utf-8").splitlines():
            gold = json.loads(line)["gold"] or []
            if len(" ".join(gold).split()) >= LEAST_WORDS:
                found.setdefault(" ".join(gold)[:300], tuple(gold))
    bodies = list(found.values())[:count]
    return bodies or [[press.text(330) for _ in range(10)] for _ in range(count)]


def _cut(body: Body) -> Body:
    words, kept = sum(len(text.split()) for text in body) / 3, 0
    for n, text in enumerate(body, 1):
        kept += len(text.split())
        if kept >= max(words, 60):
            return body[:n]
    return body


def _rewritten(body: Body, press: Press, chance: random.Random) -> Body:
    kept = [text for n, text in enumerate(body) if n % 5 != 4]
    return _replaced(kept, press, chance, 1 / 7)


def _replaced(body: Body, press: Press, chance: random.Random, share: float) -> Body:
    return [" ".join(press.text(14) if chance.random() < share else w for w in text.split()) for text in body]


def _url(n: int, how: str) -> str:
    return f"https://www.courier.test/2026/report-{n}-{how}"


def _id(n: int, how: str) -> str:
    return article_id("courier", article_key(_url(n, how)))


def _page(n: int, how: str, body: Body, hours: int) -> Found:
    return page(_url(n, how), n + hours * timedelta(days=30).total_seconds() / 3600, article(f"{how} {n}", *body))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
