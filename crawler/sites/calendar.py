"""The pages of a `dates` source: one address for each day, month or year, by its pattern."""

from collections.abc import Iterator
from datetime import date, timedelta


def day_url(pattern: str, day: date) -> str:
    """Return the address of a day's page.

    >>> day_url("https://courier.test/{yyyy}/{mm}/{dd}/", date(2015, 3, 9))
    'https://courier.test/2015/03/09/'
    """
    parts = {"{yyyy}": f"{day.year:04}", "{mm}": f"{day.month:02}", "{dd}": f"{day.day:02}"}
    for mark, text in parts.items():
        pattern = pattern.replace(mark, text)
    return pattern


def pages_of(pattern: str, since: date, until: date) -> Iterator[tuple[str, date]]:
    """Yield the pages of a pattern, newest first, each once, with its last day.

    >>> [url for url, _ in pages_of("/{yyyy}/{mm}", date(2015, 1, 30), date(2015, 3, 1))]
    ['/2015/03', '/2015/02', '/2015/01']
    """
    last, day = "", until
    while day >= since:
        url = day_url(pattern, day)
        if url != last:
            yield url, day
        last, day = url, day - timedelta(days=1)
