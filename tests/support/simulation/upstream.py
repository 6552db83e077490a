"""Emporix in memory: the sandbox's own handlers, without HTTP; each call is one step."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit

from bff.sandbox.bearer import token_of
from bff.sandbox.emporix.handlers import HANDLERS
from bff.sandbox.gateway import Served
from bff.sandbox.operations import ROUTES, Operation
from bff.sandbox.replies import Refused
from bff.sandbox.storefront.handlers import SERVED
from bff.sandbox.world import Call, World
from bff.transport import HttpResponse

_SERVED: Final = (*(Served(route=route, handler=HANDLERS[route.operation]) for route in ROUTES), *SERVED)
Keys: TypeAlias = frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One call as it goes out."""

    name: str
    method: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    served: Served

    @property
    def bearer(self) -> str:
        """The token it is asked with; empty: none."""
        return token_of(self.headers.get("authorization")) or ""

    @property
    def spends(self) -> str:
        """The refresh token that goes along; empty: none."""
        return self.query.get("refreshToken") or self.query.get("refresh_token") or ""

    @property
    def touches(self) -> tuple[Keys, Keys]:
        """What upstream reads and writes for it: tokens, a customer's login, the carts."""
        reads, writes = {self.bearer} - {""}, {self.spends} - {""}
        if self.name == Operation.LOGOUT.value:
            writes.add(self.query["accessToken"])
        if self.name in ("change_password", "reset_password"):
            writes.add("customer")
        elif self.name in ("login", "get_me"):
            reads.add("customer")
        if "/carts" in self.served.route.path:
            (writes if self.method != "GET" or "create" in self.query else reads).add("carts")
        return frozenset(reads), frozenset(writes)


Gate: TypeAlias = Callable[[Sent, Callable[[], HttpResponse]], HttpResponse]
"""Gets a call and what carries it out; returns the answer, or raises a `TransportError`."""


@dataclass(slots=True)
class MemoryTransport:
    """Stands in for `bff.transport.Transport`."""

    world: World
    gate: Gate = field(default=lambda sent, carry_out: carry_out())

    def send(
        self,
        method: str,
        target: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None,
        wanted_headers: Collection[str] = (),
        **others: Any,
    ) -> HttpResponse:
        """Exchange one request for one answer."""
        sent = _read(method, target, headers, body)
        return self.gate(sent, lambda: self._answer(sent))

    def _answer(self, sent: Sent) -> HttpResponse:
        try:
            reply = sent.served.handler(self.world, self._admitted(sent))
        except Refused as refusal:
            reply = refusal.reply
        headers = dict(reply.headers)
        if reply.media_type is not None:
            headers["Content-Type"] = reply.media_type
        return HttpResponse(status=reply.status, headers=headers, body=reply.encoded())

    def _admitted(self, sent: Sent) -> Call:
        world, accepts = self.world, sent.served.route.accepts
        tenant = sent.path.get("tenant", "")
        if sent.name == Operation.REFRESH_AUTH_TOKEN.value:
            accepts = frozenset({world.settings.refresh_bearer})
        bearer = None
        if accepts:
            bearer = world.tokens.admit(sent.bearer, accepts=accepts, tenant=tenant or None)
            tenant = bearer.grant.tenant
        return Call(
            tenant=tenant,
            bearer=bearer,
            path=sent.path,
            query=sent.query,
            headers=sent.headers,
            media_type=sent.headers.get("content-type", ""),
            body=sent.body,
        )


def _read(method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> Sent:
    parts = urlsplit(target)
    served, path = _found(method, parts.path)
    return Sent(
        name=str(served.route.operation.value),
        method=method,
        path=path,
        query={name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()},
        headers={name.lower(): value for name, value in headers.items()},
        body=body or b"",
        served=served,
    )


@lru_cache(maxsize=1000)
def _found(method: str, path: str) -> tuple[Served, Mapping[str, str]]:
    segments = path.split("/")
    for served in _SERVED:
        template = served.route.path.split("/")
        if served.route.method != method or len(template) != len(segments):
            continue
        pairs = list(zip(template, segments, strict=True))
        if all(one.startswith("{") or one == two for one, two in pairs):
            return served, {one[1:-1]: unquote(two) for one, two in pairs if one.startswith("{")}
    raise NotImplementedError(f"the upstream in memory does not know {method} {path}")
