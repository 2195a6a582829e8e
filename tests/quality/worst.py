"""The pages to look at: what each lost, what leaked into it, and which signals said so; written for a person.

The files quote the corpus, so they go to build/, which git ignores.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from archive.reading.signals import NAMES
from archive.reading.squash import squash
from tests.quality.answers import Judged
from tests.quality.corpus import labels_of
from tests.quality.gold import clean_gold
from tests.quality.scores import FULL, Scored, drawn

LOST, LEAKED = "-", "+"
TOLD = 5  # signals named for a line
QUOTED = 160  # characters of a line
SHORTEST = 6  # letters by which a block is recognised in a gold paragraph
MARK = {"removed": LOST, "leak": LEAKED, "filed as appeal": LOST}


@dataclass(frozen=True, slots=True)
class Fault:
    """One line that is on the wrong side: lost from the body, or leaked into it."""

    mark: str
    what: str
    text: str
    kind: str
    rule: str
    score: float
    signals: str  # of the second pass, what sets it apart from the corpus's average block

    def line(self) -> str:
        decided = f"{self.kind}, {self.rule}, {self.score:.2f}" if self.kind else self.rule
        quoted = " ".join(self.text.split())[:QUOTED]
        return f"{self.mark} [{self.what}; {decided}] {quoted}" + (f"\n      {self.signals}" if self.signals else "")


@dataclass(frozen=True, slots=True)
class Report:
    """One page with its faults, and how much they weigh."""

    scored: Scored
    f1: float | None
    faults: tuple[Fault, ...]

    @property
    def weight(self) -> float:
        """What the page costs: the share of its text that is wrong, and a fifth for each line of a label or removal."""
        labelled = sum(f.what not in ("gold", "body") for f in self.faults)
        return 1 - (1.0 if self.f1 is None else self.f1) + 0.2 * labelled


def reports(pages: Sequence[Scored], judged: dict[str, Judged], mean: NDArray[np.float64]) -> list[Report]:
    """Return the pages that have faults, the worst first."""
    found = []
    for s in pages:
        faults = tuple(_faults(s, judged[s.page["id"]], mean))
        if faults:
            found.append(Report(s, _f1(s), faults))
    return sorted(found, key=lambda r: (-r.weight, r.scored.page["id"]))


def write(found: Sequence[Report], folder: Path, count: int) -> Path:
    """Write the worst pages one file each, and an index that says what to do next; return the index."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.md"):
        old.unlink()
    for place, report in enumerate(found[:count], 1):
        (folder / _name(place, report)).write_text(_page(report), encoding="utf-8")
    index = folder / "index.md"
    index.write_text(_index(found, count), encoding="utf-8")
    return index


def _faults(s: Scored, page: Judged, mean: NDArray[np.float64]) -> Iterator[Fault]:
    told = set()
    for what, kind, text in s.remarks:
        if squash(text) in told:
            continue
        told.add(squash(text))
        yield _fault(MARK[what], f"{what}: {kind}", text, page, mean)
    for mark, text in _wrong_lines(s):
        if squash(text) not in told:
            yield _fault(mark, "gold" if mark == LOST else "body", text, page, mean)


def _wrong_lines(s: Scored) -> Iterator[tuple[str, str]]:
    """Yield gold paragraphs the body lacks, lines of the body the gold lacks, and snippets on the wrong side."""
    harness = import_module("harness")  # of the corpus, which may be absent
    if s.page["set"] in FULL:
        gold = clean_gold(s.page, labels_of(s.page))
        body, wanted = harness.Haystack(s.answer["body"]), harness.Haystack(gold)
        yield from ((LOST, t) for t in gold if not (body.has(t) or squash(t) in body.whole))
        yield from ((LEAKED, t) for t in s.answer["body"] if not (wanted.has(t) or squash(t) in wanted.whole))
    flat = " ".join("\n".join(s.answer["body"]).split())
    yield from ((LOST, text) for text in s.page["with"] or () if " ".join(text.split()) not in flat)
    yield from ((LEAKED, text) for text in s.page["without"] or () if " ".join(text.split()) in flat)


def _fault(mark: str, what: str, text: str, page: Judged, mean: NDArray[np.float64]) -> Fault:
    i = _block(text, page, in_body=mark == LEAKED)
    if i is None:
        return Fault(mark, what, text, "", "in no block", 0.0, "")
    v = page.verdicts[i]
    return Fault(mark, what, text, str(v.kind), v.rule, v.score, _signals(page, i, mean))


