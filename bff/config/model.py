"""The branches of the configuration: each setting with its variable, how it is written, its default and its meaning.

Import them from `bff.config.settings`, which holds the tree and reads it. Nothing is read here; the declarations are
those of `bff.config.environment`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeVar

from bff.config import parsers
from bff.config.environment import optional, required, setting
from bff.config.redis_url import certificates, redis_url
from bff.config.return_paths import return_paths
from bff.secret import Secret

E = TypeVar("E", bound=StrEnum)

LONGEST_TIMEOUT_SECONDS: Final = 120
LONGEST_SESSION_SECONDS: Final = 30 * 86400
_WINDOWS: Final = {1: "second", 60: "minute", 3600: "hour", 86400: "day"}
MOST_WORKERS: Final = 256
MOST_REQUESTS: Final = 1_000_000_000
SITE: Final = r"[A-Za-z0-9_.-]+"
CURRENCY: Final = r"[A-Z]{3}"
COUNTRY: Final = r"[A-Z]{2}"


class SignupMode(StrEnum):
    """How the tenant activates new accounts."""

    OPTIN = "optin"  # a mailed link
    IMMEDIATE = "immediate"  # signed in after sign-up
    APPROVAL = "approval"  # an employee does


class SignupField(StrEnum):
    """What the sign-up's page may ask besides name, e-mail and password; none of it has to be filled in."""

    PHONE = "phone"
    COMPANY = "company"
    OTHER_EMAIL = "other-email"
    ADDRESS = "address"


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

    @property
    def in_words(self) -> str:
        """As it is set: `10/minute`."""
        return f"{self.count}/{_WINDOWS.get(self.window_seconds, f'{self.window_seconds} s')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRates:
    """How many failed sign-ins are let through."""

    per_email_and_address: Rate
    per_address: Rate
    """An IPv6 address counts with its whole /64."""
    per_email: Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class MailRates:
    """How many calls that send a mail are let through."""

    per_email: Rate
    """Mails that customers have sent to themselves are counted apart, for each customer."""
    per_address: Rate | None
    """An IPv6 address counts with its whole /64. None: one address can have mails sent to everybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One button of the social sign-in."""

    name: str
    """Goes out as `connection`."""
    label: str


def _choice(name: str, usual: E) -> E:
    return setting(name, parsers.choice(type(usual)), usual.value)


def _link(name: str, *, example: str) -> str | None:
    return optional(name, parsers.link, unset=None, example=example)


def _visible(value: str) -> str:
    return parsers.matching(r"[!-~]+", "visible ASCII characters without spaces")(value)


def _sites(value: str) -> frozenset[str]:
    return frozenset(parsers.words(SITE, "site codes with ',' between them")(value))


def _rates(value: str, *numbers: int) -> tuple[Rate, ...]:
    found = parsers.rates(value, *numbers) or ()
    return tuple(Rate(count=count, window_seconds=seconds) for count, seconds in found)


def _rate(value: str) -> Rate | None:
    found = _rates(value, 1)
    return found[0] if found else None


def _mail_rates(value: str) -> MailRates | None:
    found = _rates(value, 1, 2)
    return MailRates(per_email=found[0], per_address=found[1] if len(found) > 1 else None) if found else None


def _login_rates(value: str) -> LoginRates | None:
    found = _rates(value, 3)
    if not found:
        return None
    first, second, third = found
    return LoginRates(per_email_and_address=first, per_address=second, per_email=third)


def _connections(value: str) -> tuple[Connection, ...]:
    return tuple(Connection(name=name, label=label) for name, label in parsers.connections(value))


def _level(value: str) -> str:
    lowered = value.lower()
    return parsers.matching("debug|info|warning|error|critical", "debug, info, warning, error or critical")(lowered)


