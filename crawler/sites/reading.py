"""The part of a site file that is about reading: `[[rules]]` for its pages, `[[check]]` for what must come of some."""

from typing import TypeVar
from urllib.parse import urljoin

from archive.model import Kind
from archive.reading.selector import selector
from archive.reading.siterules import FAMILIES, Rule, kinds_of, rules_in
from archive.urls import is_http
from crawler.sites.site import Check
from crawler.sites.table import Table

_RULES = ("from", "until", "body", "text", *FAMILIES, "ignore")
_CHECK = ("url", "title", "first", "last", "has", "lacks", "appeals", "authors", "published")
MOST_SELECTORS = 200  # of a site: each is asked of some hundred elements a page

_Value = TypeVar("_Value")


def rules_of(top: Table, toml: str) -> tuple[Rule, ...]:
    """Return the rules of a site file; ConfigError names the key that cannot be used."""
    for table in top.tables("rules"):
        _require_rule(table)
    rules = rules_in(toml)
    if sum(len(rule.selectors) for rule in rules) > MOST_SELECTORS:
        raise top.error("rules", f"have more than {MOST_SELECTORS} selectors")
    return rules


def checks_of(top: Table, home: str) -> tuple[Check, ...]:
    """Return the checks of a site file; ConfigError names the key that cannot be used."""
    return tuple(_check(table, home) for table in top.tables("check"))


def _require_rule(table: Table) -> None:
    table.only(_RULES, ())
    since, until = table.day("from"), table.day("until")
    if since and until and until < since:
        raise table.error("until", "must not be before from")
    places = [(table, key) for key in ("body", "text", "ignore")]
    for family in FAMILIES:
        below = table.table(family)
        below.only(kinds_of(family), ())
        places += [(below, name) for name in kinds_of(family)]
    texts = [(place, key, text) for place, key in places for text in place.texts(key)]
    if not texts:
        raise table.error("", f"selects nothing; give one of {', '.join(_RULES[2:])}")
    for place, key, text in texts:
        try:
            selector(text)
        except ValueError as error:
            raise place.error(key, str(error)) from error


def _check(table: Table, home: str) -> Check:
    table.only(_CHECK, ())
    url = table.text("url")
    if url is None:
        raise table.error("url", "is missing: the article that is looked at")
    if not is_http(urljoin(home, url)):
        raise table.error("url", f"{url!r} is no web address")
    check = Check(
        url=urljoin(home, url),
        title=table.text("title"),
        first=table.text("first"),
        last=table.text("last"),
        has=table.texts("has"),
        lacks=table.texts("lacks"),
        appeals=_appeals(table),
        authors=_if_there(table, "authors", table.texts("authors")),
        published=table.moment("published"),
    )
    if check == Check(check.url):
        raise table.error("", f"wants nothing; give one of {', '.join(_CHECK[1:])}")
    return check


def _appeals(table: Table) -> tuple[Kind, ...] | None:
    served = kinds_of("appeal")
    names = table.texts("appeals")
    for name in names:
        if name not in served:
            raise table.unknown("appeals", name, served, ())
    return _if_there(table, "appeals", tuple(Kind(f"appeal:{name}") for name in names))


def _if_there(table: Table, key: str, value: _Value) -> _Value | None:
    """Tell an empty list, which wants nothing to be there, from none."""
    return value if table.has(key) else None
