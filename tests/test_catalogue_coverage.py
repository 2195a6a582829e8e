"""What is kept of how many articles there are: the same as counting them, whatever became of them."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlite_utils import Database

from archive.catalogue.coverage import COUNTED
from archive.catalogue.database import batch, open_catalogue
from archive.catalogue.study import Span, trend
from archive.catalogue.withdraw import withdraw
from tests.catalogue_world import Found, article, page, settled

HOME = "https://www.courier.test/2026/"
KEPT = "SELECT month, language, site, articles FROM coverage_by_month ORDER BY 1, 2, 3"
LANGUAGES = ("en", "de", "de-AT", "")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """Forty articles of two sites, four languages and three months."""
    with closing(open_catalogue(tmp_path / "catalogue.db")) as opened:
        yield settled(opened, [report(n) for n in range(40)])


def report(n: int, month: int | None = None) -> Found:
    made = article(f"Report {n}", f"The harbour saw {n} ships.", language=LANGUAGES[n % 4])
    published = datetime(2026, month or 1 + n % 3, 1 + n % 28, tzinfo=UTC)
    found = page(f"{HOME}{n}", n if month is None else 900 + n, replace(made, published=published))
    return Found(found.capture, found.reading, "courier" if n % 5 else "gazette")


def counted(db: Database) -> list[tuple[object, ...]]:
    return [tuple(row) for row in db.execute(f"{COUNTED} ORDER BY 1, 2, 3")]


def kept(db: Database) -> list[tuple[object, ...]]:
    return [tuple(row) for row in db.execute(KEPT)]


def test_articles_are_counted_as_they_come(db: Database) -> None:
    assert kept(db) == counted(db)
    assert sum(int(str(row[3])) for row in kept(db)) == 40


def test_an_article_that_is_dated_anew_counts_where_it_stands_now(db: Database) -> None:
    before = kept(db)

    settled(db, [report(n, month=7) for n in range(9)])

    assert kept(db) == counted(db) != before


def test_what_is_withdrawn_no_longer_counts(db: Database) -> None:
    with batch(db):
        db.execute("UPDATE files SET read_to = 9999999999")
        withdraw(db, {"one.warc.gz": 2_000_000_000})
    settled(db)

    assert kept(db) == counted(db)
    assert 0 < len(counted(db)) < 40


def test_a_share_is_of_the_articles_of_that_site_and_language(db: Database) -> None:
    german = trend(db, "harbour", site="courier", language="de")

    assert [(span.span, span.of) for span in german] == [("2026-01", 5), ("2026-02", 5), ("2026-03", 6)]
    assert all(span.articles == span.of for span in german)
    assert trend(db, "harbour", by="year") == (Span("2026", 40, 40),)
