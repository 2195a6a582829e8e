"""The tables of `catalogue.db`, and how a file comes to have them; a migration that has landed is never edited.

Comments inside the SQL say whose word a column is: the record's, the site file's, the page's, the reader's, or ours
(worked out by `settle`). `archive.catalogue.describe` makes docs/catalogue.md of them.
"""

from sqlite_utils import Database, Migrations

from archive.catalogue.views import VIEWS

migrations = Migrations("catalogue")

# Letters of every script, with the vowel signs that Indic scripts write as marks: without Mn and Mc "हिन्दी" falls
# into three tokens. Diacritics are folded: "Zürich" is found as "zurich".
TOKENIZER = "unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'"

_SITES = """
CREATE TABLE sites (
  -- A publication. The newest site file that a run has archived speaks.
  name TEXT PRIMARY KEY,      -- record: the site it was fetched for; for other people's WARCs the registered host
  title TEXT,                 -- site file: name
  home TEXT,                  -- site file
  languages TEXT,             -- site file: JSON list
  toml TEXT,                  -- site file, resolved, as the run archived it
  record TEXT,                -- record: id of the resource that holds it; text, for its capture may be withdrawn
  at TEXT,                    -- record: when it was archived
  stories INTEGER NOT NULL DEFAULT 0,   -- ours: distinct stories that the site's memory counts
  settled TEXT,               -- ours: digest of the rules its captures were settled by; NULL: all of it is due again
  facet TEXT NOT NULL         -- ours: its token in the `facets` column of `search`
) WITHOUT ROWID
"""

_RUNS = """
CREATE TABLE runs (
  -- One crawl, as its records tell it.
  id TEXT PRIMARY KEY,        -- record
  started TEXT NOT NULL,      -- record: first capture
  ended TEXT NOT NULL,        -- record: last capture
  software TEXT               -- record
) WITHOUT ROWID
"""

_SITE_FILES = """
CREATE TABLE site_files (
  -- A site file as one run resolved and archived it.
  record TEXT PRIMARY KEY REFERENCES captures (id) ON DELETE CASCADE,   -- record: id of the resource
  run TEXT NOT NULL REFERENCES runs (id),                               -- record
  site TEXT NOT NULL REFERENCES sites (name),                           -- record
  at TEXT NOT NULL,                                                     -- record
  toml TEXT NOT NULL                                                    -- site file
) WITHOUT ROWID
"""

_FILES = """
CREATE TABLE files (
  -- A WARC file, and how far it has been read.
  name TEXT PRIMARY KEY,      -- file name, never with .open
  read_to INTEGER NOT NULL    -- ours: offset after the last exchange in the catalogue
) WITHOUT ROWID
"""

_READERS = """
CREATE TABLE readers (
  -- A state of the reading programs; two readings by one reader of one page are the same.
  digest TEXT PRIMARY KEY     -- reader: of its names, versions and weights
) WITHOUT ROWID
"""

