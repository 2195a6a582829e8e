"""What starts the crawl on a server: a hardened systemd service and its timer, or a line for cron."""

import getpass
import shlex
import sys
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import NamedTuple

from archive.errors import ConfigError
from crawler.sites.duration import duration_text

SYSTEM, USER = Path("/etc/systemd/system"), Path("~/.config/systemd/user")
CRON = Path("/etc/cron.d")
PROGRAM = Path(sys.executable).with_name("dateline")  # of this installation, whatever the PATH says
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Unit(NamedTuple):
    """A file to be installed."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often an archive is crawled, by whom, and within which bounds."""

    archive: Path  # absolute
    name: str = "dateline"
    every: timedelta = 10 * MINUTE
    max_time: timedelta = 50 * MINUTE
    min_free: int = 10**9
    user: str = ""
    program: Path = PROGRAM

    @property
    def command(self) -> tuple[str, ...]:
        """The command that the timer runs."""
        crawl = ("crawl", "--all", "--due", "--max-time", _duration(self.max_time), "--min-free", str(self.min_free))
        return (str(self.program), "--archive", str(self.archive), *crawl)


def units(schedule: Schedule, *, of_user: bool = False) -> tuple[Unit, Unit]:
    """Return the systemd service and its timer; `of_user` for the manager of one person, who needs no root for it."""
    values = {
        "name": schedule.name,
        "archive": _escaped(str(schedule.archive)),
        "writable": _quoted(str(schedule.archive)),
        "command": " ".join(map(_quoted, schedule.command)),
        "every": duration_text(schedule.every.total_seconds()),
        "user": f"User={schedule.user or getpass.getuser()}" if not of_user else "# of a user's own manager: no User=",
        "target": "timers.target",
    }
    service = _filled("service.txt", values)
    if of_user:
        service = "\n".join(line for line in service.splitlines() if not line.startswith(_SYSTEM_ONLY)) + "\n"
    return Unit(f"{schedule.name}.service", service), Unit(f"{schedule.name}.timer", _filled("timer.txt", values))


# What a user's manager cannot do without privileges, and would refuse to start the service for.
_SYSTEM_ONLY = ("CapabilityBoundingSet=", "PrivateDevices=", "ProtectClock=", "ProtectKernelLogs=", "ProtectHostname=")


def crontab(schedule: Schedule, *, with_user: bool = False) -> Unit:
    """Return a line for cron; `with_user` for /etc/cron.d, where each line says whose it is."""
    command = (
        "flock",
        "--nonblock",
        "--conflict-exit-code",
        "0",
        str(schedule.archive / "cron.lock"),
        *schedule.command,
    )
    values = {
        "when": _cron_time(schedule.every),
        "user": f"{schedule.user or getpass.getuser()} " if with_user else "",
        "command": shlex.join(command).replace("%", r"\%"),  # cron ends a command at a bare one
        "log": shlex.quote(str(schedule.archive / "logs" / "cron.log")).replace("%", r"\%"),
    }
    return Unit(schedule.name, _filled("crontab.txt", values))


def install(found: tuple[Unit, ...], folder: Path) -> tuple[Path, ...]:
    """Write the units into a folder and return their paths."""
    paths = []
    for unit in found:
        path = folder.expanduser() / unit.name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(unit.text, encoding="utf-8")
        except OSError as error:
            problem = f"cannot be written ({error.strerror}); run as root, or use --user, or --into FOLDER"
            raise ConfigError(path, "", problem) from error
        paths.append(path)
    return tuple(paths)


def _cron_time(every: timedelta) -> str:
    """Return when cron shall run: it knows the minutes of an hour and the hours of a day, nothing between."""
    if MINUTE <= every < HOUR and not HOUR % every:
        return f"*/{every // MINUTE} * * * *"
    if HOUR <= every <= 24 * HOUR and not (24 * HOUR) % every and not every % HOUR:
        return f"7 */{every // HOUR} * * *" if every < 24 * HOUR else "7 4 * * *"
    text = duration_text(every.total_seconds())
    raise ConfigError("--every", text, "cron can only divide an hour or a day evenly: 5m, 10m, 15m, 30m, 1h, 6h, 1d")


def _filled(template: str, values: dict[str, str]) -> str:
    return Template((files("crawler.units") / template).read_text(encoding="utf-8")).substitute(values)


def _duration(length: timedelta) -> str:
    return duration_text(length.total_seconds())


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


def _quoted(text: str) -> str:
    """Return an argument as systemd reads one (systemd.service(5), "Command lines")."""
    if not any(c in " \t\"'\\$;" for c in text):
        return _escaped(text)
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return f'"{_escaped(escaped)}"'
