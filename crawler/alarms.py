"""Remember which alarms are on, and tell the operator's own command of each once: when it comes and when it goes."""

import json
import os
import shlex
import subprocess
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from archive.errors import ConfigError
from archive.layout import Layout
from crawler.safe_file import write_whole
from crawler.watch import Alarm

NAME = "alarms.json"
PATIENCE_S = 60.0  # a mail server that does not answer must not hold up the next crawl


class Change(NamedTuple):
    """What a look brought: the alarms that are on, those of them that are new, and those that are over."""

    on: tuple[Alarm, ...]
    new: tuple[Alarm, ...]
    over: tuple[Alarm, ...]


@dataclass(frozen=True, slots=True)
class Bell:
    """The operator's command: `[alarm] command` of archive.toml, "" if there is none."""

    command: tuple[str, ...] = ()

    def ring(self, change: Change, archive: Path) -> str | None:
        """Tell the command what has changed, as JSON on its standard input; return what went wrong, None if nothing."""
        if not self.command or not (change.new or change.over):
            return None
        told = {
            "archive": str(archive),
            **{name: [_plain(a) for a in getattr(change, name)] for name in Change._fields},
        }
        environment = {**os.environ, "DATELINE_ARCHIVE": str(archive), "DATELINE_ALARMS": summary(change)}
        try:
            done = subprocess.run(
                self.command, input=json.dumps(told), env=environment, capture_output=True, text=True,
                timeout=PATIENCE_S, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"the alarm command could not be run: {error}"
        if done.returncode:
            return f"the alarm command ended with {done.returncode}: {done.stderr.strip()[-200:]}"
        return None


def bell_of(layout: Layout) -> Bell:
    """Return the command that archive.toml names; ConfigError if it is not one."""
    if not layout.settings.is_file():
        return Bell()
    try:
        table = tomllib.loads(layout.settings.read_text(encoding="utf-8")).get("alarm", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(layout.settings, "", f"is not TOML: {error}") from error
    command = table.get("command", []) if isinstance(table, dict) else None
    words = shlex.split(command) if isinstance(command, str) else command
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ConfigError(layout.settings, "alarm.command", 'write a command as ["program", "argument"]')
    return Bell(tuple(words))


def changed(layout: Layout, found: Sequence[Alarm]) -> Change:
    """Return how the alarms found differ from those of the last look, and remember them for the next.

    An alarm that stays on keeps the time since when it was first said to be wrong.
    """
    path = layout.root / NAME
    before = {alarm.key: alarm for alarm in _read(path)}
    on = tuple(replace(a, since=min(a.since, before[a.key].since)) if a.key in before else a for a in found)
    keys = {alarm.key for alarm in on}
    change = Change(
        on,
        new=tuple(alarm for alarm in on if alarm.key not in before),
        over=tuple(alarm for key, alarm in before.items() if key not in keys),
    )
    write_whole(path, json.dumps([_plain(alarm) for alarm in on], indent=1) + "\n")
    return change


def summary(change: Change) -> str:
    """Return what changed in one line, as the subject of a mail would say it."""
    said = [f"{alarm.site or 'archive'}: {alarm.sign}" for alarm in change.new]
    said += [f"{alarm.site or 'archive'}: {alarm.sign} is over" for alarm in change.over]
    return ", ".join(said)


def _read(path: Path) -> list[Alarm]:
    """Return the alarms of the last look; a file that cannot be read is an archive that was never looked at."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [Alarm(r["sign"], r["site"], datetime.fromisoformat(r["since"]), r["text"]) for r in rows]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _plain(alarm: Alarm) -> dict[str, str]:
    return {**asdict(alarm), "since": alarm.since.isoformat()}
