"""Crashes at chosen points of a crawl, and what is left after them."""
