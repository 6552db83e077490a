"""Documents that are wrong, slow, huge or lead elsewhere are refused, and nothing of them is used."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bff.errors import IdentityProviderUnavailable
from bff.sandbox.faults import CannedResponse, Cut, Delivery, Fault
from bff.sandbox.provider.settings import ProviderSettings
from tests.support.fakes.answers import html, huge
from tests.support.fakes.clock import FakeClock
from tests.support.oidc.hostile import padded_discovery, padded_key_set
from tests.support.oidc.provider_parts import BACK, KEY, Seen, login_of, serving

CONNECT_AND_READ_SECONDS = 5


@pytest.fixture
def seen(clock: FakeClock) -> Iterator[Seen]:
    with serving(ProviderSettings(), clock) as seen:
        yield seen


def json_answer(value: Any, status: int = 200) -> Fault:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Fault(answer=CannedResponse(status=status, body=body, headers={"Content-Type": "application/json"}))


def document(seen: Seen, **changes: Any) -> dict[str, Any]:
    url = seen.provider.issuer
    whole = {
        "issuer": url,
        "authorization_endpoint": f"{url}authorize",
        "jwks_uri": f"{url}.well-known/jwks.json",
        "end_session_endpoint": f"{url}oidc/logout",
    }
    return {**whole, **changes}


def next_time(seen: Seen, endpoint: str, fault: Fault) -> None:
    """Let the next fetch go wrong, and make it due."""
    seen.provider.faults.clear()
    seen.provider.faults.add(endpoint, fault)
    seen.clock.advance(86400)


def test_right_document_is_taken(seen: Seen) -> None:
    next_time(seen, "discovery", json_answer(document(seen)))
    assert not seen.ours.metadata().sends_issuer
    own_query = f"{seen.provider.issuer}authorize?tenant=a"
    next_time(seen, "discovery", json_answer(document(seen, authorization_endpoint=own_query)))
    url = seen.ours.authorize_url(login_of(seen.clock), redirect_uri=BACK, connection=None)
    assert url.startswith(f"{own_query}&response_type=code")


BROKEN: dict[str, Fault] = {
    "HTML": Fault(answer=html(200)),
    "no JSON": json_answer(b"{"),
    "a list": json_answer([]),
    "null": json_answer(None),
    "nested too deep": json_answer(b"[" * 100_000),
    "300 kB": Fault(answer=huge(300_000)),
    "an error": json_answer({}, 500),
    "a redirect": Fault(answer=CannedResponse(status=302, headers={"Location": "https://shop.example.com/"})),
    "half of it": Fault(delivery=Delivery.TRUNCATED),
    "nothing": Fault(cut=Cut.BEFORE_EFFECT),
    "empty": json_answer({}),
}


@pytest.mark.parametrize("endpoint", ["discovery", "jwks"])
def test_document_that_is_none_is_refused(seen: Seen, endpoint: str) -> None:
    for name, fault in BROKEN.items():
        next_time(seen, endpoint, fault)
        with pytest.raises(IdentityProviderUnavailable):
            pytest.fail(f"{name}: {seen.ours.keys(None)}")


def test_size_alone_is_enough_to_refuse_a_document(seen: Seen) -> None:
    size = 256 * 1024
    next_time(seen, "discovery", Fault(answer=padded_discovery(seen.provider, size)))
    assert seen.ours.metadata()
    next_time(seen, "discovery", Fault(answer=padded_discovery(seen.provider, size + 1)))
    with pytest.raises(IdentityProviderUnavailable):
        seen.ours.metadata()
    next_time(seen, "jwks", Fault(answer=padded_key_set(seen.provider, 300_000)))
    with pytest.raises(IdentityProviderUnavailable):
        seen.ours.keys(None)


@pytest.mark.parametrize(
    "issuer",
    [
        lambda url: url + "/",
        lambda url: url.upper(),
        lambda url: url.replace("http://", "https://"),
        lambda url: url.replace("localhost", "127.0.0.1"),
        lambda url: url + "tenant",
        lambda url: " " + url,
        lambda url: "",
        lambda url: None,
        lambda url: [url],
    ],
)
def test_document_of_another_issuer_is_refused(seen: Seen, issuer: Callable[[str], Any]) -> None:
    next_time(seen, "discovery", json_answer(document(seen, issuer=issuer(seen.provider.issuer))))
    with pytest.raises(IdentityProviderUnavailable):
        seen.ours.metadata()


def elsewhere(url: str) -> list[Any]:
    host = url.removeprefix("http://").rstrip("/")
    return [
        "https://evil.example.com/x",
        f"http://evil.example.com/{host}",
        f"https://{host}/x",
        f"http://{host}.evil.example.com/x",
        f"http://{host}@evil.example.com/x",
        f"http://{host}\\@evil.example.com/x",
        f"http://user@{host}/x",
        f"//{host}/x",
        "/x",
        f"http://{host}0/x",
        f"http://{host}",
        f"HTTP://{host}/x",
        f" http://{host}/x",
        f"http://{host}/x y",
        f"http://{host}/x\r\nSet-Cookie: a=b",
        f"http://{host}/x\ty",
        f"http://{host}/x#fragment",
        f"http://{host}/ä",
        "http://[",
        "javascript:alert(1)",
        "",
        7,
        {},
        ["http://", host],
    ]


@pytest.mark.parametrize("name", ["authorization_endpoint", "jwks_uri", "end_session_endpoint"])
def test_endpoint_that_is_not_on_the_issuers_host_spoils_the_document(seen: Seen, name: str) -> None:
    for url in elsewhere(seen.provider.issuer):
        next_time(seen, "discovery", json_answer(document(seen, **{name: url})))
        with pytest.raises(IdentityProviderUnavailable):
            pytest.fail(f"{url!r}: {seen.ours.metadata()}")
    assert seen.provider.recorder.count("jwks") == 0


@pytest.mark.parametrize("name", ["authorization_endpoint", "jwks_uri"])
def test_document_without_an_endpoint_is_refused(seen: Seen, name: str) -> None:
    next_time(seen, "discovery", json_answer(document(seen, **{name: None})))
    with pytest.raises(IdentityProviderUnavailable):
        seen.ours.metadata()


@pytest.mark.parametrize("word", ["true", 1, None, "yes"])
def test_only_true_promises_the_issuer_in_the_answer(seen: Seen, word: Any) -> None:
    changes = {"authorization_response_iss_parameter_supported": word}
    next_time(seen, "discovery", json_answer(document(seen, **changes)))
    assert not seen.ours.metadata().sends_issuer


UNREADABLE: list[Any] = [
    {"kty": "RSA"},
    {"kty": "RSA", "n": 5, "e": "AQAB"},
    {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
    {"kty": "RSA", "n": "é", "e": "AQAB"},
    {"kty": "EC", "crv": "P-9", "x": "AA", "y": "AA"},
    {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
    {"kty": "OKP", "crv": "Ed25519", "x": "!"},
    {"kty": ["RSA"], "n": "AQAB", "e": "AQAB"},
    {**KEY.public_jwk, "kid": 5},
    "a key",
    None,
    {"kty": "oct", "k": "c2VjcmV0", "kid": "shared"},
    {**KEY.public_jwk, "kid": "of encryption", "use": "enc"},
]


def test_key_that_cannot_be_used_is_passed_over(seen: Seen) -> None:
    next_time(seen, "jwks", json_answer({"keys": [*UNREADABLE, KEY.public_jwk]}))
    assert [key.kid for key in seen.ours.keys(None).keys] == [KEY.kid]


@pytest.mark.parametrize("keys", [{}, {"keys": []}, {"keys": None}, {"keys": {"kty": "RSA"}}, {"keys": UNREADABLE}])
def test_set_without_a_key_is_none(seen: Seen, keys: Any) -> None:
    next_time(seen, "jwks", json_answer(keys))
    with pytest.raises(IdentityProviderUnavailable):
        seen.ours.keys(None)


def test_slow_provider_holds_nobody_longer_than_the_timeouts(seen: Seen, busy_seconds: float) -> None:
    # The whole of it would take many minutes.
    seen.provider.faults.add("discovery", Fault(delivery=Delivery.DRIPPED, drip_seconds=0.5))
    began = time.monotonic()
    with pytest.raises(IdentityProviderUnavailable):
        seen.ours.metadata()
    with pytest.raises(IdentityProviderUnavailable):
        seen.ours.metadata()
    assert time.monotonic() - began < CONNECT_AND_READ_SECONDS + busy_seconds
    assert seen.asked() == (1, 0), "the failure is remembered"
