"""What Datasette is told of the catalogue: what its tables say, by what to narrow them, and questions ready to ask."""

from archive.exports.forms import LICENCE

DATABASE = "catalogue"
_HIDDEN = (
    "passage_rows", "version_rows", "texts", "names", "kinds", "asked", "sketches", "prints", "pending", "memory",
    "kinship", "search_source", "search", "search_appeals", "merges", "readers", "_sqlite_migrations", "site_files",
    "deliveries", "coverage_by_month",
)  # fmt: skip
_TABLES: dict[str, dict[str, object]] = {
    "article_text": {
        "description": "The latest clean text of every article, with the WARC record it can be checked against.",
        "facets": ["site", "language", "agency", "access", "state"],
        "sort_desc": "day",
        "size": 20,
    },
    "versions_all": {"description": "Every version of every article.", "facets": ["site"], "size": 20},
    "edits": {
        "description": "Every change of a text that two captures show, the old and the new side by side.",
        "facets": ["site", "title_changed", "lead_changed", "body_changed"],
        "sort_desc": "seen",
    },
    "appeals": {"description": "What papers asked of their readers.", "facets": ["site", "asks_for"]},
    "corrections": {
        "description": "What was put right: notes, headlines, numbers and names; silent if no note came with it.",
        "facets": ["site", "what", "is_silent"],
        "sort_desc": "first_seen",
    },
    "deletions": {"description": "Articles that are no longer where they were.", "facets": ["site", "status"]},
    "wire_copies": {
        "description": "Reports that stand in several papers, each copy beside the article it was first seen as.",
        "facets": ["origin_site", "site", "agency"],
    },
    "tombstones": {"description": "Captures that say an article is gone.", "facets": ["site", "status"]},
    "captures_located": {
        "description": "Every capture and the byte range of its records.",
        "facets": ["site", "kind", "status", "outcome"],
        "sort_desc": "fetched_at",
    },
    "coverage_by_day": {"description": "How many articles of each site are dated to each day.", "facets": ["site"]},
}
_QUERIES = {
    "search": (
        "Search titles, leads and bodies",
        """
        SELECT a.day, a.site, v.title, snippet(search, -1, '[', ']', '…', 24) AS found, a.id AS article, a.url
        FROM search
        JOIN articles AS a ON a.docid = search.rowid
        JOIN versions AS v ON v.id = a.version
        WHERE search MATCH :words
        ORDER BY search.rank
        LIMIT 50
        """,
    ),
    "headline_changes": (
        "Headlines that were changed without a note",
        """
        SELECT seen, site, old_title, new_title, article, url
        FROM edits
        WHERE title_changed
        ORDER BY seen DESC
        LIMIT 200
        """,
    ),
    "gone": (
        "Articles that are no longer at their address",
        """
        SELECT gone_since, site, state, last_seen, id AS article, url
        FROM articles
        WHERE gone_since IS NOT NULL
        ORDER BY gone_since DESC
        LIMIT 200
        """,
    ),
    "appeals_by_month": (
        "What papers ask for, by month",
        """
        SELECT substr(first_seen, 1, 7) AS month, site, asks_for, count(*) AS texts
        FROM appeals
        GROUP BY month, site, asks_for
        ORDER BY month DESC, texts DESC
        """,
    ),
    "coverage_by_month": (
        "Articles by month and site",
        """
        SELECT substr(day, 1, 7) AS month, site, count(*) AS articles
        FROM articles
        GROUP BY month, site
        ORDER BY month DESC, articles DESC
        """,
    ),
    "agencies": (
        "Which agencies a site credits",
        """
        SELECT site, agency, count(*) AS articles
        FROM articles
        WHERE agency IS NOT NULL
        GROUP BY site, agency
        ORDER BY articles DESC
        """,
    ),
}


def metadata(replay: str) -> dict[str, object]:
    """Return Datasette's metadata for the published catalogue; `replay` is where its links to captures lead."""
    tables = {name: {"hidden": True} for name in _HIDDEN} | _TABLES
    queries = {
        name: {"title": title, "sql": "\n".join(line.removeprefix(" " * 8) for line in sql.strip().split("\n"))}
        for name, (title, sql) in _QUERIES.items()
    }
    return {
        "title": "Dateline",
        "description": "News as it was published, every version of it, and what was asked of its readers.",
        "license": LICENCE,
        "databases": {DATABASE: {"tables": tables, "queries": queries}},
        "plugins": {"dateline": {"replay": replay, "database": DATABASE}},
    }
