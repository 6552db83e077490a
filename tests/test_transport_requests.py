"""What goes out is what was built, with nothing added by the machine, and failures say nothing of it."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bff.transport import (
    Broken,
    Unsendable,
)
from tests.support.fakes.raw_server import (
    RawServer,
    Script,
    drips,
    echoes,
    reply,
    resets,
    sends,
    sends_and_closes,
    unused_port,
)
from tests.support.transport_driver import (
    CANARY,
    LIMIT_BYTES,
    READ_SECONDS,
    TARGET,
    ask,
    everything_said_by,
    failure_of,
    transport_to,
)


def self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    file.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def test_request_goes_out_as_it_was_built_and_no_header_is_made_up() -> None:
    with RawServer(sends(reply(b'{"a": 1}', headers=("X-Thing: yes",)))) as server, transport_to(server.origin) as one:
        answer = ask(one, method="POST", body=b"{}")
    assert (answer.status, answer.body, answer.headers["X-Thing"]) == (200, b'{"a": 1}', "yes")
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == f"POST {TARGET} HTTP/1.1"
    assert {line.split(":")[0].lower() for line in lines[1:]} <= {
        "host", "authorization", "content-length", "accept-encoding", "user-agent",
    }  # fmt: skip
    assert body == b"{}"


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_redirect_is_an_answer_and_is_not_followed(status: str) -> None:
    with RawServer(sends(reply(b"", status=status, headers=("Location: /elsewhere",)))) as server:
        with transport_to(server.origin) as transport:
            assert ask(transport).status == int(status[:3])
        assert len(server.requests) == 1


def test_cookie_is_neither_kept_nor_sent() -> None:
    with RawServer(sends(reply(headers=("Set-Cookie: a=b; Path=/",)))) as server, transport_to(server.origin) as one:
        ask(one)
        ask(one)
    assert len(server.requests) == 2
    assert b"cookie" not in b"".join(server.requests).lower()


def test_proxy_variables_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{unused_port()}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with RawServer(sends(reply())) as server, transport_to(server.origin) as transport:
        assert ask(transport).status == 200


def test_netrc_is_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password something\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with RawServer(sends(reply())) as server, transport_to(server.origin) as transport:
        transport.send("GET", "/a", headers={}, body=None, connect_timeout_seconds=1, read_timeout_seconds=1)
    assert b"authorization" not in server.requests[0].lower()


def test_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    with RawServer(sends(reply()), tls=self_signed(tmp_path)) as server:
        failure = failure_of(server.origin)
        assert (type(failure), str(failure)) == (Broken, "certificate refused")
        assert server.connections == 1
        assert server.requests == []


@pytest.mark.parametrize(
    "path",
    [
        "/me/..", "/me/.", "/me/%2e%2e", "/me/%2E", "/a/../me", "/a/./me", "/me#part", "/me\0", "/me\n", "/mü",
        "/me me", "/me/%zz", "//evil.example/me", "/me/%7ea", "me", "@127.0.0.1/me", ":80/me", "",
    ],
)  # fmt: skip
def test_path_that_would_go_out_otherwise_is_not_sent(path: str) -> None:
    with RawServer(sends(reply())) as server:
        assert isinstance(failure_of(server.origin, path), Unsendable)
        assert server.connections == 0


@pytest.mark.parametrize(
    "path", ["/me/%2F%2F", "/me/a%3Fb", "/me/%23", "/me/%00", "/%C3%BC", "/me?a=%26&b=~", "/..a/b.."]
)
def test_path_that_stays_as_it_is_goes_out_byte_for_byte(path: str) -> None:
    with RawServer(echoes) as server, transport_to(server.origin) as transport:
        assert ask(transport, path).body.decode() == path


@pytest.mark.parametrize("value", [f"{CANARY}\r\nX-Evil: 1", f" {CANARY}", f"{CANARY}\u20ac", f"{CANARY}\n"])
def test_header_that_cannot_be_sent_fails_without_being_shown(value: str) -> None:
    with RawServer(sends(reply())) as server, transport_to(server.origin) as transport:
        with pytest.raises(Unsendable) as caught:
            transport.send(
                "GET", "/a", headers={"session-id": value}, body=None, connect_timeout_seconds=1, read_timeout_seconds=1
            )
        assert server.requests == []
    assert CANARY not in everything_said_by(caught.value)


@pytest.mark.parametrize(
    "script",
    [
        resets,
        sends_and_closes(b""),
        sends_and_closes(reply(f'{{"t": "{CANARY}"}}'.encode(), length=100)),
        sends(reply(CANARY.encode() * LIMIT_BYTES)),
        drips(reply(CANARY.encode()), pause_seconds=0.05),
        sends_and_closes(f"{CANARY}\r\n\r\n".encode()),
        sends_and_closes(f"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\nX: {CANARY}\r\n\r\n".encode()),
        sends_and_closes(f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{CANARY}\r\n".encode()),
    ],
)
def test_failure_holds_neither_address_nor_token(script: Script) -> None:
    with RawServer(script) as server:
        said = everything_said_by(failure_of(server.origin, read_seconds=READ_SECONDS))
    assert CANARY not in said
    assert "demoshop" not in said
    assert f":{server.port}" not in said


def test_failure_to_connect_holds_neither_address_nor_token() -> None:
    port = unused_port()
    said = everything_said_by(failure_of(f"http://127.0.0.1:{port}"))
    assert CANARY not in said
    assert f":{port}" not in said


def test_refused_path_is_not_shown() -> None:
    said = everything_said_by(failure_of("http://127.0.0.1:1", f"/me/../{CANARY}"))
    assert CANARY not in said
