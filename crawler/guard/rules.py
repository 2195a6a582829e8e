"""The rule: which address and port may be reached, and for which name."""

import re
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

WEB_PORTS = frozenset({80, 443})

# Prefixes that carry an IPv4 address which a gateway on the way may unpack: python 3.11 calls 64:ff9b::7f00:1 global.
_NAT64 = IPv6Network("64:ff9b::/96")
_LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")  # RFC 8215, never public; not known to python 3.11
_COMPATIBLE = IPv6Network("::/96")  # RFC 4291, 2.5.5.1, deprecated


@dataclass(frozen=True, slots=True)
class Mapping:
    """One `--resolve`: `name` (on `port`, or on any) is at `address` (on `to_port`, or on the port asked for)."""

    name: str
    port: int | None
    address: Address
    to_port: int | None = None

    def applies(self, name: str, port: int) -> bool:
        """Return True if this mapping answers for `name`; port 0 stands for a port not known yet."""
        return canonical(name) == self.name and (self.port is None or port in (0, self.port))

    def target(self, port: int) -> tuple[Address, int]:
        """Return the address and port to connect to when `port` is asked for."""
        return self.address, self.to_port or port


@dataclass(frozen=True, slots=True)
class Guard:
    """The rule of one run: `allow` opens networks on every port, each of `mappings` one name at one address.

    >>> from ipaddress import ip_network
    >>> Guard().refusal(ip_address("169.254.169.254"), 80)
    '169.254.169.254 is not a public address'
    >>> Guard((ip_network("127.0.0.0/8"),)).refusal(ip_address("127.0.0.1"), 8080)
    """

    allow: tuple[Network, ...] = ()
    mappings: tuple[Mapping, ...] = ()

    def mapped(self, name: str, port: int) -> Mapping | None:
        """Return the mapping that answers for `name` on `port`, or None."""
        return next((m for m in self.mappings if m.applies(name, port)), None)

    def refusal(self, address: Address, port: int) -> str | None:
        """Return why no socket may be opened to `address` on `port`, or None if one may. Port 0 is not judged."""
        if any(each in network for network in self.allow for each in (address, bare(address))):
            return None
        if not is_public(address):
            return f"{address} is not a public address"
        if port and port not in WEB_PORTS:
            return f"port {port} is not a port of the web (80, 443)"
        return None

    def refusal_of_peer(self, name: str, port: int, peer: Address, peer_port: int) -> str | None:
        """Return why the connection made for `name` and `port` may not be used, or None: the second look."""
        mapping = self.mapped(name, port)
        if mapping is not None and mapping.target(port) == (peer, peer_port):
            return None
        return self.refusal(peer, peer_port)

    def refusal_of_name(self, name: str, port: int) -> str | None:
        """Return why a proxy may not be asked for `name` on `port`, or None; it resolves names out of our sight."""
        literal = literal_address(name)
        if literal is not None:
            return self.refusal(literal, port)
        if canonical(name).rpartition(".")[2] == "localhost":
            return self.refusal(IPv4Address("127.0.0.1"), port)
        if port not in WEB_PORTS and self.mapped(name, port) is None:
            return f"port {port} is not a port of the web (80, 443)"
        return None


def is_public(address: Address) -> bool:
    """Return True if `address`, and the IPv4 address it may carry, belongs to the public internet.

    >>> is_public(ip_address("64:ff9b::7f00:1")), is_public(ip_address("2606:4700::6810:84e5"))
    (False, True)
    """
    inner = bare(address)
    if inner != address:
        return is_public(inner)
    if isinstance(address, IPv6Address) and (address in _LOCAL_NAT64 or address.is_site_local):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def bare(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one carries (mapped, compatible, NAT64, 6to4, Teredo), or `address` itself.

    >>> str(bare(ip_address("::ffff:127.0.0.1")))
    '127.0.0.1'
    """
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)


def literal_address(host: str) -> Address | None:
    """Return the address that `host` spells in any form a resolver would take for one, or None if it is a name.

    >>> str(literal_address("0x7f.1")), literal_address("one.test")
    ('127.0.0.1', None)
    """
    text = host.strip("[]").rstrip(".")
    try:
        return ip_address(text)
    except ValueError:
        return _legacy_ipv4(text)


def _legacy_ipv4(text: str) -> IPv4Address | None:
    """Read what inet_aton(3) reads: one to four parts, decimal, octal or hexadecimal, the last one filling the rest."""
    parts = text.lower().split(".")
    if len(parts) > 4 or not all(re.fullmatch(r"0x[0-9a-f]*|[0-9]+", part) for part in parts):
        return None
    try:
        *high, low = [_number(part) for part in parts]
    except ValueError:
        return None
    if any(part > 0xFF for part in high) or low >= 256 ** (4 - len(high)):
        return None
    return IPv4Address(sum(part << (24 - 8 * i) for i, part in enumerate(high)) + low)


def _number(part: str) -> int:
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    return int(part, 8 if part.startswith("0") else 10)


def canonical(name: str) -> str:
    """Return a host name as it is compared: lower case, ASCII, without the root dot."""
    name = name.rstrip(".").lower()
    try:
        return name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError:
        return name
