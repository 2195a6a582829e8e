"""What the reader answers for a page of the corpus, in the form its scorers take."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from archive import read_article
from archive.model import Kind
from archive.reading.facts import Facts, rounded
from archive.reading.judge import Verdict, judge
from archive.reading.vote import Weights
from archive.reading.weighing import PASSED_OVER
from tests.quality.corpus import CORPUS, Sample, html_of

Row = dict[str, Any]  # rows of the corpus's scorers, which are plain dictionaries

PLAIN = {Kind.NOTE: "body", Kind.CORRECTION: "body"}
AFTER_ALL = datetime(2026, 11, 1, tzinfo=UTC)  # no page of the corpus is younger


@dataclass(frozen=True, slots=True)
class Judged:
    """A page judged with weights that never saw its publisher."""

    sample: Sample
    weights: Weights
    facts: tuple[Facts, ...]
    verdicts: tuple[Verdict, ...]


def judged(sample: Sample, weights: Weights) -> Judged:
    """Return the page with the verdicts that these weights give."""
    facts = weighed(sample, weights)
    context = weights.body_context, weights.appeal_context
    return Judged(sample, weights, tuple(facts), tuple(judge(facts, sample.texts, {}, context)))


def weighed(sample: Sample, weights: Weights) -> list[Facts]:
    """Return the facts of a page under other weights."""
    found = []
    for f, row, passed in zip(sample.facts, sample.rows, sample.is_passed_over, strict=True):
        body1, appeal1, body2, appeal2 = PASSED_OVER if passed else weights.own(row)
        found.append(replace(f, body1=body1, appeal1=appeal1, body2=body2, appeal2=appeal2))
    return rounded(found)


def answer_of(sample: Sample, weights: Weights, metadata: Row | None = None) -> Row:
    """Return what the scorers take, for a page judged with these weights."""
    return answered(judged(sample, weights), metadata)


def answered(page: Judged, metadata: Row | None = None) -> Row:
    """Return what the scorers take, for a judged page."""
    told = list(zip(page.sample.texts, page.verdicts, strict=True))
    answer: Row = {"title": None, "authors": [], "published": None, "ms": 0.0, "error": None}
    answer |= metadata or {}
    answer["body"] = [t for t, v in told if v.kind.in_body]
    answer["passages"] = [{"text": t, "kind": PLAIN.get(v.kind, str(v.kind))} for t, v in told]
    return answer


def metadata_of(page: Row) -> Row:
    """Return title, authors and time as the shipped reader gives them."""
    whole = extract(html_of(page), page["url"])
    return {name: whole[name] for name in ("title", "authors", "published")}


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


def baseline_of(pages: Sequence[Row], jobs: int) -> dict[str, Row]:
    """Return what trafilatura makes of the pages."""
    found = import_module("harness").run("baselines:trafilatura_default", pages, CORPUS, jobs)
    return {p["id"]: a for p, a in zip(pages, found, strict=True)}