_timeout = parsers.seconds_up_to(LONGEST_TIMEOUT_SECONDS)
_session_seconds = parsers.whole(1, LONGEST_SESSION_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmporixSettings:
    """The upstream."""

    tenant: str = required(
        "EMPORIX_TENANT",
        parsers.matching(r"[a-z][a-z0-9]{2,15}", "3 to 16 lower-case letters and digits, a letter first"),
        example="myshop",
    )
    client_id: str = required("EMPORIX_CLIENT_ID", _visible, example="the storefront API key", echo=False)
    """The storefront API key; public, no secret belongs to it."""
    api_url: str = setting("EMPORIX_API_URL", parsers.origin, "https://api.emporix.io", echo=False)
    """An origin, without a slash at its end."""
    connect_timeout_seconds: float = setting("EMPORIX_CONNECT_TIMEOUT", _timeout, "2")
    read_timeout_seconds: float = setting("EMPORIX_READ_TIMEOUT", _timeout, "10")
    refresh_bearer: RefreshBearer = _choice("EMPORIX_REFRESH_BEARER", RefreshBearer.ANONYMOUS)
    site: str | None = optional(
        "EMPORIX_SITE",
        parsers.matching(SITE, "a site code of letters, digits, '_', '.' and '-'"),
        unset=None,
        example="main",
    )
    """Where the client names none: `site` of a password reset, `siteCode` of an anonymous login."""
    sites: frozenset[str] = optional("EMPORIX_SITES", _sites, unset=frozenset(), example="main,de")
    """Which others a client may name; `site` itself is always allowed."""
    currency: str | None = optional(
        "EMPORIX_CURRENCY",
        parsers.matching(CURRENCY, "an ISO 4217 code, three capital letters"),
        unset=None,
        example="EUR",
    )
    """In which a guest sees prices; of a new account too, where its owner names none. None: the country's, for that."""
    country: str | None = optional(
        "EMPORIX_COUNTRY",
        parsers.matching(COUNTRY, "an ISO 3166-1 code, two capital letters"),
        unset=None,
        example="DE",
    )
    """To which a guest's prices apply; of a new account's address too, where that names none."""
    signup: SignupMode = _choice("EMPORIX_SIGNUP", SignupMode.OPTIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisSettings:
    """The session store; the URL holds the password."""

    url: Secret[str] = required(
        "REDIS_URL", redis_url, example="rediss://user:password@redis.example.com:6379/0", echo=False
    )
    ca: str | None = optional(
        "REDIS_CA",
        certificates,
        unset=None,
        example="REDIS_CA_FILE=/etc/ssl/private-authority.pem",
        lines=True,
        echo=False,
    )
    """PEM of a private authority, trusted besides those of the system; None: only these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """What seals sessions, and when they end."""

    keys: tuple[Secret[bytes], ...] = required(
        "BFF_SECRET_KEYS", parsers.keys, example="the output of `bff keys new`", echo=False
    )
    """32 bytes each, newest first: the first seals, all of them open."""
    idle_seconds: int = setting("BFF_SESSION_IDLE", _session_seconds, "1800")
    lifetime_seconds: int = setting("BFF_SESSION_LIFETIME", _session_seconds, "43200")
    anonymous_idle_seconds: int = setting("BFF_ANONYMOUS_IDLE", _session_seconds, "86400")


@dataclass(frozen=True, slots=True, kw_only=True)
class CookieSettings:
    """The session cookie, the only one there is."""

    name: str
    secure: bool
    same_site: SameSite = _choice("BFF_COOKIE_SAMESITE", SameSite.LAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSettings:
    """The rate limits; None: that one is off."""

    login: LoginRates | None = setting("BFF_RATE_LIMIT_LOGIN", _login_rates, "10/minute;30/minute;100/hour")
    mail: MailRates | None = setting("BFF_RATE_LIMIT_MAIL", _mail_rates, "5/hour;30/hour")
    """Calls that send a mail."""
    guest: Rate | None = setting("BFF_RATE_LIMIT_GUEST", _rate, "60/minute")
    """New guest tokens, per address."""
    api: Rate | None = setting("BFF_RATE_LIMIT_API", _rate, "600/minute")
    """Everything, per session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureSettings:
    """What may be switched."""

    neutral_answers: bool = setting("BFF_NEUTRAL_ANSWERS", parsers.switch, "on")
    """Sign-up, reset and resend answer alike whether an e-mail is known or not."""
    account_deletion: bool = setting("BFF_ACCOUNT_DELETION", parsers.switch, "on")
    add_login: bool = setting("BFF_ADD_LOGIN", parsers.switch, "on")
    signup_fields: frozenset[SignupField] = optional(
        "BFF_SIGNUP_FIELDS", parsers.choices(SignupField), unset=frozenset(), example="address,company"
    )
    api_docs: bool = setting("BFF_API_DOCS", parsers.switch, "off")
    example_shop: bool = setting("BFF_EXAMPLE_SHOP", parsers.switch, "off")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopSettings:
    """The shop around the account: its name, and where pages link to; the same object is the templates' `shop`."""

    name: str | None = optional(
        "BFF_SHOP_NAME",
        parsers.matching(r"\S(.*\S)?", "a name of at most 60 characters", longest=60),
        unset=None,
        example="Example Shop",
    )
    url: str | None = _link("BFF_SHOP_URL", example="https://www.example.com/")
    orders_url: str | None = _link("BFF_ORDERS_URL", example="/shop/orders")
    """Where orders are looked after, if not on a page of ours."""
    help_url: str | None = _link("BFF_HELP_URL", example="https://www.example.com/help")
    imprint_url: str | None = _link("BFF_IMPRINT_URL", example="https://www.example.com/imprint")
    privacy_url: str | None = _link("BFF_PRIVACY_URL", example="https://www.example.com/privacy")
    terms_url: str | None = _link("BFF_TERMS_URL", example="https://www.example.com/terms")


@dataclass(frozen=True, slots=True, kw_only=True)
class SocialSettings:
    """The OpenID provider."""

    issuer: str = required("AUTH0_ISSUER", parsers.issuer, example="https://shop.eu.auth0.com/", echo=False)
    """As it was written, with or without a slash at its end."""
    client_id: str = required("AUTH0_CLIENT_ID", _visible, example="the application's client id", echo=False)
    connections: tuple[Connection, ...] = optional(
        "AUTH0_CONNECTIONS", _connections, unset=(), example="google-oauth2=Google,facebook=Facebook"
    )
    """Empty: one button for all of them."""
    scope: str = setting("AUTH0_SCOPE", parsers.scope, "openid profile email")
    emporix_config: str | None = optional(
        "AUTH0_EMPORIX_CONFIG",
        parsers.matching(
            r"(?!.*--)[A-Za-z0-9_.-]+", "letters, digits, '_', '.' and '-', but '--' separates name and state"
        ),
        unset=None,
        example="auth0",
    )
    """Emporix's name for the provider; `state` then begins with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingSettings:
    """Where and how the server listens."""

    public_url: str = required("BFF_PUBLIC_URL", parsers.public_origin, example="https://shop.example.com", echo=False)
    """The origin that browsers see, without a slash at its end."""
    bind: str = setting("BFF_BIND", parsers.bind, "127.0.0.1:8000")
    """`host:port` or `unix:/path`."""
    workers: int = optional("BFF_WORKERS", parsers.whole(1, MOST_WORKERS), unset=1, example="4")
    """Where the environment does not say: one for each core that this process may use."""
    threads: int = setting("BFF_THREADS", parsers.whole(1, 1024), "32")
    graceful_timeout_seconds: int = setting("BFF_GRACEFUL_TIMEOUT", parsers.whole(1, 3600), "30")
    worker_requests: int = setting("BFF_WORKER_REQUESTS", parsers.whole(0, MOST_REQUESTS), "0")
    """How many a worker answers, and up to a tenth more, before another takes its place; 0: any number."""
    trusted_proxies: int = setting("BFF_TRUSTED_PROXIES", parsers.whole(0, 32), "0")
    """How many reverse proxies in front set `X-Forwarded-*`."""
    return_paths: tuple[str, ...] = optional("BFF_RETURN_PATHS", return_paths, unset=(), example="/shop,/checkout")
    """Where a sign-in may lead besides `/` and `/account`, each with all below it."""
    theme_dir: Path | None = optional("BFF_THEME_DIR", parsers.folder, unset=None, example="/srv/shop/theme")
    storefront: Path | None = optional("BFF_STOREFRONT", parsers.file, unset=None, example="/srv/shop/storefront.toml")
    """Further operations, declared in a file."""
    metrics_bind: str | None = optional("BFF_METRICS_BIND", parsers.host_and_port, unset=None, example="127.0.0.1:9090")
    security_contact: str | None = optional(
        "BFF_SECURITY_CONTACT", parsers.contact, unset=None, example="mailto:security@example.com"
    )
    """A URI."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggingSettings:
    """What is logged, and how."""

    level: str = setting("BFF_LOG_LEVEL", _level, "info")
    """debug, info, warning, error or critical."""
    format: LogFormat = _choice("BFF_LOG_FORMAT", LogFormat.JSON)
