"""Publication timetables of 200 invented sources over 60 days, of every rhythm that news has; the same on each run."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import exp

START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
DAYS = 60
HOUR = 3600.0
END_S = DAYS * 24 * HOUR


@dataclass(frozen=True, slots=True)
class Timetable:
    """One source: when each article appears, in seconds after START; `dated` if its lists say when that was."""

    name: str
    kind: str
    times: tuple[float, ...]
    dated: bool


def timetables(seed: int = 6) -> tuple[Timetable, ...]:
    """Return the sources, the same for the same seed."""
    chance = random.Random(seed)
    found = []
    for kind, (count, make) in KINDS.items():
        for number in range(count):
            times = tuple(sorted(t for t in make(chance) if 0 <= t < END_S))
            found.append(Timetable(f"{kind}-{number}", kind, times, dated=chance.random() < 0.8))
    return tuple(found)


def moment(seconds: float) -> datetime:
    """Return the time of day of a second of the timetables."""
    return START + timedelta(seconds=seconds)


Make = Callable[[random.Random], Iterator[float]]


def _by_hours(chance: random.Random, rate: Callable[[int, float], float]) -> Iterator[float]:
    """Yield the times of a Poisson process whose rate depends on weekday and hour."""
    for hour in range(DAYS * 24):
        at = START + timedelta(hours=hour)
        expected = rate(at.weekday(), at.hour)
        threshold, drawn, count = exp(-expected), chance.random(), 0
        while drawn > threshold:
            drawn *= chance.random()
            count += 1
        yield from (hour * HOUR + chance.random() * HOUR for _ in range(count))


def newspaper(chance: random.Random) -> Iterator[float]:
    """A daily: 5 to 60 articles a day, few at night, fewer at weekends; anywhere in the world."""
    per_day, zone, weekend = chance.uniform(5, 60), chance.randrange(24), chance.uniform(0.3, 0.8)
    shape = [0.1] * 6 + [1.0, 1.6, 1.6, 1.4, 1.2, 1.2, 1.0, 1.0, 1.0, 1.1, 1.3, 1.4, 1.2, 0.9, 0.7, 0.5, 0.3, 0.2]
    scale = per_day / sum(shape)

    def rate(weekday: int, hour: float) -> float:
        return scale * shape[int(hour + zone) % 24] * (weekend if weekday >= 5 else 1.0)

    return _by_hours(chance, rate)


def office(chance: random.Random) -> Iterator[float]:
    """A trade paper or ministry: 2 to 15 articles a day in office hours, none at weekends."""
    per_day, opens = chance.uniform(2, 15), chance.randrange(24)

    def rate(weekday: int, hour: float) -> float:
        return per_day / 9 if weekday < 5 and (int(hour) - opens) % 24 < 9 else 0.0

    return _by_hours(chance, rate)


def clockwork(chance: random.Random) -> Iterator[float]:
    """A machine: one to three articles every one to four hours, always at the same minute."""
    step, minute, batch = chance.choice((1, 1, 2, 4)), chance.randrange(60), chance.randint(1, 3)
    for hour in range(0, DAYS * 24, step):
        yield from (hour * HOUR + minute * 60 + n for n in range(batch))


def morning_edition(chance: random.Random) -> Iterator[float]:
    """A printed paper that puts its day's 3 to 20 articles on the web at one hour, give or take ten minutes."""
    hour, batch, sundays = chance.randrange(24), chance.randint(3, 20), chance.random() < 0.5
    for day in range(DAYS):
        if sundays or (START + timedelta(days=day)).weekday() != 6:
            start = (day * 24 + hour) * HOUR + chance.gauss(900, 300)
            yield from (start + n for n in range(batch))


def weekly(chance: random.Random) -> Iterator[float]:
    """A weekly: 1 to 10 articles within an hour of one day."""
    hour, batch = chance.randrange(168), chance.randint(1, 10)
    for week in range(DAYS // 7 + 1):
        yield from ((week * 168 + hour) * HOUR + chance.random() * HOUR for _ in range(batch))


def bursty(chance: random.Random) -> Iterator[float]:
    """A local paper with two articles a day, and now and then a story that brings 10 to 40 within hours."""
    yield from _by_hours(chance, lambda _, hour: 2 / 14 if 7 <= hour < 21 else 0.0)
    at = chance.expovariate(1 / (5 * 24 * HOUR))
    while at < END_S:
        for _ in range(chance.randint(10, 40)):
            yield at + chance.expovariate(1 / (2 * HOUR))
        at += chance.expovariate(1 / (5 * 24 * HOUR))


def slow(chance: random.Random) -> Iterator[float]:
    """A blog: one to three articles a week, whenever."""
    per_hour = chance.uniform(1, 3) / 168
    return _by_hours(chance, lambda _weekday, _hour: per_hour)


def dead(chance: random.Random) -> Iterator[float]:
    """A source that falls silent for good within the first ten days, or was silent before."""
    end = chance.choice((0.0, chance.uniform(0, 10 * 24 * HOUR)))
    return (t for t in newspaper(chance) if t < end)


def agency(chance: random.Random) -> Iterator[float]:
    """A wire: 100 to 300 articles a day, day and night."""
    per_hour = chance.uniform(100, 300) / 24
    return _by_hours(chance, lambda _, hour: per_hour * (1.3 if 6 <= hour < 20 else 0.6))


KINDS: dict[str, tuple[int, Make]] = {
    "newspaper": (40, newspaper),
    "office": (30, office),
    "clockwork": (25, clockwork),
    "morning": (25, morning_edition),
    "weekly": (20, weekly),
    "bursty": (25, bursty),
    "slow": (15, slow),
    "dead": (10, dead),
    "agency": (10, agency),
}
