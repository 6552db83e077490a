"""What a handler is given: the parts of one sandbox (`World`) and one request (`Call`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bff.sandbox.mails import Outbox
from bff.sandbox.mint import Mint
from bff.sandbox.redeemer import CodeRedeemer
from bff.sandbox.replies import Reply, invalid_access_token, invalid_field
from bff.sandbox.settings import SandboxSettings
from bff.sandbox.state import Customer, State
from bff.sandbox.storefront.state import Shops
from bff.sandbox.tokens import AccessToken, TokenBook


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The parts of one sandbox."""

    settings: SandboxSettings
    now: Callable[[], float]
    """Unix seconds; nothing asks another clock."""
    mint: Mint
    state: State
    shops: Shops
    """What the services of a storefront keep."""
    tokens: TokenBook
    mails: Outbox
    redeemer: CodeRedeemer | None
    """None refuses every code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request that has passed the gateway: the tenant exists, the bearer is good."""

    tenant: str
    """Empty for the two anonymous calls, which name it in the query; the bearer's where the path names none."""
    bearer: AccessToken | None
    """None where the operation asks for none."""
    path: Mapping[str, str]
    query: Mapping[str, str]
    """The first value of each name."""
    headers: Mapping[str, str]
    """Names in lower case."""
    media_type: str
    """Without parameters, in lower case; empty if none is given."""
    body: bytes

    @property
    def token(self) -> AccessToken:
        """The bearer, where the operation asks for one."""
        if self.bearer is None:
            raise invalid_access_token()
        return self.bearer

    def required(self, name: str) -> str:
        """Return a query parameter.

        :raises Refused: 400: it is missing or empty
        """
        value = self.query.get(name, "")
        if not value:
            raise invalid_field(name, f"The parameter {name} is required.", type="missing_value")
        return value

    def customer(self, world: World) -> Customer:
        """Return the customer whose bearer it is."""
        customer = world.state.customers.get(self.token.grant.customer_id or "")
        if customer is None:
            raise invalid_access_token()
        return customer


Handler = Callable[[World, Call], Reply]
