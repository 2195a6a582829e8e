"""What changed, in which words, how often and who copied whom: by command and by SQL, after two visits."""

import itertools
import json
import random
import sqlite3
import string
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from archive import commands_study
from archive.catalogue import study
from archive.catalogue.appeals import search_appeals
from archive.catalogue.database import open_for_reading
from archive.catalogue.matching import Wanted
from archive.catalogue.search import search
from archive.catalogue.study import concordance, trend
from archive.catalogue.wording import compared, edit_of
from archive.cli import cli
from archive.plot import svg
from tests.conftest import Workbench, workbench_in
from tests.newsroom.newsroom import OPENING, Newsroom

FERRY = "http://www.harbour-courier.test/2025/03/14/ferry-crews-return-after-nine-days-a1201"
BREWERY = "http://www.northern-ledger.test/news/55021/brewery-buys-its-rival-after-a-century"
ACCORD = "http://www.northern-ledger.test/news/55012/varda-states-sign-river-accord"
HOSTILE = (
    '"', "'", "''", "*", "**", "(", ")", "((((", "))))", "NEAR", "NEAR(", "NEAR()", "NEAR(a)", "NEAR(a b, x)", "OR",
    "AND", "NOT", "a OR", "OR a", "- -", "-a", "a -", "title:", "title:*", "lead:(", "x : y", "col:val", "^a", "a^",
    "{a}:b", "{title body}:x",
    "a + b", "+", "can't", "\x00", "\x00a", "a\x00b", "\ud800", "a\ud800", "\u202e", "\u200b", "%",
    "_",
    "' OR 1=1 --", "'; DROP TABLE articles; --", '"; DELETE FROM search; --', "1e999", "ALL", "rank", "search",
    "facets:xall",
    "xall", "a" * 5_000, '"' * 999, "(" * 500 + "a" + ")" * 500, "a OR " * 400, "NOT " * 300, "a* " * 200,
    "NEAR(a b, 99999999999999)",
    "市議", "ไทย", "हिन्दी", "ë", "e\u0301", "\ufeff", "\uffff", "😀", "a\nb", "\t", " ", "\\",
    "a\\", "?", "??", "$1",
    ":x", "@x", "#",
)  # fmt: skip


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """An archive of two visits to every paper, sixteen days apart."""
    assert commands_study.diff_command.name == "diff"
    with Newsroom() as newsroom:
        bench = workbench_in(tmp_path_factory.mktemp("twice"), newsroom)
        for at in (OPENING + timedelta(hours=1), OPENING + timedelta(days=16)):
            newsroom.now = at
            ended = bench.crawl(now=at)
            assert ended.code in (0, 2), ended.err + ended.out
        yield bench


def ask(bench: Workbench, *arguments: str) -> str:
    ended = CliRunner().invoke(cli, ["--archive", str(bench.layout.root), *arguments], catch_exceptions=False)
    assert ended.exit_code == 0, ended.output
    return ended.output


def rows(bench: Workbench, sql: str, *values: object) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(bench.layout.catalogue)) as db:
        return [tuple(row) for row in db.execute(sql, values)]


def test_a_correction_is_shown_by_command_and_by_sql(twice: Workbench) -> None:
    found = json.loads(ask(twice, "corrections", "--what", "note", "--site", "wesselauer-bote", "--json"))
    numbers = json.loads(ask(twice, "corrections", "--what", "numbers", "--site", "wesselauer-bote", "--json"))

    assert [line["text"].partition(":")[0] for line in found["corrections"]] == ["Korrektur"]
    assert [json.loads(line["text"]) for line in numbers["corrections"]] == [[["47", "74"]]]
    assert not numbers["corrections"][0]["is_silent"]
    assert rows(twice, "SELECT count(*) FROM corrections WHERE what = 'note' AND site = 'wesselauer-bote'") == [(1,)]


def test_a_silent_edit_of_a_number_is_shown_by_command_and_by_sql(twice: Workbench) -> None:
    text = ask(twice, "diff", BREWERY)
    row = rows(twice, "SELECT numbers, noted, round(hours_after) > 300 FROM edits WHERE url = ?", BREWERY)

    assert "£[-48-]{+44+} million" in text
    assert "No note on the page tells of it." in text
    assert "hours after publication" in text
    assert row == [('[["48", "44"]]', 0, 1)]


