"""What makes a configuration, and what an operator is told where it does not."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bff.config.settings import (
    LogFormat,
    LoginRates,
    MailRates,
    Rate,
    RefreshBearer,
    SameSite,
    Settings,
    ShopSettings,
    SignupField,
    SignupMode,
)
from bff.errors import ConfigurationError
from tests.support.bench.authority import make_authority

FIRST_KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
SECOND_KEY = base64.urlsafe_b64encode(bytes(range(100, 132))).decode().rstrip("=")

COMPLETE = {
    "EMPORIX_TENANT": "myshop",
    "EMPORIX_CLIENT_ID": "storefrontKey123",
    "REDIS_URL": "redis://:hunter2@redis.internal:6379/0",
    "BFF_PUBLIC_URL": "https://shop.example.com",
    "BFF_SECRET_KEYS": FIRST_KEY,
}
SOCIAL = {"AUTH0_ISSUER": "https://shop.eu.auth0.com/", "AUTH0_CLIENT_ID": "app"}


def read(**changes: str | None) -> Settings:
    variables = {**COMPLETE, **changes}
    return Settings.from_env({name: value for name, value in variables.items() if value is not None})


def problems(**changes: str | None) -> dict[str, str]:
    with pytest.raises(ConfigurationError) as caught:
        read(**changes)
    return {problem.variable: str(problem) for problem in caught.value.problems}


def test_defaults_are_the_documented_ones() -> None:
    settings = read()
    assert settings.emporix.api_url == "https://api.emporix.io"
    assert (settings.emporix.connect_timeout_seconds, settings.emporix.read_timeout_seconds) == (2, 10)
    assert settings.emporix.refresh_bearer is RefreshBearer.ANONYMOUS
    assert (settings.emporix.site, settings.emporix.sites) == (None, frozenset())
    assert (settings.emporix.currency, settings.emporix.country) == (None, None)
    assert settings.emporix.signup is SignupMode.OPTIN
    assert (settings.sessions.idle_seconds, settings.sessions.lifetime_seconds) == (1800, 43200)
    assert settings.sessions.anonymous_idle_seconds == 86400
    assert settings.cookie.same_site is SameSite.LAX
    assert settings.limits.login == LoginRates(
        per_email_and_address=Rate(count=10, window_seconds=60),
        per_address=Rate(count=30, window_seconds=60),
        per_email=Rate(count=100, window_seconds=3600),
    )
    assert settings.limits.mail == MailRates(
        per_email=Rate(count=5, window_seconds=3600), per_address=Rate(count=30, window_seconds=3600)
    )
    assert settings.limits.guest == Rate(count=60, window_seconds=60)
    assert settings.limits.api == Rate(count=600, window_seconds=60)
    features = settings.features
    assert features.neutral_answers
    assert features.account_deletion
    assert features.add_login
    assert not features.api_docs
    assert not features.example_shop
    assert features.signup_fields == frozenset()
    assert settings.social is None
    serving = settings.serving
    assert (serving.bind, serving.threads, serving.graceful_timeout_seconds) == ("127.0.0.1:8000", 32, 30)
    assert serving.workers >= 1
    assert serving.trusted_proxies == 0
    assert (serving.theme_dir, serving.metrics_bind, serving.security_contact) == (None, None, None)
    assert (settings.logging.level, settings.logging.format) == ("info", LogFormat.JSON)
    assert settings.shop == ShopSettings()
    assert settings.warnings == ()


def test_empty_value_counts_as_unset() -> None:
    optional = dict.fromkeys(
        ("EMPORIX_SITE", "EMPORIX_CURRENCY", "EMPORIX_COUNTRY", "BFF_THREADS", "AUTH0_ISSUER", "BFF_THEME_DIR"), ""
    )
    assert read(**optional) == read()
    assert "is not set" in problems(EMPORIX_TENANT="")["EMPORIX_TENANT"]


def test_no_variables_at_all_name_every_required_one() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.from_env({})
    assert {problem.variable for problem in caught.value.problems} == set(COMPLETE)


def test_all_problems_are_told_at_once_a_line_each() -> None:
    wrong = {
        "EMPORIX_TENANT": "My-Shop",
        "REDIS_URL": "http://redis",
        "BFF_WORKERS": "many",
        "BFF_SECRET_KEYS": "short",
        "AUTH0_SCOPE": "openid",
        "BFF_RATE_LIMIT_LOGIN": "10/minute",
    }
    with pytest.raises(ConfigurationError) as caught:
        read(**wrong)
    assert {problem.variable for problem in caught.value.problems} == set(wrong)
    lines = str(caught.value).splitlines()
    assert len(lines) == len(wrong)
    assert all("(example: " in line for line in lines)


GOOD: list[tuple[str, str, Callable[[Settings], object], object]] = [
    ("EMPORIX_TENANT", "a1b", lambda s: s.emporix.tenant, "a1b"),
    ("EMPORIX_API_URL", "https://API.example.com:443/", lambda s: s.emporix.api_url, "https://api.example.com"),
    ("EMPORIX_API_URL", "http://127.8.9.1:80", lambda s: s.emporix.api_url, "http://127.8.9.1"),
    ("EMPORIX_API_URL", "http://[::1]:9000", lambda s: s.emporix.api_url, "http://[::1]:9000"),
    ("EMPORIX_CONNECT_TIMEOUT", "0.5", lambda s: s.emporix.connect_timeout_seconds, 0.5),
    ("EMPORIX_READ_TIMEOUT", "120", lambda s: s.emporix.read_timeout_seconds, 120),
    ("EMPORIX_REFRESH_BEARER", "customer", lambda s: s.emporix.refresh_bearer, RefreshBearer.CUSTOMER),
    ("EMPORIX_SITE", "main", lambda s: s.emporix.site, "main"),
    ("EMPORIX_SITES", "de, fr", lambda s: s.emporix.sites, frozenset({"de", "fr"})),
    ("EMPORIX_CURRENCY", "EUR", lambda s: s.emporix.currency, "EUR"),
    ("EMPORIX_COUNTRY", "DE", lambda s: s.emporix.country, "DE"),
    ("EMPORIX_SIGNUP", "immediate", lambda s: s.emporix.signup, SignupMode.IMMEDIATE),
    ("EMPORIX_SIGNUP", "approval", lambda s: s.emporix.signup, SignupMode.APPROVAL),
    ("BFF_PUBLIC_URL", "HTTPS://Shop.Example.com:443", lambda s: s.serving.public_url, "https://shop.example.com"),
    ("BFF_PUBLIC_URL", "http://localhost:8000/", lambda s: s.serving.public_url, "http://localhost:8000"),
    ("BFF_BIND", "0.0.0.0:80", lambda s: s.serving.bind, "0.0.0.0:80"),
    ("BFF_BIND", "[::]:8000", lambda s: s.serving.bind, "[::]:8000"),
    ("BFF_BIND", "unix:/run/bff.sock", lambda s: s.serving.bind, "unix:/run/bff.sock"),
    ("BFF_WORKERS", "256", lambda s: s.serving.workers, 256),
    ("BFF_THREADS", "1", lambda s: s.serving.threads, 1),
    ("BFF_GRACEFUL_TIMEOUT", "5", lambda s: s.serving.graceful_timeout_seconds, 5),
    ("BFF_TRUSTED_PROXIES", "2", lambda s: s.serving.trusted_proxies, 2),
    ("BFF_RETURN_PATHS", "/shop, /a.b/c", lambda s: s.serving.return_paths, ("/shop", "/a.b/c")),
    ("BFF_SESSION_LIFETIME", "1800", lambda s: s.sessions.lifetime_seconds, 1800),
    ("BFF_SESSION_IDLE", "43200", lambda s: s.sessions.idle_seconds, 43200),
    ("BFF_ANONYMOUS_IDLE", "60", lambda s: s.sessions.anonymous_idle_seconds, 60),
    ("BFF_COOKIE_SAMESITE", "strict", lambda s: s.cookie.same_site, SameSite.STRICT),
    ("BFF_RATE_LIMIT_LOGIN", "off", lambda s: s.limits.login, None),
    ("BFF_RATE_LIMIT_MAIL", "off", lambda s: s.limits.mail, None),
    (
        "BFF_RATE_LIMIT_MAIL",
        "2/day",
        lambda s: s.limits.mail,
        MailRates(per_email=Rate(count=2, window_seconds=86400), per_address=None),
    ),
    ("BFF_RATE_LIMIT_GUEST", "7/second", lambda s: s.limits.guest, Rate(count=7, window_seconds=1)),
    ("BFF_RATE_LIMIT_API", "1000/day", lambda s: s.limits.api, Rate(count=1000, window_seconds=86400)),
    ("BFF_NEUTRAL_ANSWERS", "off", lambda s: s.features.neutral_answers, False),
    ("BFF_ACCOUNT_DELETION", "0", lambda s: s.features.account_deletion, False),
    ("BFF_ADD_LOGIN", "False", lambda s: s.features.add_login, False),
    ("BFF_SIGNUP_FIELDS", "phone", lambda s: s.features.signup_fields, frozenset({SignupField.PHONE})),
    ("BFF_SIGNUP_FIELDS", "Address, other-email,company,phone", lambda s: s.features.signup_fields, set(SignupField)),
    ("BFF_API_DOCS", "on", lambda s: s.features.api_docs, True),
    ("BFF_EXAMPLE_SHOP", "on", lambda s: s.features.example_shop, True),
    ("BFF_EXAMPLE_SHOP", "on", lambda s: s.serving.return_paths, ("/shop",)),
    ("BFF_SHOP_NAME", "Müller & Söhne", lambda s: s.shop.name, "Müller & Söhne"),
    ("BFF_SHOP_URL", "/", lambda s: s.shop.url, "/"),
    ("BFF_ORDERS_URL", "/shop/orders?open=1#top", lambda s: s.shop.orders_url, "/shop/orders?open=1#top"),
    ("BFF_HELP_URL", "https://example.com/help?x=1", lambda s: s.shop.help_url, "https://example.com/help?x=1"),
    ("BFF_IMPRINT_URL", "http://127.0.0.1:3000/i", lambda s: s.shop.imprint_url, "http://127.0.0.1:3000/i"),
    ("BFF_PRIVACY_URL", "/privacy", lambda s: s.shop.privacy_url, "/privacy"),
    ("BFF_TERMS_URL", "/terms", lambda s: s.shop.terms_url, "/terms"),
    ("BFF_SECURITY_CONTACT", "tel:+49123", lambda s: s.serving.security_contact, "tel:+49123"),
    ("BFF_METRICS_BIND", "127.0.0.1:9090", lambda s: s.serving.metrics_bind, "127.0.0.1:9090"),
    ("BFF_LOG_LEVEL", "WARNING", lambda s: s.logging.level, "warning"),
    ("BFF_LOG_FORMAT", "text", lambda s: s.logging.format, LogFormat.TEXT),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "get", "expected"), GOOD)
def test_value_is_read_as_documented(
    name: str, value: str, get: Callable[[Settings], object], expected: object
) -> None:
    assert get(read(**{name: value})) == expected


BAD: dict[str, tuple[str, ...]] = {
    "EMPORIX_TENANT": ("ab", "1shop", "shop\n"),
    "EMPORIX_CLIENT_ID": ("two words",),
    "EMPORIX_API_URL": ("http://api.emporix.io", "https://api.emporix.io/base", "api.emporix.io"),
    "EMPORIX_CONNECT_TIMEOUT": ("0", "-1", "120.5"),
    "EMPORIX_READ_TIMEOUT": ("nan", "inf", "1e1"),
    "EMPORIX_REFRESH_BEARER": ("both",),
    "EMPORIX_SITE": ("a b",),
    "EMPORIX_SITES": ("de,,fr", "de,de"),
    "EMPORIX_CURRENCY": ("eur", "EURO", "EU", "€UR", "EUR\n"),
    "EMPORIX_COUNTRY": ("de", "DEU", "D", "Germany"),
    "EMPORIX_SIGNUP": ("never",),
    "BFF_PUBLIC_URL": ("http://shop.example.com", "https://shop.example.com/shop"),
    "BFF_BIND": ("8000",),
    "BFF_WORKERS": ("0", "257", "1_0", "٣"),
    "BFF_THREADS": ("1025", "1.5"),
    "BFF_GRACEFUL_TIMEOUT": ("0",),
    "BFF_TRUSTED_PROXIES": ("-1",),
    "BFF_RETURN_PATHS": (
        *("/", "shop", "//shop", "/shop/", "/shop,,/x", "/shop,/shop", "/shop?x", "/../x", "/.well-known/x", "/ä"),
        *("/login", "/login/social", "/api", "/api/me", "/static", "/signup/optin", "/shop,/logout"),
    ),
    "BFF_SESSION_IDLE": ("0", "43201"),
    "BFF_SESSION_LIFETIME": ("99999999",),
    "BFF_ANONYMOUS_IDLE": ("x",),
    "BFF_COOKIE_SAMESITE": ("None",),
    "BFF_RATE_LIMIT_LOGIN": ("10/minute;30/minute", "10/minute;off;100/hour"),
    "BFF_RATE_LIMIT_MAIL": ("0/hour", "5/week", "5/hour;", "5/hour;30/hour;60/hour", "5/hour;off"),
    "BFF_RATE_LIMIT_GUEST": ("60/minute;60/minute",),
    "BFF_RATE_LIMIT_API": ("600",),
    "BFF_NEUTRAL_ANSWERS": ("maybe",),
    "BFF_SIGNUP_FIELDS": ("adress", "address,", "address;company", "phone,phone", "email", "off"),
    "BFF_SHOP_NAME": (" Shop", "x" * 61),
    **dict.fromkeys(
        ("BFF_SHOP_URL", "BFF_ORDERS_URL", "BFF_HELP_URL", "BFF_IMPRINT_URL", "BFF_PRIVACY_URL", "BFF_TERMS_URL"),
        (
            *(
                "//evil.example",
                "/\\evil.example",
                "/a\\b",
                "/a b",
                "/a\tb",
                "\\\\evil.example",
                "help",
                "javascript:x",
            ),
            *("http://shop.example.com/", "https:/shop.example.com", "https:///x", "https://u@shop.example.com/"),
            *("https://shop.example.com\\x", "mailto:help@example.com", "/" + "x" * 500),
        ),
    ),
    "BFF_THEME_DIR": ("/does/not/exist",),
    "BFF_METRICS_BIND": ("unix:/run/metrics.sock",),
    "BFF_LOG_LEVEL": ("loud",),
    "BFF_LOG_FORMAT": ("xml",),
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_wrong_value_is_the_one_problem_told(name: str, value: str) -> None:
    assert list(problems(**{name: value})) == [name]


def test_wrong_field_of_the_sign_up_is_told_with_those_there_are() -> None:
    assert (
        "must be some of phone, company, other-email, address, with ',' between them"
        in (problems(BFF_SIGNUP_FIELDS="address,telephone")["BFF_SIGNUP_FIELDS"])
    )


def test_password_in_a_public_url_is_not_repeated() -> None:
    assert "hunter2" not in problems(BFF_PUBLIC_URL="https://u:hunter2@h")["BFF_PUBLIC_URL"]


def test_theme_folder_is_an_existing_one(tmp_path: Path) -> None:
    assert read(BFF_THEME_DIR=str(tmp_path)).serving.theme_dir == tmp_path
    file = tmp_path / "file"
    file.touch()
    assert list(problems(BFF_THEME_DIR=str(file))) == ["BFF_THEME_DIR"]


def test_cookie_has_the_host_prefix_on_https_and_a_plain_name_on_loopback_http() -> None:
    secure = read().cookie
    assert (secure.name, secure.secure) == ("__Host-session", True)
    plain = read(BFF_PUBLIC_URL="http://127.0.0.1:8000").cookie
    assert (plain.name, plain.secure) == ("bff-session", False)


def test_keys_keep_their_order_with_or_without_padding() -> None:
    keys = read(BFF_SECRET_KEYS=f"{SECOND_KEY}, {FIRST_KEY}").sessions.keys
    assert [key.reveal() for key in keys] == [bytes(range(100, 132)), bytes(range(32))]


@pytest.mark.parametrize(
    "value",
    [
        base64.urlsafe_b64encode(bytes(31)).decode(),
        base64.urlsafe_b64encode(bytes(33)).decode(),
        base64.b64encode(b"\xff" * 32).decode(),
        f"{FIRST_KEY},{FIRST_KEY.rstrip('=')}",
        f"{FIRST_KEY},",
        f"{FIRST_KEY};{SECOND_KEY}",
        "A" * 41,
        "ключ",
    ],
)
def test_wrong_keys_are_refused_and_not_shown(value: str) -> None:
    text = problems(BFF_SECRET_KEYS=value)["BFF_SECRET_KEYS"]
    assert value not in text
    assert FIRST_KEY.rstrip("=") not in text


def test_every_variable_has_a_file_form(tmp_path: Path) -> None:
    files = {}
    for name, value in COMPLETE.items():
        (tmp_path / name).write_text(f"{value}\n")
        files[f"{name}_FILE"] = str(tmp_path / name)
    assert Settings.from_env(files) == read()


def test_unknown_variable_of_ours_is_a_warning() -> None:
    assert read(BFF_SESION_IDLE="60", OTHER="1").warnings == (
        "BFF_SESION_IDLE is not a known variable; did you mean BFF_SESSION_IDLE?",
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("BFF_PUBLIC_ULR", "BFF_PUBLIC_URL"),
        ("EMPORIX_TENNANT", "EMPORIX_TENANT"),
        ("AUTH0_CLIENTID", "AUTH0_CLIENT_ID"),
        ("AUTH0_ISSUER_FIEL", "AUTH0_ISSUER_FILE"),
    ],
)
def test_misspelt_name_is_told_beside_what_else_is_wrong(written: str, meant: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(**{written: "hunter2", "BFF_THREADS": "many"})
    assert f"\nwarning: {written} is not a known variable; did you mean {meant}?" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_setting_of_a_social_sign_in_that_is_off_is_known() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(AUTH0_CLIENT_ID="id", AUTH0_SCOPE="openid")
    assert "warning" not in str(caught.value)


def test_settings_show_no_secret() -> None:
    shown = f"{read()!r} {read()}"
    assert "hunter2" not in shown
    assert FIRST_KEY.rstrip("=") not in shown
    assert repr(bytes(range(32)))[2:-1] not in shown


def branches(value: Any) -> list[Any]:
    found = [value]
    for field in dataclasses.fields(value):
        inner = getattr(value, field.name)
        if dataclasses.is_dataclass(inner):
            found += branches(inner)
    return found


def test_nothing_in_the_tree_can_be_changed() -> None:
    tree = branches(read(**SOCIAL))
    assert len(tree) > 10
    for branch in tree:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(branch, dataclasses.fields(branch)[0].name, None)
        hash(branch)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_authority(tmp_path_factory.mktemp("authority")).root


def test_authority_for_redis_may_have_lines_or_be_a_file(root: Path) -> None:
    assert read().redis.ca is None
    pem, url = root.read_text(), "rediss+cluster://a,b"
    assert pem.count("\n") > 3
    assert read(REDIS_URL=url, REDIS_CA=pem.strip()).redis.ca == pem.strip()
    assert read(REDIS_URL=url, REDIS_CA=pem.replace("\n", "\r\n")).redis.ca is not None
    assert read(REDIS_URL=url, REDIS_CA_FILE=str(root)).redis.ca == pem.strip()


def test_no_other_variable_may_have_lines() -> None:
    assert "line break" in problems(EMPORIX_TENANT="my\nshop")["EMPORIX_TENANT"]


def test_authority_for_redis_without_tls_is_told(root: Path) -> None:
    for url in ("redis://a", "unix:///run/redis.sock", "redis+sentinel://a/main", "redis+cluster://a"):
        assert "does not ask for TLS" in problems(REDIS_URL=url, REDIS_CA_FILE=str(root))["REDIS_CA"]


def test_two_authorities_for_redis_are_told(root: Path) -> None:
    told = problems(REDIS_URL=f"rediss://a?ssl_ca_certs={root}", REDIS_CA_FILE=str(root))
    assert "keep one of them" in told["REDIS_CA"]


@pytest.mark.parametrize(
    "value",
    [
        "hunter2",
        "-----BEGIN CERTIFICATE-----\nhunter2\n-----END CERTIFICATE-----",
        "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----",
    ],
)
def test_what_is_no_certificate_of_an_authority_is_told_and_not_shown(value: str) -> None:
    told = problems(REDIS_URL="rediss://a", REDIS_CA=value)
    assert set(told) == {"REDIS_CA"}
    assert "hunter2" not in told["REDIS_CA"]


def test_wrong_address_of_redis_is_told_beside_an_authority(root: Path) -> None:
    assert set(problems(REDIS_URL="http://a", REDIS_CA_FILE=str(root))) == {"REDIS_URL"}
