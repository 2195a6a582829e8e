"""What a site's file says of its pages: elements that are the article, text, appeals or chrome, and from when to when.

Cheap to import: jobs carry these values to the reading processes, and no parser is needed to make them.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from archive.model import Kind

SITE = "site:"
"""How the rule of a passage begins that the site's file decided; the selector follows."""

FAMILIES = ("appeal", "chrome")


@dataclass(frozen=True, slots=True)
class Rule:
    """Selectors that hold for the captures of `since` to `until`, both days included.

    `body` is where the article stands, and nowhere else; what in it asks or links is still told apart. `text` is the
    article's for certain; `marks` are what an element is instead.
    """

    since: date | None = None
    until: date | None = None
    body: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    marks: tuple[tuple[Kind, tuple[str, ...]], ...] = ()

    def covers(self, fetched_at: datetime | None) -> bool:
        """True if a page of that time is to be read by this rule; of an unknown time, if the rule has no end.

        >>> Rule(until=date(2019, 6, 30)).covers(datetime.fromisoformat("2019-06-30T23:59Z"))
        True
        """
        if fetched_at is None:
            return self.until is None
        day = fetched_at.date()
        return (self.since or day) <= day <= (self.until or day)

    @property
    def selectors(self) -> tuple[str, ...]:
        """All selectors of the rule."""
        return (*self.body, *self.text, *(s for _, selectors in self.marks for s in selectors))


def rules_in(toml: str) -> tuple[Rule, ...]:
    """Return the rules that a site file holds, in its order; what is none is passed over: the crawl has refused it.

    >>> rules_in('[[rules]]\\nappeal.donation = ["aside.support"]')[0].marks
    ((<Kind.APPEAL_DONATION: 'appeal:donation'>, ('aside.support',)),)
    """
    if "rules" not in toml:
        return ()
    try:
        tables = tomllib.loads(toml).get("rules")
    except (ValueError, RecursionError):
        return ()
    return tuple(_rule(t) for t in tables if isinstance(t, dict)) if isinstance(tables, list) else ()


def _rule(table: Mapping[str, object]) -> Rule:
    return Rule(
        since=_day(table.get("from")),
        until=_day(table.get("until")),
        body=_texts(table.get("body")),
        text=_texts(table.get("text")),
        marks=tuple(_marks(table)),
    )


def _marks(table: Mapping[str, object]) -> Iterator[tuple[Kind, tuple[str, ...]]]:
    """Yield the kinds with their selectors, in the order of the kinds; `ignore` is short for plain furniture."""
    for kind in Kind:
        family, _, name = kind.partition(":")
        below = table.get(family) if family in FAMILIES else None
        found = _texts(below.get(name)) if isinstance(below, dict) else ()
        if kind is Kind.CHROME_FURNITURE:
            found += _texts(table.get("ignore"))
        if found:
            yield kind, found


def kinds_of(family: str) -> Sequence[str]:
    """Return what may follow `appeal.` or `chrome.` in a rule."""
    return [kind.partition(":")[2] for kind in Kind if kind.family == family]


def _texts(value: object) -> tuple[str, ...]:
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list) else ()


def _day(value: object) -> date | None:
    return value if isinstance(value, date) and not isinstance(value, datetime) else None
