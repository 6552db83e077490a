"""A shop for tests: the application on a real Redis, in front of a sandbox on a real port, and browsers to use it.

`ShopMaker` keeps what it started; a `Browser` keeps one visitor's cookie and CSRF token, and sends nothing a test did
not ask for.
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from flask.testing import FlaskClient
from redis import Redis
from werkzeug.test import TestResponse

from bff.commands.embedded_redis import EmbeddedRedis
from bff.config.settings import Settings
from bff.factory import Bff, create_app
from bff.sandbox.demo_customers import B2C_EMAIL, B2C_PASSWORD
from bff.sandbox.factory import Sandbox, create_sandbox
from bff.sandbox.provider.factory import Provider, create_provider
from bff.sandbox.provider.keys import SigningKey
from bff.sandbox.provider.settings import ProviderSettings
from bff.sandbox.server import SandboxServer
from bff.sandbox.settings import SandboxSettings
from bff.wiring import Services, build_services
from tests.support.fakes.clock import FakeClock

PUBLIC_URL = "http://127.0.0.1:8000"
COOKIE = "bff-session"
KEY = base64.urlsafe_b64encode(hashlib.sha256(b"a key for tests").digest()).decode()


class Browser:
    """One visitor: a cookie jar and the CSRF token that the last answer brought."""

    def __init__(self, client: FlaskClient, *, base_url: str = PUBLIC_URL, cookie_name: str = COOKIE) -> None:
        self.client = client
        self.base_url = base_url
        self.cookie_name = cookie_name
        self.csrf: str | None = None

    @property
    def cookie(self) -> str | None:
        """The session cookie's value."""
        cookie = self.client.get_cookie(self.cookie_name, domain=self._domain)
        return None if cookie is None else cookie.value

    @cookie.setter
    def cookie(self, value: str | None) -> None:
        if value is None:
            self.client.delete_cookie(self.cookie_name, domain=self._domain)
        else:
            self.client.set_cookie(self.cookie_name, value, domain=self._domain)

    @property
    def _domain(self) -> str:
        return self.base_url.split("//")[1].split(":")[0]

    def request(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **kwargs: Any
    ) -> TestResponse:
        """Send a request with the CSRF token in hand, and keep the one that the answer brings."""
        sent = {"X-CSRF-Token": self.csrf} if self.csrf and method not in ("GET", "HEAD") else {}
        response = self.client.open(
            path, method=method, base_url=self.base_url, headers={**sent, **(headers or {})}, buffered=True, **kwargs
        )
        self.csrf = response.headers.get("X-CSRF-Token", self.csrf)
        return response

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.request("GET", path, **kwargs)

    def post(self, path: str, json: Any = None, **kwargs: Any) -> TestResponse:
        return self.request("POST", path, **({} if json is None else {"json": json}), **kwargs)

    def patch(self, path: str, json: Any = None, **kwargs: Any) -> TestResponse:
        return self.request("PATCH", path, **({} if json is None else {"json": json}), **kwargs)

    def delete(self, path: str, **kwargs: Any) -> TestResponse:
        return self.request("DELETE", path, **kwargs)

    def session(self) -> dict[str, Any]:
        """Ask who and what one is, and keep the CSRF token."""
        response = self.get("/api/session")
        assert response.status_code == 200, response.get_data(as_text=True)
        state: dict[str, Any] = response.get_json()
        self.csrf = state["csrfToken"]
        return state

    def sign_in(self, email: str = B2C_EMAIL, password: str = B2C_PASSWORD) -> dict[str, Any]:
        """Become a customer; the sandbox's first one by default."""
        if self.csrf is None:
            self.session()
        response = self.post("/api/login", json={"email": email, "password": password})
        assert response.status_code == 200, response.get_data(as_text=True)
        state: dict[str, Any] = response.get_json()
        return state


@dataclass(frozen=True, kw_only=True)
class Shop:
    """One shop and everything behind it."""

    app: Bff
    services: Services
    settings: Settings
    sandbox: Sandbox
    redis: Redis
    clock: FakeClock | None

    def browser(self) -> Browser:
        """Return a visitor who has never been here."""
        return Browser(
            self.app.test_client(), base_url=self.settings.serving.public_url, cookie_name=self.settings.cookie.name
        )

    def signed_in(self) -> Browser:
        """Return a visitor who has signed in as the first demo customer."""
        browser = self.browser()
        browser.sign_in()
        return browser