def test_an_edit_that_the_page_owns_up_to_is_not_silent(twice: Workbench) -> None:
    text = ask(twice, "diff", FERRY)

    assert "[-412-]{+421+}" in text
    assert "A note on the page tells of it." in text
    assert rows(twice, "SELECT numbers, noted FROM edits WHERE url = ?", FERRY) == [('[["412", "421"]]', 1)]


def test_a_silent_new_headline_is_shown_by_command_and_by_sql(twice: Workbench) -> None:
    text = ask(twice, "corrections", "--what", "headline", "--silent", "--site", "kirihama-shimpo")

    assert "駅前再開発を否決" in text
    assert "(silent)" in text
    assert rows(twice, "SELECT count(*) FROM edits WHERE title_changed AND site = 'kirihama-shimpo'") == [(1,)]


def test_a_deletion_is_shown_by_command_and_by_sql(twice: Workbench) -> None:
    [(url, status)] = rows(twice, "SELECT url, status FROM deletions WHERE site = 'harbour-courier'")

    assert status == 410
    assert "gone" in ask(twice, "show", str(url))


def test_a_swapped_appeal_is_a_change_of_the_page_and_not_of_the_text(twice: Workbench) -> None:
    [(article,), *_] = rows(
        twice,
        """
        SELECT article FROM captures
        WHERE evidence = 'shown' AND site = 'harbour-courier'
        GROUP BY article
        HAVING count(DISTINCT reading) = 2 AND count(DISTINCT version) = 1
        """,
    )

    found = json.loads(ask(twice, "diff", str(article), "--json"))

    assert {change["mark"] for change in found["text"]} == {"same"}
    assert {change["mark"] for change in found["appeals"]} - {"same"}
    assert "The text is the same." in ask(twice, "diff", str(article))


def test_the_wire_story_of_two_papers_is_one_report(twice: Workbench) -> None:
    [report] = json.loads(ask(twice, "copies", ACCORD, "--json"))["reports"]
    by_sql = rows(twice, "SELECT origin_site, site FROM wire_copies WHERE is_other_site ORDER BY url")

    # Which of the two was captured first is chance: both stood there when the crawl began.
    assert {report["origin"]["site"], *(copy["site"] for copy in report["copies"])} == {
        "harbour-courier",
        "northern-ledger",
    }
    assert report["copies"][0]["shared"] > 0.8
    assert [set(row) for row in by_sql] == [{"harbour-courier", "northern-ledger"}] * 2
    assert "keeps" in ask(twice, "copies")


def test_a_difference_can_be_read_in_a_browser(twice: Workbench) -> None:
    page = ask(twice, "diff", FERRY, "--html")

    assert "<del>412</del><ins>421</ins>" in page
    assert "<script" not in page


def test_versions_are_named_by_time(twice: Workbench) -> None:
    same = json.loads(ask(twice, "diff", FERRY, "--from", "2025-03-17", "--to", "2025-03-18", "--json"))
    changed = json.loads(ask(twice, "diff", FERRY, "--from", "2025-03-17", "--json"))

    assert {change["mark"] for change in same["text"]} == {"same"}
    assert "changed" in {change["mark"] for change in changed["text"]}


def test_a_word_is_shown_in_its_sentences(twice: Workbench) -> None:
    lines = json.loads(ask(twice, "concordance", "ferr*", "--site", "harbour-courier", "--json"))["lines"]
    japanese = json.loads(ask(twice, "concordance", "市議会", "--json"))["lines"]

    assert {line["found"].lower() for line in lines} >= {"ferry"}
    assert all(len(line["left"]) <= 40 and len(line["right"]) <= 40 for line in lines)
    assert {line["found"] for line in japanese} == {"市議会"}


def test_a_word_is_counted_over_time_and_drawn(twice: Workbench, tmp_path: Path) -> None:
    plot = tmp_path / "ferry.svg"

    spans = json.loads(ask(twice, "trend", "ferry", "--by", "month", "--json", "--svg", str(plot)))["spans"]

    [(found,)] = rows(twice, "SELECT count(*) FROM search WHERE search MATCH '{title lead body} : ferry'")
    assert sum(span["articles"] for span in spans) == found
    assert all(span["articles"] <= span["of"] for span in spans)
    assert ET.fromstring(plot.read_text("utf-8")).tag.endswith("svg")
    assert "█" in ask(twice, "trend", "ferry")


