"""Show the archive as web pages, by pywb in an environment of its own."""

from archive.replay.environment import made
from archive.replay.server import COLLECTION, Replay, serving

__all__ = ["COLLECTION", "Replay", "made", "serving"]
