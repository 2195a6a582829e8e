"""Show the archive as web pages, by pywb in an environment of its own."""
