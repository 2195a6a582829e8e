"""Decide when a URL is due again: pure functions of its history, each answer with its reason."""

from crawler.schedule.backoff import Cause, cause_of
from crawler.schedule.following import GOOD, Ladder, Next, Retry, State, after, is_transient
from crawler.schedule.lanes import LANES, Lane, lane_of, priority_of
from crawler.schedule.polls import Poll, next_poll, polled
from crawler.schedule.rhythm import Rhythm

__all__ = [
    "GOOD",
    "LANES",
    "Cause",
    "Ladder",
    "Lane",
    "Next",
    "Poll",
    "Retry",
    "Rhythm",
    "State",
    "after",
    "cause_of",
    "is_transient",
    "lane_of",
    "next_poll",
    "polled",
    "priority_of",
]
