"""What tests of tokens start from: a shop whose tokens live shortly, and the ways in which upstream fails."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

from bff.errors import UpstreamError, UpstreamMalformed, UpstreamRateLimited, UpstreamTimeout, UpstreamUnavailable
from bff.sandbox.bearer import BearerKind
from bff.sandbox.faults import CannedResponse, Cut, Delivery, Fault
from bff.sandbox.settings import SandboxSettings
from tests.support.fakes.answers import empty, html
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.visits import Visits
from tests.support.shop import ShopMaker

LIFE_SECONDS = 1000
"""Of every access token; due a hundred seconds before its end."""
DUE_SECONDS = 901
OVER_SECONDS = 1000
READ_TIMEOUT_SECONDS = 1.0

JSON = {"Content-Type": "application/json"}


def gateway_fault(code: str, words: str = "Refused") -> Fault:
    """Answer 401 as the gateway in front of the service does."""
    body = {"fault": {"faultstring": words, "detail": {"errorcode": code}}}
    return Fault(answer=CannedResponse(status=401, body=json.dumps(body).encode(), headers=JSON))


def refused(status: int) -> Fault:
    """Answer as the service itself refuses."""
    body = {"status": status, "type": "refused", "message": "No."}
    return Fault(answer=CannedResponse(status=status, body=json.dumps(body).encode(), headers=JSON))


DEAD_BEARER = gateway_fault("oauth.v2.InvalidAccessToken", "Invalid access token")
BAD_API_KEY = gateway_fault("oauth.v2.InvalidApiKey", "Invalid ApiKey")
DEAD_REFRESH_TOKEN = gateway_fault("keymanagement.service.invalid_refresh_token", "Invalid Refresh Token")

UNKNOWN: dict[str, tuple[Fault, type[UpstreamError]]] = {
    "timeout": (Fault(delay_before_seconds=30, answer=empty(200)), UpstreamTimeout),
    "reset": (Fault(cut=Cut.BEFORE_EFFECT), UpstreamUnavailable),
    "half an answer": (
        Fault(delivery=Delivery.TRUNCATED, answer=CannedResponse(status=200, body=b"{}")),
        UpstreamUnavailable,
    ),
    "500": (Fault(answer=empty(500)), UpstreamMalformed),
    "502": (Fault(answer=html(502)), UpstreamUnavailable),
    "503": (Fault(answer=empty(503)), UpstreamUnavailable),
    "504": (Fault(answer=empty(504)), UpstreamUnavailable),
    "429": (Fault(answer=empty(429)), UpstreamRateLimited),
    "HTML": (Fault(answer=html(200)), UpstreamMalformed),
    "a list": (Fault(answer=CannedResponse(status=200, body=b"[]", headers=JSON)), UpstreamMalformed),
    "no access token": (
        Fault(answer=CannedResponse(status=200, body=b'{"expires_in": 9}', headers=JSON)),
        UpstreamMalformed,
    ),
    "no lifetime": (
        Fault(answer=CannedResponse(status=200, body=b'{"access_token": "a"}', headers=JSON)),
        UpstreamMalformed,
    ),
    "bad API key": (BAD_API_KEY, UpstreamMalformed),
}
"""Outcomes that leave it open whether anything happened, and what each is called; none has an effect upstream."""


def short_lives(**changes: Any) -> SandboxSettings:
    """Return an upstream whose access tokens live for `LIFE_SECONDS`, and refresh tokens for five times that."""
    lives = {
        "anonymous_access_seconds": LIFE_SECONDS,
        "customer_access_seconds": LIFE_SECONDS,
        "anonymous_refresh_seconds": LIFE_SECONDS * 5,
        "customer_refresh_seconds": LIFE_SECONDS * 5,
    }
    return SandboxSettings(**{**lives, **changes})


def visits_of(
    make_shop: ShopMaker,
    clock: FakeClock,
    *,
    bearer: str = "anonymous",
    read_seconds: float = READ_TIMEOUT_SECONDS,
    **changes: Any,
) -> Visits:
    """Start a shop whose upstream differs from `short_lives` by `changes`."""
    return Visits(
        shop=make_shop(
            short_lives(**changes),
            clock=clock,
            EMPORIX_REFRESH_BEARER=bearer,
            EMPORIX_CONNECT_TIMEOUT="0.4",
            EMPORIX_READ_TIMEOUT=str(read_seconds),
        )
    )


def at_once(times: int, work: Callable[[], Any]) -> list[Any]:
    """Do the same in so many threads; return what each got, exceptions included."""
    results: list[Any] = []
    ready = threading.Barrier(times)

    def run() -> None:
        ready.wait()
        try:
            results.append(work())
        except Exception as err:  # noqa: BLE001 - the test judges it
            results.append(err)

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


BEARER_KINDS = {"anonymous": BearerKind.ANONYMOUS, "customer": BearerKind.CUSTOMER}
