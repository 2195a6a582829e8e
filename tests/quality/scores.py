"""The figures of the issue's table, and the same by set, kind and language, each rate with its counts."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from archive.reading.squash import squash
from tests.quality.answers import Row
from tests.quality.corpus import LABEL_LONG, labels_of
from tests.quality.gold import BLANK, clean_gold, cleaned

FULL = ("sh", "fundus", "np4k")  # sets whose gold is the whole text
OURS = {  # what we call the kinds that the labels name otherwise
    "cookie_consent": "consent", "social_follow": "follow", "app_promo": "app", "feedback": "survey",
    "survey_poll": "survey", "adblock_or_pay": "adblock", "crosspromo": "promo", "licence": "legal",
    "disclosure": "legal",
}  # fmt: skip
CALLED = 4  # of our kinds named beside a labelled one
TALLIED: dict[str, str | tuple[str, str, str]] = {
    "leak all": ("appeals", "leak", "all"),
    "leak in scope": ("appeals", "leak", "in scope"),
    "leak in text": ("appeals", "leak", "in text"),
    "recall in scope": ("appeals", "recall", "in scope"),
    "chrome leak in scope": ("chrome", "leak", "in scope"),
    "clean pages": "clean pages",
    "false removal": "false removal",
    "hard negatives": "hard negatives",
    "appeals in the gold": "returned appeals in the gold",
}
Remark = tuple[str, str, str]
"""What went wrong, the kind of what it went wrong with, and the text."""


@dataclass(frozen=True, slots=True)
class Scored:
    """One page with what the corpus's scorers observed on it."""

    page: Row
    answer: Row
    tally: Any  # of the scorers
    clean_tally: Any  # the same, without gold paragraphs that are no article
    remarks: tuple[Remark, ...]
    called: tuple[tuple[str, str], ...]  # kinds of labelled blocks: the label's, ours

    @property
    def is_labelled(self) -> bool:
        return self.page["labels"] is not None


def needs_baseline(page: Row) -> bool:
    """True for pages on which false removals are counted."""
    return bool(page["labels"] or page["gold"])


def scored(page: Row, answer: Row, baseline: Row | None) -> Scored:
    """Return what the scorers observe on one page."""
    passages = import_module("score_passages")  # of the corpus, which may be absent
    tally, clean_tally, remarks = passages.Tally(), passages.Tally(), list[Remark]()
    called: list[tuple[str, str]] = []
    if baseline is not None:
        labels = labels_of(page)
        called += _called(labels or BLANK, answer)
        passages.observe(page, labels or BLANK, answer, baseline, tally, remarks)
        passages.observe(page, cleaned(page, labels), answer, baseline, clean_tally, [])
    return Scored(page, answer, tally, clean_tally, tuple(remarks), tuple(called))


def _called(labels: Row, answer: Row) -> Iterator[tuple[str, str]]:
    """Yield the kind of each labelled block beside that of the first passage which is or holds it."""
    told = [(squash(p["text"]), p["kind"]) for p in answer["passages"]]
    for family in ("appeals", "chrome"):
        for label in labels[family]:
            key = squash(label["text"])
            same = [kind for text, kind in told if text == key]
            holding = [kind for text, kind in told if len(key) >= LABEL_LONG and key in text]
            yield from ((label["kind"], kind) for kind in (*same, *holding)[:1])


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its counts."""

    hits: int
    n: int

    @property
    def value(self) -> float:
        return self.hits / self.n if self.n else 0.0

    def __str__(self) -> str:
        return f"{self.value:.3f} {self.hits}/{self.n}" if self.n else "-"


def rate(tallies: Iterable[Any], key: object) -> Rate:
    """Return how often the observation of that name holds over all the tallies."""
    seen = [value for tally in tallies for values in tally.seen.get(key, {}).values() for value in values]
    return Rate(sum(seen), len(seen))


def figures_of(pages: Sequence[Scored]) -> tuple[dict[str, float], dict[str, int]]:
    """Return the figures of the issue's table and their counts."""
    bodies = import_module("score_bodies")
    out: dict[str, float] = {}
    count: dict[str, int] = {}
    for name in ("sh", "fundus", "traf"):
        chosen = [s for s in pages if s.page["set"] == name]
        found = of_bodies(chosen)
        if name != "traf":
            clean = of_bodies(chosen, clean=True)
            out[f"{name} exact"], count[f"{name} exact"] = found["exact"], len(chosen)
            out[f"{name} exact, clean gold"] = clean["exact"]
            out[f"{name} F1, clean gold"] = clean["F1"]
        out[f"{name} F1"], count[f"{name} F1"] = found["F1"], len(chosen)
        if name == "fundus":
            out["leads kept"], count["leads kept"] = found["kept"]["lead"]
            told = bodies.score_metadata([s.page for s in chosen], [s.answer for s in chosen])
            for what in ("title equal in words", "authors same set", "date same day"):
                out[what], count[what] = told[what]
    labelled = [s for s in pages if s.is_labelled]
    for name, key in TALLIED.items():
        _note(out, count, name, rate((s.tally for s in labelled), key))
    called = [ours.rpartition(":")[2] == OURS.get(label, label) for s in labelled for label, ours in s.called]
    _note(out, count, "kind named", Rate(sum(called), len(called)))
    _note(out, count, "false removal, clean gold", rate((s.clean_tally for s in labelled), "false removal"))
    _note(out, count, "false removal, all golds", rate((s.tally for s in pages), "false removal"))
    _note(out, count, "false removal, all clean golds", rate((s.clean_tally for s in pages), "false removal"))
    return out, count


