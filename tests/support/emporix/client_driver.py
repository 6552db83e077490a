"""A client in front of a server that answers bytes, or of a transport that fails as it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bff.config.settings import EmporixSettings
from bff.emporix.client import Call, EmporixClient
from bff.errors import (
    BffError,
)
from bff.operations import model
from bff.operations.declared import MAX_ANSWER_BYTES
from bff.operations.places import Places
from bff.operations.table import OPERATIONS
from bff.secret import Secret
from bff.transport import HttpResponse, Transport, TransportError
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.logs import log_to
from tests.support.fakes.raw_server import RawServer, Script, reply

BEARER = Secret("customer-bearer-canary")


SECRET_VALUES: Mapping[str, str | Secret[str]] = {
    "refresh_token": Secret("refresh-canary"),
    "refreshToken": Secret("refresh-canary"),
    "accessToken": BEARER,
    "code": Secret("code-canary"),
    "redirect_uri": "https://shop.example/login/callback?a=b&c",
    "code_verifier": Secret("verifier-canary"),
    "session-id": Secret("session-canary"),
    "token": Secret("mailed-canary"),
    "addressId": "a-1",
    "tags": "BILLING,SHIPPING",
}


OPTIONAL = ("expand", "siteCode", "currency", "targetLocation", "legalEntityId")


NEVER_AGAIN = ("login", "social_login", "refresh_auth_token", "anonymous_refresh", "signup_optin", "logout")


def values_for(operation: model.Operation) -> dict[str, str | Secret[str]]:
    return {p.name: SECRET_VALUES[p.name] for p in operation.parameters if p.name in SECRET_VALUES}


def call_for(operation: model.Operation) -> Call:
    return Call(values=values_for(operation), body=b"{}" if operation.body is not None else None)


@contextmanager
def client_at(origin: str, **changes: Any) -> Iterator[EmporixClient]:
    settings = EmporixSettings(tenant="demoshop", client_id="demo-storefront", api_url=origin, **changes)
    transport = Transport(origin, connections=2, max_body_bytes=MAX_ANSWER_BYTES)
    try:
        yield EmporixClient(settings, transport, log_to(), places=Places(8))
    finally:
        transport.close()


def outcome_of(name: str, *scripts: Script) -> tuple[BffError | None, list[bytes]]:
    """Return what a call of the operation comes to, and every request that arrived."""
    operation, failure = OPERATIONS[name], None
    with RawServer(*scripts) as server, client_at(server.origin, read_timeout_seconds=2) as client:
        try:
            client.call(operation, call_for(operation), BEARER if operation.accepts else None)
        except BffError as err:
            failure = err
        return failure, server.requests


def success_of(operation: model.Operation) -> bytes:
    body = {model.ResponseShape.NOTHING: b"", model.ResponseShape.ARRAY: b"[]"}.get(operation.answer, b"{}")
    return reply(body, status=f"{min(operation.success)} Fine")


@dataclass
class Scripted:
    """A transport that fails as it is told and notes what it was asked."""

    outcomes: list[TransportError | HttpResponse]
    clock: FakeClock
    takes_seconds: float = 0.0
    timeouts: list[tuple[float, float]] = field(default_factory=list)

    def send(self, method: str, target: str, **kwargs: Any) -> HttpResponse:
        self.timeouts.append((kwargs["connect_timeout_seconds"], kwargs["read_timeout_seconds"]))
        self.clock.advance(self.takes_seconds)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, TransportError):
            raise outcome
        return outcome


FINE = HttpResponse(status=200, headers={}, body=b"{}")


def scripted(
    *outcomes: TransportError | HttpResponse, takes_seconds: float = 0.0
) -> tuple[Scripted, Callable[..., Any]]:
    clock = FakeClock()
    transport = Scripted(outcomes=list(outcomes), clock=clock, takes_seconds=takes_seconds)
    settings = EmporixSettings(tenant="demoshop", client_id="demo-storefront")
    client = EmporixClient(settings, transport, log_to(), places=Places(8), monotonic=clock)  # type: ignore[arg-type]  # it has the one method that counts
    return transport, lambda name, **more: client.call(
        OPERATIONS[name], call_for(OPERATIONS[name]), BEARER if OPERATIONS[name].accepts else None, **more
    )
