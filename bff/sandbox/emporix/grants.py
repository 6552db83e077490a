"""The spelling of a set of tokens in a reply, and what all sign-ins have in common."""

from __future__ import annotations

from datetime import UTC, datetime

from bff.sandbox.bearer import BearerKind
from bff.sandbox.mint import TokenKind
from bff.sandbox.replies import JsonObject, forbidden
from bff.sandbox.state import AccountStatus, Customer, Login
from bff.sandbox.tokens import AccessToken, Grant, TokenSet
from bff.sandbox.world import World

_CUSTOMER_SCOPES = (
    "customer.customer_read_own",
    "customer.customer_manage_own",
    "customer.customerprofile_view",
    "customer.customerprofile_edit",
    "order.history_view",
)
BEARER = "Bearer"
"""The `token_type` of every token."""
_IN_CAMEL_CASE_TOO = frozenset(
    {"access_token", "saas_token", "expires_in", "refresh_token", "refresh_token_expires_in"}
)


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def scope(kind: BearerKind, tenant: str) -> str:
    """Return what a bearer of this kind may do, space-separated."""
    own = _CUSTOMER_SCOPES if kind is BearerKind.CUSTOMER else ()
    return " ".join((*own, f"tenant={tenant}"))


def demand_active(customer: Customer) -> None:
    """Make sure that a customer may sign in by now.

    :raises Refused: 403 (assumed; POST-customer-authenticate-customer lists none): the account is not active yet
    """
    if customer.status is not AccountStatus.ACTIVE:
        raise forbidden("The customer account is not active.")


def sign_in(world: World, customer: Customer, login: Login, *, session_id: str) -> TokenSet:
    """Give a customer a set of tokens.

    :raises Refused: 403: the account is not active yet
    """
    demand_active(customer)
    customer.last_login = datetime.fromtimestamp(world.now(), UTC).isoformat(timespec="milliseconds")
    return world.tokens.issue(
        Grant(
            kind=BearerKind.CUSTOMER,
            tenant=customer.tenant,
            session_id=session_id,
            customer_id=customer.id,
            login_key=login.key,
        )
    )


def saas_token(world: World, customer: Customer, access: AccessToken) -> str:
    """Make the JWT that other services ask for; its subject is the customer number."""
    claims: JsonObject = {
        "sub": customer.id,
        "exp": int(access.expires_at),
        "jti": str(len(world.mint.issued)),
    }
    return world.mint.jwt(TokenKind.SAAS, claims)


def customer_reply(
    world: World, tokens: TokenSet, *, saas: str | None = None, with_session_id: bool = True
) -> JsonObject:
    """Spell a customer's tokens as login, opt-in and refresh do."""
    body: JsonObject = {"access_token": tokens.access.value}
    if saas is not None:
        body["saas_token"] = saas
    body |= {
        "expires_in": tokens.access_seconds,
        "refresh_token": tokens.refresh.value,
        "refresh_token_expires_in": tokens.refresh_seconds,
        "token_type": BEARER,
    }
    if with_session_id:
        body["session_id"] = tokens.access.grant.session_id
    if world.settings.camel_case_only:
        return {_camel_case(name) if name in _IN_CAMEL_CASE_TOO else name: value for name, value in body.items()}
    return body
