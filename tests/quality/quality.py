"""Answers and figures: the corpus's own scorers over answers that are already there."""

import contextlib
import io
import pickle
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace

from archive.model import Kind
from archive.reading.facts import Facts, rounded
from archive.reading.judge import judge
from archive.reading.vote import Weights
from tests.quality.corpus import CORPUS, Sample, labels_of, pages

sys.path.append(str(CORPUS))
import harness
import score_bodies
import score_passages

PLAIN = {Kind.NOTE: "body", Kind.CORRECTION: "body"}


def weighed(sample: Sample, weights: Weights) -> list[Facts]:
    found = []
    for f, row in zip(sample.facts, sample.rows, strict=True):
        b1, a1, b2, a2 = weights.own(row)
        found.append(replace(f, body1=b1, appeal1=a1, body2=b2, appeal2=a2))
    return rounded(found)


def answer_of(sample: Sample, weights: Weights) -> dict:
    facts = weighed(sample, weights)
    verdicts = judge(facts, sample.texts, {}, (weights.body_context, weights.appeal_context))
    return {
        "body": [t for t, v in zip(sample.texts, verdicts, strict=True) if v.kind.in_body],
        "passages": [
            {"text": t, "kind": PLAIN.get(v.kind, str(v.kind))} for t, v in zip(sample.texts, verdicts, strict=True)
        ],
        "title": None,
        "authors": [],
        "published": None,
        "ms": 0.0,
        "error": None,
    }


def figures(
    all_pages: Sequence[dict], answers: Mapping[str, dict], baseline: Mapping[str, dict], clean_gold: bool = False
) -> dict:
    """Return the figures of the issue's table."""
    out: dict = {}
    for name in ("sh", "fundus", "traf"):
        chosen = [p for p in all_pages if p["set"] == name]
        given = [answers[p["id"]] for p in chosen]
        if name == "traf":
            f, per = score_bodies.score_snippets(chosen, given)
        else:
            golds = [score_bodies.clean(p, labels_of(p)) if clean_gold else p["gold"] for p in chosen]
            f, per = score_bodies.score_full(chosen, given, golds)
            out[name + " exact"] = f["exact"]
            out[name + " F1-lead"] = f["F1_without_leads"]
        out[name] = f["F1"]
        out[name + " P"], out[name + " R"] = f["P"], f["R"]
        if name == "fundus":
            out["leads"] = f["kept"]["lead"][0]
            out["headings"] = f["kept"]["heading"][0]
            out["paragraphs"] = f["kept"]["paragraph"][0]
        out["per " + name] = per
    tally = score_passages.Tally()
    remarks = {}
    for p in all_pages:
        labels = labels_of(p)
        if labels is None:
            continue
        remarks[p["id"]] = []
        score_passages.observe(p, labels, answers[p["id"]], baseline[p["id"]], tally, remarks[p["id"]])
    names = {
        "leak all": ("appeals", "leak", "all"),
        "leak scope": ("appeals", "leak", "in scope"),
        "leak text": ("appeals", "leak", "in text"),
        "recall all": ("appeals", "recall", "all"),
        "recall scope": ("appeals", "recall", "in scope"),
        "recall text": ("appeals", "recall", "in text"),
        "chrome scope": ("chrome", "leak", "in scope"),
        "clean": "clean pages",
        "removal": "false removal",
        "removal snip": "false removal (snippets)",
        "hard neg": "hard negatives",
        "wrong appeals": "returned appeals in the gold",
        "body loss": "body loss",
    }
    for k, n in names.items():
        fig = tally.figure(n)
        out[k] = fig["value"] if fig else None
        out["n " + k] = fig["n"] if fig else 0
    out["tally"], out["remarks"] = tally, remarks
    return out


def line(f: dict) -> str:
    return (
        f"sh {f['sh']:.4f}/{f['sh exact']:.3f} (-l {f['sh F1-lead']:.4f}) fu {f['fundus']:.4f}/{f['fundus exact']:.3f} traf {f['traf']:.4f} | leak {f['leak all']:.3f} sc {f['leak scope']:.3f} tx {f['leak text']:.3f}"
        f" rec {f['recall scope']:.3f} chr {f['chrome scope']:.3f} clean {f['clean']:.3f} rem {f['removal']:.4f}/{f['removal snip']:.3f} hn {f['hard neg']:.3f} leads {f['leads']:.3f} h {f['headings']:.3f} par {f['paragraphs']:.3f} wr {f['wrong appeals']:.3f}"
    )
