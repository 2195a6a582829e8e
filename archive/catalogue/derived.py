"""The tables that `settle` works out from all captures of a site."""

_ARTICLES = """
CREATE TABLE articles (
  -- The work at one address of a site: at least one capture showed it.
  docid INTEGER PRIMARY KEY,      -- internal: row of `search`; differs from catalogue to catalogue, never cite it
  id TEXT NOT NULL UNIQUE,        -- ours: hash of site and address
  site TEXT NOT NULL REFERENCES sites (name),
  address TEXT NOT NULL,          -- ours: key of its final URL
  url TEXT,                       -- record: where it was last seen
  state TEXT CHECK (state IN ('live', 'moved', 'gone')),                 -- ours: what its last capture said
  version TEXT REFERENCES version_rows (id) DEFERRABLE INITIALLY DEFERRED,   -- ours: shown last
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
  capture TEXT NOT NULL,          -- ours: id of the first
  PRIMARY KEY (article, url, how)
) WITHOUT ROWID
"""

_VERSION_ROWS = """
CREATE TABLE version_rows (
  -- How `versions` is stored, its paragraphs in `version_parts`: ask the view.
  "no" INTEGER PRIMARY KEY,       -- internal: in order of arrival
  id TEXT NOT NULL UNIQUE,        -- ours: hash of article, text and reader
  article TEXT NOT NULL REFERENCES articles (id),
  reader TEXT NOT NULL REFERENCES readers (digest),
  reading TEXT NOT NULL REFERENCES readings (id),         -- the first that says so
  first_capture TEXT NOT NULL REFERENCES captures (id),   -- the first that shows it
  title TEXT NOT NULL,            -- page
  text_hash TEXT NOT NULL,        -- ours: SHA-256 of title, lead and body
  first_seen TEXT NOT NULL,       -- record
  last_seen TEXT NOT NULL,        -- record
  captures INTEGER NOT NULL       -- ours: how many show it
)
"""

_VERSION_PARTS = """
CREATE TABLE version_parts (
  -- The paragraphs of a version. FTS5 will not rebuild from a view over json_each, so they are rows.
  version INTEGER NOT NULL REFERENCES version_rows ("no") ON DELETE CASCADE,   -- internal
  part INTEGER NOT NULL,          -- ours: 0 lead, 1 body
  n INTEGER NOT NULL,             -- place in that part
  text INTEGER NOT NULL,          -- internal: of `texts`; passages of the version's reading hold it there
  PRIMARY KEY (version, part, n)
) WITHOUT ROWID
"""

_TRANSITIONS = """
CREATE TABLE transitions (
  -- A change of an article between two captures of one address; A, B, A are two versions and two transitions.
  capture TEXT PRIMARY KEY REFERENCES captures (id),      -- the first that shows the new text
  article TEXT NOT NULL REFERENCES articles (id),
  at TEXT NOT NULL,                                       -- record: when the new text was seen
  last_capture TEXT NOT NULL REFERENCES captures (id),    -- the last that shows the old text
  old TEXT NOT NULL REFERENCES version_rows (id),
  new TEXT NOT NULL REFERENCES version_rows (id),
  noted INTEGER NOT NULL,         -- ours: a note or a correction came with it
  numbers TEXT,                   -- ours: JSON list of (old, new) numbers, in words that took the place of others
  names TEXT                      -- ours: likewise; words with a capital inside a sentence, so in German every noun
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

_ASKED = """
CREATE TABLE asked (
  -- Texts that were ever called an appeal: those that `search_appeals` indexes.
  text INTEGER PRIMARY KEY REFERENCES texts (id)
)
"""

_SKETCHES = """
CREATE TABLE sketches (
  -- The text of an article as few numbers, by which copies of it are found.
  docid INTEGER PRIMARY KEY REFERENCES articles (docid) ON DELETE CASCADE,
  at INTEGER NOT NULL,            -- ours: time of its first capture, and of equal ones an order
  first TEXT NOT NULL,            -- ours: first version
  latest TEXT NOT NULL,           -- ours: latest version
  prints BLOB NOT NULL            -- ours: hashes of some of its runs of words, six bytes each
)
"""

_PRINTS = """
CREATE TABLE prints (
  -- Which articles hold a run of words, in order of time.
  print INTEGER NOT NULL,         -- ours: hash of the words
  at INTEGER NOT NULL,            -- of `sketches`
  docid INTEGER NOT NULL REFERENCES sketches (docid),
  PRIMARY KEY (print, at, docid)
) WITHOUT ROWID
"""

_COPIES = """
CREATE TABLE copies (
  -- Articles whose text stands in an earlier article, of the same site or another.
  article TEXT PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,
  copy_of TEXT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,   -- ours: of all earlier ones the most alike
  origin TEXT NOT NULL,           -- ours: the earliest article that this leads back to
  version TEXT NOT NULL,          -- ours: its version that is most alike
  of_version TEXT NOT NULL,       -- ours: the version of the other that it is alike
  shared REAL NOT NULL,           -- ours: part of the shorter text that stands in the longer, 0..1
  kept REAL NOT NULL              -- ours: part of the earlier text that stands in this one, 0..1
) WITHOUT ROWID
"""

_PENDING = """
CREATE TABLE pending (
  -- What `settle` has still to do; empty after it.
  site TEXT NOT NULL REFERENCES sites (name) ON DELETE CASCADE,
  what TEXT NOT NULL CHECK (what IN ('article', 'reading', 'fresh', 'copy')),   -- ours; fresh: a reading never judged
  id TEXT NOT NULL,               -- of the article (article, copy) or reading
  PRIMARY KEY (site, what, id)
) WITHOUT ROWID
"""

DERIVED = (
    _ARTICLES,
    _ARTICLE_URLS,
    _VERSION_ROWS,
    _VERSION_PARTS,
    _TRANSITIONS,
    _MEMORY,
    _KINSHIP,
    _MERGES,
    _ASKED,
    _SKETCHES,
    _PRINTS,
    _COPIES,
    _PENDING,
)
