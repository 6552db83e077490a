"""Weak points of a valid configuration: each a finding, with the requirement it breaks.

What cannot work at all is refused when the settings are read, not here.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final
from urllib.parse import urlsplit

from bff.audit.requirement import Guard
from bff.config.redis_url import address_of
from bff.config.settings import Settings
from bff.crypto import encode
from bff.web.paths import API_DESCRIPTION, API_DOCS

HIGHEST_IDLE_SECONDS: Final = 3600
HIGHEST_LIFETIME_SECONDS: Final = 86400
FEWEST_DISTINCT_BYTES: Final = 17
"""Of 32. A random key has about 30; fewer than 17 once in 10^13 keys (see the test)."""
_LOOPBACK: Final = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")
_NARROW_ALPHABETS: Final = (
    string.ascii_lowercase + string.digits,
    string.ascii_uppercase + string.digits,
    string.hexdigits,
)
"""People and hash programs write in these; the 43 characters of a random key stay within one once in 10^10 keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weakness:
    """One weak point."""

    name: str
    """Stable, for programs: `login-limit-off`."""
    variable: str
    """What to change."""
    wrong: str
    breaks: str
    """The requirement, as its standard numbers it."""
    is_weak: Callable[[Settings], bool]
    guards: frozenset[Guard] = frozenset()
    """The guards that cannot hold with it: requirements that rest on them break by it, and are no further finding."""


def weaknesses(settings: Settings) -> tuple[Weakness, ...]:
    """Return the weak points of a configuration; they hold nothing of a secret."""
    return tuple(weakness for weakness in EVERY_WEAKNESS if weakness.is_weak(settings))


def notes(settings: Settings) -> tuple[str, ...]:
    """Return what is served because the configuration says so; it is no weak point if it is meant (ASVS 5.0 13.4.5)."""
    if not settings.features.api_docs:
        return ()
    return (f"BFF_API_DOCS: {API_DOCS} shows the JSON routes, as {API_DESCRIPTION} does in any case",)


def looks_random(key: bytes) -> bool:
    """Tell whether a key of 32 bytes could have come from a random number generator.

    It finds what people make up: one byte repeated, patterns, counted-up bytes, text, and text in base64. It cannot
    find a key that was hashed from a password.
    """
    steps = {(after - before) % 256 for before, after in pairwise(key)}
    if len(set(key)) < FEWEST_DISTINCT_BYTES or len(steps) < FEWEST_DISTINCT_BYTES - 1:
        return False
    if all(byte < 128 and chr(byte) in string.printable for byte in key):
        return False
    written = encode(key)
    return not any(all(character in alphabet for character in written) for alphabet in _NARROW_ALPHABETS)


def _redis_in_clear(settings: Settings) -> bool:
    address = address_of(settings.redis.url.reveal())
    return not address.tls and address.leaves_the_machine


def _keys_are_weak(settings: Settings) -> bool:
    return not all(looks_random(key.reveal()) for key in settings.sessions.keys)


def _no_proxy(settings: Settings) -> bool:
    return settings.serving.public_url.startswith("https://") and settings.serving.trusted_proxies == 0


def _metrics_in_the_open(settings: Settings) -> bool:
    bind = settings.serving.metrics_bind
    return bind is not None and not _is_loopback(urlsplit(f"//{bind}").hostname)


def _is_loopback(host: str | None) -> bool:
    return _LOOPBACK.fullmatch(host or "") is not None


def _limit_off(name: str, field: str, wrong: str, breaks: str) -> Weakness:
    return Weakness(
        name=f"{name}-limit-off",
        variable=f"BFF_RATE_LIMIT_{field.upper()}",
        wrong=wrong,
        breaks=breaks,
        is_weak=lambda settings: getattr(settings.limits, field) is None,
        guards=frozenset({Guard.LIMITS_ON}),
    )


