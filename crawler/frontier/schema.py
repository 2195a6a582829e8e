"""The tables of `frontier.db`; a migration that has landed is never edited."""

import sqlite_utils
from sqlite_utils import Migrations

migrations = Migrations("frontier")

SCHEMA = """
CREATE TABLE urls (
  site TEXT NOT NULL,
  url TEXT NOT NULL,                    -- normalised (archive.urls.normalise)
  role TEXT NOT NULL,                   -- source, article, requisite
  source TEXT NOT NULL,                 -- key of the Source that lists it, or that it is
  polite_group TEXT NOT NULL,           -- one request at a time in each
  state TEXT NOT NULL CHECK (state IN ('due', 'leased', 'waiting', 'retired')),
  priority INTEGER NOT NULL,            -- 0 first
  due_at REAL NOT NULL,                 -- unix seconds; never before
  why TEXT NOT NULL DEFAULT '',         -- why it is in that state
  lease TEXT,                           -- of the visit under way
  failures INTEGER NOT NULL DEFAULT 0,  -- in a row
  hops INTEGER NOT NULL DEFAULT 0,      -- redirects that led here
  via TEXT,                             -- record id of the capture that redirected here
  link TEXT NOT NULL,                   -- archive.model.Link as JSON: where it was found, what was said of it
  outcome TEXT,                         -- of the last visit
  status INTEGER,
  etag TEXT,                            -- of the last whole capture
  last_modified TEXT,
  original TEXT,                        -- the response record a 304 stands for: JSON of id, url, date
  first_seen REAL NOT NULL,
  last_seen REAL NOT NULL,              -- last time a source listed it
  visited REAL,
  PRIMARY KEY (site, url)
) WITHOUT ROWID;
CREATE INDEX urls_due ON urls (polite_group, priority, due_at) WHERE state IN ('due', 'waiting');
CREATE INDEX urls_leased ON urls (lease) WHERE state = 'leased';

CREATE TABLE visits (
  lease TEXT PRIMARY KEY,
  site TEXT NOT NULL,
  url TEXT NOT NULL,
  role TEXT NOT NULL,
  source TEXT NOT NULL,
  run TEXT NOT NULL,
  ended REAL NOT NULL,
  outcome TEXT NOT NULL,
  status INTEGER,
  reason TEXT NOT NULL,
  record TEXT,                          -- record id; NULL if no bytes were stored
  links INTEGER NOT NULL DEFAULT 0,     -- found in the document
  fresh INTEGER NOT NULL DEFAULT 0,     -- of them never seen before
  ledger INTEGER NOT NULL DEFAULT 1     -- 0: has no bytes and is not yet in a WARC file
) WITHOUT ROWID;
CREATE INDEX visits_url ON visits (url);
CREATE INDEX visits_run ON visits (run);
CREATE INDEX visits_ledger ON visits (run) WHERE ledger = 0;

CREATE TABLE holds (                    -- a politeness group that asked to be left alone
  polite_group TEXT PRIMARY KEY,
  until REAL NOT NULL,
  why TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE runs (
  run TEXT PRIMARY KEY,
  started REAL NOT NULL,
  ended REAL,
  sites TEXT NOT NULL,                  -- JSON list
  finish TEXT                           -- why it ended
) WITHOUT ROWID;
"""


@migrations(name="m001_initial")
def _initial(db: sqlite_utils.Database) -> None:
    for statement in SCHEMA.split(";\n"):
        if statement.strip():
            db.execute(statement)
