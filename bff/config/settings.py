"""The configuration: one frozen tree, read from the environment once, when a process starts.

The only place that knows the variables' names. It does not decide how a value is written (`bff.config.parsers`,
`bff.config.redis_url`) nor where it comes from (`bff.config.environment`), and nobody changes a setting later. Whoever
needs settings is handed the branch that concerns it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from bff.config import parsers
from bff.config.environment import Environment, UnacceptableError
from bff.config.model import (
    Connection,
    CookieSettings,
    EmporixSettings,
    FeatureSettings,
    LimitSettings,
    LogFormat,
    LoggingSettings,
    LoginRates,
    Rate,
    RedisSettings,
    RefreshBearer,
    SameSite,
    ServingSettings,
    SessionSettings,
    SignupMode,
    SocialSettings,
)
from bff.config.redis_url import redis_url
from bff.secret import Secret

__all__ = [
    "Connection",
    "CookieSettings",
    "EmporixSettings",
    "FeatureSettings",
    "LimitSettings",
    "LogFormat",
    "LoggingSettings",
    "LoginRates",
    "Rate",
    "RedisSettings",
    "RefreshBearer",
    "SameSite",
    "ServingSettings",
    "SessionSettings",
    "Settings",
    "SignupMode",
    "SocialSettings",
]

E = TypeVar("E", bound=StrEnum)

PREFIX: Final = "BFF_"
EXAMPLE_KEY: Final = "the output of `bff keys new`"
EXAMPLE_ORIGIN: Final = "https://shop.example.com"
LOGIN_RATES: Final = "10/minute;30/minute;100/hour"
LONGEST_TIMEOUT_SECONDS: Final = 120
LONGEST_SESSION_SECONDS: Final = 30 * 86400
MOST_WORKERS: Final = 256
VISIBLE: Final = r"[!-~]+"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole configuration."""

    emporix: EmporixSettings
    redis: RedisSettings
    sessions: SessionSettings
    cookie: CookieSettings
    limits: LimitSettings
    features: FeatureSettings
    social: SocialSettings | None
    """None: no social sign-in."""
    serving: ServingSettings
    logging: LoggingSettings
    warnings: tuple[str, ...] = ()
    """For the operator: what is not wrong but unlikely to be meant."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read the configuration from environment variables.

        :raises ConfigurationError: with every problem there is, not only the first
        """
        return _settings(Environment(environ))


def _settings(env: Environment) -> Settings:
    serving = _serving(env)
    emporix, sessions, social = _emporix(env), _sessions(env), _social(env)
    limits, features, logging = _limits(env), _features(env), _logging(env)
    same_site = _choice(env, "BFF_COOKIE_SAMESITE", SameSite.LAX)
    redis = env.read(
        "REDIS_URL",
        redis_url,
        default=Secret(""),
        example="rediss://user:password@redis.example.com:6379/0",
        required=True,
        echo=False,
    )
    warnings = env.unknown(PREFIX)
    env.finish()
    secure = serving.public_url.startswith("https://")
    return Settings(
        emporix=emporix,
        redis=RedisSettings(url=redis),
        sessions=sessions,
        # Browsers take the prefix `__Host-` only together with `Secure`, and `Secure` only over https.
        cookie=CookieSettings(name="__Host-session" if secure else "bff-session", secure=secure, same_site=same_site),
        limits=limits,
        features=features,
        social=social,
        serving=serving,
        logging=logging,
        warnings=warnings,
    )


def _choice(env: Environment, name: str, usual: E) -> E:
    return env.read(name, parsers.choice(type(usual)), default=usual, example=usual)


def _emporix(env: Environment) -> EmporixSettings:
    tenant = parsers.matching(r"[a-z][a-z0-9]{2,15}", "3 to 16 lower-case letters and digits, a letter first")
    key = parsers.matching(VISIBLE, "visible ASCII characters without spaces")
    site = parsers.matching(r"[A-Za-z0-9_.-]+", "a site code of letters, digits, '_', '.' and '-'")
    sites = parsers.words(r"[A-Za-z0-9_.-]+", "site codes with ',' between them")
    timeout = parsers.seconds_up_to(LONGEST_TIMEOUT_SECONDS)
    return EmporixSettings(
        tenant=env.read("EMPORIX_TENANT", tenant, default="", example="myshop", required=True),
        client_id=env.read(
            "EMPORIX_CLIENT_ID", key, default="", example="the storefront API key", required=True, echo=False
        ),
        api_url=env.read(
            "EMPORIX_API_URL",
            parsers.origin,
            default="https://api.emporix.io",
            example="https://api.emporix.io",
            echo=False,
        ),
        connect_timeout_seconds=env.read("EMPORIX_CONNECT_TIMEOUT", timeout, default=2.0, example="2"),
        read_timeout_seconds=env.read("EMPORIX_READ_TIMEOUT", timeout, default=10.0, example="10"),
        refresh_bearer=_choice(env, "EMPORIX_REFRESH_BEARER", RefreshBearer.ANONYMOUS),
        site=env.read("EMPORIX_SITE", lambda value: site(value) or None, default=None, example="main"),
        sites=env.read("EMPORIX_SITES", lambda value: frozenset(sites(value)), default=frozenset(), example="main,de"),
        signup=_choice(env, "EMPORIX_SIGNUP", SignupMode.OPTIN),
    )


