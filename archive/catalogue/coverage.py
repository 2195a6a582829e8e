"""How many articles each site has of each month and language: what the counts of a word are a share of.

To count a million articles for every question took half of its time. They are counted as they come and go, by triggers,
so that whoever writes or removes articles need not know of it.
"""

from sqlite_utils import Database

from archive.catalogue.facets import language_token
from archive.catalogue.matching import Wanted, in_whole_months

DAY, MONTH, YEAR = 10, 7, 4  # signs of a day that name it, its month and its year
COUNTED = """
SELECT substr(day, 1, 7) AS month, ifnull(language, '') AS language, site, count(*) AS articles
FROM articles
WHERE day IS NOT NULL
GROUP BY 1, 2, 3
"""

_TABLE = """
CREATE TABLE coverage_by_month (
  -- How many articles of each site are dated to each month; `coverage_by_day` counts them anew.
  month TEXT NOT NULL,            -- of `articles.day`
  language TEXT NOT NULL,         -- of `articles`; '' where none is known
  site TEXT NOT NULL REFERENCES sites (name),
  articles INTEGER NOT NULL,      -- ours
  PRIMARY KEY (month, language, site)
) WITHOUT ROWID
"""

_GAIN = """
  INSERT INTO coverage_by_month
  SELECT substr(NEW.day, 1, 7), ifnull(NEW.language, ''), NEW.site, 1
  WHERE NEW.day IS NOT NULL
  ON CONFLICT DO UPDATE SET articles = articles + 1;
"""

_LOSS = """
  UPDATE coverage_by_month
  SET articles = articles - 1
  WHERE month = substr(OLD.day, 1, 7) AND language = ifnull(OLD.language, '') AND site = OLD.site;
  DELETE FROM coverage_by_month
  WHERE month = substr(OLD.day, 1, 7) AND language = ifnull(OLD.language, '') AND site = OLD.site AND articles = 0;
"""

_TRIGGERS = (
    f"CREATE TRIGGER coverage_gains AFTER INSERT ON articles BEGIN {_GAIN} END",
    f"CREATE TRIGGER coverage_loses AFTER DELETE ON articles BEGIN {_LOSS} END",
    f"""
    CREATE TRIGGER coverage_moves AFTER UPDATE OF day, site, language ON articles
    WHEN substr(OLD.day, 1, 7) IS NOT substr(NEW.day, 1, 7)
      OR OLD.site IS NOT NEW.site
      OR OLD.language IS NOT NEW.language
    BEGIN {_LOSS} {_GAIN} END
    """,
)


def add_coverage(db: Database) -> None:
    """Make the table and what keeps it, and count the articles that are there."""
    db.execute(_TABLE.strip())
    db.execute(f"INSERT INTO coverage_by_month {COUNTED}")
    for trigger in _TRIGGERS:
        db.execute(trigger)


def covered(db: Database, wanted: Wanted, length: int) -> dict[str, int]:
    """Return how many articles are wanted of each day, month or year, as so many signs of a day say it.

    Months in part, days, and what an earlier version wrote are counted article by article.
    """
    is_kept = length < DAY and in_whole_months(wanted) and db["coverage_by_month"].exists()
    source, span, articles = (
        ("coverage_by_month", "month", "sum(articles)") if is_kept else ("articles", "day", "count(*)")
    )
    rows = db.execute(
        f"""
        SELECT {span}, {"''" if wanted.language is None else "ifnull(language, '')"}, {articles}
        FROM {source}
        WHERE {span} BETWEEN :first AND :last {"" if wanted.site is None else "AND site = :site"}
        GROUP BY 1, 2
        """,
        {
            "site": wanted.site,
            "first": wanted.since.isoformat()[: MONTH if is_kept else DAY] if wanted.since else "",
            "last": wanted.until.isoformat()[: MONTH if is_kept else DAY] if wanted.until else "~",
        },
    )
    found: dict[str, int] = {}
    for name, language, count in rows:
        if wanted.language is None or (language and language_token(language) == language_token(wanted.language)):
            found[name[:length]] = found.get(name[:length], 0) + count
    return found
