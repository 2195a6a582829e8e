"""What starts the crawl on a server: units that systemd accepts, and a line that cron reads as it was meant."""

import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from archive.errors import ConfigError
from crawler.logs import rotate
from crawler.units import Schedule, Unit, crontab, install, units

ANALYZE = shutil.which("systemd-analyze")
ARCHIVE = Path("/srv/archive")


def schedule(archive: Path = ARCHIVE, every: timedelta = timedelta(minutes=10)) -> Schedule:
    return Schedule(archive, every=every, user="dateline", program=Path("/usr/bin/true"))


def settings(unit: Unit) -> dict[str, str]:
    return dict(line.split("=", 1) for line in unit.text.splitlines() if "=" in line and not line.startswith("#"))


def verified(found: tuple[Unit, ...], folder: Path, *options: str) -> str:
    """Return what systemd says of the units; nothing if it accepts them."""
    assert ANALYZE
    paths = [str(path) for path in install(found, folder)]
    done = subprocess.run([ANALYZE, *options, *paths], capture_output=True, text=True, check=False)
    return (done.stderr if done.returncode == 0 else f"{done.returncode}: {done.stderr}").strip()


@pytest.mark.skipif(not ANALYZE, reason="no systemd-analyze here")
@pytest.mark.parametrize("name", ["archive", "news archive", "100% $HOME", 'a "quoted" one'])
def test_systemd_accepts_the_units(tmp_path: Path, name: str) -> None:
    assert verified(units(schedule(Path("/srv") / name)), tmp_path, "verify") == ""


@pytest.mark.skipif(not ANALYZE, reason="no systemd-analyze here")
def test_systemd_finds_the_service_little_exposed(tmp_path: Path) -> None:
    service, _ = units(schedule())

    assert verified((service,), tmp_path, "security", "--offline=true", "--threshold=20") == ""


def test_only_the_archive_can_be_written_to() -> None:
    service, _ = units(schedule())

    assert settings(service)["ProtectSystem"] == "strict"
    assert settings(service)["ReadWritePaths"] == str(ARCHIVE)
    assert settings(service)["User"] == "dateline"


def test_a_busy_archive_is_tried_again_and_the_rest_is_left_to_a_person() -> None:
    service, _ = units(schedule())

    assert settings(service)["Restart"] == "on-failure"
    assert settings(service)["RestartPreventExitStatus"].split() == ["2", "3", "4", "5"]


def test_certificates_can_be_checked_under_the_units_rules() -> None:
    service, _ = units(schedule())

    assert "MemoryDenyWriteExecute" not in settings(service)


def test_a_person_without_root_gets_what_their_own_manager_can_do() -> None:
    service, timer = units(schedule(), of_user=True)

    assert not {"User", "CapabilityBoundingSet", "PrivateDevices"} & settings(service).keys()
    assert settings(service)["NoNewPrivileges"] == "yes"
    assert settings(timer)["OnUnitInactiveSec"] == "10m"


def test_the_timer_starts_the_service_of_its_name() -> None:
    service, timer = units(Schedule(ARCHIVE, name="dateline-north", user="dateline"))

    assert (service.name, timer.name) == ("dateline-north.service", "dateline-north.timer")


@pytest.mark.parametrize(
    ("minutes", "when"),
    [(5, "*/5 * * * *"), (30, "*/30 * * * *"), (60, "7 */1 * * *"), (360, "7 */6 * * *"), (1440, "7 4 * * *")],
)
def test_cron_divides_an_hour_or_a_day(minutes: int, when: str) -> None:
    assert f"\n{when} flock" in crontab(schedule(every=timedelta(minutes=minutes))).text


@pytest.mark.parametrize("minutes", [7, 90, 2_880])
def test_what_cron_cannot_say_is_refused(minutes: int) -> None:
    with pytest.raises(ConfigError, match="cron can only divide"):
        crontab(schedule(every=timedelta(minutes=minutes)))


def test_the_shell_that_cron_starts_reads_the_command_as_it_was_meant(tmp_path: Path) -> None:
    echo = tmp_path / "echo"
    echo.write_text('#!/bin/sh\nprintf "%s|" "$@"\n')
    echo.chmod(0o755)
    archive = tmp_path / "it's 100% news"
    (archive / "logs").mkdir(parents=True)
    unit = crontab(Schedule(archive, user="dateline", program=echo))

    line = unit.text.splitlines()[-1]
    command = re.split(r"(?<!\\)%", line.removeprefix("*/10 * * * * "))[0].replace(r"\%", "%")  # as crontab(5) says
    subprocess.run(["/bin/sh", "-c", command], check=True)

    said = (archive / "logs" / "cron.log").read_text().split("|")
    assert said[:5] == ["--archive", str(archive), "crawl", "--all", "--due"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ConfigError, match="run as root, or use --user"):
        install(units(schedule()), tmp_path / "file")


def test_a_long_log_is_moved_and_the_oldest_goes(tmp_path: Path) -> None:
    log = tmp_path / "crawl.log"
    for text in ("first", "second", "third", "fourth"):
        log.write_text(text)
        assert rotate(log, max_bytes=5, kept=2)

    assert not log.exists()
    assert [(tmp_path / f"crawl.log.{n}").read_text() for n in (1, 2)] == ["fourth", "third"]
    assert not (tmp_path / "crawl.log.3").exists()


def test_a_short_log_is_left_alone(tmp_path: Path) -> None:
    log = tmp_path / "crawl.log"
    log.write_text("short")

    assert not rotate(log)
    assert not rotate(tmp_path / "none.log")
    assert log.read_text() == "short"
