"""Views of what papers did: what they edited, put right, took down, asked for, copied, and covered."""

EDITS = """
CREATE VIEW edits AS
-- Every change of a text that two captures show: the old and the new side by side.
SELECT
  t.article,
  a.site,
  a.url,
  b.fetched_at AS seen_before,
  t.at AS seen,
  old.title AS old_title,
  new.title AS new_title,
  old.title <> new.title AS title_changed,
  old.lead <> new.lead AS lead_changed,
  old.body <> new.body AS body_changed,
  t.noted,
  t.numbers,
  t.names,
  round((julianday(t.at) - julianday(ifnull(a.published, a.first_seen))) * 24, 1) AS hours_after,
  t.old AS old_version,
  t.new AS new_version,
  t.capture
FROM transitions AS t
JOIN articles AS a ON a.id = t.article
JOIN captures AS b ON b.id = t.last_capture
JOIN versions AS old ON old.id = t.old
JOIN versions AS new ON new.id = t.new
"""

APPEALS = """
CREATE VIEW appeals AS
-- What papers asked of their readers: each text once for every article that carried it, first and last time.
SELECT
  a.site,
  a.id AS article,
  a.url,
  substr(k.kind, 8) AS asks_for,
  t.text,
  min(c.fetched_at) AS first_seen,
  max(c.fetched_at) AS last_seen,
  count(DISTINCT c.id) AS captures,
  rule.name AS rule,
  m.stories AS in_stories,
  s.stories AS of_stories,
  m.since AS on_site_since
FROM passage_rows AS p
JOIN kinds AS k ON k.id = p.kind
JOIN texts AS t ON t.id = p.text
JOIN names AS rule ON rule.id = p.rule
JOIN readings AS r ON r."no" = p.reading
JOIN captures AS c ON c.reading = r.id
JOIN articles AS a ON a.id = c.article
JOIN sites AS s ON s.name = a.site
LEFT JOIN memory AS m ON m.site = a.site AND m."key" = t."key"
WHERE p.kind >= 100
GROUP BY a.id, k.kind, t.text
"""

CORRECTIONS = """
CREATE VIEW corrections AS
-- What was put right, and when: notes of correction, headlines that changed, numbers and names that took the place of
-- others. `is_silent`: no note came with it. The `text` of numbers and names is a JSON list of (old, new) pairs.
SELECT
  a.site,
  a.id AS article,
  a.url,
  'note' AS what,
  NULL AS before,
  t.text,
  min(c.fetched_at) AS first_seen,
  round((julianday(min(c.fetched_at)) - julianday(ifnull(a.published, a.first_seen))) * 24, 1) AS hours_after,
  0 AS is_silent
FROM passage_rows AS p
JOIN readings AS r ON r."no" = p.reading
JOIN texts AS t ON t.id = p.text
JOIN captures AS c ON c.reading = r.id
JOIN articles AS a ON a.id = c.article
WHERE p.kind = 6
GROUP BY a.id, t.text
UNION ALL
SELECT
  e.site,
  e.article,
  e.url,
  w.what,
  CASE w.what WHEN 'headline' THEN e.old_title END,
  CASE w.what WHEN 'headline' THEN e.new_title WHEN 'numbers' THEN e.numbers ELSE e.names END,
  e.seen,
  e.hours_after,
  NOT e.noted
FROM edits AS e
JOIN (SELECT 'headline' AS what UNION ALL SELECT 'numbers' UNION ALL SELECT 'names') AS w
WHERE (w.what = 'headline' AND e.title_changed)
   OR (w.what = 'numbers' AND e.numbers IS NOT NULL)
   OR (w.what = 'names' AND e.names IS NOT NULL)
"""

TOMBSTONES = """
CREATE VIEW tombstones AS
-- Every capture that says an article is no longer at its address: 404, 410, or sent home or to a section page.
SELECT
  a.site,
  a.id AS article,
  a.url,
  a.state,
  a.last_seen,
  c.fetched_at AS found_gone,
  c.url AS asked,
  c.status,
  c.location,
  c.id AS capture,
  c.file,
  c.offset,
  c.length
FROM captures AS c
JOIN articles AS a ON a.id = c.article
WHERE c.evidence = 'gone'
"""

DELETIONS = """
CREATE VIEW deletions AS
-- Every article that is no longer where it was: since when, how long it had been up, and what said so first.
SELECT
  a.site,
  a.id AS article,
  a.url,
  v.title,
  a.first_seen,
  a.last_seen,
  a.gone_since,
  round(julianday(a.gone_since) - julianday(a.first_seen), 2) AS days_up,
  (SELECT c.status FROM captures AS c WHERE c.article = a.id AND c.evidence = 'gone' AND c.fetched_at = a.gone_since)
    AS status,
  v.id AS version
FROM articles AS a
JOIN versions AS v ON v.id = a.version
WHERE a.state = 'gone'
"""

WIRE_COPIES = """
CREATE VIEW wire_copies AS
-- Reports that stand in several papers, or twice in one: each copy beside the article it was first seen as. `kept` is
-- the part of the copied text that is in it, `shared` the part of the shorter of the two that is in both. An article
-- that only moved to another address is no copy.
SELECT
  o.id AS origin,
  o.site AS origin_site,
  o.url AS origin_url,
  o.first_seen AS origin_seen,
  a.site,
  a.id AS article,
  a.url,
  a.first_seen AS seen,
  round((julianday(a.first_seen) - julianday(o.first_seen)) * 24, 1) AS hours_later,
  coalesce(o.agency, a.agency) AS agency,
  a.site <> o.site AS is_other_site,
  old.title AS copied_title,
  new.title,
  c.shared,
  c.kept,
  c.copy_of,
  c.of_version,
  c.version
FROM copies AS c
JOIN articles AS a ON a.id = c.article
JOIN articles AS o ON o.id = c.origin
JOIN version_rows AS old ON old.id = c.of_version
JOIN version_rows AS new ON new.id = c.version
JOIN articles AS source ON source.id = c.copy_of
WHERE a.moved_to IS NOT source.id AND source.moved_to IS NOT a.id
"""

COVERAGE_BY_DAY = """
CREATE VIEW coverage_by_day AS
-- How many articles of each site are dated to each day.
SELECT site, day, count(*) AS articles
FROM articles
GROUP BY site, day
"""
