"""Read what the operator declares for a run: `--allow` and `--resolve`."""

import re
from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING

from archive.errors import ConfigError
from crawler.guard.rules import Guard, Mapping, Network, canonical

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings


def guard_of(settings: "BaseSettings") -> Guard:
    """Return the guard that DATELINE_ALLOW and DATELINE_RESOLVE ask for; ConfigError if one cannot be read."""
    allow = (parse_allow(text) for text in settings.getlist("DATELINE_ALLOW"))
    resolve = (parse_resolve(text) for text in settings.getlist("DATELINE_RESOLVE"))
    return Guard(tuple(allow), tuple(mapping for each in resolve for mapping in each))


def parse_allow(text: str) -> Network:
    """Return the network that `--allow` names; a bare address is a network of one.

    >>> parse_allow("127.0.0.0/8"), parse_allow("::1")
    (IPv4Network('127.0.0.0/8'), IPv6Network('::1/128'))
    """
    try:
        return ip_network(text.strip())
    except ValueError as error:
        raise ConfigError("--allow", text, f"{error}; write a network such as 10.0.0.0/8") from error


_PORT = r"[0-9]{1,5}"
_MAPPING = re.compile(
    rf"(?P<name>[^:\[\]\s]+)(?::(?P<port>{_PORT}))?"
    rf":(?:\[(?P<v6>[^\]]+)\]|(?P<v4>[0-9.]+))(?::(?P<to>{_PORT}))?"
)


def parse_resolve(text: str) -> tuple[Mapping, ...]:
    """Return the mappings of one `--resolve`: `NAME[:PORT]:ADDR[:PORT]` (IPv6 in brackets) or `@FILE`.

    A file has one mapping a line; blank lines and what follows a `#` are left out.

    >>> parse_resolve("harbour.test:80:127.0.0.1:8123")
    (Mapping(name='harbour.test', port=80, address=IPv4Address('127.0.0.1'), to_port=8123),)
    """
    if text.startswith("@"):
        return tuple(_mappings_in(Path(text[1:])))
    return (_mapping(text.strip(), "--resolve", text),)


def _mappings_in(path: Path) -> Iterable[Mapping]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(path, "", f"the mappings cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        entry = line.partition("#")[0].strip()
        if entry:
            yield _mapping(entry, path, f"line {number}")


def _mapping(text: str, path: Path | str, key: str) -> Mapping:
    match = _MAPPING.fullmatch(text)
    try:
        if match is None:
            raise ValueError("not of the form NAME[:PORT]:ADDR[:PORT]")  # noqa: TRY301 - one way out
        return Mapping(
            canonical(match["name"]),
            _port(match["port"]),
            ip_address(match["v6"] or match["v4"]),
            _port(match["to"]),
        )
    except ValueError as error:
        problem = f"{error}; write for example harbour.test:80:127.0.0.1:8123 or a.test:[::1]"
        raise ConfigError(path, key, problem) from error


def _port(text: str | None) -> int | None:
    if text is None:
        return None
    if not 0 < int(text) < 65536:
        raise ValueError(f"no such port: {text}")
    return int(text)
