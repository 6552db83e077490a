"""CART_ROWS: what the server asks of the cart service by itself when a guest's cart goes into a customer's.

They are in use only where a shop wants that, have no route, and never see a visitor's input.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bff.operations.declared import BodyKind, FreeBody
from bff.operations.model import Credential, Exposure, Operation, Parameter, Place, ResponseShape

CART_SERVICE: Final = "/cart/{tenant}/"
"""How upstream's paths of that service begin."""
GUEST_CART: Final = "sign_in_guest_cart"
CUSTOMER_CART: Final = "sign_in_customer_cart"
MERGE: Final = "sign_in_merge"
CART_ID: Final = r"[A-Za-z0-9_-]{1,64}"

_TENANT = Parameter(name="tenant", place=Place.PATH, pattern=r"[a-z][a-z0-9]{2,15}")
_SITE_CODE = Parameter(name="siteCode", place=Place.QUERY, pattern=r"[A-Za-z0-9_.-]{1,128}")

_ROWS = (
    Operation(
        name=GUEST_CART,
        contract_id="GET-cart-retrieve-cart-by-criteria",
        summary="Find the cart of a guest who signs in",
        method="GET",
        path="/cart/{tenant}/carts",
        accepts=(Credential.ANONYMOUS,),
        parameters=(_TENANT, _SITE_CODE),
        answer=ResponseShape.OBJECT,
        repeatable=True,
        exposure=Exposure.INTERNAL,
        refusals=frozenset({400, 403, 404}),
    ),
    Operation(
        name=CUSTOMER_CART,
        contract_id="GET-cart-retrieve-cart-by-criteria",
        summary="Find or make the cart that a guest's goes into",
        method="GET",
        path="/cart/{tenant}/carts",
        accepts=(Credential.CUSTOMER,),
        parameters=(_TENANT, _SITE_CODE, Parameter(name="create", place=Place.QUERY, pattern="true")),
        answer=ResponseShape.OBJECT,
        exposure=Exposure.INTERNAL,
        refusals=frozenset({400, 403, 404}),
    ),
    Operation(
        name=MERGE,
        contract_id="POST-cart-merge-carts",
        summary="Merge a guest's cart into the customer's",
        method="POST",
        path="/cart/{tenant}/carts/{cartId}/merge",
        accepts=(Credential.CUSTOMER,),
        parameters=(_TENANT, Parameter(name="cartId", place=Place.PATH, pattern=CART_ID)),
        free_body=FreeBody(kind=BodyKind.OBJECT),
        # The contract knows 200 alone; what has happened must not look undone where it is another success.
        success=frozenset({200, 201, 204}),
        exposure=Exposure.INTERNAL,
        refusals=frozenset({400, 403, 404}),
    ),
)

CART_ROWS: Mapping[str, Operation] = MappingProxyType({row.name: row for row in _ROWS})
"""By name."""
