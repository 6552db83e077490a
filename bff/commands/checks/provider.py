"""The identity provider as `bff check` sees it: its documents, its keys, and what is to be registered there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import urlsplit

from bff.commands.checks.finding import Finding, Topic, failed, ok
from bff.commands.checks.silent import HeardLog
from bff.config.settings import Settings, SocialSettings
from bff.errors import IdentityProviderUnavailable
from bff.oidc.provider import IdentityProvider
from bff.operations.places import Places
from bff.web import paths

MOST_SECONDS: Final = 20.0
"""Two documents, each with a bound of its own; this one is for the look-up of the name, which has none."""
_ISSUER: Final = "another issuer"
"""As the provider's log has it."""


def check_provider(settings: Settings, now: Callable[[], float] = time.time) -> Iterator[Finding]:
    """Look at the identity provider that a configuration names."""
    social = settings.social
    if social is None:
        yield ok(Topic.DISCOVERY, "none is configured: no social sign-in")
        return
    log = HeardLog()
    provider = IdentityProvider(social, now, log, places=Places(1))
    host = urlsplit(social.issuer).netloc
    try:
        metadata = provider.metadata()
        yield ok(Topic.DISCOVERY, f"{host} has a discovery document")
        yield ok(Topic.ISSUER, f"the issuer is {metadata.issuer}")
        keys = provider.keys(None)
        yield ok(Topic.KEYS, f"keys that may sign id tokens: {len(keys.keys)}")
    except IdentityProviderUnavailable:
        yield _unavailable(host, social, *_told(log))
    yield from _to_register(settings.serving.public_url)


def _told(log: HeardLog) -> tuple[str, Any]:
    told = log.heard[-1] if log.heard else {}
    return str(told.get("cause", "it cannot be had")), told.get("status")


def _unavailable(host: str, social: SocialSettings, reason: str, status: Any) -> Finding:
    if reason == _ISSUER:
        return failed(
            Topic.ISSUER,
            f"{host} says that it is another issuer than AUTH0_ISSUER",
            f"Take the issuer from {_discovery(social)}, letter by letter.",
        )
    if reason.startswith("keys"):
        return failed(Topic.KEYS, f"{host} has no key that can be used", "See the document at its jwks_uri.")
    answered = "" if status is None else f" (answered {status})"
    return failed(
        Topic.DISCOVERY,
        f"{host}: {reason}{answered}",
        f"See that {_discovery(social)} can be read from this machine, and what AUTH0_ISSUER is.",
    )


def _discovery(social: SocialSettings) -> str:
    return f"{social.issuer.rstrip('/')}/.well-known/openid-configuration"


def _to_register(public_url: str) -> Iterator[Finding]:
    where = "Register it at the identity provider, letter by letter."
    yield ok(Topic.CALLBACK, f"callback URL: {public_url}{paths.CALLBACK}", where)
    yield ok(Topic.LOGOUT, f"allowed logout URL: {public_url}{paths.HOME}", where)
    yield ok(Topic.BACKCHANNEL, f"back-channel logout URL: {public_url}{paths.BACKCHANNEL_LOGOUT}", where)
