"""The OpenID provider's part of the configuration: all of it or none."""

from __future__ import annotations

import pytest

from bff.config.settings import Connection, Settings, SocialSettings
from bff.errors import ConfigurationError

SHOP = {
    "EMPORIX_TENANT": "myshop",
    "EMPORIX_CLIENT_ID": "storefrontKey123",
    "REDIS_URL": "redis://redis.internal",
    "BFF_PUBLIC_URL": "https://shop.example.com",
    "BFF_SECRET_KEYS": "A" * 43,
}
SOCIAL = {"AUTH0_ISSUER": "https://shop.eu.auth0.com/", "AUTH0_CLIENT_ID": "app"}


def read(**social: str) -> SocialSettings | None:
    return Settings.from_env({**SHOP, **social}).social


def problems(**social: str) -> dict[str, str]:
    with pytest.raises(ConfigurationError) as caught:
        read(**social)
    return {problem.variable: str(problem) for problem in caught.value.problems}


def test_no_issuer_means_no_social_login() -> None:
    assert read() is None


def test_social_login_keeps_the_issuers_spelling_and_its_connections_order() -> None:
    social = read(**SOCIAL, AUTH0_CONNECTIONS="google-oauth2=Google, my_ad=Our staff", AUTH0_EMPORIX_CONFIG="a")
    assert social is not None
    assert social.issuer == "https://shop.eu.auth0.com/"
    assert social.connections == (
        Connection(name="google-oauth2", label="Google"),
        Connection(name="my_ad", label="Our staff"),
    )
    assert (social.scope, social.emporix_config) == ("openid profile email", "a")
    bare = read(AUTH0_ISSUER="http://localhost:9000/tenant", AUTH0_CLIENT_ID="app")
    assert bare is not None
    assert (bare.issuer, bare.connections, bare.emporix_config) == ("http://localhost:9000/tenant", (), None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUTH0_ISSUER", "http://shop.eu.auth0.com/"),
        ("AUTH0_ISSUER", "shop.eu.auth0.com"),
        ("AUTH0_ISSUER", "https://shop.eu.auth0.com/?x=1"),
        ("AUTH0_CLIENT_ID", ""),
        ("AUTH0_CONNECTIONS", "google"),
        ("AUTH0_CONNECTIONS", "google="),
        ("AUTH0_CONNECTIONS", "=Google"),
        ("AUTH0_CONNECTIONS", "go ogle=Google"),
        ("AUTH0_CONNECTIONS", "a=A,a=B"),
        ("AUTH0_CONNECTIONS", "a=A,"),
        ("AUTH0_SCOPE", "profile"),
        ("AUTH0_EMPORIX_CONFIG", "a--b"),
    ],
)
def test_wrong_social_setting_is_told(name: str, value: str) -> None:
    assert list(problems(**{**SOCIAL, name: value})) == [name]


@pytest.mark.parametrize("name", ["AUTH0_CLIENT_ID", "AUTH0_CONNECTIONS", "AUTH0_SCOPE", "AUTH0_EMPORIX_CONFIG"])
def test_social_setting_without_issuer_is_a_problem(name: str) -> None:
    value = {"AUTH0_CONNECTIONS": "a=A", "AUTH0_SCOPE": "openid"}.get(name, "x")
    assert "without AUTH0_ISSUER" in problems(**{name: value})[name]
