"""The tables of `catalogue.db`, and how a file comes to have them; a migration that has landed is never edited.

Comments inside the SQL say whose word a column is: the record's, the site file's, the page's, the reader's, or ours
(worked out by `settle`). `archive.catalogue.describe` makes docs/catalogue.md of them.
"""

from sqlite_utils import Database, Migrations

from archive.catalogue.derived import DERIVED
from archive.catalogue.tables import RECORDED
from archive.catalogue.views import VIEWS

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
    'CREATE INDEX passages_key ON passages ("key") WHERE "key" IS NOT NULL',
    "CREATE INDEX articles_day ON articles (site, day)",
    "CREATE INDEX articles_address ON articles (address)",
    "CREATE INDEX articles_story ON articles (story)",
    "CREATE INDEX articles_version ON articles (version)",
    "CREATE INDEX articles_moved_to ON articles (moved_to) WHERE moved_to IS NOT NULL",
    "CREATE INDEX article_urls_url ON article_urls (url)",
    "CREATE INDEX article_urls_capture ON article_urls (capture)",
    "CREATE INDEX versions_article ON versions (article)",
    "CREATE INDEX versions_reading ON versions (reading)",
    "CREATE INDEX transitions_article ON transitions (article)",
    "CREATE INDEX transitions_old ON transitions (old)",
    "CREATE INDEX transitions_new ON transitions (new)",
    "CREATE INDEX kinship_b ON kinship (b)",
    "CREATE INDEX merges_into ON merges (site, into_address)",
    "CREATE INDEX authors_name ON authors (name)",
    "CREATE INDEX outcomes_url ON outcomes (url)",
    "CREATE INDEX site_files_site ON site_files (site, at)",
)

# Rows and columns that are no function of the records: which article came first into this very file, and when a
# migration was applied to it. Everything else is equal in any two catalogues of the same records.
INTERNAL_COLUMNS = {"articles": frozenset({"docid"})}
INTERNAL_TABLES = frozenset({"_sqlite_migrations", "sqlite_sequence", "sqlite_stat1", "sqlite_stat4"})


@migrations(name="m001_initial")
def _initial(db: Database) -> None:
    for statement in (*RECORDED, *DERIVED, *_INDEXES, *VIEWS, _SEARCH):
        db.execute(statement.strip())
