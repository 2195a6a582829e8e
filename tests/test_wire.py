"""The wire handler keeps exactly what crossed the wire."""

import ssl
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import create_server
from typing import Literal

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from scrapy.core.downloader.handlers import http11
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.exceptions import DownloadCancelledError, DownloadTimeoutError, StopDownload
from twisted.web._newclient import HEADER, STATUS, HTTP11ClientProtocol, HTTPClientParser
from twisted.web.client import HTTPConnectionPool, _HTTP11ClientFactory

from archive.model import Exchange
from crawler.wire.attempt import Attempt
from crawler.wire.ciphers import iana_name
from tests.rawserver import Answer, Asked, RawServer, Served
from tests.wire_cases import CASES, Case, Route
from tests.wire_crawl import Chain, Fetch, Plan, Result, SinkKind, crawl

BY_HOST = {f"{case.name}.test".lower(): case for case in CASES}
ECHOES, ECHO_HOSTS, AT_ONCE = 1500, 3, 48


# ---------------------------------------------------------------- certificates of our own making


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority for *.test, and what a server needs to speak for it."""

    ca_file: Path

    def server(self, version: ssl.TLSVersion) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = context.maximum_version = version
        context.load_cert_chain(self.ca_file.with_suffix(".server.pem"))
        return context


def authority(folder: Path, name: str) -> Authority:
    now = datetime.now(UTC)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

    def builder(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(ca_name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=2))
        )

    ca = (
        builder(ca_name, ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    names = [*BY_HOST, *(f"echo-{n}.test" for n in range(ECHO_HOSTS))]
    leaf = (
        builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")]), key.public_key())
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    ca_file = folder / f"{name}.pem"
    ca_file.write_bytes(ca.public_bytes(pem))
    ca_file.with_suffix(".server.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()) + leaf.public_bytes(pem)
    )
    return Authority(ca_file)


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("trusted"), "trusted")


# ---------------------------------------------------------------- one crawl of all cases


@dataclass(frozen=True, slots=True)
class Crossing:
    """What the handler handed over, and what the servers saw, by case."""

    handed: dict[str, Chain]
    served: dict[str, list[Served]]
    arrived: dict[str, tuple[str, ...]]

    def exchanges(self, case: Case) -> list[Exchange]:
        return [e for handed in self.handed[case.name] for e in handed.exchanges]


def scripted(asked: Asked) -> Answer:
    case = BY_HOST.get(asked.host)
    if case is None or asked.nth >= len(case.replies):
        return Answer((), "keep")
    reply = case.replies[asked.nth]
    return Answer(reply.writes, reply.then)


@pytest.fixture(scope="module")
def crossing(trusted: Authority, tmp_path_factory: pytest.TempPathFactory) -> Crossing:
    folder = tmp_path_factory.mktemp("crossing")
    stranger = authority(folder, "stranger")
    tls13 = trusted.server(ssl.TLSVersion.TLSv1_3)
    with ExitStack() as stack:
        servers: dict[Route, RawServer] = {
            "http": RawServer(scripted),
            "tls12": RawServer(scripted, tls=trusted.server(ssl.TLSVersion.TLSv1_2)),
            "tls13": RawServer(scripted, tls=tls13),
            "stranger": RawServer(scripted, tls=stranger.server(ssl.TLSVersion.TLSv1_3)),
            "proxy": RawServer(scripted),
            "tunnel": RawServer(scripted, tunnel=tls13),
        }
        for server in servers.values():
            stack.enter_context(server)
        ports = {route: server.port for route, server in servers.items()}
        result = crawl(plan_of(ports, trusted), folder)
    handed = {case.name: chain for case, chain in zip(CASES, result.chains, strict=True)}
    served = {
        case.name: servers[case.route].served[host] if case.route in servers else [] for host, case in BY_HOST.items()
    }
    arrived = {case.name: came for case, came in zip(CASES, result.arrived, strict=True)}
    return Crossing(handed, served, arrived)


def plan_of(ports: dict[Route, int], trusted: Authority) -> Plan:
    with create_server(("127.0.0.1", 0)) as closed:
        nobody = closed.getsockname()[1]  # nothing listens there once the block ends
    resolve = [f"proxy.test:3128:127.0.0.1:{ports['proxy']}", f"tunnel.test:{ports['tunnel']}:127.0.0.1"]
    for host, case in BY_HOST.items():
        asked = 443 if case.route in ("tls12", "tls13", "stranger") else 80
        resolve.append(f"{host}:{asked}:127.0.0.1:{ports.get(case.route, nobody)}")
    settings: dict[str, object] = {
        "DATELINE_RESOLVE": resolve,
        "DATELINE_CA_FILE": str(trusted.ca_file),
    }
    return Plan(tuple((fetch_of(case, ports),) * case.downloads for case in CASES), settings)


def fetch_of(case: Case, ports: dict[Route, int]) -> Fetch:
    scheme = "https" if case.route in ("tls12", "tls13", "stranger", "tunnel") else "http"
    host = case.name if case.route == "unmapped" else f"{case.name}.test"
    meta: dict[str, int | float | str] = {**case.meta}
    if case.route == "proxy":
        meta["proxy"] = "http://proxy.test:3128"
    if case.route == "tunnel":
        meta["proxy"] = f"http://tunnel.test:{ports['tunnel']}"
    return Fetch(f"{scheme}://{host}{case.target}", case.method, case.body, case.headers, meta, case.stop_at)


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


def test_every_request_is_kept_as_the_server_read_it(case: Case, crossing: Crossing) -> None:
    sent = [exchange.sent for exchange in crossing.exchanges(case)]

    assert sent == [served.asked.raw for served in crossing.served[case.name]]
    assert len(sent) == len(case.replies)


def test_every_response_is_kept_as_the_server_wrote_it(case: Case, crossing: Crossing) -> None:
    for exchange, served, reply in zip(crossing.exchanges(case), crossing.served[case.name], case.replies, strict=True):
        written = b"".join(reply.writes)
        if reply.is_prefix:
            assert written.startswith(exchange.received)
        else:
            assert exchange.received == written[: len(written) - reply.excess]
            assert served.sent == written


def test_what_is_not_whole_says_why(case: Case, crossing: Crossing) -> None:
    exchanges = crossing.exchanges(case)

    assert [e.truncated for e in exchanges] == [reply.truncated for reply in case.replies]
    assert [e.excess for e in exchanges] == [reply.excess for reply in case.replies]


def test_every_download_is_handed_over_once_with_its_error(case: Case, crossing: Crossing) -> None:
    chain = crossing.handed[case.name]

    assert len(chain) == case.downloads
    assert {handed.fidelity for handed in chain} == {"wire"}
    if case.error != "*":
        assert [handed.error for handed in chain] == [""] * (case.downloads - 1) + [case.error]


def test_the_address_the_protocols_and_the_times_are_kept(case: Case, crossing: Crossing) -> None:
    tls = {"tls12": ("tls/1.2",), "tls13": ("tls/1.3",), "tunnel": ("tls/1.3",)}.get(case.route, ())

    for exchange in crossing.exchanges(case):
        assert exchange.url.endswith(f"://{case.name.lower()}.test{case.target.partition('#')[0]}")
        assert exchange.method == case.method
        assert exchange.ip == (None if case.route in ("proxy", "tunnel") else "127.0.0.1")
        assert exchange.protocols[1:] == tls
        assert bool(exchange.cipher) == bool(tls)
        assert exchange.ended_s is not None
        assert (exchange.first_byte_s is not None) == bool(exchange.received)


def test_a_response_travels_up_after_its_bytes_are_kept(case: Case, crossing: Crossing) -> None:
    assert not [what for what in crossing.arrived[case.name] if "before" in what]
    assert len(crossing.arrived[case.name]) == case.downloads


def connections(crossing: Crossing, name: str) -> list[int]:
    return [served.asked.connection for served in crossing.served[name]]


@pytest.mark.parametrize("name", ["keep-alive", "tls-keep-alive", "tunnel-keep-alive"])
def test_a_connection_that_was_kept_alive_is_used_again(name: str, crossing: Crossing) -> None:
    assert len(set(connections(crossing, name))) == 1


def test_a_connection_with_bytes_too_many_is_not_used_again(crossing: Crossing) -> None:
    first, second = connections(crossing, "excess-length")

    assert first != second


# ---------------------------------------------------------------- whose bytes are whose


def echo(asked: Asked) -> Answer:
    """Say the request's own number back, whole or in chunks."""
    if asked.nth % 2:
        return Answer((b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(asked.body), asked.body))
    size = b"%x\r\n" % len(asked.body)
    return Answer((b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", size, asked.body, b"\r\n0\r\n\r\n"))


def test_no_byte_is_booked_to_another_exchange(trusted: Authority, tmp_path: Path) -> None:
    with RawServer(echo) as plain, RawServer(echo, tls=trusted.server(ssl.TLSVersion.TLSv1_3)) as secure:
        resolve = [f"echo-{n}.test:80:127.0.0.1:{plain.port}" for n in range(ECHO_HOSTS)]
        resolve += [f"echo-{n}.test:443:127.0.0.1:{secure.port}" for n in range(ECHO_HOSTS)]
        fetches = [
            Fetch(f"http{'s' * (n % 2)}://echo-{n % ECHO_HOSTS}.test/{n}", "POST", b"<%d>" % n * (n % 40 + 1))
            for n in range(ECHOES)
        ]
        settings: dict[str, object] = {"DATELINE_RESOLVE": resolve, "DATELINE_CA_FILE": str(trusted.ca_file)}
        # As many at once as the pool keeps of one host: the second setting says how many. Scrapy 2.19 ignores it on
        # asyncio: a slot counts a download only once its coroutine runs, and by then its whole queue is on the way.
        settings |= {"CONCURRENT_REQUESTS": AT_ONCE, "CONCURRENT_REQUESTS_PER_DOMAIN": AT_ONCE}
        result = crawl(Plan(tuple((fetch,) for fetch in fetches), settings), tmp_path)

    seen = {each.asked.raw: each.sent for server in (plain, secure) for host in server.served.values() for each in host}
    kept = [exchange for chain in result.chains for handed in chain for exchange in handed.exchanges]
    assert len(seen) == len(kept) == ECHOES
    assert [seen[exchange.sent] for exchange in kept] == [exchange.received for exchange in kept]
    assert all(exchange.sent.endswith(fetch.body) for exchange, fetch in zip(kept, fetches, strict=True))
    assert plain.connections + secure.connections < ECHOES / 5  # most travelled on connections already used


# ---------------------------------------------------------------- the seams


def hello(asked: Asked) -> Answer:
    return Answer((b"HTTP/1.1 200 Fine\r\nserver: raw\r\nContent-Length: 5\r\n\r\nhello",))


def one_download(folder: Path, sink: SinkKind = "keep", seams: Literal["whole", "moved"] = "whole") -> Result:
    with RawServer(hello) as server:
        settings: dict[str, object] = {"DATELINE_RESOLVE": [f"a.test:80:127.0.0.1:{server.port}"]}
        fetch = Fetch("http://a.test/x?y=1", headers=(("X-Odd", "a"),))
        return crawl(Plan(((fetch, fetch),), settings, sink, seams), folder)


def test_without_a_sink_a_download_is_a_download(tmp_path: Path) -> None:
    result = one_download(tmp_path, sink="none")

    assert result.arrived == (("200", "200"),)


def test_a_sink_that_cannot_keep_the_bytes_stops_the_response(tmp_path: Path) -> None:
    result = one_download(tmp_path, sink="full")

    assert result.arrived == (("NoSpaceError", "NoSpaceError"),)
    assert [len(handed.exchanges) for handed in result.chains[0]] == [1, 1]


def test_when_the_seams_have_moved_the_record_says_so_and_the_log_once(tmp_path: Path) -> None:
    result = one_download(tmp_path, seams="moved")

    (first, second) = result.chains[0]
    assert (first.fidelity, second.fidelity) == ("reconstructed", "reconstructed")
    (exchange,) = first.exchanges
    assert exchange.sent.startswith(b"GET /x?y=1 HTTP/1.1\r\nHost: a.test\r\nX-Odd: a\r\n")
    assert exchange.received == b"HTTP/1.1 200 OK\r\nServer: raw\r\nContent-Length: 5\r\n\r\nhello"
    assert result.log.count("were not seen on the wire") == 1


def test_the_private_names_we_stand_on_are_where_they_were() -> None:
    connection = http11._LenientHTTP11ClientProtocol(lambda _: None)  # type: ignore[no-untyped-call]
    factory = http11._LenientHTTP11ClientFactory(lambda _: None, "metadata")  # type: ignore[no-untyped-call]

    assert isinstance(connection, HTTP11ClientProtocol)
    assert isinstance(factory, _HTTP11ClientFactory)
    assert {"_pool", "_contextFactory"} <= set(HTTP11DownloadHandler.__init__.__code__.co_names)
    assert "_pool" in HTTP11DownloadHandler.download_request.__code__.co_names
    assert "_factory" in HTTPConnectionPool._newConnection.__code__.co_names
    assert {"_finishResponse", "_currentRequest"} <= set(HTTP11ClientProtocol.request.__code__.co_names)
    assert "persistent" in HTTP11ClientProtocol._finishResponse_WAITING.__code__.co_names
    assert (connection.state, connection._parser) == ("QUIESCENT", None)
    assert hasattr(factory, "_quiescentCallback")
    assert "state" in HTTPClientParser.connectionMade.__code__.co_names
    assert STATUS != HEADER


@pytest.mark.parametrize(
    ("ending", "truncated"),
    [
        (None, None),
        (DownloadCancelledError(), "length"),
        (DownloadTimeoutError(), "time"),
        (StopDownload(), "unspecified"),
    ],
)
def test_a_body_that_ends_with_its_connection_is_whole_unless_we_ended_it(
    ending: Exception | None, truncated: str | None
) -> None:
    attempt = Attempt(limit=None, secured=True)

    attempt.lost = True
    attempt.finish(0)

    assert attempt.truncation(ending) == truncated


def test_suites_have_the_names_of_the_registry() -> None:
    names = (
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        "AES256-SHA",
        "DHE-RSA-AES128-CCM8",
        "TLS_CHACHA20_POLY1305_SHA256",
        "RC4-MD5",
    )

    assert [iana_name(name) for name in names] == [
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        "TLS_RSA_WITH_AES_256_CBC_SHA",
        "TLS_DHE_RSA_WITH_AES_128_CCM_8",
        "TLS_CHACHA20_POLY1305_SHA256",
        None,
    ]
