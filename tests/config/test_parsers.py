"""How values are written: addresses above all, since a wrong one weakens everything that stands on it."""

from __future__ import annotations

import pytest

from bff.config import parsers
from bff.config.environment import UnacceptableError


@pytest.mark.parametrize(
    "value",
    [
        "http://shop.example.com",
        "https://shop.example.com/shop",
        "https://shop.example.com?",
        "https://shop.example.com/#",
        "https://user:hunter2@shop.example.com",
        "https://@shop.example.com",
        "https://shop.example.com\\evil",
        "https://shop.example.com:0",
        "https://shop.example.com:65536",
        "https://shöp.example.com",
        "https://",
        "https://[::1",
        "https://127.1",
        "https://shop..example.com",
        "//shop.example.com",
        "http://127.0.0.1.example.com",
        "http://[::2]",
    ],
)
def test_what_is_not_a_safe_origin_is_refused_and_not_repeated(value: str) -> None:
    with pytest.raises(UnacceptableError) as caught:
        parsers.origin(value)
    assert value not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("HTTPS://Shop.Example.com:443/", "https://shop.example.com"),
        ("https://shop.example.com:", "https://shop.example.com"),
        ("https://shop.example.com:80", "https://shop.example.com:80"),
        ("http://[0:0::1]:80", "http://[::1]"),
        ("http://LOCALHOST:8000", "http://localhost:8000"),
    ],
)
def test_origin_is_spelled_as_browsers_spell_it(value: str, expected: str) -> None:
    assert parsers.origin(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "8000",
        "127.0.0.1:0",
        "127.0.0.1:70000",
        "unix:bff.sock",
        "unix:///run/bff.sock",
        "[zz]:80",
        "user@host:80",
        ":8000",
    ],
)
def test_what_cannot_be_listened_on_is_refused(value: str) -> None:
    with pytest.raises(UnacceptableError):
        parsers.bind(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("security@example.com", "mailto:security@example.com"),
        ("mailto:security@example.com", "mailto:security@example.com"),
        ("https://example.com/security", "https://example.com/security"),
        ("tel:+49-201-123", "tel:+49-201-123"),
    ],
)
def test_security_contact_is_a_uri(value: str, expected: str) -> None:
    assert parsers.contact(value) == expected


@pytest.mark.parametrize("host", ["localhost", "LocalHost", "127.0.0.1", "127.255.0.9", "::1"])
def test_loopback_is_known(host: str) -> None:
    assert parsers.is_loopback(host)


@pytest.mark.parametrize("host", ["localhost.example.com", "128.0.0.1", "0.0.0.0", "::", "127.0.0.1.example.com", ""])
def test_other_hosts_are_not_loopback(host: str) -> None:
    assert not parsers.is_loopback(host)