@pytest.mark.parametrize("since", [None, date(2025, 1, 1), date(2025, 3, 11)])
@pytest.mark.parametrize("query", ["ferry", "ferr*", "the -ferry", ""])
def test_months_and_years_count_what_their_days_do(
    twice: Workbench, monkeypatch: pytest.MonkeyPatch, query: str, since: date | None
) -> None:
    monkeypatch.setattr(study, "LOOKED_UP", 0)
    with closing(open_for_reading(twice.layout.catalogue)) as db:
        days = trend(db, query, by="day", since=since, until=date(2025, 12, 31))
        for by, length in (("month", 7), ("year", 4)):
            spans = trend(db, query, by=by, since=since, until=date(2025, 12, 31))

            counted: Counter[str] = Counter()
            for day in days:
                counted[day.span[:length]] += day.articles
            assert {span.span: span.articles for span in spans if span.articles} == +counted
            everything: Counter[str] = Counter()
            for day in trend(db, "", by="day", since=since, until=date(2025, 12, 31)):
                everything[day.span[:length]] += day.articles
            assert {span.span: span.of for span in spans} == {span.span: everything[span.span] for span in spans}


def test_appeals_are_searched_apart(twice: Workbench) -> None:
    found = [
        json.loads(line) for line in ask(twice, "search", "--appeals", "contribution", "--format", "jsonl").splitlines()
    ]

    assert found
    assert all("contribution" in hit["text"].lower() for hit in found)


def test_no_query_ends_in_a_traceback_or_writes(twice: Workbench) -> None:
    chance = random.Random(7)
    signs = string.printable + "äßéçñ市議会ไทย한국कख" + '"""()*:^-+{}' * 4 + "\x00\u200b\u202e\ud800"
    words = ["ferry", "OR", "AND", "NOT", "NEAR(", "title:", "a*", '"', ")", "(", "-", "^", "the", "NEAR(a b, 3)"]
    queries = ["".join(chance.choices(signs, k=chance.randint(0, 40))) for _ in range(500)]
    queries += [" ".join(chance.choices(words, k=chance.randint(1, 12))) for _ in range(500)]
    hostile = [*HOSTILE, *(a + b for a, b in itertools.pairwise(HOSTILE))]
    hostile += [f"ferry {q}" for q in HOSTILE]
    assert (len(queries), len(hostile) >= 200) == (1_000, True)
    before = twice.layout.catalogue.read_bytes()

    with closing(open_for_reading(twice.layout.catalogue)) as db:
        for query in (*queries, *hostile):
            search(db, query, limit=3)
            search(db, query, site="harbour-courier", newest=True, limit=3)
            search_appeals(db, Wanted(query), limit=3)
            concordance(db, query, limit=3)
            trend(db, query, by="year")

    assert twice.layout.catalogue.read_bytes() == before


def test_names_and_numbers_are_told_apart_from_other_words() -> None:
    old = [("body", "On Monday 12 boats left the pier of Selwick, Mr Brandt said.")]
    new = [("body", "On Monday 14 boats left the quay of Selwick, Mr Brent said.")]

    edit = edit_of(compared(old, new))

    assert edit.numbers == (("12", "14"),)
    assert edit.names == (("Brandt", "Brent"),)


def test_a_paragraph_that_was_moved_away_is_not_paired_with_an_unlike_one() -> None:
    old = [("body", "The ferry was late again this morning."), ("body", "Nobody complained.")]
    new = [("body", "Quite another matter altogether now."), ("body", "Nobody complained.")]

    assert [change.mark for change in compared(old, new)] == ["added", "removed", "same"]


def test_a_plot_of_hostile_names_stays_a_plot() -> None:
    drawn = ET.fromstring(svg('<script>"&', [("<b>", 1.0), ("&", 0.0)]))

    assert next(e.text for e in drawn.iter() if e.tag.endswith("}title")) == '<script>"&'
