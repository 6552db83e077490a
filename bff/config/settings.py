"""The configuration: one frozen tree, read from the environment once, when a process starts.

Each branch declares its variables (`bff.config.model`); here stands what two of them have to say about each other. A
setting never changes later. A module that needs settings is handed the branch that concerns it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Final

from bff.config.cores import usable_cores
from bff.config.environment import FILE_SUFFIX, Environment
from bff.config.model import (
    MOST_WORKERS,
    Connection,
    CookieSettings,
    EmporixSettings,
    FeatureSettings,
    LimitSettings,
    LogFormat,
    LoggingSettings,
    LoginRates,
    MailRates,
    Rate,
    RedisSettings,
    RefreshBearer,
    SameSite,
    ServingSettings,
    SessionSettings,
    ShopSettings,
    SignupField,
    SignupMode,
    SocialSettings,
)
from bff.config.redis_url import address_of
from bff.config.return_paths import EXAMPLE_SHOP
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
    "MailRates",
    "Rate",
    "RedisSettings",
    "RefreshBearer",
    "SameSite",
    "ServingSettings",
    "SessionSettings",
    "Settings",
    "ShopSettings",
    "SignupField",
    "SignupMode",
    "SocialSettings",
]

PREFIXES: Final = ("BFF_", "EMPORIX_", "AUTH0_")
"""A variable that begins so and is not known is likely to be a misspelt one."""


_BRANCHES: Final = (
    EmporixSettings,
    RedisSettings,
    SessionSettings,
    CookieSettings,
    LimitSettings,
    FeatureSettings,
    ShopSettings,
    SocialSettings,
    ServingSettings,
    LoggingSettings,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole configuration."""

    emporix: EmporixSettings
    redis: RedisSettings
    sessions: SessionSettings
    cookie: CookieSettings
    limits: LimitSettings
    features: FeatureSettings
    shop: ShopSettings
    social: SocialSettings | None
    """None: no social sign-in."""
    serving: ServingSettings
    logging: LoggingSettings
    warnings: tuple[str, ...] = ()
    """For the operator: what is not wrong but unlikely to be meant."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read the configuration from environment variables.

        :raises ConfigurationError: a variable is missing or wrong; holds every problem there is, not only the first
        """
        env = Environment(environ)
        features = env.branch(FeatureSettings)
        serving = _serving(env, features)
        # Browsers take the prefix `__Host-` only together with `Secure`, and `Secure` only over https.
        secure = serving.public_url.startswith("https://")
        settings = cls(
            emporix=env.branch(EmporixSettings),
            redis=_redis(env),
            sessions=_sessions(env),
            cookie=env.branch(CookieSettings, name="__Host-session" if secure else "bff-session", secure=secure),
            limits=env.branch(LimitSettings),
            features=features,
            shop=env.branch(ShopSettings),
            social=_social(env),
            serving=serving,
            logging=env.branch(LoggingSettings),
        )
        return replace(settings, warnings=env.finish(*PREFIXES))


def known_variables() -> frozenset[str]:
    """Return the name of every variable that is read, and of its `_FILE` form."""
    names = {declared.metadata["name"] for kind in _BRANCHES for declared in fields(kind) if declared.metadata}
    return frozenset(name + form for name in names for form in ("", FILE_SUFFIX))


def _serving(env: Environment, features: FeatureSettings) -> ServingSettings:
    serving = env.branch(ServingSettings, workers=min(usable_cores(), MOST_WORKERS))
    if not features.example_shop or EXAMPLE_SHOP in serving.return_paths:
        return serving
    return replace(serving, return_paths=(*serving.return_paths, EXAMPLE_SHOP))


def _redis(env: Environment) -> RedisSettings:
    redis = env.branch(RedisSettings)
    if redis.ca is None or not isinstance(redis.url, Secret):
        return redis
    address = address_of(redis.url.reveal())
    if not address.tls:
        env.problem("REDIS_CA", "is set, but REDIS_URL does not ask for TLS", "rediss://redis.example.com:6379/0")
    elif "ssl_ca_certs" in address.tls_files:
        env.problem("REDIS_CA", "is set, and so is ssl_ca_certs in REDIS_URL: keep one of them", "REDIS_CA_FILE")
    return redis


def _sessions(env: Environment) -> SessionSettings:
    sessions = env.branch(SessionSettings)
    if sessions.idle_seconds > sessions.lifetime_seconds:
        env.problem("BFF_SESSION_IDLE", "must not be longer than BFF_SESSION_LIFETIME", "1800")
    return sessions


def _social(env: Environment) -> SocialSettings | None:
    if env.is_set("AUTH0_ISSUER"):
        return env.branch(SocialSettings)
    variables = [field.metadata["name"] for field in fields(SocialSettings)]
    for variable in [name for name in variables if env.is_set(name)]:
        env.problem(variable, "is set without AUTH0_ISSUER", "AUTH0_ISSUER=https://shop.eu.auth0.com/")
    return None
