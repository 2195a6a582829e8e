"""What can be exported: four tables, each column with its type and its meaning, and their rows one at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlite_utils import Database

from archive.catalogue.facets import ALL, facet_filter
from archive.catalogue.matching import Wanted, answered
from archive.catalogue.query import expression

Type = Literal["string", "integer", "number", "date", "datetime"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, the type of its values, where they come from in SQL, and what they say."""

    name: str
    type: Type
    sql: str
    says: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table to export; `source` joins to `articles AS a`, and `grouped` by what rows are made one."""

    name: str
    says: str
    columns: tuple[Column, ...]
    source: str
    order: str
    grouped: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


class Row:
    """One row, which can say itself by the names of its columns."""

    __slots__ = ("names", "values")

    def __init__(self, names: Sequence[str], values: Sequence[object]) -> None:
        self.names, self.values = names, values

    def to_dict(self) -> dict[str, object]:
        """Return the values by column."""
        return dict(zip(self.names, self.values, strict=True))


_ARTICLE = (
    Column("article", "string", "a.id", "Id of the article: the same in every catalogue of the same site and address."),
    Column("site", "string", "a.site", "The publication, as its site file names it."),
    Column("url", "string", "a.url", "Where the article was last seen."),
    Column("day", "date", "a.day", "Day of publication as the page gives it, else the day it was first seen."),
)
_WHERE = (
    Column("capture", "string", "c.id", "WARC record id of the first capture that shows this text."),
    Column("file", "string", "c.file", "WARC file that holds it."),
    Column("offset", "integer", "c.offset", "Offset of the record in that file, in bytes."),
    Column("length", "integer", "c.length", "Length of the record in that file, in bytes."),
)
_TEXT = (
    Column("version", "string", "v.id", "Id of the version: a distinct title, lead and body."),
    Column("title", "string", "v.title", "Headline."),
    Column("lead", "string", "v.lead", "Standfirst; paragraphs are parted by blank lines."),
    Column("body", "string", "v.body", "Clean text without the lead: no appeals, no page furniture."),
    Column("text_hash", "string", "v.text_hash", "SHA-256 of title, lead and body, parted by NUL."),
    Column("reader", "string", "v.reader", "Digest of the program that read the page."),
)
_VERSION_SOURCE = "CROSS JOIN captures AS c ON c.id = v.first_capture"

ARTICLES = Table(
    "articles",
    "The latest clean text of each article.",
    (
        *_ARTICLE,
        *_TEXT,
        Column(
            "authors",
            "string",
            "(SELECT group_concat(name, '; ') FROM (SELECT name FROM authors WHERE reading = v.reading ORDER BY n))",
            "Who signs it, parted by semicolons.",
        ),
        Column("language", "string", "a.language", "Language, as the page says or the reader found."),
        Column("section", "string", "a.section", "Section of the paper, as the page says."),
        Column("agency", "string", "a.agency", "News agency the page credits."),
        Column("access", "string", "a.access", "free, metered, paywalled or truncated, as the reader found."),
        Column("state", "string", "a.state", "live, moved or gone: what the last capture said."),
        Column("published", "datetime", "a.published", "Time of publication as the page gives it, UTC."),
        Column("modified", "datetime", "a.modified", "Time of the last change as the page gives it, UTC."),
        Column("first_seen", "datetime", "a.first_seen", "First capture that showed it, UTC."),
        Column("last_seen", "datetime", "a.last_seen", "Last capture that showed it, UTC."),
        *_WHERE,
    ),
    f"CROSS JOIN versions AS v ON v.id = a.version {_VERSION_SOURCE}",
    "a.site, a.day, a.id",
)
VERSIONS = Table(
    "versions",
    "Every text that each article ever had.",
    (
        *_ARTICLE,
        *_TEXT,
        Column("first_seen", "datetime", "v.first_seen", "First capture that showed this text, UTC."),
        Column("last_seen", "datetime", "v.last_seen", "Last capture that showed this text, UTC."),
        Column("captures", "integer", "v.captures", "How many captures show it."),
        *_WHERE,
    ),
    f"CROSS JOIN versions AS v ON v.article = a.id {_VERSION_SOURCE}",
    "a.site, a.day, a.id, v.first_seen, v.id",
)
PASSAGES = Table(
    "passages",
    "Every block of the page that shows the latest text of each article first, in page order.",
    (
        *_ARTICLE,
        Column("version", "string", "v.id", "Id of the version that the page shows."),
        Column("n", "integer", "p.n", "Place on the page, from 0."),
        Column("kind", "string", "p.kind", "What it is: title, lead, body, appeal:donation, chrome:related, ..."),
        Column("rule", "string", "p.rule", "What decided that."),
        Column("score", "number", "p.score", "Body score that was weighed, 0 to 1."),
        Column("text", "string", "p.text", "Its text, white space collapsed."),
        Column("xpath", "string", "p.xpath", "Where it stands in the parsed page."),
        *_WHERE,
    ),
    f"CROSS JOIN versions AS v ON v.id = a.version {_VERSION_SOURCE} CROSS JOIN passages AS p ON p.reading = v.reading",
    "a.site, a.day, a.id, p.n",
)
APPEALS = Table(
    "appeals",
    "What papers asked of their readers: each text once for every article that carried it.",
    (
        *_ARTICLE,
        Column("asks_for", "string", "substr(p.kind, 8)", "donation, membership, subscription, newsletter, ..."),
        Column("text", "string", "p.text", "What it says."),
        Column("rule", "string", "min(p.rule)", "What decided that it is an appeal."),
        Column("first_seen", "datetime", "min(c.fetched_at)", "First capture of the article that carries it, UTC."),
        Column("last_seen", "datetime", "max(c.fetched_at)", "Last capture of the article that carries it, UTC."),
        Column("captures", "integer", "count(DISTINCT c.id)", "How many captures of the article carry it."),
    ),
    "CROSS JOIN captures AS c ON c.article = a.id CROSS JOIN passages AS p ON p.reading = c.reading"
    " AND p.kind LIKE 'appeal:%'",
    "a.site, a.day, a.id, p.kind, p.text",
    "a.site, a.day, a.id, p.kind, p.text",
)
TABLES = (ARTICLES, PASSAGES, APPEALS, VERSIONS)


def rows_of(db: Database, table: Table, choice: Wanted) -> Iterator[Row]:
    """Yield the rows of a table for the articles chosen, by site, day and article; none is kept."""
    facets = facet_filter(choice.site, None, choice.language)
    return answered(choice.query, lambda parsed: _run(db, table, choice, expression(parsed, facets, ALL)), iter(()))


def _run(db: Database, table: Table, choice: Wanted, match: str) -> Iterator[Row]:
    columns = ", ".join(f'{column.sql} AS "{column.name}"' for column in table.columns)
    found = "AND a.docid IN (SELECT rowid FROM search WHERE search MATCH :match)" if choice.query.strip() else ""
    rows = db.execute(
        f"""
        SELECT {columns}
        FROM articles AS a {table.source}
        WHERE (:since IS NULL OR a.day >= :since)
          AND (:until IS NULL OR a.day <= :until)
          AND (:site IS NULL OR a.site = :site)
          AND (:language IS NULL OR a.language = :language OR a.language LIKE :language || '-%')
          {found}
        {f"GROUP BY {table.grouped}" if table.grouped else ""}
        ORDER BY {table.order}
        """,
        {
            "match": match,
            "since": choice.since.isoformat() if choice.since else None,
            "until": choice.until.isoformat() if choice.until else None,
            "site": choice.site,
            "language": choice.language,
        },
    )
    names = table.names
    return (Row(names, tuple(row)) for row in rows)
