"""The wire handler keeps exactly what crossed the wire."""

import ssl
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import create_server

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from archive.model import Exchange
from tests.rawserver import Answer, Asked, RawServer, Served
from tests.wire_cases import CASES, Case, Route
from tests.wire_crawl import Chain, Fetch, Plan, crawl

BY_HOST = {f"{case.name}.test".lower(): case for case in CASES}
ECHOES, ECHO_HOSTS = 1500, 3


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
    log: str

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
    return Crossing(handed, served, result.log)


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
        assert exchange.ip == (None if case.route in ("proxy", "tunnel") else "127.0.0.1")
        assert exchange.protocols[1:] == tls
        assert bool(exchange.cipher) == bool(tls)
        assert exchange.ended_s is not None
        assert (exchange.first_byte_s is not None) == bool(exchange.received)
