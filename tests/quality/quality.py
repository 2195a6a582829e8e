"""`make quality`: the reader on the corpus, out of fold by publisher group, against floors that only rise.

    python -m tests.quality.quality                   # figures beside floors and goals, tables, the worst pages
    python -m tests.quality.quality --write-weights   # ... and train weights.txt on all pages, with this record
    python -m tests.quality.quality --leave-out language

Every page is judged with weights that were trained without its publisher group. Metadata and the operating point are
those of the shipped reader. The worst pages are written to build/quality. Skipped, with a word, where the corpus is
absent.
"""

import argparse
import json
import os
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from archive.reading.vote import FILE
from tests.quality import worst
from tests.quality.answers import Judged, Row, answer_of, answered, baseline_of, extract, judged, metadata_of, weighed
from tests.quality.corpus import CORPUS, pages, sample_of
from tests.quality.scores import Scored, by_kind, by_language, by_set, drawn, figures_of, needs_baseline, scored
from tests.quality.train import Data, folds_of, out_of_fold, text_of, trained

__all__ = ["answer_of", "extract", "figures", "weighed"]  # the doors of the corpus's scorers, and of experiments

FLOORS, GOALS = (Path(__file__).with_name(f"{name}.json") for name in ("floors", "goals"))
BUILD = Path(__file__).parents[2] / "build" / "quality"
LOWER_IS_BETTER = ("leak", "chrome leak", "false removal", "appeals in the gold")
SLACK = 0.002  # what another machine's float arithmetic may move


@dataclass(frozen=True, slots=True)
class Measured:
    """The corpus as it was read, judged and scored."""

    data: Data
    pages: tuple[Scored, ...]
    judged: Mapping[str, Judged]
    found: Mapping[str, float]
    count: Mapping[str, int]


def figures(
    all_pages: Sequence[Row], answers: Mapping[str, Row], baseline: Mapping[str, Row]
) -> tuple[dict[str, float], dict[str, int], Any]:
    """Return the figures of the issue's table, their counts, and the pages as they were scored."""
    told = tuple(scored(p, answers[p["id"]], baseline.get(p["id"]) if needs_baseline(p) else None) for p in all_pages)
    return *figures_of(told), told


def measured(jobs: int, leave_out: str) -> Measured:
    """Read, train and judge the corpus out of fold."""
    all_pages = pages()
    with ProcessPoolExecutor(jobs) as pool:
        samples = list(pool.map(sample_of, all_pages, chunksize=16))
        metadata = list(pool.map(metadata_of, all_pages, chunksize=16))
    data = Data([s for s in samples if s is not None])
    fold = _languages(data) if leave_out == "language" else folds_of(data.samples)
    told = {s.id: judged(s, w) for s, w in zip(data.samples, out_of_fold(data, fold=fold), strict=True)}
    answers = {p["id"]: answered(told[p["id"]], m) for p, m in zip(all_pages, metadata, strict=True)}
    found, count, by_page = figures(all_pages, answers, baseline_of([p for p in all_pages if needs_baseline(p)], jobs))
    return Measured(data, by_page, told, found, count)


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
    return [
        f"{name}: {found[name]:.4f}, floor {floor:.4f}"
        for name, floor in floors.items()
        if _sign(name) * (found[name] - floor) < -SLACK
    ]


def table_of(found: Mapping[str, float], count: Mapping[str, int]) -> list[list[str]]:
    """Return every figure with its count, beside its floor and what the issue asks for."""
    floors, goals = (json.loads(path.read_text("utf-8")) for path in (FLOORS, GOALS))
    rows = [["figure", "n", "now", "floor", "reach", "aim", ""]]
    for name, value in found.items():
        floor = floors.get(name)
        reach, aim = goals.get(name, (None, None))
        said = (
            ""
            if reach is None
            else "aim"
            if _holds(name, value, aim)
            else "reached"
            if _holds(name, value, reach)
            else ""
        )
        if floor is not None and _sign(name) * (value - floor) < -SLACK:
            said = "BELOW ITS FLOOR"
        cells = ["-" if v is None else f"{v:.4f}" for v in (value, floor, reach, aim)]
        rows.append([name, str(count.get(name, "")), *cells, said])
    return rows


def _sign(name: str) -> int:
    return -1 if name.startswith(LOWER_IS_BETTER) else 1


def _holds(name: str, value: float, goal: float) -> bool:
    return _sign(name) * (value - goal) >= 0


def record_of(found: Mapping[str, float], count: Mapping[str, int]) -> str:
    """Return the training record that stands at the head of weights.txt."""
    figures_line = "; ".join(f"{n} {v:.4f}" + (f" of {count[n]}" if n in count else "") for n, v in found.items())
    return (
        "Trained by tests/quality (make train) on the dev half of the news extraction corpus.\n"
        "Two passes of logistic regression, 5 folds by publisher group; out of fold:\n" + figures_line
    )


def report(told: Measured, worst_pages: int) -> str:
    """Return all tables, and write the worst pages and the tables to build/quality."""
    tables = [table_of(told.found, told.count), by_set(told.pages), by_kind(told.pages), by_language(told.pages)]
    text = "\n\n".join(drawn(t) for t in tables)
    found = worst.reports(told.pages, dict(told.judged), told.data.x.mean(0))
    index = worst.write(found, BUILD, worst_pages)
    (BUILD / "tables.md").write_text(f"{text}\n", encoding="utf-8")
    return f"{text}\n\nwhat decided, pages nearly exact, the {worst_pages} worst pages: {index}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--leave-out", choices=("publisher", "language"), default="publisher")
    parser.add_argument("--write-weights", action="store_true")
    parser.add_argument("--worst", type=int, default=60, metavar="N", help="write the N worst pages (60)")
    args = parser.parse_args()
    if not (CORPUS / "pages.jsonl").exists():
        print(f"no corpus at {CORPUS.name}: set DATELINE_CORPUS; nothing measured")
        return 0
    sys.path.append(str(CORPUS))
    told = measured(args.jobs, args.leave_out)
    print(report(told, args.worst))
    if args.write_weights:
        weights = trained(told.data, np.ones(len(told.data.samples), bool))
        FILE.write_text(text_of(weights, record_of(told.found, told.count)), encoding="utf-8")
    worse = below_floors(told.found) if args.leave_out == "publisher" else []
    print("\n".join(worse) or "no figure is below its floor")
    return 2 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
