"""Paragraphs of a gold that are no article: the corpus marks some, `gold_chrome.txt` those we judged and why.

    python -m tests.quality.gold build/corpus     # the corpus with our marks, for the scorers' own `--clean-gold`

The list holds no text: a page, the number of its gold paragraph, a hash of that paragraph, and the reason.
"""

import json
import sys
from functools import cache
from hashlib import sha256
from pathlib import Path

from archive.reading.squash import squash
from tests.quality.answers import Row
from tests.quality.corpus import CORPUS, labels_of, pages

LIST = Path(__file__).with_name("gold_chrome.txt")
BLANK: Row = {"appeals": [], "chrome": [], "hard_negatives": [], "contaminated_gold": []}


def print_of(text: str) -> str:
    """Return the hash by which the list names a paragraph: of its letters and digits."""
    return sha256(squash(text).encode()).hexdigest()[:16]


@cache
def listed() -> dict[str, dict[int, tuple[str, str]]]:
    """Return page -> number of a gold paragraph -> (hash, reason)."""
    found: dict[str, dict[int, tuple[str, str]]] = {}
    for line in LIST.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            page, number, hashed, reason = line.split(maxsplit=3)
            found.setdefault(page, {})[int(number)] = hashed, reason
    return found


def flawed(page: Row) -> set[int]:
    """Return the numbers of the gold paragraphs that we judged to be no article; of the very text we judged only."""
    return {i for i, (hashed, _) in listed().get(page["id"], {}).items() if print_of(page["gold"][i]) == hashed}


def cleaned(page: Row, labels: Row | None) -> Row:
    """Return labels whose `contaminated_gold` holds the corpus's marks and ours."""
    marked = labels or BLANK
    return marked | {"contaminated_gold": sorted({*marked["contaminated_gold"], *flawed(page)})}


def clean_gold(page: Row, labels: Row | None) -> list[str]:
    """Return the gold without the paragraphs that are no article."""
    marked = set(cleaned(page, labels)["contaminated_gold"])
    return [text for i, text in enumerate(page["gold"]) if i not in marked]


def write_corpus(to: Path) -> int:
    """Write the corpus with our marks to a folder; its pages stay where they are. Return how many were marked."""
    (to / "labels").mkdir(parents=True, exist_ok=True)
    count = 0
    with (to / "pages.jsonl").open("w", encoding="utf-8") as lines:
        for page in pages():
            ours = flawed(page) if page["id"] in listed() else set()
            labels = labels_of(page)
            count += len(ours)
            if ours or labels:
                page["labels"] = f"labels/{page['id']}.json"
                (to / page["labels"]).write_text(json.dumps(cleaned(page, labels)), encoding="utf-8")
            lines.write(json.dumps(page | {"html": str(CORPUS / page["html"])}) + "\n")
    return count


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    print(f"{write_corpus(folder)} paragraphs marked; now: score_bodies.py --split-dir {folder} --clean-gold ...")
