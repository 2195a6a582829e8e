"""The gate of the reader's quality, without the corpus: its lists are well-formed, and a figure that sinks is named."""

import json

import pytest

from tests.quality import gold
from tests.quality.quality import FLOORS, GOALS, below_floors, table_of
from tests.quality.scores import Rate, drawn


@pytest.fixture
def floors() -> dict[str, float]:
    found: dict[str, float] = json.loads(FLOORS.read_text("utf-8"))
    return found


def test_a_figure_under_its_floor_is_named_and_one_at_it_is_not(floors: dict[str, float]) -> None:
    sunk = floors | {"sh exact": floors["sh exact"] - 0.01, "leak all": floors["leak all"] + 0.01}

    assert [line.partition(":")[0] for line in below_floors(sunk)] == ["sh exact", "leak all"]
    assert below_floors(floors) == []


def test_the_table_says_what_is_reached_and_what_is_below_its_floor(floors: dict[str, float]) -> None:
    reach, aim = json.loads(GOALS.read_text("utf-8"))["leak all"]

    rows = table_of({"leak all": floors["leak all"], "clean pages": 0.5, "false removal": 0.0}, {"leak all": 616})

    assert rows[1] == [
        "leak all",
        "616",
        f"{floors['leak all']:.4f}",
        f"{floors['leak all']:.4f}",
        f"{reach:.4f}",
        f"{aim:.4f}",
        "reached",
    ]
    assert [row[-1] for row in rows[2:]] == ["BELOW ITS FLOOR", "aim"]


def test_a_rate_stands_beside_its_counts() -> None:
    assert drawn([["leak"], [str(Rate(1, 4))], [str(Rate(0, 0))]]).splitlines() == [
        "| leak      |",
        "|-----------|",
        "| 0.250 1/4 |",
        "| -         |",
    ]


def test_the_list_of_chrome_in_golds_holds_hashes_and_reasons_and_no_text() -> None:
    for page, marks in gold.listed().items():
        for hashed, reason in marks.values():
            assert len(bytes.fromhex(hashed)) == 8, page
            assert 5 <= len(reason) <= 60, page


def test_a_listed_paragraph_is_known_by_its_text_and_not_by_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    page = {"id": "invented", "gold": ["The ferry resumes.", "Buy now: 12 euros"]}
    mark = gold.print_of("Buy now: 12 euros"), "shop link"
    monkeypatch.setattr(gold, "listed", lambda: {"invented": {1: mark, 0: mark}})

    assert gold.flawed(page) == {1}
    assert gold.cleaned(page, None)["contaminated_gold"] == [1]
    assert gold.clean_gold(page, {"contaminated_gold": [0]}) == []
