"""What a publication is to the crawl: one TOML file each, read strictly and printed back with its defaults."""

from crawler.sites.declaration import load_site, load_sites, parse_site
from crawler.sites.resolved import Setting, resolved, settings_digest, to_toml
from crawler.sites.site import (
    Backfill,
    Check,
    Every,
    Expect,
    Night,
    Polite,
    Recheck,
    Requisites,
    Scope,
    Site,
    Source,
    group_of,
)

__all__ = [
    "Backfill",
    "Check",
    "Every",
    "Expect",
    "Night",
    "Polite",
    "Recheck",
    "Requisites",
    "Scope",
    "Setting",
    "Site",
    "Source",
    "group_of",
    "load_site",
    "load_sites",
    "parse_site",
    "resolved",
    "settings_digest",
    "to_toml",
]
