"""What the declared proxies are believed about, entry by entry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import create_environ

from bff.web.middleware.forwarded import DeclaredProxies

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PEER = "10.0.0.7"
CLIENT = "203.0.113.9"


def seen(proxies: int, **fields: str) -> tuple[str, str, str]:
    """Return address, scheme and host as the application sees them."""
    found: list[tuple[str, str, str]] = []

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        found.append((environ["REMOTE_ADDR"], environ["wsgi.url_scheme"], environ["HTTP_HOST"]))
        return []

    environ = create_environ(base_url="http://inner", environ_overrides={"REMOTE_ADDR": PEER, **fields})
    DeclaredProxies(application, proxies)(environ, lambda *_: lambda _: None)
    return found[0]


def address(proxies: int, entries: str) -> str:
    return seen(proxies, HTTP_X_FORWARDED_FOR=entries)[0]


@pytest.mark.parametrize(
    ("proxies", "entries", "expected"),
    [
        (1, CLIENT, CLIENT),
        (1, f"198.51.100.1, {CLIENT}", CLIENT),
        (1, f"198.51.100.1,{CLIENT} ", CLIENT),
        (2, f"{CLIENT}, 10.0.0.8", CLIENT),
        (2, f"198.51.100.1, {CLIENT}, 10.0.0.8", CLIENT),
        (2, CLIENT, PEER),
        (3, f"{CLIENT}, 10.0.0.8", PEER),
        (1, f'"198.51.100.1, {CLIENT}', CLIENT),
        (1, f'"a\\", {CLIENT}', CLIENT),
        (1, "", PEER),
        (1, f"{CLIENT},", PEER),
        (2, f",{CLIENT}", PEER),
        (1, "unknown", PEER),
        (1, "_hidden", PEER),
        (1, "203.0.113.999", PEER),
        (1, "203.0.113.9 198.51.100.1", PEER),
        (1, f"{CLIENT}:55123", CLIENT),
        (1, "2001:DB8:0::1", "2001:db8::1"),
        (1, "[2001:db8::1]", "2001:db8::1"),
        (1, "[2001:db8::1]:443", "2001:db8::1"),
        (1, "[2001:db8::1", PEER),
    ],
)
def test_address_is_the_one_that_the_outermost_declared_proxy_saw(proxies: int, entries: str, expected: str) -> None:
    assert address(proxies, entries) == expected


@given(st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=40), st.integers(1, 3))
def test_nothing_that_is_sent_in_front_changes_what_the_proxies_say(sent: str, proxies: int) -> None:
    added = ", ".join([CLIENT, "10.0.0.8", "10.0.0.9"][:proxies])
    assert address(proxies, f"{sent}, {added}") == CLIENT
    assert seen(proxies, HTTP_X_FORWARDED_PROTO=f"{sent}, " + ", ".join(["https"] * proxies))[1] == "https"
    assert seen(proxies, HTTP_X_FORWARDED_HOST=f"{sent}, " + ", ".join(["shop.example"] * proxies))[2] == "shop.example"


@pytest.mark.parametrize(
    ("proxies", "entries", "expected"),
    [
        (1, "https", "https"),
        (1, "HTTPS", "https"),
        (1, "https, http", "http"),
        (2, "https, http", "https"),
        (2, "https", "http"),
        (1, "javascript", "http"),
        (1, "", "http"),
    ],
)
def test_scheme_is_http_or_https_and_the_outermost_declared_proxys(proxies: int, entries: str, expected: str) -> None:
    assert seen(proxies, HTTP_X_FORWARDED_PROTO=entries)[1] == expected


@pytest.mark.parametrize(
    ("proxies", "entries", "expected"),
    [
        (1, "shop.example", "shop.example"),
        (1, "shop.example, evil.example", "evil.example"),
        (2, "evil.example, shop.example, inner", "shop.example"),
        (2, "shop.example", "inner"),
        (1, "", "inner"),
    ],
)
def test_host_is_the_outermost_declared_proxys(proxies: int, entries: str, expected: str) -> None:
    assert seen(proxies, HTTP_X_FORWARDED_HOST=entries)[2] == expected


def test_no_other_field_is_believed() -> None:
    others = {
        "HTTP_FORWARDED": "for=203.0.113.9;proto=https;host=evil.example",
        "HTTP_X_FORWARDED_PORT": "8443",
        "HTTP_X_FORWARDED_PREFIX": "/evil",
        "HTTP_X_FORWARDED_SSL": "on",
        "HTTP_X_REAL_IP": CLIENT,
    }
    assert seen(1, **others) == (PEER, "http", "inner")
