"""Whom the terminal speaks to over TLS, with a right clock and with a wrong one."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kiosk.errors import ConfigError, Unreachable
from kiosk.link.http import Transport
from kiosk.model import ClockState
from tests.unit.kiosk.machine.fake_clock import FakeClock

NOW = dt.datetime.now(dt.UTC)
SIGNS_CERTIFICATES = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,  # Python 3.13 refuses an authority without it (VERIFY_X509_STRICT)
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)
YEAR = dt.timedelta(days=365)


@dataclass
class Authority:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def pem(self, path: Path) -> Path:
        path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        return path

    def issue(self, folder: Path, host: str, start: dt.datetime, end: dt.datetime) -> Path:
        key = ec.generate_private_key(ec.SECP256R1())
        try:
            name: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
        except ValueError:
            name = x509.DNSName(host)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")]))
            .issuer_name(self.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
            .add_extension(x509.SubjectAlternativeName([name]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),  # type: ignore[arg-type]
                critical=False,
            )
            .sign(self.key, hashes.SHA256())
        )
        path = folder / "server.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        return path


def authority() -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - 10 * YEAR)
        .not_valid_after(NOW + 10 * YEAR)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(SIGNS_CERTIFICATES, critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(key, certificate)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")


@pytest.fixture
def serve() -> Iterator[Callable[[Path], str]]:
    """Starts a TLS server with a certificate; gives its URL."""
    servers: list[tuple[HTTPServer, threading.Thread]] = []

    def start(certificate: Path) -> str:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server = HTTPServer(("127.0.0.1", 0), Handler)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        server.handle_error = lambda *_: None  # type: ignore[method-assign,assignment]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        servers.append((server, thread))
        return f"https://127.0.0.1:{server.server_port}/"

    yield start
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


def ask(url: str, ca_file: Path | str, clock: FakeClock, wall: dt.datetime = NOW) -> int:
    transport = Transport(ca_file=str(ca_file), timeout_s=5, clock=clock, sign=lambda _: None, wall=lambda: wall)
    try:
        return transport.post(url, b"{}", {}).status
    finally:
        transport.close()


RIGHT = FakeClock(NOW)
UNKNOWN = FakeClock(dt.datetime(1970, 1, 1, tzinfo=dt.UTC), state=ClockState.UNSYNCHRONISED)


def test_the_offices_own_authority_is_enough(tmp_path: Path, serve: Callable[[Path], str]) -> None:
    ours = authority()
    url = serve(ours.issue(tmp_path, "127.0.0.1", NOW - YEAR, NOW + YEAR))
    assert ask(url, ours.pem(tmp_path / "ca.pem"), RIGHT) == 200


@pytest.mark.parametrize("clock", [RIGHT, UNKNOWN], ids=["right clock", "unknown time"])
def test_another_authority_is_refused_whatever_the_clock(
    tmp_path: Path, serve: Callable[[Path], str], clock: FakeClock
) -> None:
    url = serve(authority().issue(tmp_path, "127.0.0.1", NOW - YEAR, NOW + YEAR))
    with pytest.raises(Unreachable, match="certificate"):
        ask(url, authority().pem(tmp_path / "ca.pem"), clock)
    with pytest.raises(Unreachable, match="certificate"):
        ask(url, "", clock)


@pytest.mark.parametrize("clock", [RIGHT, UNKNOWN], ids=["right clock", "unknown time"])
def test_another_name_is_refused_whatever_the_clock(
    tmp_path: Path, serve: Callable[[Path], str], clock: FakeClock
) -> None:
    ours = authority()
    url = serve(ours.issue(tmp_path, "etpp.example", NOW - YEAR, NOW + YEAR))
    with pytest.raises(Unreachable, match="certificate"):
        ask(url, ours.pem(tmp_path / "ca.pem"), clock)


def test_an_environment_variable_adds_no_authority(
    tmp_path: Path, serve: Callable[[Path], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = authority()
    url = serve(other.issue(tmp_path, "127.0.0.1", NOW - YEAR, NOW + YEAR))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other.pem(tmp_path / "other.pem")))
    with pytest.raises(Unreachable, match="certificate"):
        ask(url, authority().pem(tmp_path / "ca.pem"), RIGHT)


def test_an_expired_certificate_is_refused_when_the_time_is_known(tmp_path: Path, serve: Callable[[Path], str]) -> None:
    ours = authority()
    url = serve(ours.issue(tmp_path, "127.0.0.1", NOW - 3 * YEAR, NOW - YEAR))
    ca_file = ours.pem(tmp_path / "ca.pem")
    with pytest.raises(Unreachable, match="certificate"):
        ask(url, ca_file, RIGHT)
    # The wall clock stands in 1970, but an anchor has told the time.
    with pytest.raises(Unreachable, match="certificate"):
        ask(url, ca_file, RIGHT, wall=dt.datetime(1970, 1, 1, tzinfo=dt.UTC))
    assert ask(url, ca_file, UNKNOWN, wall=dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) == 200


def test_a_certificate_of_the_future_is_refused_when_the_time_is_known(
    tmp_path: Path, serve: Callable[[Path], str]
) -> None:
    ours = authority()
    url = serve(ours.issue(tmp_path, "127.0.0.1", NOW + YEAR, NOW + 2 * YEAR))
    ca_file = ours.pem(tmp_path / "ca.pem")
    with pytest.raises(Unreachable, match="certificate"):
        ask(url, ca_file, RIGHT)
    with pytest.raises(Unreachable, match="certificate"):
        ask(url, ca_file, RIGHT, wall=dt.datetime(1970, 1, 1, tzinfo=dt.UTC))


def test_a_clock_that_is_wrong_by_years_does_not_lock_the_terminal_out(
    tmp_path: Path, serve: Callable[[Path], str]
) -> None:
    """Not with a machine that has just woken up, and not once it knows the time and its wall clock still does not."""
    ours = authority()
    url = serve(ours.issue(tmp_path, "127.0.0.1", NOW - YEAR, NOW + YEAR))
    ca_file = ours.pem(tmp_path / "ca.pem")
    for wall in (dt.datetime(1970, 1, 1, tzinfo=dt.UTC), NOW + 20 * YEAR):
        assert ask(url, ca_file, UNKNOWN, wall=wall) == 200
        assert ask(url, ca_file, RIGHT, wall=wall) == 200


@pytest.mark.parametrize("content", [None, b"", b"not a certificate"])
def test_a_file_that_is_no_authority_is_refused_by_name(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"ca\.pem"):
        ask("https://127.0.0.1/", path, RIGHT)


def test_a_server_that_is_not_there_is_said_in_one_line() -> None:
    with pytest.raises(Unreachable) as caught:
        ask("http://127.0.0.1:1/", "", RIGHT)
    assert len(str(caught.value)) < 150
