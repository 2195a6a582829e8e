"""Show the published catalogue as web pages, by Datasette in an environment of its own."""
