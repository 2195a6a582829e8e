"""Ready answers in `catalogue.db`: views for people who open it with their own tools."""

from archive.catalogue.views.changes import (
    APPEALS,
    CORRECTIONS,
    COVERAGE_BY_DAY,
    DELETIONS,
    EDITS,
    TOMBSTONES,
    WIRE_COPIES,
)
from archive.catalogue.views.texts import (
    ARTICLE_TEXT,
    CAPTURES_LOCATED,
    PASSAGES,
    PASSAGES_LOCATED,
    SEARCH_SOURCE,
    VERSIONS,
    VERSIONS_ALL,
)

__all__ = ["EDITS", "VIEWS"]

VIEWS = (
    PASSAGES,
    VERSIONS,
    ARTICLE_TEXT,
    VERSIONS_ALL,
    EDITS,
    APPEALS,
    CORRECTIONS,
    TOMBSTONES,
    DELETIONS,
    WIRE_COPIES,
    PASSAGES_LOCATED,
    CAPTURES_LOCATED,
    COVERAGE_BY_DAY,
    SEARCH_SOURCE,
)
