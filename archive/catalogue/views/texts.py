"""Views of texts: passages and versions as they read, and where each can be checked."""

PASSAGES = """
CREATE VIEW passages AS
-- Every block of every page in page order, nothing left out: its text, what it is, what decided, and where it stands.
-- `kind_alone` is what the reader said knowing this page only; `key` names the text in `memory`; `start` and `"end"`
-- count characters in the page's text, which is all its passages joined by newlines.
SELECT
  r.id AS reading,
  p.n,
  k.kind,
  ifnull(alone.kind, k.kind) AS kind_alone,
  rule.name AS rule,
  p.score / 1000.0 AS score,
  t.text,
  place.name AS xpath,
  p.start,
  p.start + length(t.text) AS "end",
  t."key"
FROM readings AS r
JOIN passage_rows AS p ON p.reading = r."no"
JOIN texts AS t ON t.id = p.text
JOIN kinds AS k ON k.id = p.kind
LEFT JOIN kinds AS alone ON alone.id = p.kind_alone
JOIN names AS rule ON rule.id = p.rule
JOIN names AS place ON place.id = p.xpath
"""

VERSIONS = """
CREATE VIEW versions AS
-- Every distinct title, lead and body of an article; paragraphs are parted by blank lines.
SELECT
  v.id,
  v.article,
  v.reader,
  v.reading,
  v.first_capture,
  v.title,
  (
    SELECT ifnull(group_concat(text, char(10, 10)), '')
    FROM (
      SELECT t.text
      FROM version_parts AS p
      CROSS JOIN texts AS t ON t.id = p.text
      WHERE p.version = v."no" AND p.part = 0
      ORDER BY p.n
    )
  ) AS lead,
  (
    SELECT ifnull(group_concat(text, char(10, 10)), '')
    FROM (
      SELECT t.text
      FROM version_parts AS p
      CROSS JOIN texts AS t ON t.id = p.text
      WHERE p.version = v."no" AND p.part = 1
      ORDER BY p.n
    )
  ) AS body,
  v.text_hash,
  v.first_seen,
  v.last_seen,
  v.captures
FROM version_rows AS v
"""

ARTICLE_TEXT = """
CREATE VIEW article_text AS
-- The latest clean text of every article, with its date, its site and the WARC record it can be checked against.
SELECT
  a.id AS article,
  a.site,
  a.url,
  a.day,
  a.published,
  a.modified,
  v.title,
  (SELECT group_concat(name, '; ') FROM (SELECT name FROM authors WHERE reading = v.reading ORDER BY n)) AS authors,
  trim(v.lead || char(10, 10) || v.body, char(10)) AS text,
  a.language,
  a.section,
  a.agency,
  a.access,
  a.state,
  a.first_seen,
  a.last_seen,
  v.id AS version,
  v.text_hash,
  v.reader,
  c.id AS capture,
  c.file,
  c.offset,
  c.length
FROM articles AS a
JOIN versions AS v ON v.id = a.version
JOIN captures AS c ON c.id = v.first_capture
"""

VERSIONS_ALL = """
CREATE VIEW versions_all AS
-- Every version of every article, with the capture that showed it first.
SELECT
  v.article,
  a.site,
  a.url,
  v.id AS version,
  v.id = a.version AS is_latest,
  v.first_seen,
  v.last_seen,
  v.captures,
  v.title,
  trim(v.lead || char(10, 10) || v.body, char(10)) AS text,
  v.text_hash,
  v.reader,
  c.id AS capture,
  c.file,
  c.offset,
  c.length
FROM versions AS v
JOIN articles AS a ON a.id = v.article
JOIN captures AS c ON c.id = v.first_capture
"""

PASSAGES_LOCATED = """
CREATE VIEW passages_located AS
-- Every passage of every reading with a capture that holds it, what was known of it on the site, and where it lies.
SELECT
  c.article,
  c.site,
  c.url,
  c.fetched_at,
  p.reading,
  p.n,
  p.kind,
  p.kind_alone,
  p.rule,
  p.score,
  p.text,
  p.xpath,
  p.start,
  p."end",
  m.stories AS in_stories,
  s.stories AS of_stories,
  m.since AS on_site_since,
  c.id AS capture,
  c.file,
  c.offset,
  c.length,
  c.payload_digest
FROM passages AS p
JOIN captures AS c ON c.reading = p.reading
JOIN sites AS s ON s.name = c.site
LEFT JOIN memory AS m ON m.site = c.site AND m."key" = p."key"
"""

CAPTURES_LOCATED = """
CREATE VIEW captures_located AS
-- Every capture and the byte range of its records; `dd bs=1 skip=offset count=length | zcat` shows one.
SELECT
  c.article,
  c.site,
  c.url,
  c.fetched_at,
  c.status,
  c.kind,
  c.evidence,
  c.outcome,
  c.version,
  c.id AS capture,
  c.file,
  c.offset,
  c.length,
  c.payload_digest,
  c.request,
  c.request_offset,
  c.request_length
FROM captures AS c
"""

SEARCH_SOURCE = """
CREATE VIEW search_source AS
-- What `search` indexes: the latest text of every article; scripts without spaces with all signs parted.
SELECT
  a.docid,
  a.id AS article,
  CASE WHEN a.segmented IS NULL THEN v.title ELSE a.segmented ->> 0 END AS title,
  CASE WHEN a.segmented IS NULL THEN v.lead ELSE a.segmented ->> 1 END AS lead,
  CASE WHEN a.segmented IS NULL THEN v.body ELSE a.segmented ->> 2 END AS body,
  a.facets
FROM articles AS a
JOIN versions AS v ON v.id = a.version
"""
