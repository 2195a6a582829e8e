"""Bytes and WARC records, both ways."""
