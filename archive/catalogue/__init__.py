"""The SQLite index of the archive."""
