"""The guards of the HTTP client, tried out against servers of the audit's own that live for a request or two.

They listen on loopback. One redirects and sets a cookie; one has a certificate that it signed itself. No other part of
the audit opens a connection.
"""

from __future__ import annotations

import ipaddress
import ssl
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bff.audit.checking import Check
from bff.audit.probed import Probed
from bff.audit.requirement import Guard
from bff.factory import Bff
from bff.transport import HttpResponse, Transport, TransportError

_SECONDS: Final = 2.0
_REQUESTS: Final = 2


class _Server(HTTPServer):
    timeout = _SECONDS

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Redirect)
        self.received: list[Mapping[str, str]] = []

    def answer(self, requests: int) -> threading.Thread:
        """Answer so many requests in a thread of its own."""

        def answer_all() -> None:
            for _ in range(requests):
                self.handle_request()

        thread = threading.Thread(target=answer_all, daemon=True)
        thread.start()
        return thread


class _Redirect(BaseHTTPRequestHandler):
    server: _Server
    timeout = _SECONDS

    def do_GET(self) -> None:
        """Redirect the client and set a cookie."""
        self.server.received.append({name.lower(): value for name, value in self.headers.items()})
        self.send_response(302)
        self.send_header("Location", "/elsewhere")
        self.send_header("Set-Cookie", "planted=1")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def _never_redirects(probed: Probed, app: Bff) -> str | None:
    with _Server() as server:
        thread = server.answer(_REQUESTS)
        try:
            answers = _answers(f"http://127.0.0.1:{server.server_port}", _REQUESTS)
        except TransportError as err:
            return f"the HTTP client could not be tried out: {err}"
        thread.join(2 * _SECONDS)
    if any(answer.status != 302 for answer in answers) or len(server.received) != _REQUESTS:
        return "the HTTP client follows redirects"
    if any("cookie" in headers for headers in server.received):
        return "the HTTP client keeps cookies, which would go out for the next visitor"
    if any("authorization" in headers for headers in server.received):
        return "the HTTP client takes credentials from the environment"
    return None


def _tls(probed: Probed, app: Bff) -> str | None:
    settings = app.services.settings
    for url in (settings.emporix.api_url, settings.social.issuer if settings.social is not None else None):
        if url is not None and not url.startswith("https://"):
            return "an upstream is reached without TLS"
    with _Server() as server:
        server.socket = _with_own_certificate().wrap_socket(server.socket, server_side=True)
        thread = server.answer(1)
        try:
            _answers(f"https://127.0.0.1:{server.server_port}", 1)
        except TransportError:
            return None
        finally:
            thread.join(2 * _SECONDS)
    return "the HTTP client accepts a self-signed certificate"


def _with_own_certificate() -> ssl.SSLContext:
    """Return a server's side of TLS for 127.0.0.1, with a certificate that is right but self-signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "audit")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
    )
    signed = made.sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:
        # OpenSSL reads them from a file only.
        both = Path(folder) / "both.pem"
        both.write_bytes(secret + signed.public_bytes(pem))
        context.load_cert_chain(both)
    return context


def _answers(origin: str, requests: int) -> list[HttpResponse]:
    transport = Transport(origin, connections=1, max_body_bytes=1024)
    try:
        return [
            transport.send(
                "GET",
                "/",
                headers={"Connection": "close"},
                body=None,
                connect_timeout_seconds=_SECONDS,
                read_timeout_seconds=_SECONDS,
            )
            for _ in range(requests)
        ]
    finally:
        transport.close()


CHECKS: Final[Mapping[Guard, Check]] = MappingProxyType(
    {Guard.UPSTREAM_NEVER_REDIRECTS: _never_redirects, Guard.UPSTREAM_TLS: _tls}
)
