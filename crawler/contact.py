"""Who crawls: an honest user agent with an address for complaints."""

import tomllib
from collections.abc import Iterable
from pathlib import Path

from archive.errors import ConfigError
from archive.layout import Layout
from archive.urls import host_of
from crawler.guard import Guard
from crawler.sites import Site


def contact_of(layout: Layout, configured: str = "") -> str:
    """Return the contact that was configured, or that `dateline init --contact` wrote down; "" if neither."""
    if configured or not layout.settings.is_file():
        return configured
    try:
        found = tomllib.loads(layout.settings.read_text(encoding="utf-8")).get("contact", "")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(layout.settings, "", f"not TOML: {error}") from error
    return str(found)


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
    """Write the contact into an archive's settings file."""
    if any(ord(c) < 32 or c in '"\\' for c in contact):
        raise ConfigError(path, "contact", "write an address of mail or web, without quotes")
    path.write_text(f'# What every crawl of this archive says of itself.\ncontact = "{contact}"\n', encoding="utf-8")
