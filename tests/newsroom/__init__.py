"""A news web on the loopback: invented outlets and their pages, a clock, faults by script, and a log that judges."""

from tests.newsroom.faults import Fault
from tests.newsroom.hits import Hit
from tests.newsroom.newsroom import OPENING, Newsroom
from tests.newsroom.stories import Edition, Event, Plea

__all__ = ["OPENING", "Edition", "Event", "Fault", "Hit", "Newsroom", "Plea"]