EVERY_WEAKNESS: Final = (
    Weakness(
        name="redis-in-clear",
        variable="REDIS_URL",
        wrong="redis:// to another machine is not encrypted: write rediss://",
        breaks="ASVS 5.0 12.3.1",
        is_weak=_redis_in_clear,
    ),
    _limit_off("login", "login", "passwords can be tried without limit", "ASVS 5.0 6.3.1"),
    _limit_off("mail", "mail", "anybody can have mails sent without limit", "ASVS 5.0 2.4.1"),
    Weakness(
        name="mail-limit-per-address-missing",
        variable="BFF_RATE_LIMIT_MAIL",
        wrong="one address can have mails sent to any number of people: write a second rate, as in 5/hour;30/hour",
        breaks="ASVS 5.0 2.4.1",
        is_weak=lambda settings: settings.limits.mail is not None and settings.limits.mail.per_address is None,
        guards=frozenset({Guard.LIMITS_ON}),
    ),
    _limit_off("guest", "guest", "guest tokens can be fetched without limit", "ASVS 5.0 2.4.1"),
    _limit_off("session", "api", "one session can ask without limit", "ASVS 5.0 2.4.1"),
    Weakness(
        name="idle-too-long",
        variable="BFF_SESSION_IDLE",
        wrong=f"an unattended session stays signed in for more than {HIGHEST_IDLE_SECONDS} seconds",
        breaks="ASVS 5.0 7.3.1",
        guards=frozenset({Guard.LIFETIMES_IN_BOUNDS}),
        is_weak=lambda settings: settings.sessions.idle_seconds > HIGHEST_IDLE_SECONDS,
    ),
    Weakness(
        name="lifetime-too-long",
        variable="BFF_SESSION_LIFETIME",
        wrong=f"a session stays signed in for more than {HIGHEST_LIFETIME_SECONDS} seconds",
        breaks="ASVS 5.0 7.3.2",
        guards=frozenset({Guard.LIFETIMES_IN_BOUNDS}),
        is_weak=lambda settings: settings.sessions.lifetime_seconds > HIGHEST_LIFETIME_SECONDS,
    ),
    Weakness(
        name="key-not-random",
        variable="BFF_SECRET_KEYS",
        wrong="a key does not look like 32 random bytes: take one that `bff keys new` prints",
        breaks="ASVS 5.0 11.5.1",
        is_weak=_keys_are_weak,
    ),
    Weakness(
        name="no-proxy-declared",
        variable="BFF_TRUSTED_PROXIES",
        wrong="https is ended by a proxy in front; not declared, its address is taken for every visitor's",
        breaks="ASVS 5.0 4.1.3",
        is_weak=_no_proxy,
    ),
    Weakness(
        name="public-url-in-clear",
        variable="BFF_PUBLIC_URL",
        wrong="http:// is for development: the cookie is not Secure, and browsers are not held to https",
        breaks="ASVS 5.0 12.2.1",
        guards=frozenset({Guard.COOKIE_SECURE, Guard.COOKIE_HOST_PREFIX, Guard.HSTS}),
        is_weak=lambda settings: not settings.serving.public_url.startswith("https://"),
    ),
    Weakness(
        name="upstream-in-clear",
        variable="EMPORIX_API_URL",
        wrong="http:// is for a stand-in on this machine: tokens go out unencrypted",
        breaks="RFC 9700 2.6",
        guards=frozenset({Guard.UPSTREAM_TLS}),
        is_weak=lambda settings: not settings.emporix.api_url.startswith("https://"),
    ),
    Weakness(
        name="issuer-in-clear",
        variable="AUTH0_ISSUER",
        wrong="http:// is for a stand-in on this machine: the keys that come back may be an attacker's",
        breaks="RFC 9700 2.6",
        guards=frozenset({Guard.UPSTREAM_TLS}),
        is_weak=lambda settings: settings.social is not None and not settings.social.issuer.startswith("https://"),
    ),
    Weakness(
        name="answers-not-neutral",
        variable="BFF_NEUTRAL_ANSWERS",
        wrong="sign-up and reset tell whether an address has an account",
        breaks="ASVS 5.0 6.3.8",
        is_weak=lambda settings: not settings.features.neutral_answers,
    ),
    Weakness(
        name="metrics-not-on-loopback",
        variable="BFF_METRICS_BIND",
        wrong="other machines can ask how busy the shop is and what fails: listen on 127.0.0.1, or guard that port",
        breaks="ASVS 5.0 13.4.5",
        is_weak=_metrics_in_the_open,
    ),
    Weakness(
        name="log-level-debug",
        variable="BFF_LOG_LEVEL",
        wrong="debug is for development: every upstream call is logged",
        breaks="ASVS 5.0 13.4.2",
        is_weak=lambda settings: settings.logging.level == "debug",
    ),
)
"""All that are looked for."""
