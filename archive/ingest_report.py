"""What filling the catalogue came to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What was catalogued; `problems` are places in WARC files that could not be read, `outcomes` those of reading."""

    captures: int = 0
    outcomes: tuple[tuple[str, int], ...] = ()
    articles: int = 0
    versions: int = 0
    withdrawn: int = 0
    stale: int = 0
    problems: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return the report as plain values with stable keys."""
        return {
            "captures": self.captures,
            "read": dict(self.outcomes),
            "articles": self.articles,
            "versions": self.versions,
            "withdrawn": self.withdrawn,
            "stale": self.stale,
            "problems": list(self.problems),
        }

    def summary(self) -> str:
        """Return the report as lines for people."""
        read = ", ".join(f"{count:,} {name}" for name, count in self.outcomes) or "no page"
        lines = [
            f"Catalogued {self.captures:,} captures; read: {read}.",
            f"The catalogue holds {self.articles:,} articles in {self.versions:,} versions.",
        ]
        if self.withdrawn:
            lines.append(f"{self.withdrawn:,} captures were taken back: their bytes were cut by a recovery.")
        if self.stale:
            lines.append(f"{self.stale:,} captures were read by an older reader; `dateline reread` reads all anew.")
        return "\n".join([*lines, *(f"Not readable: {problem}" for problem in self.problems)])