def _note(out: dict[str, float], count: dict[str, int], name: str, found: Rate) -> None:
    out[name], count[name] = found.value, found.n


def of_bodies(pages: Sequence[Scored], *, clean: bool = False) -> Row:
    """Return what the scorers say of the bodies of pages of one set."""
    bodies = import_module("score_bodies")
    chosen, answers = [s.page for s in pages], [s.answer for s in pages]
    if pages and pages[0].page["set"] == "traf":
        told = bodies.score_snippets(chosen, answers)
    else:
        golds = [clean_gold(p, labels_of(p)) if clean else p["gold"] for p in chosen]
        told = bodies.score_full(chosen, answers, golds)
    figures: Row = told[0]
    return figures


Table = list[list[str]]


def by_set(pages: Sequence[Scored]) -> Table:
    """Return a row a set: bodies, leads, appeals and removals."""
    rows = [["set", "pages", "P", "R", "F1", "exact", "clean F1", "clean exact", "leads", *_PASSAGE_HEADS]]
    for name, chosen in _grouped(pages, "set").items():
        row = [name, str(len(chosen)), *["-"] * 7]
        found = of_bodies(chosen) if name in (*FULL, "traf") else {}
        if found:
            row[2:5] = [f"{found[what]:.4f}" for what in ("P", "R", "F1")]
        if name in FULL:
            clean = of_bodies(chosen, clean=True)
            row[5:8] = [f"{found['exact']:.3f}", f"{clean['F1']:.4f}", f"{clean['exact']:.3f}"]
            row[8] = f"{found['kept']['lead'][0]:.3f}" if "lead" in found["kept"] else "-"
        rows.append([*row, *_passage_cells(chosen)])
    return rows


def by_language(pages: Sequence[Scored]) -> Table:
    """Return a row a language; F1 and exact over the full golds, snippets apart."""
    rows = [["language", "golds", "F1", "exact", "snippet pages", "F1", *_PASSAGE_HEADS]]
    for name, chosen in _grouped(pages, "language").items():
        full = [s for s in chosen if s.page["set"] in FULL]
        snippets = [s for s in chosen if s.page["set"] == "traf"]
        row = [name, str(len(full)), "-", "-", str(len(snippets)), "-"]
        if full:
            found = of_bodies(full)
            row[2:4] = [f"{found['F1']:.4f}", f"{found['exact']:.3f}"]
        if snippets:
            row[5] = f"{of_bodies(snippets)['F1']:.4f}"
        rows.append([*row, *_passage_cells(chosen)])
    return rows


def by_kind(pages: Sequence[Scored]) -> Table:
    """Return a row for each kind of appeal and of chrome that the corpus labels."""
    rows = [["kind", "leak", "leak in scope", "recall in scope", "leak in text", "recall in text", "called"]]
    tallies = [s.tally for s in pages if s.is_labelled]
    for facet in ("kind", "chrome kind"):
        names = {key[1] for tally in tallies for key in tally.seen if isinstance(key, tuple) and key[0] == facet}
        told = {name: rate(tallies, (facet, name, "leak", "all")) for name in names}
        for name in sorted(names, key=lambda n: (-told[n].n, n)):
            cells = [
                rate(tallies, (facet, name, what, scope))
                for scope in ("in scope", "in text")
                for what in ("leak", "recall")
            ]
            called = Counter(ours for s in pages for label, ours in s.called if label == name and ours != "no passage")
            ours = ", ".join(f"{kind} {n}" for kind, n in called.most_common(CALLED))
            rows.append(
                [f"{'appeal' if facet == 'kind' else 'chrome'}:{name}", str(told[name]), *map(str, cells), ours]
            )
    return rows


_PASSAGE_HEADS = (
    "leak", "recall in scope", "chrome leak in scope", "false removal", "clean golds", "hard negatives",
)  # fmt: skip


def _passage_cells(pages: Sequence[Scored]) -> list[str]:
    tallies = [s.tally for s in pages]
    cells = [
        rate(tallies, ("appeals", "leak", "all")),
        rate(tallies, ("appeals", "recall", "in scope")),
        rate(tallies, ("chrome", "leak", "in scope")),
        rate(tallies, "false removal"),
        rate((s.clean_tally for s in pages), "false removal"),
        rate(tallies, "hard negatives"),
    ]
    return [str(c) for c in cells]


def _grouped(pages: Sequence[Scored], field: str) -> Mapping[str, list[Scored]]:
    """Return the pages by a field, the most frequent first."""
    found: defaultdict[str, list[Scored]] = defaultdict(list)
    for s in pages:
        found[s.page[field]].append(s)
    return dict(sorted(found.items(), key=lambda group: (-len(group[1]), group[0])))


def drawn(rows: Table) -> str:
    """Return a table as Markdown, its columns aligned."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "|".join("-" * (w + 2) for w in widths) + "|", *lines[1:]])
