"""Letters and asks nobody wrote a rule for, and articles that look like them (tests/letters/*.txt).

`tuned.txt` was looked at while the rules were written, `untouched.txt` was not: its misses are counted, not read.
`known_gaps.json` names what the reader still gets wrong; a case there fails as soon as it is read right.
"""

import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

from archive import read_article
from archive.model import Article

HERE = Path(__file__).parent / "letters"
GAPS: dict[str, str] = json.loads((HERE / "known_gaps.json").read_text("utf-8"))
AFTER = (  # what stands under each story, and is neither the article nor a letter
    "<section><h3>More from Town</h3><ul><li><a href='/2'>Market hall gets a new roof</a></li>"
    "<li><a href='/3'>School choir sings in the old mill on Sunday</a></li></ul></section>"
)


@dataclass(slots=True)
class Story:
    """A title, the paragraphs of a report and the lines of a letter, which may be none."""

    name: str
    language: str
    outlet: str
    markup: str
    title: str = ""
    report: list[str] = field(default_factory=list)
    letter: list[str] = field(default_factory=list)


@cache
def reports() -> dict[str, list[str]]:
    """Return title and paragraphs of one report in each language."""
    parts = re.split(r"^\[(\w+)\] ", (HERE / "reports.txt").read_text("utf-8"), flags=re.MULTILINE)[1:]
    lines = (text.strip().split("\n") for text in parts[1::2])
    return dict(zip(parts[::2], lines, strict=True))


@cache
def stories(file: str) -> list[Story]:
    found: list[Story] = []
    for line in (HERE / file).read_text("utf-8").splitlines():
        if line.startswith("== "):
            name, language, outlet, markup = line[3:].split(" | ")
            found.append(Story(name, language, outlet, markup))
        elif line.startswith("> "):
            found[-1].letter.append(line[2:])
        elif line and not line.startswith("#"):
            found[-1].report.append(line)
    for story in found:
        title, *lines = reports()[story.language]
        story.title = story.report[0][:40] if story.report else title
        story.report = story.report or lines
    return found


def paragraphs(texts: list[str]) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def inner(story: Story) -> str:
    report, letter, broken = story.report, story.letter, "<br><br>".join(story.letter)
    shapes = {
        "paragraphs": paragraphs(report + letter),
        "broken": f"{paragraphs(report)}<div>{broken}</div>",
        "aside": f"{paragraphs(report)}</div><aside>{paragraphs(letter)}</aside><div>",
        "last": f"{paragraphs(report[:-1])}<p>{report[-1]}<br><br>{broken}</p>",
        "before": paragraphs(letter + report),
        "mid": paragraphs(report[:2] + letter + report[2:]),
        "hashed": f"<div class='sc-x7'>{paragraphs(report)}</div><div class='sc-q3'>{paragraphs(letter)}</div>",
    }
    return shapes[story.markup]


def read(story: Story) -> Article:
    outlet = story.outlet
    html = f"""<html lang="{story.language}"><head><title>{story.title} - {outlet}</title>
        <meta property="og:site_name" content="{outlet}"><meta property="og:type" content="article"></head>
        <body><header><nav><a href="/">Home</a> <a href="/news">News</a></nav></header>
        <main><article><h1>{story.title}</h1><div>{inner(story)}</div></article>{AFTER}</main>
        <footer><p>{outlet}, 11 Mill Lane. Registered at the county court.</p><p><a href="/terms">Terms</a>
        <a href="/about">About</a> <a href="/login">Log in</a></p></footer></body></html>"""
    return read_article(html.encode(), f"https://{story.name.replace(' ', '')}.test/2026/05/bridge")


def params() -> list[ParameterSet]:
    found = []
    for file in ("tuned.txt", "untouched.txt"):
        for story in stories(file):
            id_ = f"{file.partition('.')[0]}: {story.name}"
            marks = [pytest.mark.xfail(reason=GAPS[id_])] if id_ in GAPS else []
            found.append(pytest.param(story, id=id_, marks=marks))
    return found


@pytest.mark.parametrize("story", params())
def test_the_letter_is_set_apart_and_nothing_else(story: Story) -> None:
    article = read(story)

    assert [line for line in story.letter if line in article.body] == []
    assert list(article.body) == story.report
    asked = [p.text for p in article.appeals]
    assert [line for line in story.letter if line not in asked] == []
    assert [p.text for p in article.appeals if p.kind == "appeal:donation" and p.text not in story.letter] == []


def test_every_gap_names_a_story() -> None:
    known = {f"{f.partition('.')[0]}: {s.name}" for f in ("tuned.txt", "untouched.txt") for s in stories(f)}

    assert set(GAPS) <= known