def _sessions(env: Environment) -> SessionSettings:
    seconds = parsers.whole(1, LONGEST_SESSION_SECONDS)
    idle = env.read("BFF_SESSION_IDLE", seconds, default=1800, example="1800")
    lifetime = env.read("BFF_SESSION_LIFETIME", seconds, default=43200, example="43200")
    if idle > lifetime:
        env.problem("BFF_SESSION_IDLE", "must not be longer than BFF_SESSION_LIFETIME", "1800")
    return SessionSettings(
        keys=env.read("BFF_SECRET_KEYS", parsers.keys, default=(), example=EXAMPLE_KEY, required=True, echo=False),
        idle_seconds=idle,
        lifetime_seconds=lifetime,
        anonymous_idle_seconds=env.read("BFF_ANONYMOUS_IDLE", seconds, default=86400, example="86400"),
    )


def _limits(env: Environment) -> LimitSettings:
    def one(name: str, usual: str) -> Rate | None:
        return env.read(name, _rate, default=_rate(usual), example=usual)

    return LimitSettings(
        login=env.read("BFF_RATE_LIMIT_LOGIN", _login_rates, default=_login_rates(LOGIN_RATES), example=LOGIN_RATES),
        mail=one("BFF_RATE_LIMIT_MAIL", "5/hour"),
        guest=one("BFF_RATE_LIMIT_GUEST", "60/minute"),
        api=one("BFF_RATE_LIMIT_API", "600/minute"),
    )


def _rate(value: str) -> Rate | None:
    found = parsers.rates(value, 1)
    return Rate(count=found[0][0], window_seconds=found[0][1]) if found else None


def _login_rates(value: str) -> LoginRates | None:
    found = parsers.rates(value, 3)
    if not found:
        return None
    first, second, third = (Rate(count=count, window_seconds=seconds) for count, seconds in found)
    return LoginRates(per_email_and_address=first, per_address=second, per_email=third)


def _features(env: Environment) -> FeatureSettings:
    def switch(name: str, usual: bool) -> bool:
        return env.read(name, parsers.switch, default=usual, example="on" if usual else "off")

    return FeatureSettings(
        neutral_answers=switch("BFF_NEUTRAL_ANSWERS", True),
        account_deletion=switch("BFF_ACCOUNT_DELETION", True),
        add_login=switch("BFF_ADD_LOGIN", True),
        api_docs=switch("BFF_API_DOCS", False),
    )


def _social(env: Environment) -> SocialSettings | None:
    wanted = env.is_set("AUTH0_ISSUER")
    client_id = parsers.matching(VISIBLE, "visible ASCII characters without spaces")
    name = parsers.matching(
        r"(?!.*--)[A-Za-z0-9_.-]+", "letters, digits, '_', '.' and '-', but '--' separates name and state"
    )
    social = SocialSettings(
        issuer=env.read("AUTH0_ISSUER", parsers.issuer, default="", example="https://shop.eu.auth0.com/", echo=False),
        client_id=env.read(
            "AUTH0_CLIENT_ID",
            client_id,
            default="",
            example="the application's client id",
            required=wanted,
            echo=False,
        ),
        connections=env.read(
            "AUTH0_CONNECTIONS",
            lambda value: tuple(Connection(name=n, label=label) for n, label in parsers.connections(value)),
            default=(),
            example="google-oauth2=Google,facebook=Facebook",
        ),
        scope=env.read("AUTH0_SCOPE", _scope, default="openid profile email", example="openid profile email"),
        emporix_config=env.read(
            "AUTH0_EMPORIX_CONFIG", lambda value: name(value) or None, default=None, example="auth0"
        ),
    )
    if wanted:
        return social
    for variable in ("AUTH0_CLIENT_ID", "AUTH0_CONNECTIONS", "AUTH0_SCOPE", "AUTH0_EMPORIX_CONFIG"):
        if env.is_set(variable):
            env.problem(variable, "is set without AUTH0_ISSUER", "AUTH0_ISSUER=https://shop.eu.auth0.com/")
    return None


def _scope(value: str) -> str:
    scopes = value.split()
    if "openid" not in scopes:
        raise UnacceptableError("must contain openid: without it there is no ID token")
    return " ".join(scopes)


def _serving(env: Environment) -> ServingSettings:
    cores = min(os.cpu_count() or 1, MOST_WORKERS)
    return ServingSettings(
        public_url=env.read(
            "BFF_PUBLIC_URL", parsers.origin, default="", example=EXAMPLE_ORIGIN, required=True, echo=False
        ),
        bind=env.read("BFF_BIND", parsers.bind, default="127.0.0.1:8000", example="127.0.0.1:8000"),
        workers=env.read("BFF_WORKERS", parsers.whole(1, MOST_WORKERS), default=cores, example="4"),
        threads=env.read("BFF_THREADS", parsers.whole(1, 1024), default=32, example="32"),
        graceful_timeout_seconds=env.read("BFF_GRACEFUL_TIMEOUT", parsers.whole(1, 3600), default=30, example="30"),
        trusted_proxies=env.read("BFF_TRUSTED_PROXIES", parsers.whole(0, 32), default=0, example="1"),
        theme_dir=env.read("BFF_THEME_DIR", parsers.folder, default=None, example="/srv/shop/theme"),
        metrics_bind=env.read("BFF_METRICS_BIND", parsers.host_and_port, default=None, example="127.0.0.1:9090"),
        security_contact=env.read(
            "BFF_SECURITY_CONTACT", parsers.contact, default=None, example="mailto:security@example.com"
        ),
    )


def _logging(env: Environment) -> LoggingSettings:
    level = parsers.matching(r"debug|info|warning|error|critical", "debug, info, warning, error or critical")
    return LoggingSettings(
        level=env.read("BFF_LOG_LEVEL", lambda value: level(value.lower()), default="info", example="info"),
        format=_choice(env, "BFF_LOG_FORMAT", LogFormat.JSON),
    )
