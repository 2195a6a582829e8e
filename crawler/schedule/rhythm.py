"""What a source's own history says: how much it publishes at which hour of the week.

The history is kept as two numbers for each of the 168 hours: articles seen, and hours watched. Both fade, so that a
source that changes its ways is learned anew; 168 numbers are all that a poll has to read.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

WEEK = 168
MEMORY = 0.85  # what is left of an hour's experience a week later: half of it is 4 weeks old at most
LONGEST_GAP = float(WEEK)  # hours; a machine that was off longer has learned nothing from that

# Shrinkage, in hours of watching: an hour of the week is believed as far as it was watched, else the same hour of all
# days, else the source's mean, else what a middling source publishes. Found on the timetables of bench_schedule.py.
TRUST_HOUR, TRUST_DAY, TRUST_MEAN = 2.0, 3.0, 12.0
USUAL_RATE = 0.5  # articles an hour, of a source that nobody knows yet

PULSE_HOURS = 8.0  # how fast the present mood of a source fades
PULSE_WEIGHT = 1.5  # articles that must speak before the mood does
PULSE_RANGE = (0.25, 4.0)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What is known of a source's habits; a new one knows nothing."""

    polls: int = 0
    news: int = 0
    last_poll: datetime | None = None
    last_news: datetime | None = None
    failing_since: datetime | None = None
    seen: tuple[float, ...] = (0.0,) * WEEK  # articles, by hour of the week (0: Monday 00 UTC), faded
    watched: tuple[float, ...] = (0.0,) * WEEK  # hours, faded likewise
    lately: tuple[float, float] = (0.0, 0.0)  # articles seen and expected in the last hours, faded

    def rate(self, hour: int) -> float:
        """Return the articles to expect in an hour of the week, in one hour, by habit alone."""
        return self._rate(hour, self._mean())

    def rates(self, hour: int, count: int) -> Iterator[float]:
        """Yield the rates of that many hours from one of the week on."""
        mean = self._mean()
        for number in range(hour, hour + count):
            yield self._rate(number % WEEK, mean)

    @property
    def pulse(self) -> float:
        """How much more than its habit the source publishes just now; 1.0 if as always."""
        seen, expected = self.lately
        low, high = PULSE_RANGE
        return min(high, max(low, (seen + PULSE_WEIGHT) / (expected + PULSE_WEIGHT)))

    def _mean(self) -> float:
        return (sum(self.seen) + TRUST_MEAN * USUAL_RATE) / (sum(self.watched) + TRUST_MEAN)

    def _rate(self, hour: int, mean: float) -> float:
        before, after = (hour - 1) % WEEK, (hour + 1) % WEEK
        seen, watched = self.seen, self.watched
        own_seen = seen[hour] + 0.4 * (seen[before] + seen[after])
        own_watched = watched[hour] + 0.4 * (watched[before] + watched[after])
        of_day = hour % 24
        day_seen, day_watched = sum(seen[of_day::24]), sum(watched[of_day::24])
        daily = (day_seen + TRUST_DAY * mean) / (day_watched + TRUST_DAY)
        return (own_seen + TRUST_HOUR * daily) / (own_watched + TRUST_HOUR)

    # ------------------------------------------------------------------ learning

    def learned(self, now: datetime, published: Sequence[datetime | None]) -> "Rhythm":
        """Return the rhythm after a poll that found these articles for the first time.

        An article counts for the hour it says it appeared in, if that lies after the last poll; else it is spread over
        the time since then. The first poll teaches nothing: how long its articles have been there is not known.
        """
        fresh = len(published)
        done = replace(
            self, polls=self.polls + 1, news=self.news + fresh, last_poll=now, failing_since=None,
            last_news=now if fresh else self.last_news,
        )  # fmt: skip
        if self.last_poll is None or now <= self.last_poll:
            return done
        start = max(self.last_poll, now - timedelta(hours=LONGEST_GAP))
        seen, watched, expected = self._watched(start, now, published)
        kept = 0.5 ** ((now - start) / timedelta(hours=PULSE_HOURS))
        lately = (self.lately[0] * kept + fresh, self.lately[1] * kept + expected)
        return replace(done, seen=seen, watched=watched, lately=lately)

    def _watched(
        self, start: datetime, now: datetime, published: Sequence[datetime | None]
    ) -> tuple[tuple[float, ...], tuple[float, ...], float]:
        """Return what was seen and watched by now, and how many articles were expected since `start`."""
        seen, watched = list(self.seen), list(self.watched)
        spans = hours_between(start, now)
        total = sum(length for _, length in spans)
        dated = [moment for moment in published if moment is not None and start < moment <= now]
        vague = len(published) - len(dated)
        mean = self._mean()
        expected = sum(self._rate(hour, mean) * length for hour, length in spans)
        for hour, length in spans:
            left = MEMORY**length
            seen[hour] = seen[hour] * left + vague * length / total
            watched[hour] = watched[hour] * left + length
        for moment in dated:
            seen[hour_of_week(moment)] += 1.0
        return tuple(seen), tuple(watched), expected


def hour_of_week(moment: datetime) -> int:
    """Return the hour of the week, 0 for Monday 00 UTC.

    >>> hour_of_week(datetime(2026, 3, 3, 14, 59, tzinfo=UTC))
    38
    """
    utc = moment.astimezone(UTC)
    return utc.weekday() * 24 + utc.hour


def hours_between(start: datetime, end: datetime) -> list[tuple[int, float]]:
    """Return the hours of the week that a span touches, each with the part of an hour that lies in it."""
    first = start.timestamp() / 3600.0
    last = end.timestamp() / 3600.0
    hour = hour_of_week(start)
    found = []
    while first < last:
        edge = min(float(int(first) + 1), last)
        found.append((hour, edge - first))
        first, hour = edge, (hour + 1) % WEEK
    return found


def dump_rhythm(rhythm: Rhythm) -> str:
    """Return a rhythm as JSON: some 1.5 kB."""
    times = (rhythm.last_poll, rhythm.last_news, rhythm.failing_since)
    return json.dumps(
        {
            "polls": rhythm.polls,
            "news": rhythm.news,
            "times": [t.timestamp() if t else None for t in times],
            "seen": [round(n, 3) for n in rhythm.seen],
            "watched": [round(n, 3) for n in rhythm.watched],
            "lately": [round(n, 3) for n in rhythm.lately],
        },
        separators=(",", ":"),
    )


def load_rhythm(text: str) -> Rhythm:
    """Return the rhythm that `dump_rhythm` wrote."""
    known = json.loads(text)
    poll, news, failing = (datetime.fromtimestamp(t, UTC) if t is not None else None for t in known["times"])
    return Rhythm(
        known["polls"], known["news"], poll, news, failing,
        tuple(known["seen"]), tuple(known["watched"]), (known["lately"][0], known["lately"][1]),
    )  # fmt: skip
