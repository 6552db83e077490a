"""The application with every shipped set over a recording upstream, and visitors with well-known tokens.

Tokens are put into the session directly. Every request carries headers that must stay behind. What a row keeps for
later, and how often it may be asked for, is lifted, so that each request that is allowed arrives upstream.
"""

from __future__ import annotations

import dataclasses
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from redis import Redis
from werkzeug.test import TestResponse

from bff.config.settings import Settings
from bff.factory import Bff, create_app
from bff.secret import Secret
from bff.sessions.cookie import SessionCookie
from bff.sessions.model import Customer, CustomerTokens, SignedIn, TokenSet, Vault, WebRecord
from bff.wiring import Services, build_services
from tests.support.journeys.contract_shapes import (
    CLIENT_ID,
    CUSTOMER_ACCESS,
    CUSTOMER_REFRESH,
    CUSTOMER_SAAS,
    CUSTOMER_SESSION,
    GUEST_ACCESS,
    GUEST_REFRESH,
    GUEST_SESSION,
    JSON,
    TENANT,
)
from tests.support.journeys.recording_upstream import RecordingUpstream
from tests.support.journeys.storefront_parts import file_with_every_set

ORIGIN = "http://127.0.0.1:8000"
LANGUAGES = "de-CH, de;q=0.9"
BROWSER = "browser-made-this-up"
SITE = "main"
OTHER_SITE = "outlet"
"""A site that may be named, and is not the default."""
CUSTOMER_ID = "13869000"
ENTITY = "53ac81fd0cce8b26b36f3492"
SHARED_ACCESS = "upstream-anon-access"
"""What the upstream hands out to whoever asks for a guest's token."""
_HOUR_SECONDS = 3600.0
_KEPT_SECONDS = 300.0
"""How long a session is gone on with: some rows want a proof of identity that is younger than ten minutes."""
STAY_BEHIND = {
    "Authorization": f"Bearer {BROWSER}",
    "User-Agent": BROWSER,
    "saas-token": BROWSER,
    "session-id": BROWSER,
    "Legal-Entity-Id": BROWSER,
    "X-Total-Count": BROWSER,
    "Content-Language": BROWSER,
    "X-Version": BROWSER,
    "Emporix-Tenant": BROWSER,
    "X-Request-ID": BROWSER,
    "Accept": f"application/{BROWSER}",
    "Range": "bytes=0-1",
    "Forwarded": "for=192.0.2.1",
    "X-Forwarded-For": "192.0.2.1",
    "X-Forwarded-Host": "shop.example.com",
    "X-Forwarded-Proto": "https",
    "X-HTTP-Method-Override": "DELETE",
}
"""Headers of a browser's that mean nothing here."""


