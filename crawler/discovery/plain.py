"""Sources that are plain text: robots.txt with its `Sitemap:` lines, and lists of one URL a line."""

import re
from itertools import islice

from crawler.discovery.document import Document
from crawler.discovery.findings import Discovery, Findings
from crawler.discovery.sitemaps import MAX_ENTRIES

_SITEMAP_LINE = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*([^\r\n#]*)", re.IGNORECASE | re.MULTILINE)

_LINE = re.compile(r"\S[^\r\n]*")


def read_robots(document: Document, findings: Findings) -> Discovery:
    """Return the sitemaps that a robots.txt names; the rest of it is for the crawl's politeness."""
    for found in islice(_SITEMAP_LINE.finditer(document.text), MAX_ENTRIES):
        findings.child(found[1], "sitemap")
    return findings.discovery("robots", document.problems)


def read_url_list(document: Document, findings: Findings) -> Discovery:
    """Return the pages of a plain-text sitemap: whole URLs, one a line; lines that are none are counted."""
    problems = document.problems
    lines = [found[0] for found in islice(_LINE.finditer(document.text), MAX_ENTRIES + 1)]
    if len(lines) > MAX_ENTRIES:
        problems += (f"over {MAX_ENTRIES} entries: the rest is not read",)
    for line in lines[:MAX_ENTRIES]:
        if re.match(r"\s*https?://", line, re.IGNORECASE):
            findings.article(line)
        else:
            findings.fault("line that is no address")
    return findings.discovery("url-list", problems)
