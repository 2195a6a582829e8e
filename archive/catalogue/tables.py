"""The tables that hold what records, pages and readers say; those that `settle` works out are in `derived`."""

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
  id TEXT NOT NULL PRIMARY KEY,   -- record: its id
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
  version TEXT REFERENCES version_rows (id) DEFERRABLE INITIALLY DEFERRED    -- ours: what it shows
)
"""

_READINGS = """
CREATE TABLE readings (
  -- What one reader made of a page: its metadata; the text is in `passages`. Shared by captures that read the same.
  "no" INTEGER PRIMARY KEY,       -- internal: in order of arrival
  id TEXT NOT NULL UNIQUE,        -- ours: hash of site, reader and all below
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
)
"""

_TEXTS = """
CREATE TABLE texts (
  -- Every paragraph once, however many pages and versions hold it; `passages` and `versions` show them in their places.
  id INTEGER PRIMARY KEY,         -- internal: in order of arrival
  text TEXT NOT NULL,             -- page, white space collapsed
  "key" INTEGER                   -- reader: of the text, by which `memory` counts it; NULL if it is too short
)
"""

_KINDS = """
CREATE TABLE kinds (
  -- The kinds of passages; those that ask something of the reader are numbered from 100.
  id INTEGER PRIMARY KEY,         -- ours: the same in every catalogue
  kind TEXT NOT NULL UNIQUE       -- ours
)
"""

_NAMES = """
CREATE TABLE names (
  -- What very many passages have in common is written once: rules, and places in a page.
  id INTEGER PRIMARY KEY,         -- internal: in order of arrival
  name TEXT NOT NULL UNIQUE       -- reader: a rule; page: an xpath
)
"""

_PASSAGE_ROWS = """
CREATE TABLE passage_rows (
  -- How `passages` is stored, in a seventh of the room: ask the view.
  reading INTEGER NOT NULL REFERENCES readings ("no") ON DELETE CASCADE,   -- internal
  n INTEGER NOT NULL,             -- place on the page
  kind INTEGER NOT NULL REFERENCES kinds (id),   -- reader, knowing the site's other articles
  kind_alone INTEGER REFERENCES kinds (id),      -- reader, knowing this page only; NULL: the same
  rule INTEGER NOT NULL REFERENCES names (id),   -- reader: what decided
  score INTEGER NOT NULL,         -- reader: body score that was weighed, in thousandths
  text INTEGER NOT NULL REFERENCES texts (id),   -- page
  xpath INTEGER NOT NULL REFERENCES names (id),  -- page
  start INTEGER NOT NULL,         -- reader: in the page's text, all passages joined by newlines
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

DELIVERIES = """
CREATE TABLE deliveries (
  -- A file that came from elsewhere and was taken in for a site, as a run says.
  record TEXT PRIMARY KEY REFERENCES captures (id) ON DELETE CASCADE,   -- record: id of the resource
  run TEXT NOT NULL REFERENCES runs (id),                               -- record
  at TEXT NOT NULL,               -- record: when it was taken in; of two that name one file and site the later speaks
  file TEXT NOT NULL,             -- record: its name in this archive
  site TEXT NOT NULL,             -- record: whose its captures of these hosts are
  source TEXT NOT NULL,           -- record: key of the Source that led to it
  name TEXT NOT NULL,             -- record: what it was called where it came from
  hosts TEXT NOT NULL             -- record: JSON list
) WITHOUT ROWID
"""

RECORDED = (
    _SITES,
    _RUNS,
    _FILES,
    _READERS,
    _CAPTURES,
    _SITE_FILES,
    _READINGS,
    _TEXTS,
    _KINDS,
    _NAMES,
    _PASSAGE_ROWS,
    _AUTHORS,
    _LINKS,
    _OUTCOMES,
)
