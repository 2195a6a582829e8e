"""The newsroom's own log: the judge of politeness and of double fetches."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import TextIO


@dataclass(frozen=True, slots=True)
class Hit:
    """One request as the server saw it.

    `at_s` and `ended_s` are seconds of the machine's monotonic clock (arrival of the head, last byte handed over),
    `now` is the newsroom's clock. `status` is 0 if the connection was dropped; `size_bytes` counts body bytes as sent.
    `connection` numbers the connection it came on.
    """

    at_s: float
    ended_s: float
    now: datetime
    host: str
    path: str
    method: str
    status: int
    size_bytes: int
    connection: int
    headers: tuple[tuple[str, str], ...]

    def header(self, name: str) -> str | None:
        """Return the value of a request header, or None."""
        return next((v for k, v in self.headers if k.lower() == name.lower()), None)

    def to_json(self) -> str:
        return json.dumps({**asdict(self), "now": self.now.isoformat()}, ensure_ascii=False)


class Log:
    """Every hit in order of arrival, in memory and, if a path is given, as JSON lines."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = Lock()
        self._hits: list[Hit] = []
        self._file: TextIO | None = path.open("a", encoding="utf-8") if path else None

    def add(self, hit: Hit) -> None:
        with self._lock:
            self._hits.append(hit)
            if self._file:
                print(hit.to_json(), file=self._file, flush=True)

    def close(self) -> None:
        with self._lock:
            if self._file:
                self._file.close()
                self._file = None

    def clear(self) -> None:
        """Forget the hits in memory; the file keeps them."""
        with self._lock:
            self._hits.clear()

    def hits(self, host: str = "*", path: str = "*") -> list[Hit]:
        """Return the hits whose host and path (with query) match the shell patterns, by arrival."""
        with self._lock:
            found = [h for h in self._hits if fnmatchcase(h.host, host) and fnmatchcase(h.path, path)]
        return sorted(found, key=lambda h: h.at_s)

    def intervals(self, host: str = "*", *, simulated: bool = False) -> list[float]:
        """Return the seconds from each arrival at a host to the next; by the newsroom's clock if `simulated`."""
        hits = self.hits(host)
        if simulated:
            return [(b.now - a.now).total_seconds() for a, b in pairwise(hits)]
        return [b.at_s - a.at_s for a, b in pairwise(hits)]

    def overlaps(self, host: str = "*") -> list[tuple[Hit, Hit]]:
        """Return pairs of neighbouring hits where the second came before the first was answered."""
        return [(a, b) for a, b in pairwise(self.hits(host)) if b.at_s < a.ended_s]

    def doubles(self, host: str = "*", path: str = "*") -> dict[str, int]:
        """Return how often each address was sent in full (200) more than once."""
        counts: dict[str, int] = {}
        for hit in self.hits(host, path):
            if hit.status == 200 and hit.method == "GET":
                address = hit.host + hit.path
                counts[address] = counts.get(address, 0) + 1
        return {address: n for address, n in counts.items() if n > 1}


def read_log(path: Path) -> Iterator[Hit]:
    """Yield the hits of a JSON lines file that another process's newsroom wrote."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            hit = json.loads(line)
            hit["headers"] = tuple(tuple(pair) for pair in hit["headers"])
            yield Hit(**{**hit, "now": datetime.fromisoformat(hit["now"])})
