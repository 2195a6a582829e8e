"""`make quality`: the issue's table, out of fold by publisher group, against floors that only rise.

    python -m tests.quality.quality                   # measure, compare with floors.json, list the worst pages
    python -m tests.quality.quality --write-weights   # ... and train weights.txt on all pages, with this record
    python -m tests.quality.quality --leave-out language

Every page is judged with weights that were trained without its publisher group. Metadata and the operating point are
those of the shipped reader. Skipped, with a word, where the corpus is absent.
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from archive import read_article
from archive.model import Kind
from archive.reading.facts import Facts, rounded
from archive.reading.judge import judge
from archive.reading.vote import FILE, Weights
from tests.quality.corpus import CORPUS, Sample, html_of, labels_of, pages, sample_of
from tests.quality.train import Data, folds_of, out_of_fold, text_of, trained

Row = dict[str, Any]  # rows of the corpus's scorers, which are plain dictionaries

PLAIN = {Kind.NOTE: "body", Kind.CORRECTION: "body"}
FLOORS = Path(__file__).with_name("floors.json")
AFTER_ALL = datetime(2026, 11, 1, tzinfo=UTC)  # no page of the corpus is younger
LOWER_IS_BETTER = ("leak", "chrome leak", "false removal")
SLACK = 0.002  # what another machine's float arithmetic may move


def weighed(sample: Sample, weights: Weights) -> list[Facts]:
    """Return the facts of a page under other weights."""
    found = []
    for f, row in zip(sample.facts, sample.rows, strict=True):
        body1, appeal1, body2, appeal2 = weights.own(row)
        found.append(replace(f, body1=body1, appeal1=appeal1, body2=body2, appeal2=appeal2))
    return rounded(found)


def answer_of(sample: Sample, weights: Weights, metadata: Row | None = None) -> Row:
    """Return what the scorers take, for a page judged with these weights."""
    context = weights.body_context, weights.appeal_context
    verdicts = judge(weighed(sample, weights), sample.texts, {}, context)
    told = list(zip(sample.texts, verdicts, strict=True))
    answer: Row = {"title": None, "authors": [], "published": None, "ms": 0.0, "error": None}
    answer |= metadata or {}
    answer["body"] = [t for t, v in told if v.kind.in_body]
    answer["passages"] = [{"text": t, "kind": PLAIN.get(v.kind, str(v.kind))} for t, v in told]
    return answer


def metadata_of(page: Row) -> Row:
    """Return title, authors and time as the shipped reader gives them."""
    article = read_article(html_of(page), page["url"] or "", fetched_at=AFTER_ALL)
    return {
        "title": article.title,
        "authors": list(article.authors),
        "published": article.published or article.published_text,
    }


def extract(html: bytes, url: str | None) -> Row:
    """The shipped reader as an extractor of the corpus's scorers: `--extractor tests.quality.quality:extract`."""
    article = read_article(html, url or "", fetched_at=AFTER_ALL)
    return {
        "body": list(article.body),
        "passages": [{"text": p.text, "kind": PLAIN.get(p.kind, str(p.kind))} for p in article.passages],
        "title": article.title,
        "authors": list(article.authors),
        "published": article.published or article.published_text,
    }


def figures(
    all_pages: Sequence[Row], answers: Mapping[str, Row], baseline: Mapping[str, Row]
) -> tuple[dict[str, float], dict[str, int], Any]:
    """Return the figures of the issue's table, their counts, and the scorers' tally."""
    score_bodies = import_module("score_bodies")  # of the corpus, which may be absent
    out: dict[str, float] = {}
    count: dict[str, int] = {}
    for name in ("sh", "fundus", "traf"):
        chosen = [p for p in all_pages if p["set"] == name]
        given = [answers[p["id"]] for p in chosen]
        if name == "traf":
            found, _ = score_bodies.score_snippets(chosen, given)
        else:
            found, _ = score_bodies.score_full(chosen, given, [p["gold"] for p in chosen])
            out[f"{name} exact"] = found["exact"]
        out[f"{name} F1"], count[f"{name} F1"] = found["F1"], len(chosen)
        if name == "fundus":
            out["leads kept"], count["leads kept"] = found["kept"]["lead"]
            for what, (share, n) in score_bodies.score_metadata(chosen, given).items():
                if what in ("title equal in words", "authors same set", "date same day"):
                    out[what], count[what] = share, n
    tally = _tally(all_pages, answers, baseline)
    for name, key in TALLIED.items():
        figure = tally.figure(key)
        out[name], count[name] = figure["value"], figure["n"]
    return out, count, tally