@dataclass(frozen=True, kw_only=True)
class SocialShop:
    """A shop and the identity provider it trusts."""

    shop: Shop
    provider: Provider


class ShopMaker:
    """Starts shops, and ends what it started."""

    def __init__(self, redis_server: EmbeddedRedis, redis: Redis) -> None:
        self._redis_server = redis_server
        self._redis = redis
        self._servers: list[SandboxServer] = []
        self._sandboxes: list[Sandbox] = []
        self._key: SigningKey | None = None

    def environment(self, api_url: str, **changes: str) -> dict[str, str]:
        """Return the environment of a shop in front of an upstream."""
        return {
            "EMPORIX_TENANT": "demoshop",
            "EMPORIX_CLIENT_ID": "demo-storefront",
            "EMPORIX_API_URL": api_url,
            "REDIS_URL": self._redis_server.url,
            "BFF_PUBLIC_URL": PUBLIC_URL,
            "BFF_SECRET_KEYS": KEY,
            **changes,
        }

    def sandbox(
        self, settings: SandboxSettings | None = None, *, clock: FakeClock | None = None
    ) -> tuple[Sandbox, str]:
        """Start a sandbox; return it and its URL."""
        settings = settings or SandboxSettings()
        sandbox = create_sandbox(settings, now=clock) if clock else create_sandbox(settings)
        server = SandboxServer(sandbox.app)
        server.__enter__()
        self._servers.append(server)
        self._sandboxes.append(sandbox)
        return sandbox, server.url

    def with_provider(
        self,
        sandbox_settings: SandboxSettings | None = None,
        *,
        provider_settings: ProviderSettings | None = None,
        clock: FakeClock | None = None,
        public_url: str = PUBLIC_URL,
        services: Any = build_services,
        **environment: str,
    ) -> SocialShop:
        """Start a shop with an identity provider on `localhost`; the code it gives is redeemed by the sandbox there."""
        settings = provider_settings or ProviderSettings(
            redirect_uris=(f"{public_url}/login/callback",), post_logout_redirect_uris=(f"{public_url}/",)
        )
        now = clock or time.time
        provider = create_provider(settings, signing_key=self._signing_key(), now=now)
        server = SandboxServer(provider.app, host="localhost")
        server.__enter__()
        self._servers.append(server)
        provider.serve_at(server.url)
        sandbox = create_sandbox(
            sandbox_settings or SandboxSettings(), redeemer=provider.redeemer, mint=provider.mint, now=now
        )
        sandbox_server = SandboxServer(sandbox.app)
        sandbox_server.__enter__()
        self._servers.append(sandbox_server)
        self._sandboxes.append(sandbox)
        built_from = Settings.from_env(
            self.environment(
                sandbox_server.url,
                **{
                    "BFF_PUBLIC_URL": public_url,
                    "AUTH0_ISSUER": provider.issuer,
                    "AUTH0_CLIENT_ID": provider.settings.client_id,
                    "AUTH0_CONNECTIONS": "google-oauth2=Google,facebook=Facebook",
                    **environment,
                },
            )
        )
        built: Services = services(built_from, now=now)
        shop = Shop(
            app=create_app(built_from, built),
            services=built,
            settings=built_from,
            sandbox=sandbox,
            redis=self._redis,
            clock=clock,
        )
        return SocialShop(shop=shop, provider=provider)

    def _signing_key(self) -> SigningKey:
        # Making one takes a tenth of a second.
        if self._key is None:
            self._key = SigningKey()
        return self._key

    def __call__(
        self,
        sandbox_settings: SandboxSettings | None = None,
        *,
        clock: FakeClock | None = None,
        services: Any = build_services,
        **environment: str,
    ) -> Shop:
        """Start a shop; `environment` adds to, or changes, its variables. Sandbox and shop share `clock`."""
        sandbox, url = self.sandbox(sandbox_settings, clock=clock)
        settings = Settings.from_env(self.environment(url, **environment))
        built: Services = services(settings, now=clock) if clock else services(settings)
        return Shop(
            app=create_app(settings, built),
            services=built,
            settings=settings,
            sandbox=sandbox,
            redis=self._redis,
            clock=clock,
        )

    def __enter__(self) -> ShopMaker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for sandbox in self._sandboxes:
            sandbox.faults.clear()
        for server in self._servers:
            server.__exit__(None, None, None)
