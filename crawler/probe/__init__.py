"""Look at a site that nobody knows yet, politely, and write down what a site file for it would say."""

from crawler.probe.declare import declaration
from crawler.probe.seen import Survey
from crawler.probe.visit import Look, probe

__all__ = ["Look", "Survey", "declaration", "probe"]