_CAPTURES = """
CREATE TABLE captures (
  -- One URL at one time; every redirect hop is one. Each is a record in a WARC file.
  id TEXT PRIMARY KEY,            -- record: its id
  file TEXT NOT NULL REFERENCES files (name),     -- record
  offset INTEGER NOT NULL,        -- record: of its gzip member in the file
  length INTEGER NOT NULL,        -- record: of that member
  ends INTEGER NOT NULL,          -- record: offset after the last record of the exchange
  kind TEXT NOT NULL,             -- record: response, revisit, unparsable or resource
  url TEXT NOT NULL,              -- record
  fetched_at TEXT NOT NULL,       -- record
  status INTEGER,                 -- record: HTTP
  content_type TEXT,              -- record: HTTP
  location TEXT,                  -- record: HTTP, absolute
  payload_digest TEXT,            -- record
  payload_length INTEGER,         -- record
  truncated TEXT,                 -- record: why it is incomplete
  ip TEXT,                        -- record
  refers_to TEXT,                 -- record: id of the original of a revisit, which may lie in no file of ours
  profile TEXT,                   -- record: identical or not-modified
  request TEXT, request_file TEXT, request_offset INTEGER, request_length INTEGER,      -- record: what was sent
  metadata TEXT, metadata_file TEXT, metadata_offset INTEGER, metadata_length INTEGER,  -- record: why
  site TEXT REFERENCES sites (name),              -- record, or the registered host; NULL: of a run, not of a site
  run TEXT REFERENCES runs (id),  -- record
  source TEXT,                    -- record: key of the Source that led here
  role TEXT,                      -- record: what it was fetched for; NULL in other people's WARCs
  via TEXT,                       -- record: id of the capture that redirected here
  hops INTEGER,                   -- record
  lease TEXT,                     -- record: the frontier's name for the visit
  attempt INTEGER,                -- record
  fidelity TEXT,                  -- record: wire or reconstructed
  software TEXT,                  -- record
  settings TEXT,                  -- record: digest of the resolved settings
  reader TEXT REFERENCES readers (digest),        -- reader
  outcome TEXT,                   -- reader: ok, not_article, blocked, timeout, unreadable; NULL: not a page to read
  reason TEXT,                    -- reader
  reading TEXT REFERENCES readings (id),          -- reader; of a revisit: its original's, found by us
  address TEXT,                   -- ours: key of its URL, the same for print, mobile and AMP; NULL: not settled yet
  leads_to TEXT,                  -- ours: key of the URL it redirects to
  article TEXT REFERENCES articles (id) DEFERRABLE INITIALLY DEFERRED,   -- ours: whose address was visited
  evidence TEXT CHECK (evidence IN ('shown', 'gone', 'moved', 'alias')), -- ours: what it says of that article
  version TEXT REFERENCES versions (id) DEFERRABLE INITIALLY DEFERRED    -- ours: what it shows
) WITHOUT ROWID
"""

_READINGS = """
CREATE TABLE readings (
  -- What one reader made of a page: its metadata; the text is in `passages`. Shared by captures that read the same.
  id TEXT PRIMARY KEY,            -- ours: hash of site, reader and all below
  site TEXT NOT NULL REFERENCES sites (name),
  reader TEXT NOT NULL REFERENCES readers (digest),
  page_kind TEXT NOT NULL,        -- reader
  title TEXT,                     -- page
  published TEXT,                 -- page, in UTC
  published_text TEXT,            -- page, as written
  modified TEXT,                  -- page, in UTC
  modified_text TEXT,             -- page, as written
  language TEXT,                  -- page, or told by the reader
  section TEXT,                   -- page
  tags TEXT NOT NULL,             -- page: JSON list
  image_url TEXT,                 -- page
  image_caption TEXT,             -- page
  image_credit TEXT,              -- page
  agency TEXT,                    -- page
  access TEXT,                    -- reader: free, metered, paywalled, truncated
  declared_canonical TEXT,        -- page
  og_url TEXT,                    -- page
  jsonld_url TEXT,                -- page
  noarchive INTEGER NOT NULL,     -- page asks not to be archived
  encoding TEXT NOT NULL,         -- reader
  encoding_source TEXT NOT NULL,  -- reader
  replacement_chars INTEGER NOT NULL,             -- reader
  parse_status TEXT NOT NULL,     -- reader
  origins TEXT NOT NULL,          -- reader: where each value came from, JSON list of pairs
  features BLOB NOT NULL          -- reader: what `settle` needs to judge the passages without the page
) WITHOUT ROWID
"""

_PASSAGES = """
CREATE TABLE passages (
  -- A block of a page, in page order; nothing of the page is left out.
  reading TEXT NOT NULL REFERENCES readings (id) ON DELETE CASCADE,
  n INTEGER NOT NULL,             -- place on the page
  kind TEXT NOT NULL,             -- reader, knowing the site's other articles
  kind_alone TEXT NOT NULL,       -- reader, knowing this page only
  rule TEXT NOT NULL,             -- reader: what decided
  score REAL NOT NULL,            -- reader: body score that was weighed, 0..1
  text TEXT NOT NULL,             -- page, white space collapsed
  xpath TEXT NOT NULL,            -- page
  start INTEGER NOT NULL,         -- reader: in the page's text, all passages joined by newlines
  "end" INTEGER NOT NULL,         -- reader: likewise
  "key" INTEGER,                  -- reader: of the text, by which `memory` counts it; NULL if it is too short
  PRIMARY KEY (reading, n)
) WITHOUT ROWID
"""

