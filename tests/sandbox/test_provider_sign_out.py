"""The provider's two sign-outs, and the logout tokens it sends by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from flask import Flask, request
from joserfc.errors import JoseError

from bff.sandbox.mint import TokenKind
from bff.sandbox.provider.settings import JANE, JOHN, ProviderSettings
from bff.sandbox.server import SandboxServer
from tests.support.oidc.hostile import WRONG_LOGOUT_TOKENS, mint_id_token
from tests.support.sandbox.provider_driver import HOME, Provide, ProviderDriver

CLIENT = "demo-social"
NOW = 1_800_000_000
PATHS = {"/oidc/logout": "post_logout_redirect_uri", "/v2/logout": "returnTo"}


class Shop:
    """Takes logout tokens."""

    def __init__(self) -> None:
        self.got: list[dict[str, str]] = []
        self.media_types: list[str] = []
        self.app = Flask(__name__)
        self.app.add_url_rule("/login/backchannel-logout", view_func=self._take, methods=["POST"])

    def _take(self) -> tuple[str, int]:
        self.got.append(request.form.to_dict())
        self.media_types.append(request.mimetype)
        return "", 204


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def url(shop: Shop) -> Iterator[str]:
    """Where the shop takes logout tokens."""
    with SandboxServer(shop.app) as server:
        yield f"{server.url}/login/backchannel-logout"


@pytest.mark.parametrize("path", PATHS)
def test_session_ends_and_the_browser_goes_on(sso: ProviderDriver, path: str) -> None:
    sso.code()
    reply = sso.get(path, **{"client_id": CLIENT, PATHS[path]: HOME})
    assert (reply.status_code, reply.headers["Location"]) == (302, HOME)
    assert not sso.provider.book.sessions
    assert "sandbox-sso" not in sso.browser.http.cookies
    assert sso.browser.get(sso.authorize_url()).status_code == 200


@pytest.mark.parametrize("path", PATHS)
def test_without_a_session_the_browser_goes_on_too(sso: ProviderDriver, path: str) -> None:
    reply = sso.get(path, **{"client_id": CLIENT, PATHS[path]: HOME})
    assert (reply.status_code, reply.headers["Location"]) == (302, HOME)


@pytest.mark.parametrize("path", PATHS)
def test_unregistered_target_is_an_error_page_and_ends_nothing(sso: ProviderDriver, path: str) -> None:
    sso.code()
    for target in ("https://shop.example.com/", "http://127.0.0.1:8000", HOME + "?a", HOME + "x", ""):
        query = urlencode({"client_id": CLIENT, PATHS[path]: target})
        reply = sso.browser.get(f"{sso.url}{path}?{query}")
        assert reply.status_code == 400, target
        assert "Location" not in reply.headers
        assert len(sso.provider.book.sessions) == 1


@pytest.mark.parametrize("path", PATHS)
def test_unknown_client_ends_nothing(sso: ProviderDriver, path: str) -> None:
    sso.code()
    for client in ("another", None):
        assert sso.get(path, **{"client_id": client, PATHS[path]: HOME}).status_code == 400
    assert len(sso.provider.book.sessions) == 1


@pytest.mark.parametrize("path", PATHS)
def test_without_a_target_a_page_says_so(sso: ProviderDriver, path: str) -> None:
    sso.code()
    reply = sso.get(path, client_id=CLIENT)
    assert reply.status_code == 200
    assert "You are signed out" in reply.text
    assert not sso.provider.book.sessions


def test_hint_chooses_the_session(sso: ProviderDriver) -> None:
    sso.code()
    [session] = sso.provider.book.sessions
    asked = {"client_id": CLIENT, "post_logout_redirect_uri": HOME, "state": "the-state"}
    reply = sso.get("/oidc/logout", logout_hint="of-another-browser", **asked)
    assert reply.headers["Location"] == f"{HOME}?state=the-state"
    assert len(sso.provider.book.sessions) == 1
    sso.get("/oidc/logout", logout_hint=session.sid, **asked)
    assert not sso.provider.book.sessions


def test_id_token_is_a_hint_too(sso: ProviderDriver) -> None:
    forged = mint_id_token(sso.provider, key=sso.provider.keys.foreign)
    of_another_client = mint_id_token(sso.provider, claims={"aud": "another"})
    id_token = sso.tokens()["id_token"]
    damaged = id_token[:-10] + "AAAAAAAAAA"
    for hint in (forged, of_another_client, damaged, "", "a.b.c", "\N{LATIN SMALL LETTER E WITH ACUTE}.b.c"):
        reply = sso.get("/oidc/logout", id_token_hint=hint, post_logout_redirect_uri=HOME)
        assert reply.status_code == 400
        assert len(sso.provider.book.sessions) == 1
    assert sso.get("/oidc/logout", id_token_hint=id_token, client_id="another").status_code == 400
    reply = sso.get("/oidc/logout", id_token_hint=id_token, post_logout_redirect_uri=HOME)
    assert reply.headers["Location"] == HOME
    assert not sso.provider.book.sessions


def test_logout_token_is_what_the_standard_says(provide: Provide, shop: Shop, url: str) -> None:
    sso = provide(ProviderSettings(backchannel_logout_url=url))
    assert sso.provider.send_backchannel_logout(sid="the-sid", sub=JANE.subject) == 204
    [form] = shop.got
    assert set(form) == {"logout_token"}
    assert shop.media_types == ["application/x-www-form-urlencoded"]
    token = sso.verified(form["logout_token"])
    assert token.header == {"alg": "RS256", "kid": token.header["kid"], "typ": "logout+jwt"}
    assert re.fullmatch(r"[\w-]{22}", token.claims.pop("jti"))
    assert token.claims == {
        "iss": f"{sso.url}/",
        "aud": CLIENT,
        "iat": NOW,
        "exp": NOW + 120,
        "sid": "the-sid",
        "sub": JANE.subject,
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    }
    assert [(one.kind, one.value) for one in sso.provider.mint.issued] == [(TokenKind.LOGOUT, form["logout_token"])]


def test_logout_token_names_what_it_is_told_to(provide: Provide, shop: Shop, url: str) -> None:
    sso = provide(ProviderSettings(backchannel_logout_url=url))
    sso.provider.send_backchannel_logout(sid="the-sid")
    sso.provider.send_backchannel_logout(sub=JANE.subject)
    by_sid, by_sub = (sso.verified(form["logout_token"]).claims for form in shop.got)
    assert by_sid["sid"] == "the-sid"
    assert "sub" not in by_sid
    assert by_sub["sub"] == JANE.subject
    assert "sid" not in by_sub
    assert by_sid["jti"] != by_sub["jti"]


def test_wrong_logout_tokens_are_wrong(provide: Provide, shop: Shop, url: str) -> None:
    sso = provide(ProviderSettings(backchannel_logout_url=url))
    for name, shape in WRONG_LOGOUT_TOKENS.items():
        assert sso.provider.send_backchannel_logout(sid="the-sid", sub="the-sub", shape=shape) == 204
        token = shop.got.pop()["logout_token"]
        if shape.filler_bytes:
            assert len(token) > shape.filler_bytes == 100_000
        elif shape.claims or shape.moments or "typ" in shape.headers:
            read = sso.verified(token)
            assert {claim: read.claims.get(claim) for claim in shape.claims} == shape.claims, name
            assert all(read.claims[claim] == NOW + seconds for claim, seconds in shape.moments.items()), name
            assert read.header["typ"] == shape.headers.get("typ", "logout+jwt"), name
        else:
            with pytest.raises(JoseError):
                sso.verified(token)


def test_nobody_answering_is_no_status(provide: Provide) -> None:
    with SandboxServer(Flask(__name__)) as server:
        gone = server.url
    assert provide(ProviderSettings(backchannel_logout_url=gone)).provider.send_backchannel_logout(sid="s") is None


def test_sending_without_a_registered_url_is_a_mistake(sso: ProviderDriver) -> None:
    with pytest.raises(ValueError, match="registered"):
        sso.provider.send_backchannel_logout(sid="the-sid")


@pytest.mark.parametrize("path", PATHS)
def test_sign_out_tells_the_shop_where_it_is_set_up(provide: Provide, path: str) -> None:
    sent: list[tuple[str, str]] = []

    def deliver(url: str, logout_token: str) -> int:
        sent.append((url, logout_token))
        return 200

    settings = ProviderSettings(backchannel_logout_url="http://shop.example.com/", backchannel_on_sign_out=True)
    sso = provide(settings, delivery=deliver)
    sso.code(JOHN.subject)
    [session] = sso.provider.book.sessions
    sso.get(path, client_id=CLIENT)
    sso.get(path, client_id=CLIENT)
    [(url, token)] = sent
    assert url == "http://shop.example.com/"
    claims = sso.verified(token).claims
    assert (claims["sid"], claims["sub"]) == (session.sid, JOHN.subject)


def test_sign_out_tells_nobody_by_default(provide: Provide, shop: Shop, url: str) -> None:
    sso = provide(ProviderSettings(backchannel_logout_url=url))
    sso.code()
    assert sso.get("/oidc/logout", client_id=CLIENT).status_code == 200
    assert shop.got == []
