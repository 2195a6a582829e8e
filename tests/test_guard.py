"""No page, redirect or name leads the crawl to a socket that nobody allowed."""

import socket
from ipaddress import IPv4Address, ip_address, ip_network
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scrapy.resolver import HostResolution
from scrapy.settings import Settings
from twisted.internet.address import IPv4Address as Peer4
from twisted.internet.address import IPv6Address as Peer6

from archive.errors import ConfigError
from crawler.guard import Guard, Mapping, guard_of, parse_allow, parse_resolve
from crawler.guard.resolver import GuardedResolver
from crawler.guard.rules import is_public, literal_address
from crawler.settings import DOWNLOAD_HANDLERS
from tests.rawserver import Answer, Asked, RawServer
from tests.wire_crawl import Fetch, Plan, crawl

# ---------------------------------------------------------------- the rule

NOT_PUBLIC = (
    *("127.0.0.1", "127.255.255.254", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
    *("0.0.0.0", "255.255.255.255", "224.0.0.1", "240.0.0.1", "192.0.2.1", "198.18.0.1"),
    *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
    *("64:ff9b:1::808:808", "2002:7f00:1::", "2002:c0a8:101::1", "2001:0:808:808:0:0:80ff:fffe"),
)


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_an_address_off_the_public_internet_is_refused_on_every_port(text: str) -> None:
    address = ip_address(text)

    assert not is_public(address)
    assert [Guard().refusal(address, port) is None for port in (80, 443, 8080)] == [False] * 3


@pytest.mark.parametrize(
    "text", ["93.184.215.14", "8.8.8.8", "2606:4700::6810:84e5", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_a_public_address_is_open_on_web_ports_alone(text: str) -> None:
    refusals = [Guard().refusal(ip_address(text), port) for port in (80, 443, 22, 8080)]

    assert refusals[:2] == [None, None]
    assert refusals[2:] == [f"port {port} is not a port of the web (80, 443)" for port in (22, 8080)]


def test_an_allowed_network_is_open_on_every_port_and_its_neighbour_on_none() -> None:
    guard = Guard((ip_network("10.1.0.0/16"),))

    assert guard.refusal(ip_address("10.1.2.3"), 9999) is None
    assert guard.refusal(ip_address("::ffff:10.1.2.3"), 9999) is None
    assert guard.refusal(ip_address("10.2.0.1"), 80) == "10.2.0.1 is not a public address"


def test_a_mapping_opens_one_address_and_port_to_one_name() -> None:
    guard = Guard(mappings=parse_resolve("harbour.test:80:127.0.0.1:8123"))
    home = IPv4Address("127.0.0.1")

    assert guard.refusal_of_peer("Harbour.Test.", 80, home, 8123) is None
    assert guard.refusal_of_peer("harbour.test", 80, home, 8124) is not None
    assert guard.refusal_of_peer("harbour.test", 443, home, 8123) is not None
    assert guard.refusal_of_peer("other.test", 80, home, 8123) is not None


LITERALS = {
    "127.0.0.1": "127.0.0.1",
    "2130706433": "127.0.0.1",
    "0x7f000001": "127.0.0.1",
    "0X7F.0.0.1": "127.0.0.1",
    "017700000001": "127.0.0.1",
    "0177.0.0.01": "127.0.0.1",
    "127.1": "127.0.0.1",
    "127.0.1": "127.0.0.1",
    "127.0.0.1.": "127.0.0.1",
    "0": "0.0.0.0",
    "[::1]": "::1",
    "[::ffff:7f00:1]": "::ffff:127.0.0.1",
    "0xa9.254.43518": "169.254.169.254",
}


@pytest.mark.parametrize(("spelled", "meant"), LITERALS.items())
def test_every_spelling_of_an_address_is_read_as_a_resolver_reads_it(spelled: str, meant: str) -> None:
    assert literal_address(spelled) == ip_address(meant)


@settings(max_examples=500, database=None, deadline=None)
@given(st.lists(st.from_regex(r"(0[xX])?[0-9a-f]{0,10}", fullmatch=True), min_size=1, max_size=5).map(".".join))
def test_what_the_c_library_takes_for_an_address_is_one_here(text: str) -> None:
    try:
        meant = IPv4Address(socket.inet_aton(text))
    except OSError:
        return

    assert literal_address(text) == meant


@pytest.mark.parametrize(
    "name", ["a.test", "1.test", "127.0.0.256", "1.2.3.4.5", "09.1.1.1", "0xg", "", "0x7f000001.com", "4294967296"]
)
def test_a_name_is_no_address(name: str) -> None:
    assert literal_address(name) is None


def test_a_proxy_is_not_asked_for_what_we_would_not_reach_ourselves() -> None:
    guard = Guard()

    assert [
        guard.refusal_of_name(name, 80) is None for name in ("a.test", "2130706433", "LOCALHOST.", "b.localhost")
    ] == [
        True,
        False,
        False,
        False,
    ]
    assert guard.refusal_of_name("a.test", 22) == "port 22 is not a port of the web (80, 443)"


# ---------------------------------------------------------------- what the operator declares


def test_mappings_are_read_in_every_form() -> None:
    home, home6 = ip_address("127.0.0.1"), ip_address("::1")

    assert parse_resolve("A.test:127.0.0.1") == (Mapping("a.test", None, home),)
    assert parse_resolve("a.test:80:127.0.0.1") == (Mapping("a.test", 80, home),)
    assert parse_resolve("a.test:127.0.0.1:8080") == (Mapping("a.test", None, home, 8080),)
    assert parse_resolve("a.test:80:[::1]:8080") == (Mapping("a.test", 80, home6, 8080),)
    assert parse_resolve("häfen.test.:[::1]") == (Mapping("xn--hfen-loa.test", None, home6),)


def test_a_file_of_mappings_has_one_a_line_and_comments(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text("# the newsroom\na.test:80:127.0.0.1:8123   # courier\n\n  b.test:127.0.0.2\n")

    assert [m.name for m in parse_resolve(f"@{file}")] == ["a.test", "b.test"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.test",
        "a.test:80",
        "a.test:::1",
        "a.test:b.test",
        "a.test:0:127.0.0.1",
        "a.test:127.0.0.1:65536",
        "a b:127.0.0.1",
        ":127.0.0.1",
        "a.test:127.0.0.1:80:80",
    ],
)
def test_a_mapping_that_cannot_be_read_says_how_to_write_one(text: str) -> None:
    with pytest.raises(ConfigError, match=r"harbour\.test:80:127\.0\.0\.1:8123"):
        parse_resolve(text)


def test_a_bad_line_of_a_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text("a.test:127.0.0.1\nnonsense\n")

    with pytest.raises(ConfigError, match="hosts: line 2"):
        parse_resolve(f"@{file}")
    with pytest.raises(ConfigError, match="cannot be read"):
        parse_resolve(f"@{tmp_path / 'absent'}")


def test_a_network_that_cannot_be_read_is_a_configuration_error() -> None:
    assert parse_allow(" 10.0.0.0/8 ") == ip_network("10.0.0.0/8")
    for text in ("", "localhost", "10.0.0.1/8", "10.0.0.0/40"):
        with pytest.raises(ConfigError, match="write a network"):
            parse_allow(text)


def test_the_settings_of_a_run_make_its_guard() -> None:
    declared = Settings({"DATELINE_ALLOW": ["::1"], "DATELINE_RESOLVE": ["a.test:127.0.0.1"]})

    assert guard_of(declared) == Guard((ip_network("::1/128"),), parse_resolve("a.test:127.0.0.1"))
    assert guard_of(Settings()) == Guard()


# ---------------------------------------------------------------- the resolver


class ScriptedDNS:
    """A name server that changes its mind: Twisted's resolver interface, answering from a list."""

    answers: ClassVar = [["8.8.8.8", "127.0.0.1", "::1"], ["192.168.0.1"], ["2606:4700::1"]]

    def __init__(self) -> None:
        self.left = list(self.answers)

    @property
    def nameResolver(self) -> "ScriptedDNS":  # noqa: N802 - a reactor's name for it
        return self

    def resolveHostName(self, receiver: "Collected", name: str, port: int, *more: object) -> HostResolution:  # noqa: N802
        for text in self.left.pop(0):
            receiver.addressResolved((Peer6 if ":" in text else Peer4)("TCP", text, port))
        receiver.resolutionComplete()
        return HostResolution(name)


class Collected:
    """Receives what a resolver resolves."""

    def __init__(self) -> None:
        self.addresses: list[tuple[str, int]] = []
        self.is_complete = False

    def resolutionBegan(self, resolution: object) -> None:  # noqa: N802
        pass

    def addressResolved(self, address: Peer4 | Peer6) -> None:  # noqa: N802
        self.addresses.append((address.host, address.port))

    def resolutionComplete(self) -> None:  # noqa: N802
        self.is_complete = True


def resolved(resolver: GuardedResolver, name: str, port: int) -> list[tuple[str, int]]:
    collected = Collected()
    resolver.resolveHostName(collected, name, port)
    assert collected.is_complete
    return collected.addresses


def test_of_each_answer_of_a_name_server_only_public_addresses_pass() -> None:
    resolver = GuardedResolver(ScriptedDNS(), 0, Guard())  # type: ignore[arg-type]  # as much of a reactor as it uses

    assert resolved(resolver, "rebinding.test", 80) == [("8.8.8.8", 80)]
    assert resolved(resolver, "rebinding.test", 80) == []
    assert resolved(resolver, "rebinding.test", 80) == [("2606:4700::1", 80)]


def test_a_mapped_name_is_answered_without_a_name_server() -> None:
    guard = Guard(mappings=parse_resolve("a.test:80:127.0.0.1:8123") + parse_resolve("b.test:[::1]"))
    resolver = GuardedResolver(ScriptedDNS(), 0, guard)  # type: ignore[arg-type]

    assert resolved(resolver, "A.test.", 80) == [("127.0.0.1", 8123)]
    assert resolved(resolver, "b.test", 443) == [("::1", 443)]


# ---------------------------------------------------------------- the crawl

SPELLINGS = (
    *("127.0.0.1", "localhost", "LOCALHOST", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "127.0.0.1."),
    *("[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "0.0.0.0", "[::]"),
)


def hello(asked: Asked) -> Answer:
    return Answer((b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",))


def test_no_spelling_of_the_loopback_address_opens_a_connection(tmp_path: Path) -> None:
    with RawServer(hello) as server:
        fetches = [Fetch(f"http://{host}:{server.port}/") for host in SPELLINGS]
        result = crawl(Plan(tuple((fetch,) for fetch in fetches), {}), tmp_path)

    assert server.connections == 0
    handed = {host: chain[0] for host, chain in zip(SPELLINGS, result.chains, strict=True)}
    assert not [host for host, each in handed.items() if each.exchanges]
    unknown = {host for host, each in handed.items() if each.error == "CannotResolveHostError"}
    assert unknown <= {"127.0.0.1."}  # no address to this resolver
    assert all("is not a public address" in each.words for host, each in handed.items() if host not in unknown)


def test_what_is_allowed_for_the_run_is_reached_by_every_spelling(tmp_path: Path) -> None:
    spellings = [host for host in SPELLINGS if ":" not in host and not host.endswith(".")]
    with RawServer(hello) as server:
        fetches = [Fetch(f"http://{host}:{server.port}/") for host in spellings]
        settings: dict[str, object] = {"DATELINE_ALLOW": ["127.0.0.0/8", "0.0.0.0"]}
        result = crawl(Plan(tuple((fetch,) for fetch in fetches), settings), tmp_path)

    assert result.arrived == (("200",),) * len(spellings)
    assert all(len(chain[0].exchanges) == 1 for chain in result.chains)


def test_a_redirect_into_the_house_is_refused_and_the_redirect_kept(tmp_path: Path) -> None:
    def redirect(asked: Asked) -> Answer:
        target = b"http://127.0.0.1:%d/secret" % server.port
        return Answer((b"HTTP/1.1 302 Found\r\nLocation: %b\r\nContent-Length: 0\r\n\r\n" % target,))

    with RawServer(redirect) as server:
        settings: dict[str, object] = {"DATELINE_RESOLVE": [f"a.test:80:127.0.0.1:{server.port}"]}
        fetch = Fetch("http://a.test/", meta={"dont_redirect": 0, "handle_httpstatus_all": 0})
        result = crawl(Plan(((fetch,),), settings), tmp_path)

    ((first, second),) = result.chains
    assert [len(first.exchanges), len(second.exchanges)] == [1, 0]
    assert (second.error, list(server.served)) == ("GuardError", ["a.test"])


def test_the_peer_is_looked_at_again_where_another_resolver_let_it_through(tmp_path: Path) -> None:
    with RawServer(hello) as server:
        settings: dict[str, object] = {"TWISTED_DNS_RESOLVER": "scrapy.resolver.CachingThreadedResolver"}
        urls = [f"http://127.0.0.1:{server.port}/", f"https://127.0.0.1:{server.port}/"]
        result = crawl(Plan(tuple((Fetch(url),) for url in urls), settings), tmp_path)

    assert result.arrived == (("GuardError",), ("GuardError",))
    assert not server.served


def test_a_mapping_of_one_port_opens_no_other(tmp_path: Path) -> None:
    with RawServer(hello) as server:
        settings: dict[str, object] = {"DATELINE_RESOLVE": [f"localhost:80:127.0.0.1:{server.port}"]}
        chain = (Fetch("http://localhost/"), Fetch(f"http://localhost:{server.port}/"))
        result = crawl(Plan((chain,), settings), tmp_path)

    assert result.arrived == (("200", "GuardError"),)


def test_a_proxy_is_asked_for_names_and_for_no_address_of_ours(tmp_path: Path) -> None:
    with RawServer(hello) as proxy:
        settings: dict[str, object] = {"DATELINE_RESOLVE": [f"proxy.test:3128:127.0.0.1:{proxy.port}"]}
        urls = ("http://a.test/", "http://2130706433/", "https://[::1]/", "http://localhost/", "http://a.test:22/")
        fetches = [Fetch(url, meta={"proxy": "http://proxy.test:3128"}) for url in urls]
        result = crawl(Plan(tuple((fetch,) for fetch in fetches), settings), tmp_path)

    assert result.arrived == (("200",), *[("GuardError",)] * 4)
    assert list(proxy.served) == ["a.test"]


def test_a_proxy_of_a_private_network_is_refused_until_it_is_allowed(tmp_path: Path) -> None:
    with RawServer(hello) as proxy:
        fetch = Fetch("http://a.test/", meta={"proxy": f"http://127.0.0.1:{proxy.port}"})
        result = crawl(Plan(((fetch,),), {}), tmp_path)

    assert (result.arrived, proxy.connections) == ((("GuardError",),), 0)


def test_nothing_but_the_web_has_a_handler(tmp_path: Path) -> None:
    urls = ("file:///etc/passwd", "data:text/plain,owned", "ftp://127.0.0.1/a", "s3://bucket/a")
    result = crawl(Plan(tuple((Fetch(url),) for url in urls), {"DOWNLOAD_HANDLERS": DOWNLOAD_HANDLERS}), tmp_path)

    assert [came for (came,) in result.arrived] == ["NotSupported came before its bytes were kept"] * len(urls)
    assert not any(chain for chain in result.chains)  # no download took place
