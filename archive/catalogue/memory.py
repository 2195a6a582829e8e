"""What a site repeats: in how many of its stories each passage stands.

Counted are *stories*, not captures: all captures of an article are one, and articles that share more than 30 % of
their long passages are one, be it a live blog under two addresses or a report that was printed again. A long passage
that stands in five articles or more is the site's own (a letter to the reader, a notice) and makes nothing kin.
The counts are a function of the set of captures; `Recount` only keeps the work to the articles that changed.

CROSS JOIN makes SQLite begin with the passages of one key. It would else take all captures of the site for fewer, and
a settle of 600 new articles among 2,400 cost 45 ms each instead of 2.4.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sqlite_utils import Database

LONG = 120  # characters: two passages as long as this are not alike by chance
COMMON = 5  # articles that hold a long passage before it is the site's own
KIN = 0.30  # of the long passages of the one that has fewer


@dataclass(frozen=True, slots=True)
class Held:
    """The passages of an article: key and first capture of each, which of them are long, and whether it shows any."""

    since: Mapping[int, str]
    long: frozenset[int]
    is_shown: bool


class Recount:
    """One change of which articles hold which passages.

    It is made before captures are filed anew, with the articles that may lose some, and finished after.
    """

    def __init__(self, db: Database, site: str, articles: Iterable[str]) -> None:
        self._db, self._site = db, site
        self._before = {article: self._look(article) for article in articles}
        self._now: dict[str, Held] = {}
        self._holders: dict[int, frozenset[str]] = {}

    def finish(self, articles: Iterable[str]) -> None:
        """Write kinship, stories and counts as they are now; `articles` are those that may have gained captures."""
        changed = self._before.keys() | set(articles)
        unsure = changed | self._touched_by_common(changed)
        for article in unsure:
            self._relate(article)
        region = self._region(unsure)
        old = self._stories(region)
        before = [self._keys(members, self._held_before) for members in old.values()]
        after = [self._keys(members, self._held) for members in self._retell(region)]
        self._count(before, after)

    # ------------------------------------------------------------------------------------------ what an article holds

    def _held(self, article: str) -> Held:
        if article not in self._now:
            self._now[article] = self._look(article)
        return self._now[article]

    def _held_before(self, article: str) -> Held:
        return self._before.get(article) or self._held(article)

    def _look(self, article: str) -> Held:
        rows = self._db.execute(
            """
            SELECT t."key", min(iif(c.kind = 'revisit', NULL, c.fetched_at)), max(length(t.text)) >= ?
            FROM captures AS c
            LEFT JOIN readings AS r ON r.id = c.reading
            LEFT JOIN passage_rows AS p ON p.reading = r."no"
            LEFT JOIN texts AS t ON t.id = p.text
            WHERE c.article = ? AND c.evidence = 'shown'
            GROUP BY t."key"
            """,
            (LONG, article),
        ).fetchall()
        keyed = [row for row in rows if row[0] is not None]
        return Held({r[0]: r[1] or "9999" for r in keyed}, frozenset(r[0] for r in keyed if r[2]), bool(rows))

    def _holding(self, key: int, limit: int = COMMON) -> frozenset[str]:
        """Return articles that hold a passage, `limit` of them or more if there are so many."""
        if limit != COMMON or key not in self._holders:
            rows = self._db.execute(
                """
                SELECT DISTINCT c.article
                FROM texts AS t
                CROSS JOIN passage_rows AS p ON p.text = t.id
                CROSS JOIN readings AS r ON r."no" = p.reading
                CROSS JOIN captures AS c ON c.reading = r.id
                WHERE t."key" = ? AND c.site = ? AND c.evidence = 'shown'
                LIMIT ?
                """,
                (key, self._site, limit),
            )
            self._holders[key] = frozenset(row[0] for row in rows)
        return self._holders[key]

    # ------------------------------------------------------------------------------------------ which are kin

    def _touched_by_common(self, changed: Iterable[str]) -> set[str]:
        """Return the articles of passages that have just become the site's own, or are no longer."""
        gained: dict[int, int] = {}
        net: dict[int, int] = {}
        for article in changed:
            old = self._before[article].since.keys() if article in self._before else frozenset()
            new, long = self._held(article).since.keys(), self._longs(article)
            for key in (new ^ old) & long:
                gained[key] = gained.get(key, 0) + (key in new)
                net[key] = net.get(key, 0) + (1 if key in new else -1)
        touched: set[str] = set()
        for key, change in net.items():
            holders = self._holding(key, COMMON + gained[key] + 1)
            if (len(holders) < COMMON) != (len(holders) - change < COMMON):
                touched |= holders
        return touched

    def _longs(self, article: str) -> frozenset[int]:
        before = self._before.get(article)
        return self._held(article).long | (before.long if before else frozenset())

    def _telling(self, article: str) -> frozenset[int]:
        """Return the passages of an article by which its kin is known: long ones that are not the site's own."""
        return frozenset(key for key in self._held(article).long if len(self._holding(key)) < COMMON)

    def _relate(self, article: str) -> None:
        """Write with which articles an article is kin."""
        self._db.execute("DELETE FROM kinship WHERE a = :id OR b = :id", {"id": article})
        own = self._telling(article)
        for other in {other for key in own for other in self._holding(key)} - {article}:
            theirs = self._telling(other)
            if len(own & theirs) > KIN * min(len(own), len(theirs)):
                pair = (min(article, other), max(article, other))
                self._db.execute("INSERT OR IGNORE INTO kinship (a, b) VALUES (?, ?)", pair)

    def _kin(self, article: str) -> set[str]:
        rows = self._db.execute(
            "SELECT b FROM kinship WHERE a = :id UNION SELECT a FROM kinship WHERE b = :id", {"id": article}
        )
        return {row[0] for row in rows}

    # ------------------------------------------------------------------------------------------ which are one story

    def _region(self, articles: Iterable[str]) -> set[str]:
        """Return the articles whose story may be another than before: these, their old stories, and their new ones."""
        region: set[str] = set()
        fresh = set(articles)
        while fresh:
            region |= fresh
            fresh = {other for a in fresh for other in self._kin(a) | self._told_with(a)} - region
        return region

    def _told_with(self, article: str) -> set[str]:
        rows = self._db.execute(
            "SELECT b.id FROM articles AS a JOIN articles AS b ON b.story = a.story WHERE a.id = ?", (article,)
        )
        return {row[0] for row in rows}

    def _stories(self, region: Iterable[str]) -> dict[str, list[str]]:
        """Return the stories as they are written down, and their articles."""
        stories: dict[str, list[str]] = {}
        for article in region:
            (story,) = self._db.execute("SELECT story FROM articles WHERE id = ?", (article,)).fetchone() or (None,)
            if story is not None:
                stories.setdefault(story, []).append(article)
        return stories

    def _retell(self, region: Iterable[str]) -> list[list[str]]:
        """Write each article's story, named by its least article, and return the stories."""
        todo = {article for article in region if self._held(article).is_shown}
        for article in set(region) - todo:
            self._db.execute("UPDATE articles SET story = NULL WHERE id = ?", (article,))
        stories = []
        while todo:
            members = self._reached(todo.pop())
            todo -= members
            stories.append(sorted(members))
            for article in members:
                self._db.execute("UPDATE articles SET story = ? WHERE id = ?", (min(members), article))
        return stories

    def _reached(self, article: str) -> set[str]:
        found: set[str] = set()
        fresh = {article}
        while fresh:
            found |= fresh
            fresh = {other for a in fresh for other in self._kin(a)} - found
        return found

    # ------------------------------------------------------------------------------------------ counts

    def _keys(self, articles: Iterable[str], held: Callable[[str], Held]) -> dict[int, str]:
        """Return the passages of a story, and when each was first captured there."""
        since: dict[int, str] = {}
        for article in articles:
            for key, at in held(article).since.items():
                since[key] = min(at, since.get(key, at))
        return since

    def _count(self, before: list[dict[int, str]], after: list[dict[int, str]]) -> None:
        self._db.execute(
            "UPDATE sites SET stories = stories + ? WHERE name = ?", (len(after) - len(before), self._site)
        )
        change: dict[int, int] = {}
        first: dict[int, str] = {}
        for step, stories in ((-1, before), (1, after)):
            for since in stories:
                for key, at in since.items():
                    change[key] = change.get(key, 0) + step
                    first[key] = min(at, first.get(key, at))
        self._write(change, first)

    def _write(self, change: Mapping[int, int], first: Mapping[int, str]) -> None:
        """Write the counts of passages; those of a single story are not written down.

        All at once: two statements for each of 20 new passages of an article were a fifth of what it cost to settle.
        """
        rows = self._db.execute(
            'SELECT m."key" FROM json_each(?) AS j CROSS JOIN memory AS m ON m.site = ? AND m."key" = j.value',
            (json.dumps(list(change)), self._site),
        )
        counted = {row[0] for row in rows.fetchall()}
        self._db.conn.executemany(
            'UPDATE memory SET stories = stories + ?, since = min(since, ?) WHERE site = ? AND "key" = ?',
            [(change[key], first[key], self._site, key) for key in counted],
        )
        fresh = [key for key, n in change.items() if n > 0 and key not in counted and not self._is_lone(key)]
        self._db.execute(
            """
            INSERT INTO memory (site, "key", stories, since, level)
            SELECT :site, t."key", count(DISTINCT a.story), min(iif(c.kind = 'revisit', NULL, c.fetched_at)), 0
            FROM json_each(:keys) AS j
            CROSS JOIN texts AS t ON t."key" = j.value
            CROSS JOIN passage_rows AS p ON p.text = t.id
            CROSS JOIN readings AS r ON r."no" = p.reading
            CROSS JOIN captures AS c ON c.reading = r.id
            CROSS JOIN articles AS a ON a.id = c.article
            WHERE c.site = :site AND c.evidence = 'shown'
            GROUP BY t."key"
            HAVING count(DISTINCT a.story) > 1
            """,
            {"site": self._site, "keys": json.dumps(fresh)},
        )

    def _is_lone(self, key: int) -> bool:
        """True if a passage is known to stand in one article only, as nearly all that are new do."""
        return key in self._holders and len(self._holders[key]) < 2
