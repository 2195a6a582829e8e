"""Keep what was crawled, read it, and answer questions about it."""
