"""Fetch the news."""
