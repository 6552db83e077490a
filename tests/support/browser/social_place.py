"""A shop with an identity provider, and one more site: the three that a browser is led between."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bff.sandbox.factory import create_sandbox
from bff.sandbox.provider.factory import Provider, create_provider
from bff.sandbox.provider.settings import ProviderSettings
from bff.sandbox.server import SandboxServer
from bff.sandbox.settings import SandboxSettings
from tests.support.browser.foreign_site import ForeignSite
from tests.support.browser.servers import free_port, gunicorn

COOKIE = "bff-session"


@dataclass(frozen=True, kw_only=True)
class Place:
    """The shop is on one site, its identity provider and the foreign pages are on another."""

    url: str
    provider: Provider
    foreign: ForeignSite


NewPlace = Callable[[str], Place]
"""Starts one with that `SameSite`, or returns the one that runs."""


@contextmanager
def running_place(redis_url: str, folder: Path, *, same_site: str) -> Iterator[Place]:
    """Serve the three; `folder` takes the shop's log."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        provider = create_provider(
            ProviderSettings(redirect_uris=(f"{url}/login/callback",), post_logout_redirect_uris=(f"{url}/",))
        )
        provider.serve_at(stack.enter_context(SandboxServer(provider.app, host="localhost")).url)
        sandbox = create_sandbox(SandboxSettings(shop_url=url), redeemer=provider.redeemer, mint=provider.mint)
        foreign = ForeignSite(url)
        foreign.serve_at(stack.enter_context(SandboxServer(foreign.app, host="localhost")).url)
        environment = {
            "EMPORIX_TENANT": sandbox.settings.tenant,
            "EMPORIX_CLIENT_ID": sandbox.settings.client_id,
            "EMPORIX_API_URL": stack.enter_context(SandboxServer(sandbox.app, host="localhost")).url,
            "REDIS_URL": redis_url,
            "BFF_SECRET_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "BFF_PUBLIC_URL": url,
            "BFF_BIND": f"127.0.0.1:{port}",
            "BFF_WORKERS": "1",
            "BFF_GRACEFUL_TIMEOUT": "2",
            # All visitors come from one address here, and are few.
            "BFF_RATE_LIMIT_GUEST": "off",
            "BFF_COOKIE_SAMESITE": same_site,
            "AUTH0_ISSUER": provider.issuer,
            "AUTH0_CLIENT_ID": provider.settings.client_id,
            "AUTH0_CONNECTIONS": "google-oauth2=Google",
        }
        stack.enter_context(gunicorn(environment, folder / "log", port))
        yield Place(url=url, provider=provider, foreign=foreign)
