"""The tables of `catalogue.db`, and how a file comes to have them; a migration that has landed is never edited.

Comments inside the SQL say whose word a column is: the record's, the site file's, the page's, the reader's, or ours
(worked out by `settle`). `archive.catalogue.describe` makes docs/catalogue.md of them.
"""

from sqlite_utils import Database, Migrations

from archive.catalogue.coverage import add_coverage
from archive.catalogue.derived import DERIVED
from archive.catalogue.tables import DELIVERIES, RECORDED
from archive.catalogue.views import EDITS, VIEWS

migrations = Migrations("catalogue")

# Letters of every script, with the vowel signs that Indic scripts write as marks: without Mn and Mc "हिन्दी" falls
# into three tokens. Diacritics are folded: "Zürich" is found as "zurich".
TOKENIZER = "unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'"

_SEARCH = f"""
CREATE VIRTUAL TABLE search USING fts5 (
  title, lead, body, facets,
  content = 'search_source', content_rowid = 'docid', tokenize = "{TOKENIZER}"
)
"""

# Texts that were ever called an appeal, by `texts.id`; it holds no text of its own.
_SEARCH_APPEALS = f"""
CREATE VIRTUAL TABLE search_appeals USING fts5 (text, content = '', tokenize = "{TOKENIZER}")
"""

KINDS = {
    1: "title", 2: "lead", 3: "heading", 4: "body", 5: "note", 6: "correction", 7: "caption", 8: "byline",
    21: "chrome:related", 22: "chrome:ad", 23: "chrome:promo", 24: "chrome:legal", 25: "chrome:notice",
    26: "chrome:furniture",
    100: "appeal:donation", 101: "appeal:membership", 102: "appeal:subscription", 103: "appeal:newsletter",
    104: "appeal:follow", 105: "appeal:app", 106: "appeal:survey", 107: "appeal:tipline", 108: "appeal:registration",
    109: "appeal:paywall", 110: "appeal:adblock", 111: "appeal:consent",
}  # fmt: skip

_INDEXES = (
    "CREATE INDEX captures_file ON captures (file, offset)",
    "CREATE INDEX captures_url ON captures (url)",
    "CREATE INDEX captures_address ON captures (site, address)",
    "CREATE INDEX captures_leads_to ON captures (site, leads_to) WHERE leads_to IS NOT NULL",
    "CREATE INDEX captures_article ON captures (article)",
    "CREATE INDEX captures_version ON captures (version)",
    "CREATE INDEX captures_reading ON captures (reading)",
    "CREATE INDEX captures_refers_to ON captures (refers_to) WHERE refers_to IS NOT NULL",
    "CREATE INDEX captures_digest ON captures (payload_digest) WHERE payload_digest IS NOT NULL",
    'CREATE INDEX texts_key ON texts ("key") WHERE "key" IS NOT NULL',
    'CREATE INDEX texts_short ON texts (text) WHERE "key" IS NULL',
    "CREATE INDEX passages_text ON passage_rows (text)",
    "CREATE INDEX passages_asking ON passage_rows (kind, text) WHERE kind >= 100",
    "CREATE INDEX passages_noting ON passage_rows (kind) WHERE kind = 6",
    "CREATE INDEX articles_day ON articles (site, day)",
    "CREATE INDEX articles_address ON articles (address)",
    "CREATE INDEX articles_story ON articles (story)",
    "CREATE INDEX articles_version ON articles (version)",
    "CREATE INDEX articles_moved_to ON articles (moved_to) WHERE moved_to IS NOT NULL",
    "CREATE INDEX article_urls_url ON article_urls (url)",
    "CREATE INDEX versions_article ON version_rows (article)",
    "CREATE INDEX versions_reading ON version_rows (reading)",
    "CREATE INDEX transitions_article ON transitions (article)",
    "CREATE INDEX transitions_old ON transitions (old)",
    "CREATE INDEX transitions_new ON transitions (new)",
    "CREATE INDEX kinship_b ON kinship (b)",
    "CREATE INDEX copies_of ON copies (copy_of)",
    "CREATE INDEX copies_origin ON copies (origin)",
    "CREATE INDEX merges_into ON merges (site, into_address)",
    "CREATE INDEX authors_name ON authors (name)",
    "CREATE INDEX outcomes_url ON outcomes (url)",
    "CREATE INDEX site_files_site ON site_files (site, at)",
)

# Rows and columns that are no function of the records: what came first into this very file, and when a migration was
# applied to it. Everything else is equal in any two catalogues of the same records.
INTERNAL_COLUMNS = {"articles": frozenset({"docid"}), "readings": frozenset({"no"})}
INTERNAL_TABLES = frozenset({"_sqlite_migrations", "sqlite_sequence", "sqlite_stat1", "sqlite_stat4"})

# Tables that refer to internal numbers, and the view that shows what they say; "": nothing that no other view shows.
STORED = {
    "passage_rows": "passages",
    "version_rows": "versions",
    "version_parts": "",
    "prints": "",
    "sketches": "",
    "texts": "",
    "names": "",
    "asked": "",
}


@migrations(name="m001_initial")
def _initial(db: Database) -> None:
    for statement in (*RECORDED, *DERIVED, *_INDEXES, *VIEWS, _SEARCH, _SEARCH_APPEALS):
        db.execute(statement.strip())
    db.conn.executemany("INSERT INTO kinds (id, kind) VALUES (?, ?)", KINDS.items())


@migrations(name="m002_edits_name_each_column_once")
def _edits_once(db: Database) -> None:
    """`edits` showed `old_version` twice; a view holds no rows, so it is made as it is now."""
    if any(row[1] == "old_version:1" for row in db.execute("PRAGMA table_info(edits)")):
        db.execute("DROP VIEW edits")
        db.execute(EDITS.strip())


@migrations(name="m003_deliveries")
def _deliveries(db: Database) -> None:
    db.execute(DELIVERIES.strip())


@migrations(name="m004_articles_by_day")
def _articles_by_day(db: Database) -> None:
    """The newest articles of all sites, for searches that look among them first."""
    db.execute("CREATE INDEX articles_newest ON articles (day)")


@migrations(name="m005_coverage_by_month")
def _coverage_by_month(db: Database) -> None:
    """How many articles there are of each month, of which the counts of a word are a share."""
    add_coverage(db)