_AUTHORS = """
CREATE TABLE authors (
  -- Who signs a page.
  reading TEXT NOT NULL REFERENCES readings (id) ON DELETE CASCADE,
  n INTEGER NOT NULL,             -- place in the byline
  name TEXT NOT NULL,             -- page
  PRIMARY KEY (reading, n)
) WITHOUT ROWID
"""

_ARTICLES = """
CREATE TABLE articles (
  -- The work at one address of a site: at least one capture showed it.
  docid INTEGER PRIMARY KEY,      -- internal: row of `search`; differs from catalogue to catalogue, never cite it
  id TEXT NOT NULL UNIQUE,        -- ours: hash of site and address
  site TEXT NOT NULL REFERENCES sites (name),
  address TEXT NOT NULL,          -- ours: key of its final URL
  url TEXT,                       -- record: where it was last seen
  state TEXT CHECK (state IN ('live', 'moved', 'gone')),                 -- ours: what its last capture said
  version TEXT REFERENCES versions (id) DEFERRABLE INITIALLY DEFERRED,   -- ours: shown last
  first_seen TEXT,                -- record
  last_seen TEXT,                 -- record: last capture that showed it
  gone_since TEXT,                -- record: first capture after that which said it is gone or moved
  moved_to TEXT REFERENCES articles (id) ON DELETE SET NULL,             -- ours
  day TEXT,                       -- page's date of publication, else the day it was first seen
  published TEXT,                 -- page, as of the version shown last; so are those below
  modified TEXT,                  -- page
  language TEXT,                  -- page
  section TEXT,                   -- page
  agency TEXT,                    -- page
  access TEXT,                    -- reader
  facets TEXT,                    -- ours: tokens of site, year, month and language, for `search`
  segmented TEXT,                 -- ours: title, lead, body with signs parted, where its script parts no words
  story TEXT                      -- ours: articles that share their text are one story to the site's memory
)
"""

_ARTICLE_URLS = """
CREATE TABLE article_urls (
  -- Every URL that is known for an article, and the first capture that proves it.
  article TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
  url TEXT NOT NULL,              -- record; `canonical`: page
  how TEXT NOT NULL CHECK (how IN ('captured', 'canonical', 'redirect')),   -- ours: a page there, its word, a redirect
  capture TEXT NOT NULL REFERENCES captures (id),           -- ours: the first
  PRIMARY KEY (article, url, how)
) WITHOUT ROWID
"""

_VERSIONS = """
CREATE TABLE versions (
  -- A distinct title, lead and body of an article.
  id TEXT PRIMARY KEY,            -- ours: hash of article, text and reader
  article TEXT NOT NULL REFERENCES articles (id),
  reader TEXT NOT NULL REFERENCES readers (digest),
  reading TEXT NOT NULL REFERENCES readings (id),         -- the first that says so
  first_capture TEXT NOT NULL REFERENCES captures (id),   -- the first that shows it
  title TEXT NOT NULL,            -- page
  lead TEXT NOT NULL,             -- page; paragraphs are parted by blank lines
  body TEXT NOT NULL,             -- page: clean text without the lead
  text_hash TEXT NOT NULL,        -- ours: SHA-256 of the three
  first_seen TEXT NOT NULL,       -- record
  last_seen TEXT NOT NULL,        -- record
  captures INTEGER NOT NULL       -- ours: how many show it
) WITHOUT ROWID
"""

_TRANSITIONS = """
CREATE TABLE transitions (
  -- A change of an article between two captures of one address; A, B, A are two versions and two transitions.
  capture TEXT PRIMARY KEY REFERENCES captures (id),      -- the first that shows the new text
  article TEXT NOT NULL REFERENCES articles (id),
  at TEXT NOT NULL,                                       -- record: when the new text was seen
  last_capture TEXT NOT NULL REFERENCES captures (id),    -- the last that shows the old text
  old TEXT NOT NULL REFERENCES versions (id),
  new TEXT NOT NULL REFERENCES versions (id)
) WITHOUT ROWID
"""

