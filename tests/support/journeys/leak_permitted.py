"""The few places where a secret has to stand: each is checked to be exactly that place, and left out there alone.

The session cookie in `Set-Cookie`; state, nonce and challenge in the `Location` that leads to the provider; the
provider's session id as the hint of a sign-out there; a mailed token in its page's hidden field, and in the URL of the
page that waits behind a sign-in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit

from werkzeug.test import TestResponse

from tests.support.journeys.leak_canaries import Kind
from tests.support.journeys.leak_drives import PAGES_OF_A_MAIL
from tests.support.shop import COOKIE

_COOKIE = re.compile(r"[A-Za-z0-9_-]{43}")
_AUTHORIZE = {"state": Kind.STATE, "nonce": Kind.NONCE, "code_challenge": Kind.CHALLENGE}
_STARTS = frozenset({"/login/social", "/login/social/<connection>"})
_WAITING = "/account/delete/confirm"


@dataclass
class Shown:
    """What an answer shows beyond what it has to, and the secrets that it rightly brought."""

    headers: list[str] = field(default_factory=list)
    body: bytes = b""
    brought: list[tuple[Kind, str]] = field(default_factory=list)


def shown(
    answer: TestResponse,
    method: str,
    rule: str,
    *,
    cookie: str = COOKIE,
    provider: str | None = None,
    mailed: str | None = None,
) -> Shown:
    """Take out of an answer what stands where it must.

    :param cookie: the session cookie's name
    :param provider: the issuer, with a slash at its end
    :param mailed: the token with which the request came
    """
    found = Shown(body=answer.get_data())
    for name, value in answer.headers.items():
        if name == "Set-Cookie":
            value = _less_cookie(value, cookie, found)
        elif name == "Location":
            value = _less_parameters(value, method, rule, provider, mailed, found)
        found.headers.append(f"{name}: {value}")
    if rule in PAGES_OF_A_MAIL and mailed is not None:
        found.body = found.body.replace(hidden_field(mailed), b"", 1)
    if (method, rule) == ("POST", "/api/logout") and provider is not None:
        for url in re.findall(rb'"logoutUrl":\s*"([^"]*)"', found.body):
            found.body = found.body.replace(url, _less_hint(url.decode(), provider).encode(), 1)
    return found


def _less_cookie(value: str, name: str, found: Shown) -> str:
    pair, _, attributes = value.partition(";")
    key, _, text = pair.partition("=")
    # It is the only cookie there is, and whoever clears it sets nothing.
    assert key == name, value
    assert _COOKIE.fullmatch(text), value
    found.brought.append((Kind.COOKIE, text))
    return f"{key}=;{attributes}"


def _less_parameters(value: str, method: str, rule: str, provider: str | None, mailed: str | None, found: Shown) -> str:
    if provider is not None and rule in _STARTS and value.startswith(f"{provider}authorize?"):
        pairs = parse_qsl(urlsplit(value).query, keep_blank_values=True)
        for name, kind in _AUTHORIZE.items():
            (one,) = [text for key, text in pairs if key == name]
            found.brought.append((kind, one))
        return _with_pairs(value, ((key, text) for key, text in pairs if key not in _AUTHORIZE))
    if provider is not None and (method, rule) == ("POST", "/logout"):
        return _less_hint(value, provider)
    if (method, rule) == ("POST", "/login") and mailed is not None and value == f"{_WAITING}?token={mailed}":
        return _WAITING
    return value


def _less_hint(url: str, provider: str) -> str:
    if not url.startswith(f"{provider}oidc/logout?"):
        return url
    pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    assert [key for key, _ in pairs].count("logout_hint") <= 1, url
    return _with_pairs(url, ((key, text) for key, text in pairs if key != "logout_hint"))


def _with_pairs(url: str, pairs: Iterator[tuple[str, str]]) -> str:
    return f"{url.partition('?')[0]}?{urlencode(list(pairs))}"


def hidden_field(token: str) -> bytes:
    """Return the one element that may hold a mailed token."""
    return f'<input id="token" name="token" type="hidden" value="{token}">'.encode()
