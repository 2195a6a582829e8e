"""The tables of `frontier.db`; a migration that has landed is never edited."""

import sqlite_utils
from sqlite_utils import Migrations

migrations = Migrations("frontier")

SCHEMA = """
CREATE TABLE urls (
  id INTEGER PRIMARY KEY,
  site TEXT NOT NULL,
  url TEXT NOT NULL,                    -- normalised (archive.urls.normalise)
  role TEXT NOT NULL,                   -- robots, source, article, requisite
  source TEXT NOT NULL,                 -- key of the Source that lists it, or that it is
  polite_group TEXT NOT NULL,           -- one request at a time in each
  state TEXT NOT NULL CHECK (state IN ('due', 'leased', 'waiting', 'retired')),
  priority INTEGER NOT NULL,            -- 0 first; also its lane (crawler.schedule.lanes)
  due_at REAL NOT NULL,                 -- unix seconds; waiting: never before; due: its place in the queue
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
  digest TEXT,                          -- of the payload of the last whole capture
  captured REAL,                        -- first whole capture: where the recheck ladder stands
  first_seen REAL NOT NULL,
  last_seen REAL NOT NULL,              -- last time a source listed it
  visited REAL
);
CREATE UNIQUE INDEX urls_url ON urls (url, site);
CREATE INDEX urls_due ON urls (site, polite_group, priority, due_at) WHERE state = 'due';
CREATE INDEX urls_waiting ON urls (due_at) WHERE state = 'waiting';
CREATE INDEX urls_leased ON urls (lease) WHERE state = 'leased';
CREATE INDEX urls_lists ON urls (site) WHERE role = 'source';

CREATE TABLE visit_log (                -- one row for each visit, in the order in which they ended
  id INTEGER PRIMARY KEY,
  url_id INTEGER NOT NULL REFERENCES urls,
  lease TEXT NOT NULL,
  run TEXT NOT NULL,
  lane TEXT NOT NULL,                   -- news, recheck, backfill
  ended REAL NOT NULL,
  outcome TEXT NOT NULL,
  status INTEGER,
  reason TEXT NOT NULL,
  record TEXT,                          -- record id; NULL if no bytes were stored
  links INTEGER NOT NULL DEFAULT 0,     -- found in the document
  fresh INTEGER NOT NULL DEFAULT 0,     -- of them never seen before
  ledger INTEGER NOT NULL DEFAULT 1     -- 0: has no bytes and is not yet in a WARC file
);
CREATE INDEX visit_log_url ON visit_log (url_id);
CREATE INDEX visit_log_run ON visit_log (run);
CREATE INDEX visit_log_ledger ON visit_log (run) WHERE ledger = 0;

CREATE VIEW visits AS                   -- what to read: each visit with the URL it was made to
SELECT v.lease, u.site, u.url, u.role, u.source, v.run, v.lane, v.ended, v.outcome, v.status, v.reason, v.record,
       v.links, v.fresh, v.ledger
FROM visit_log AS v
JOIN urls AS u ON u.id = v.url_id;

CREATE TABLE habits (                   -- what a source's own history says (crawler.schedule.rhythm)
  url_id INTEGER PRIMARY KEY REFERENCES urls,
  rhythm TEXT NOT NULL
);

CREATE TABLE robots (                   -- what each host's robots.txt says
  host TEXT PRIMARY KEY,                -- scheme://name[:port]
  polite_group TEXT NOT NULL,
  url TEXT NOT NULL,                    -- where it is asked: /robots.txt of the host, or where that leads
  hops INTEGER NOT NULL DEFAULT 0,      -- redirects followed from there so far
  expires REAL NOT NULL DEFAULT 0,      -- asked again after that; 0: not had yet
  unreachable TEXT,                     -- why it could not be had: nothing is allowed then (RFC 9309, 2.3.1.4)
  record TEXT,                          -- record id of the answer: the evidence
  body TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX robots_url ON robots (url);

CREATE TABLE holds (                    -- a politeness group that asked to be left alone
  polite_group TEXT PRIMARY KEY,
  until REAL NOT NULL,
  why TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE paces (                    -- how a politeness group is paced
  polite_group TEXT PRIMARY KEY,
  delay REAL NOT NULL,                  -- seconds between two requests, as its answers have taught
  last REAL NOT NULL                    -- when the last exchange ended
) WITHOUT ROWID;

CREATE TABLE days (                     -- requests made, by day (UTC) and lane
  site TEXT NOT NULL,
  day TEXT NOT NULL,
  lane TEXT NOT NULL,
  requests INTEGER NOT NULL,
  PRIMARY KEY (site, day, lane)
) WITHOUT ROWID;

CREATE TABLE declared (                 -- the site files as last crawled with: digest of the resolved settings
  site TEXT PRIMARY KEY,
  settings TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE runs (
  run TEXT PRIMARY KEY,
  started REAL NOT NULL,
  ended REAL,
  sites TEXT NOT NULL,                  -- JSON list
  finish TEXT                           -- why it ended
) WITHOUT ROWID;
"""


DELIVERIES = """
CREATE TABLE deliveries (               -- files of `warc` sources that were taken in, so that none is twice
  site TEXT NOT NULL,
  path TEXT NOT NULL,                   -- where it lay
  source TEXT NOT NULL,                 -- key of the Source
  size INTEGER NOT NULL,                -- as it was then, with
  mtime INTEGER NOT NULL,               -- the time of its last change, in nanoseconds
  at REAL NOT NULL,                     -- when it was taken in
  files TEXT NOT NULL,                  -- JSON list: its names in warc/; of a package, several
  articles INTEGER NOT NULL,            -- of that site, held in it
  problem TEXT,                         -- why nothing was taken
  PRIMARY KEY (site, path)
) WITHOUT ROWID
"""


@migrations(name="m001_initial")
def _initial(db: sqlite_utils.Database) -> None:
    for statement in SCHEMA.split(";\n"):
        if statement.strip():
            db.execute(statement)


@migrations(name="m002_deliveries")
def _deliveries(db: sqlite_utils.Database) -> None:
    db.execute(DELIVERIES)


@migrations(name="m003_addresses")
def _addresses(db: sqlite_utils.Database) -> None:
    """Let a group be known by where it is reached, too: a JSON list, empty where nothing is known of it."""
    db.execute("ALTER TABLE paces ADD COLUMN addresses TEXT NOT NULL DEFAULT '[]'")