def _block(text: str, page: Judged, *, in_body: bool) -> int | None:
    """Return the block that holds the text or most of it, on the side that makes it a fault if there is one."""
    key = squash(text)
    best, rank = None, (0, 0)
    for i, (block, verdict) in enumerate(zip(page.sample.texts, page.verdicts, strict=True)):
        own = squash(block)
        common = len(key) if key in own else len(own) if own in key and len(own) >= SHORTEST else 0
        if common and (common, verdict.kind.in_body == in_body) > rank:
            best, rank = i, (common, int(verdict.kind.in_body == in_body))
    return best


def _signals(page: Judged, i: int, mean: NDArray[np.float64]) -> str:
    """Return the signals that weighed most in the body score, and what the neighbours added."""
    parts = (np.array(page.sample.rows[i]) - mean) * np.array(page.weights.body2)
    most = sorted(range(1, len(parts)), key=lambda n: -abs(parts[n]))[:TOLD]
    own = page.facts[i].body2
    score = min(max(page.verdicts[i].score, 1e-3), 1 - 1e-3)
    beside = float(np.log(score / (1 - score))) - own
    return ", ".join(f"{NAMES[n]} {parts[n]:+.1f}" for n in most) + f"; own {own:+.1f}, neighbours {beside:+.1f}"


def _f1(s: Scored) -> float | None:
    score_bodies = import_module("score_bodies")
    if s.page["set"] in FULL:
        gold = clean_gold(s.page, labels_of(s.page))
        return float(score_bodies.page_f1(score_bodies.agreement("\n".join(gold), "\n".join(s.answer["body"]))))
    if s.page["set"] == "traf":
        return float(score_bodies.score_snippets([s.page], [s.answer])[1][s.page["id"]]["f1"])
    return None


def _name(place: int, report: Report) -> str:
    return f"{place:03}-{re.sub(r'[^A-Za-z0-9_.-]', '_', report.scored.page['id'])[:80]}.md"


def _page(report: Report) -> str:
    page = report.scored.page
    head = f"# {page['id']} ({page['language']}, {page['publisher_group']})\n\n{page['url'] or ''}\n"
    f1 = "" if report.f1 is None else f"F1 {report.f1:.3f}, "
    lines = "\n".join(f.line() for f in report.faults)
    return f"{head}\n{f1}{len(report.faults)} lines on the wrong side\n\n```\n{lines}\n```\n"


def _index(found: Sequence[Report], count: int) -> str:
    """Return which rules cost most, the pages one line short of exact, and the worst pages."""
    near = [r for r in found if r.scored.page["set"] in FULL and len(r.faults) == 1 and r.f1 != 1.0]
    rules = [["rule", "kind", "lost", "leaked", "pages"]]
    for (rule, kind), marks, pages in _by_rule(found):
        rules.append([rule, kind, str(marks[LOST]), str(marks[LEAKED]), str(pages)])
    worst = [["weight", "F1", "lost", "leaked", "page"]]
    for place, r in enumerate(found[:count], 1):
        marks = Counter(f.mark for f in r.faults)
        f1 = "-" if r.f1 is None else f"{r.f1:.3f}"
        name = r.scored.page["id"]
        worst.append([f"{r.weight:.2f}", f1, str(marks[LOST]), str(marks[LEAKED]), f"[{name}]({_name(place, r)})"])
    singles = "\n".join(f"{r.scored.page['id']}\n   {r.faults[0].line()}" for r in near)
    mean = fmean(len(r.faults) for r in found) if found else 0.0
    return (
        "# Pages to look at\n\n"
        f"{len(found)} pages have lines on the wrong side, {mean:.1f} each. `-` was lost, `+` leaked; after it\n"
        "stand kind, rule and body score, and the signals that set the block apart.\n\n"
        f"## What decided\n\n{drawn(rules[:26])}\n\n"
        f"## One line short of exact: {len(near)} pages\n\n```\n{singles}\n```\n\n"
        f"## The {min(count, len(found))} worst\n\n{drawn(worst)}\n"
    )


def _by_rule(found: Sequence[Report]) -> list[tuple[tuple[str, str], Counter[str], int]]:
    marks: dict[tuple[str, str], Counter[str]] = {}
    pages: dict[tuple[str, str], set[str]] = {}
    for r in found:
        for f in r.faults:
            key = re.sub(r"\d+", "N", f.rule), f.kind
            marks.setdefault(key, Counter())[f.mark] += 1
            pages.setdefault(key, set()).add(r.scored.page["id"])
    order = sorted(marks, key=lambda k: (-len(pages[k]), k))
    return [(k, marks[k], len(pages[k])) for k in order]
