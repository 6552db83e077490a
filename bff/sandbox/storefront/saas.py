"""The `saas-token` of a sign-in, which some services ask for beside a customer's bearer."""

from __future__ import annotations

import base64
import json

from bff.sandbox.mint import TokenKind
from bff.sandbox.replies import forbidden, invalid_field
from bff.sandbox.world import Call, World

HEADER = "saas-token"


def demand_saas_token(world: World, call: Call) -> None:
    """Make sure that a customer's call carries the customer's own.

    :raises Refused: 400: there is none; 403: it is not one of this customer's that lives
    """
    if not call.headers.get(HEADER):
        raise invalid_field(HEADER, "The header saas-token is required.", type="missing_value")
    check_saas_token(world, call)


def check_saas_token(world: World, call: Call) -> None:
    """Make sure that one that is there is good.

    :raises Refused: 403: it is not one of this customer's that lives
    """
    presented = call.headers.get(HEADER)
    if presented is None:
        return
    issued = any(one.kind is TokenKind.SAAS and one.value == presented for one in world.mint.issued)
    if not issued or not _is_of(presented, call.token.grant.customer_id, world.now()):
        raise forbidden("The saas-token is not that of the customer.")


def _is_of(token: str, customer_id: str | None, now: float) -> bool:
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return bool(claims["sub"] == customer_id and now < claims["exp"])