_LINKS = """
CREATE TABLE links (
  -- Where a captured URL was found, and what was said of it there.
  capture TEXT PRIMARY KEY REFERENCES captures (id) ON DELETE CASCADE,
  url TEXT NOT NULL,              -- record
  found_in TEXT NOT NULL,         -- record: URL of the document that lists it
  source TEXT NOT NULL,           -- record: key of the Source whose document that is
  source_kind TEXT,               -- record: how to read it, if it is a source itself
  title TEXT,                     -- record: as listed; so are those below
  published TEXT,                 -- record
  modified TEXT,                  -- record
  language TEXT,                  -- record
  authors TEXT NOT NULL,          -- record: JSON list
  alternates TEXT NOT NULL        -- record: JSON list of (language, URL) pairs
) WITHOUT ROWID
"""

_OUTCOMES = """
CREATE TABLE outcomes (
  -- How visits ended that left no bytes: the ledger of a run.
  record TEXT NOT NULL REFERENCES captures (id) ON DELETE CASCADE,   -- record: id of the resource
  n INTEGER NOT NULL,             -- line in it
  run TEXT NOT NULL REFERENCES runs (id),
  site TEXT,                      -- record
  url TEXT NOT NULL,              -- record
  outcome TEXT NOT NULL,          -- record
  reason TEXT NOT NULL,           -- record
  at TEXT,                        -- record
  lease TEXT,                     -- record
  PRIMARY KEY (record, n)
) WITHOUT ROWID
"""

_MEMORY = """
CREATE TABLE memory (
  -- What a site repeats: passages that stand in two or more of its stories.
  site TEXT NOT NULL REFERENCES sites (name),
  "key" INTEGER NOT NULL,         -- of `passages`
  stories INTEGER NOT NULL,       -- ours: how many hold it, of `sites.stories`
  since TEXT NOT NULL,            -- record: first capture that holds it
  level INTEGER NOT NULL,         -- ours: how often that is, as the reader was told
  PRIMARY KEY (site, "key")
) WITHOUT ROWID
"""

_KINSHIP = """
CREATE TABLE kinship (
  -- Pairs of articles that share so much text that they are one story.
  a TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
  b TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
  PRIMARY KEY (a, b)
) WITHOUT ROWID
"""

_MERGES = """
CREATE TABLE merges (
  -- Addresses whose pages declare another address of the site to be theirs.
  site TEXT NOT NULL REFERENCES sites (name),
  address TEXT NOT NULL,          -- ours
  into_address TEXT NOT NULL,     -- page
  capture TEXT NOT NULL REFERENCES captures (id) ON DELETE CASCADE,      -- the first that proves it
  PRIMARY KEY (site, address)
) WITHOUT ROWID
"""

_PENDING = """
CREATE TABLE pending (
  -- What `settle` has still to do; empty after it.
  site TEXT NOT NULL REFERENCES sites (name) ON DELETE CASCADE,
  what TEXT NOT NULL CHECK (what IN ('article', 'reading', 'fresh')),   -- ours; fresh: a reading never judged
  id TEXT NOT NULL,               -- of the article or reading
  PRIMARY KEY (site, what, id)
) WITHOUT ROWID
"""

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

_TABLES = (
    _SITES,
    _RUNS,
    _FILES,
    _READERS,
    _CAPTURES,
    _SITE_FILES,
    _READINGS,
    _PASSAGES,
    _AUTHORS,
    _ARTICLES,
    _ARTICLE_URLS,
    _VERSIONS,
    _TRANSITIONS,
    _LINKS,
    _OUTCOMES,
    _MEMORY,
    _KINSHIP,
    _MERGES,
    _PENDING,
)

# Rows and columns that are no function of the records: which article came first into this very file, and when a
# migration was applied to it. Everything else is equal in any two catalogues of the same records.
INTERNAL_COLUMNS = {"articles": frozenset({"docid"})}
INTERNAL_TABLES = frozenset({"_sqlite_migrations", "sqlite_sequence", "sqlite_stat1", "sqlite_stat4"})


@migrations(name="m001_initial")
def _initial(db: Database) -> None:
    for statement in (*_TABLES, *_INDEXES, *VIEWS, _SEARCH):
        db.execute(statement.strip())