TALLIED: dict[str, str | tuple[str, str, str]] = {
    "leak all": ("appeals", "leak", "all"),
    "leak in text": ("appeals", "leak", "in text"),
    "recall in scope": ("appeals", "recall", "in scope"),
    "chrome leak in scope": ("chrome", "leak", "in scope"),
    "clean pages": "clean pages",
    "false removal": "false removal",
    "hard negatives": "hard negatives",
    "appeals in the gold": "returned appeals in the gold",
}


def _tally(all_pages: Sequence[Row], answers: Mapping[str, Row], baseline: Mapping[str, Row]) -> Any:
    score_passages = import_module("score_passages")
    tally = score_passages.Tally()
    for page in all_pages:
        labels = labels_of(page)
        if labels is not None:
            name = page["id"]
            score_passages.observe(page, labels, answers[name], baseline[name], tally, [])
    return tally


def baseline_of(all_pages: Sequence[Row], jobs: int) -> dict[str, Row]:
    """Return what trafilatura makes of the pages."""
    found = import_module("harness").run("baselines:trafilatura_default", all_pages, CORPUS, jobs)
    return {p["id"]: a for p, a in zip(all_pages, found, strict=True)}


def measured(jobs: int, leave_out: str) -> tuple[Data, dict[str, float], dict[str, int], Any]:
    """Read, train and judge the corpus; return its blocks and the out-of-fold figures."""
    all_pages = pages()
    with ProcessPoolExecutor(jobs) as pool:
        samples = list(pool.map(sample_of, all_pages, chunksize=16))
        metadata = list(pool.map(metadata_of, all_pages, chunksize=16))
    data = Data([s for s in samples if s is not None])
    fold = _languages(data) if leave_out == "language" else folds_of(data.samples)
    weights = out_of_fold(data, fold=fold)
    named = {p["id"]: m for p, m in zip(all_pages, metadata, strict=True)}
    answers = {s.id: answer_of(s, w, named[s.id]) for s, w in zip(data.samples, weights, strict=True)}
    return data, *figures(all_pages, answers, baseline_of(all_pages, jobs))


def _languages(data: Data) -> list[int]:
    """Return one fold a language, the rare ones together."""
    count: defaultdict[str, int] = defaultdict(int)
    for s in data.samples:
        count[s.language] += 1
    common = sorted(n for n, k in count.items() if k >= 10)
    return [common.index(s.language) + 1 if s.language in common else 0 for s in data.samples]


def below_floors(found: Mapping[str, float]) -> list[str]:
    """Return the figures that are worse than their floors, as lines to print."""
    floors: dict[str, float] = json.loads(FLOORS.read_text("utf-8"))
    lines = []
    for name, floor in floors.items():
        sign = -1 if name.startswith(LOWER_IS_BETTER) else 1
        if sign * (found[name] - floor) < -SLACK:
            lines.append(f"{name}: {found[name]:.4f}, floor {floor:.4f}")
    return lines


def record_of(found: Mapping[str, float], count: Mapping[str, int]) -> str:
    """Return the training record that stands at the head of weights.txt."""
    figures_line = "; ".join(f"{n} {v:.4f}" + (f" of {count[n]}" if n in count else "") for n, v in found.items())
    return (
        "Trained by tests/quality (make train) on the dev half of the news extraction corpus.\n"
        "Two passes of logistic regression, 5 folds by publisher group; out of fold:\n" + figures_line
    )


def report(found: Mapping[str, float], count: Mapping[str, int], say: Callable[[str], object]) -> None:
    """Say every figure with its count."""
    for name, value in found.items():
        say(f"{name:24} {value:7.4f}" + (f"   n={count[name]}" if name in count else ""))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--leave-out", choices=("publisher", "language"), default="publisher")
    parser.add_argument("--write-weights", action="store_true")
    args = parser.parse_args()
    if not (CORPUS / "pages.jsonl").exists():
        print(f"no corpus at {CORPUS.name}: set DATELINE_CORPUS; nothing measured")
        return 0
    sys.path.append(str(CORPUS))
    data, found, count, _ = measured(args.jobs, args.leave_out)
    report(found, count, print)
    if args.write_weights:
        weights = trained(data, np.ones(len(data.samples), bool))
        FILE.write_text(text_of(weights, record_of(found, count)), encoding="utf-8")
    worse = below_floors(found) if args.leave_out == "publisher" else []
    print("\n".join(worse) or "no figure is below its floor")
    return 2 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
