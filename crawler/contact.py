"""Who crawls: an honest user agent with an address for complaints."""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

from archive.errors import ConfigError
from archive.layout import Layout
from archive.urls import host_of
from crawler.guard import Guard
from crawler.safe_file import write_whole
from crawler.sites import Site

_CONTACT = re.compile(r"^contact[ \t]*=.*", re.MULTILINE)
_TABLE = re.compile(r"^[ \t]*\[", re.MULTILINE)


def contact_of(layout: Layout, configured: str = "") -> str:
    """Return the contact that was configured, or that `dateline init --contact` wrote down; "" if neither."""
    if configured or not layout.settings.is_file():
        return configured
    return str(_parsed(layout.settings, layout.settings.read_bytes()).get("contact", ""))


def agent_of(agent: str, contact: str) -> str:
    """Return the user agent with the contact in it.

    >>> agent_of("Dateline/1.0", "https://archive.example/crawl")
    'Dateline/1.0 (+https://archive.example/crawl)'
    """
    return f"{agent} (+{contact})" if contact else agent


def require_contact(contact: str, sites: Iterable[Site], guard: Guard) -> None:
    """Raise ConfigError if a site on the open web would be crawled without saying by whom."""
    for site in sites:
        host = host_of(site.home)
        if not contact and guard.mapped(host, 80) is None and guard.mapped(host, 443) is None:
            problem = f"{host} must be able to complain: `dateline init --contact ADDRESS`, or DATELINE_CONTACT"
            raise ConfigError("archive.toml", "contact", problem)


def write_contact(path: Path, contact: str) -> None:
    """Write the contact into an archive's settings file; whatever else stands there stays as it is."""
    if any(ord(c) < 32 or c in '"\\' for c in contact):
        raise ConfigError(path, "contact", "write an address of mail or web, without quotes")
    before = path.read_bytes() if path.is_file() else b""
    wanted = {**_parsed(path, before), "contact": contact}
    text, line = before.decode(), f'contact = "{contact}"'
    top = text[: found.start()] if (found := _TABLE.search(text)) else text
    changed, times = _CONTACT.subn(lambda _: line, top, count=1)
    new = changed + text[len(top) :] if times else f"# What every crawl of this archive says of itself.\n{line}\n{text}"
    if _parsed(path, new.encode()) != wanted:
        raise ConfigError(path, "contact", f"it is written in a way that only you can change: {line}")
    write_whole(path, new)


def _parsed(path: Path, content: bytes) -> dict[str, object]:
    try:
        return tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(path, "", f"not TOML: {error}") from error