class Visitor(Enum):
    """Who asks."""

    EMPLOYEE = "signed in, for a company"
    CUSTOMER = "signed in, for nobody else"
    WITHOUT_SAAS = "signed in, for a company, without a saas token"
    STALE_SAAS = "signed in, for a company, with a saas token that is over"
    GUEST = "not signed in, with a guest's token"
    STRANGER = "without a cookie"

    @property
    def is_signed_in(self) -> bool:
        """Whether there is a customer's token."""
        return self not in (Visitor.GUEST, Visitor.STRANGER)

    @property
    def has_company(self) -> bool:
        """Whether the customer's token is bound to a company."""
        return self in (Visitor.EMPLOYEE, Visitor.WITHOUT_SAAS, Visitor.STALE_SAAS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request of a browser's."""

    verb: str
    path: str
    query: Sequence[tuple[str, str]] = ()
    body: bytes | None = None
    media_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    """Beside, or in place of, the usual ones."""
    csrf: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A session that one visitor goes on with."""

    cookie: str
    csrf: str
    since: float


class StorefrontBench:
    """One table of rows (None: the real one) in an application that calls a recording upstream."""

    def __init__(
        self,
        upstream: RecordingUpstream,
        redis: Redis,
        redis_url: str,
        file: Path,
        table: Mapping[str, Any] | None = None,
        *,
        changes: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        as_it_is: bool = False,
    ) -> None:
        """Build the application.

        :param changes: to every declared row
        :param environment: variables beside the usual ones
        :param as_it_is: lift nothing
        """
        self.upstream = upstream
        self.settings = self._settings(redis_url, file_with_every_set(file), environment or {})
        built = build_services(self.settings, redis=redis) if table is None else None
        self.table: Mapping[str, Any] = built.operations if built is not None else table or {}
        """The rows as they are."""
        wanted = {**({} if as_it_is else {"cache_seconds": 0, "rate": None}), **(changes or {})}
        lifted = {name: dataclasses.replace(row, **wanted) if row.declared else row for name, row in self.table.items()}
        self.services: Services = build_services(self.settings, redis=redis, operations=lifted)
        self.app: Bff = create_app(self.settings, self.services)
        self._kept: dict[Visitor, Kept] = {}

    def _settings(self, redis_url: str, file: Path, environment: Mapping[str, str]) -> Settings:
        limits = ("LOGIN", "MAIL", "GUEST", "API")
        return Settings.from_env(
            {
                "EMPORIX_TENANT": TENANT,
                "EMPORIX_CLIENT_ID": CLIENT_ID,
                "EMPORIX_API_URL": self.upstream.url,
                "EMPORIX_SITE": SITE,
                "EMPORIX_SITES": OTHER_SITE,
                "REDIS_URL": redis_url,
                "BFF_PUBLIC_URL": ORIGIN,
                "BFF_SECRET_KEYS": "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY",
                "BFF_STOREFRONT": str(file),
                **{f"BFF_RATE_LIMIT_{name}": "off" for name in limits},
                **environment,
            }
        )

    @property
    def declared(self) -> Mapping[tuple[str, str], Any]:
        """Every declared row, by verb and path of its route, whatever its parameters are called."""
        return {
            (route.method, bare(route.path)): row
            for row in self.table.values()
            if row.declared is not None
            for route in row.routes
        }

    def ask(self, visitor: Visitor, request: Ask) -> TestResponse:
        """Send one request, as a visitor with a session of their own."""
        browser = self.app.test_client(use_cookies=False)
        headers = {**STAY_BEHIND, "Accept-Language": LANGUAGES, "Origin": ORIGIN, **request.headers}
        if visitor is not Visitor.STRANGER:
            kept = self._session(visitor)
            headers.setdefault("Cookie", kept.cookie)
            if request.verb not in ("GET", "HEAD") and request.csrf:
                headers["X-CSRF-Token"] = kept.csrf
        return browser.open(
            request.path + ("?" + urlencode(request.query) if request.query else ""),
            method=request.verb,
            base_url=ORIGIN,
            headers=headers,
            data=request.body,
            content_type=None if request.body is None else request.media_type,
            buffered=True,
        )

    def _session(self, visitor: Visitor) -> Kept:
        kept, now = self._kept.get(visitor), time.monotonic()
        if kept is None or now - kept.since > _KEPT_SECONDS:
            cookie = f"{self.settings.cookie.name}={seed(self.services, visitor).value.reveal()}; other={BROWSER}"
            browser = self.app.test_client(use_cookies=False)
            state = browser.get("/api/session", base_url=ORIGIN, headers={"Cookie": cookie})
            kept = self._kept[visitor] = Kept(cookie=cookie, csrf=state.get_json()["csrfToken"], since=now)
        return kept


def bare(path: str) -> str:
    """Return a path whose parameters have no names, in the notation of either side."""
    return "/".join("{}" if part[:1] in ("<", "{") else part for part in path.split("/"))


def seed(services: Services, visitor: Visitor) -> SessionCookie:
    """Put a session with well-known tokens into the store; nothing of them is due."""
    now = time.time()
    guest = TokenSet(
        access=Secret(GUEST_ACCESS),
        access_expires_at=now + _HOUR_SECONDS,
        access_lifetime_seconds=_HOUR_SECONDS,
        refresh=Secret(GUEST_REFRESH),
        refresh_expires_at=now + _HOUR_SECONDS,
        session_id=Secret(GUEST_SESSION),
    )
    who, vault = None, Vault(anonymous=guest)
    if visitor.is_signed_in:
        jane = Customer(id=CUSTOMER_ID, email="jane.doe@example.com", first_name="Jane", last_name="Doe", language=None)
        who = SignedIn(customer=jane, since=now, authenticated_at=now)
        vault = vault.with_customer(
            CustomerTokens(
                access=Secret(CUSTOMER_ACCESS),
                access_expires_at=now + _HOUR_SECONDS,
                access_lifetime_seconds=_HOUR_SECONDS,
                refresh=Secret(CUSTOMER_REFRESH),
                refresh_expires_at=now + _HOUR_SECONDS,
                session_id=Secret(CUSTOMER_SESSION),
                saas=_saas_of(visitor, now),
                legal_entity_id=ENTITY if visitor.has_company else None,
            )
        )
    cookie = SessionCookie.fresh()
    services.store.create(cookie, WebRecord(created=now, signed_in=who), vault, _HOUR_SECONDS)
    return cookie


def _saas_of(visitor: Visitor, now: float) -> Secret[str] | None:
    if visitor is Visitor.STALE_SAAS:
        claims = json.dumps({"sub": CUSTOMER_ID, "exp": int(now) - 60}).encode()
        return Secret(f"eyJhbGciOiJIUzI1NiJ9.{urlsafe_b64encode(claims).rstrip(b'=').decode()}.c2lnbmF0dXJl")
    return None if visitor is Visitor.WITHOUT_SAAS else Secret(CUSTOMER_SAAS)
