"""The branches of the configuration: values and what they mean, without where they come from.

Import them from `bff.config.settings`, which holds the tree and reads it. Nothing is checked here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bff.secret import Secret


class SignupMode(StrEnum):
    """How the tenant activates new accounts."""

    OPTIN = "optin"  # a mailed link
    IMMEDIATE = "immediate"  # signed in after sign-up
    APPROVAL = "approval"  # an employee does


class RefreshBearer(StrEnum):
    """Which token authorises `refreshauthtoken`; upstream's contract names both."""

    ANONYMOUS = "anonymous"
    CUSTOMER = "customer"


class SameSite(StrEnum):
    """The cookie's attribute of that name."""

    LAX = "Lax"
    STRICT = "Strict"


class LogFormat(StrEnum):
    """How a log line is written."""

    JSON = "json"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many events in a window of time."""

    count: int
    window_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRates:
    """How many failed sign-ins are let through."""

    per_email_and_address: Rate
    per_address: Rate
    """An IPv6 address counts with its whole /64."""
    per_email: Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class EmporixSettings:
    """The upstream."""

    tenant: str
    client_id: str
    """The storefront API key; public, no secret belongs to it."""
    api_url: str = "https://api.emporix.io"
    """An origin, without a slash at its end."""
    connect_timeout_seconds: float = 2
    read_timeout_seconds: float = 10
    refresh_bearer: RefreshBearer = RefreshBearer.ANONYMOUS
    site: str | None = None
    """Where the client names none: `site` of a password reset, `siteCode` of an anonymous login."""
    sites: frozenset[str] = frozenset()
    """Which others a client may name; `site` itself is always allowed."""
    signup: SignupMode = SignupMode.OPTIN


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisSettings:
    """The session store; the URL holds the password."""

    url: Secret[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """What seals sessions, and when they end."""

    keys: tuple[Secret[bytes], ...]
    """32 bytes each, newest first: the first seals, all of them open."""
    idle_seconds: int = 1800
    lifetime_seconds: int = 43200
    anonymous_idle_seconds: int = 86400


@dataclass(frozen=True, slots=True, kw_only=True)
class CookieSettings:
    """The session cookie, the only one there is."""

    name: str
    secure: bool
    same_site: SameSite = SameSite.LAX


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSettings:
    """The rate limits; None: that one is off."""

    login: LoginRates | None
    mail: Rate | None
    """Calls that send a mail, per e-mail."""
    guest: Rate | None
    """New guest tokens, per address."""
    api: Rate | None
    """Everything, per session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureSettings:
    """What may be switched."""

    neutral_answers: bool = True
    """Sign-up, reset and resend answer alike whether an e-mail is known or not."""
    account_deletion: bool = True
    add_login: bool = True
    api_docs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One button of the social sign-in."""

    name: str
    """Goes out as `connection`."""
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SocialSettings:
    """The OpenID provider."""

    issuer: str
    """As it was written, with or without a slash at its end."""
    client_id: str
    connections: tuple[Connection, ...]
    """Empty: one button for all of them."""
    scope: str
    emporix_config: str | None
    """Emporix's name for the provider; `state` then begins with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingSettings:
    """Where and how the server listens."""

    public_url: str
    """The origin that browsers see, without a slash at its end."""
    bind: str
    """`host:port` or `unix:/path`."""
    workers: int
    threads: int
    graceful_timeout_seconds: int
    trusted_proxies: int
    """How many reverse proxies in front set `X-Forwarded-*`."""
    theme_dir: Path | None
    metrics_bind: str | None
    security_contact: str | None
    """A URI."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggingSettings:
    """What is logged, and how."""

    level: str
    """debug, info, warning, error or critical."""
    format: LogFormat
