"""An application over a recording upstream, and visitors with well-known tokens who send it requests.

Tokens are put into the session directly, so that no operation is reached by way of the sign-in. Every request carries
headers that must stay behind.
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from redis import Redis

from bff.config.settings import Settings
from bff.emporix.client import Call
from bff.errors import InvalidInput, UpstreamMalformed
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
    TENANT,
    Asked,
    Handed,
    Use,
    Visitor,
)
from tests.support.journeys.recording_upstream import RecordingUpstream

ORIGIN = "http://127.0.0.1:8000"
LANGUAGES = "de-CH, de;q=0.9"
BROWSER = "browser-made-this-up"
_HOUR_SECONDS = 3600.0
_STAY_BEHIND = {
    "Authorization": f"Bearer {BROWSER}",
    "User-Agent": BROWSER,
    "session-id": BROWSER,
    "X-Request-ID": BROWSER,
    "Origin": ORIGIN,
    "Referer": ORIGIN + "/account",
    "Forwarded": "for=192.0.2.1",
    "X-Forwarded-For": "192.0.2.1",
    "X-Forwarded-Host": "shop.example.com",
    "X-Forwarded-Proto": "https",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What the browser got."""

    status: int
    body: bytes
    headers: str
    cookie: SessionCookie | None = None
    """The session that it was asked with."""


class Bench:
    """One table of operations (None: the real one) in applications that call a recording upstream."""

    def __init__(self, upstream: RecordingUpstream, redis: Redis, redis_url: str, table: Any = None) -> None:
        self.upstream = upstream
        self._redis, self._redis_url, self._table = redis, redis_url, table
        self._apps: dict[tuple[tuple[str, str], ...], Bff] = {}

    def app(self, extra: Mapping[str, str]) -> Bff:
        """Return the application under some environment variables beside the usual ones."""
        key = tuple(sorted(extra.items()))
        if key not in self._apps:
            settings = self._settings(extra)
            tables = {} if self._table is None else {"operations": self._table}
            self._apps[key] = create_app(settings, build_services(settings, redis=self._redis, **tables))
        return self._apps[key]

    @property
    def table(self) -> Mapping[str, Any]:
        """The rows that the applications run on."""
        return self.app({}).services.operations

    def _settings(self, extra: Mapping[str, str]) -> Settings:
        limits = ("LOGIN", "MAIL", "GUEST", "API")
        return Settings.from_env(
            {
                "EMPORIX_TENANT": TENANT,
                "EMPORIX_CLIENT_ID": CLIENT_ID,
                "EMPORIX_API_URL": self.upstream.url,
                "REDIS_URL": self._redis_url,
                "BFF_PUBLIC_URL": ORIGIN,
                "BFF_SECRET_KEYS": "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY",
                "BFF_NEUTRAL_ANSWERS": "off",
                **{f"BFF_RATE_LIMIT_{name}": "off" for name in limits},
                **extra,
            }
        )


def go(bench: Bench, operation: str, use: Use, way: Asked | Handed) -> Answered:
    """Send one request, or make one call, as the visitor of a use."""
    app = bench.app(use.settings)
    if isinstance(way, Handed):
        return _call_directly(app.services, operation, way)
    cookie = _seed(app.services, use.by)
    browser = app.test_client(use_cookies=False)
    headers = {
        **_STAY_BEHIND,
        "Accept-Language": LANGUAGES,
        "Cookie": f"{app.services.settings.cookie.name}={cookie.value.reveal()}; other=1",
    }
    if way.method != "GET":
        state = browser.get("/api/session", base_url=ORIGIN, headers=headers)
        headers["X-CSRF-Token"] = state.get_json()["csrfToken"]
    body = encoded(way.body)
    answer = browser.open(
        way.path + ("?" + urlencode(way.query) if way.query else ""),
        method=way.method,
        base_url=ORIGIN,
        headers=headers,
        data=body or None,
        content_type=way.media_type if body else None,
    )
    return Answered(status=answer.status_code, body=answer.data, headers=str(answer.headers), cookie=cookie)


def _call_directly(services: Services, operation: str, way: Handed) -> Answered:
    try:
        reply = services.client.call(services.operations[operation], Call(values=way.values), Secret(way.bearer))
    except UpstreamMalformed:
        return Answered(status=502, body=b'{"type": "upstream_error"}', headers="")
    except InvalidInput:
        return Answered(status=400, body=b'{"type": "validation_failure"}', headers="")
    return Answered(status=reply.status, body=b"", headers="")


def _seed(services: Services, visitor: Visitor) -> SessionCookie:
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
    if visitor is Visitor.NEWCOMER:
        vault = Vault()
    elif visitor is Visitor.LAPSED_GUEST:
        vault = Vault(anonymous=dataclasses.replace(guest, access_expires_at=now - 1))
    elif visitor is Visitor.CUSTOMER:
        who, vault = _jane(now), vault.with_customer(_customer_tokens(now))
    cookie = SessionCookie.fresh()
    services.store.create(cookie, WebRecord(created=now, signed_in=who), vault, _HOUR_SECONDS)
    return cookie


def _jane(now: float) -> SignedIn:
    customer = Customer(id="13869000", email="jane.doe@example.com", first_name="Jane", last_name="Doe", language=None)
    return SignedIn(customer=customer, since=now, authenticated_at=now)


def _customer_tokens(now: float) -> CustomerTokens:
    return CustomerTokens(
        access=Secret(CUSTOMER_ACCESS),
        access_expires_at=now + _HOUR_SECONDS,
        access_lifetime_seconds=_HOUR_SECONDS,
        refresh=Secret(CUSTOMER_REFRESH),
        refresh_expires_at=now + _HOUR_SECONDS,
        session_id=Secret(CUSTOMER_SESSION),
        saas=Secret(CUSTOMER_SAAS),
        legal_entity_id=None,
    )


def encoded(body: Mapping[str, Any] | None) -> bytes:
    """Return a body as the browser sends it: not in pure ASCII, so that re-encoding shows."""
    return b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
